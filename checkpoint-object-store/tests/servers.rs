//! Checkpoints on nginx, azurite (Azure), `moto_server` (S3) and `fake-gcs-server` (Google Cloud Storage), which `scripts/get-servers.sh` downloads.
//!
//! The environment variable `CHECKPOINT_SERVERS` names their folder. The test of a missing server prints that it is skipped.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use checkpoint_core::{Checkpoint, Memory, OpenOptions, SaveOptions, Tensor};
use checkpoint_object_store::object_store::aws::{AmazonS3, AmazonS3Builder};
use checkpoint_object_store::object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use checkpoint_object_store::object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder};
use checkpoint_object_store::object_store::http::HttpBuilder;
use checkpoint_object_store::object_store::path::Path as Location;
use checkpoint_object_store::object_store::{
    Certificate, ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig,
};
use checkpoint_object_store::{Remote, from_object_store, open};
use checkpoint_tests::corpus::sha256_of_tensor;
use checkpoint_tests::programs::{Nginx, Tls, free_port, program, send, started};
use ndarray::Array1;

/// Saves a model in several formats in a folder. Returns the paths of its checkpoints.
fn models() -> (tempfile::TempDir, Checkpoint, [&'static str; 5]) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-shakespeare");
    let from = Checkpoint::open(corpus).unwrap();
    let save = |name: &str, options: SaveOptions<'_>| {
        from.save_as(folder.path().join(name), options.sync(false)).unwrap();
    };
    save("tf/model.ckpt", SaveOptions::new().max_shard_size(500_000));
    save("st/model.safetensors", SaveOptions::new().max_shard_size(500_000));
    save("model.npz", SaveOptions::new());
    save("npy/", SaveOptions::new());
    let paths = ["tf/model.ckpt", "st/model.safetensors.index.json", "st/", "model.npz", "npy/"];
    (folder, from, paths)
}

fn assert_same(one: &Checkpoint, other: &Checkpoint) {
    assert_eq!(one.variables().len(), other.variables().len());
    for variable in other.variables() {
        let hash =
            |checkpoint: &Checkpoint| sha256_of_tensor(&checkpoint.read(&variable.name).unwrap());
        assert_eq!(hash(one), hash(other), "{}", variable.name);
    }
}

/// Uploads the files of a folder with a function that gets their names and bytes.
fn upload(folder: &Path, prefix: &str, put: &dyn Fn(&str, Vec<u8>)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            upload(&path, &format!("{name}/"), put);
        } else {
            put(&name, fs::read(&path).unwrap());
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Uploads models with one store, opens them with another one of the same server, and changes one.
fn check(store: impl Fn() -> Arc<dyn ObjectStore>) {
    let put = |name: &str, bytes: Vec<u8>| {
        block_on(store().put(&Location::parse(name).unwrap(), bytes.into())).unwrap();
    };
    check_reads(&store, &put);
    let (folder, from, _) = models();
    let options = SaveOptions::new().sync(false);
    let saved = from.save_as(folder.path().join("again.npz"), options).unwrap();
    Remote::new(store(), "uploaded").upload(&saved).unwrap();
    assert_same(&from_object_store(store(), "uploaded/again.npz").unwrap(), &from);
    // An object of several parts.
    let long = Tensor::from_array(Array1::from_iter((0..2_500_000_i64).rev())).unwrap();
    let long = Checkpoint::from_source("memory", Memory::new([("long", long)]));
    let saved = long.save_as(folder.path().join("long.ckpt"), SaveOptions::new()).unwrap();
    Remote::new(store(), "uploaded").upload(&saved).unwrap();
    assert_same(&from_object_store(store(), "uploaded/long.ckpt").unwrap(), &long);
}

/// Uploads models with a function, opens them with a store of the same server, and changes one.
fn check_reads(store: &dyn Fn() -> Arc<dyn ObjectStore>, put: &dyn Fn(&str, Vec<u8>)) {
    let (folder, from, paths) = models();
    upload(folder.path(), "models/", put);
    for path in paths {
        let opened = from_object_store(store(), format!("models/{path}"));
        assert_same(&opened.unwrap_or_else(|error| panic!("{path}: {error}")), &from);
    }
    assert!(Remote::new(store(), "models/tf/model.ckpt").exists().unwrap());
    assert!(!Remote::new(store(), "models/tf/model").exists().unwrap());
    let read = |most| Remote::new(store(), "models/tf/model.ckpt.index").read(most).unwrap();
    assert_eq!(read(1 << 20), Some(fs::read(folder.path().join("tf/model.ckpt.index")).unwrap()));
    assert_eq!(read(1), None);
    let opened = from_object_store(store(), "models/tf/model.ckpt").unwrap();
    opened.read("model/wte").unwrap();
    let data = fs::read_dir(folder.path().join("tf")).unwrap().map(|entry| entry.unwrap().path());
    for path in data.filter(|path| path.to_str().unwrap().contains(".data-")) {
        let mut bytes = fs::read(&path).unwrap();
        bytes.reverse();
        put(&format!("models/tf/{}", path.file_name().unwrap().to_str().unwrap()), bytes);
    }
    let names = from.variables().iter().map(|variable| &variable.name);
    let error = names.map(|name| opened.read(name)).find_map(Result::err).unwrap().to_string();
    assert!(error.contains("it has changed since the checkpoint was opened"), "{error}");
    let error = from_object_store(store(), "models/none.ckpt").unwrap_err().to_string();
    assert!(error.starts_with("there is no checkpoint `models/none.ckpt`"), "{error}");
}

#[test]
fn nginx() {
    let (folder, from, paths) = models();
    let Some(nginx) = Nginx::start(folder.path()) else { return };
    let url = |path: &str| nginx.url(path);
    // The server lists no folders, and a folder of arrays has no usual name.
    for path in paths.into_iter().filter(|path| *path != "npy/") {
        assert_same(&open(&url(path)).unwrap_or_else(|error| panic!("{path}: {error}")), &from);
    }
    let saved = from.save_as(folder.path().join("again.npz"), SaveOptions::new()).unwrap();
    Remote::parse(&url("uploaded")).unwrap().upload(&saved).unwrap();
    assert_same(&open(&url("uploaded/again.npz")).unwrap(), &from);
    let opened = open(&url("tf/model.ckpt")).unwrap();
    opened.read("model/wte").unwrap();
    for entry in fs::read_dir(folder.path().join("tf")).unwrap() {
        let path = entry.unwrap().path();
        // The entity tags of nginx are made of the time in seconds and the length, so the length has to change.
        let bytes = [fs::read(&path).unwrap(), vec![0]].concat();
        fs::write(&path, bytes).unwrap();
    }
    let names = from.variables().iter().map(|variable| &variable.name);
    let error = names.map(|name| opened.read(name)).find_map(Result::err).unwrap().to_string();
    assert!(error.contains("it has changed since the checkpoint was opened"), "{error}");
    let error = open(&url("none.ckpt")).unwrap_err().to_string();
    assert!(error.starts_with("there is no checkpoint `http://127.0.0.1:"), "{error}");
    // A range request for the first bytes of an empty file cannot be satisfied.
    fs::write(folder.path().join("empty.safetensors"), b"").unwrap();
    let error = open(&url("empty.safetensors")).unwrap_err().to_string();
    assert!(error.contains("is empty"), "{error}");
}

#[test]
fn nginx_with_tls() {
    let (folder, from, _) = models();
    let Some(nginx) = Nginx::start(folder.path()) else { return };
    let Some(Tls { url, certificate }) = &nginx.tls else { return };
    let certificate = Certificate::from_pem(&fs::read(certificate).unwrap()).unwrap();
    let options = ClientOptions::new().with_root_certificate(certificate);
    let store = HttpBuilder::new().with_url(url).with_client_options(options).build().unwrap();
    let remote = Remote::new(Arc::new(store), "tf/model.ckpt").without_listings();
    assert_same(&remote.open(&OpenOptions::new()).unwrap(), &from);
    // Nobody has signed the certificate.
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let store = HttpBuilder::new().with_url(url).with_retry(retry).build().unwrap();
    let remote = Remote::new(Arc::new(store), "tf/model.ckpt").without_listings();
    let error = remote.open(&OpenOptions::new()).unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn azurite() {
    let Some(program) = program("azurite/node_modules/.bin/azurite-blob") else { return };
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port().to_string());
    let mut command = Command::new(program);
    command.args([
        "--silent",
        "--skipApiVersionCheck",
        "--blobHost",
        "127.0.0.1",
        "--blobPort",
        &port,
    ]);
    // The key is `key` in Base64.
    command.env("AZURITE_ACCOUNTS", "tests:a2V5");
    let _server = started(command.arg("--location").arg(folder.path()), port.parse().unwrap());
    let endpoint = format!("http://127.0.0.1:{port}/tests");
    let store = || -> MicrosoftAzure {
        MicrosoftAzureBuilder::new()
            .with_account("tests")
            .with_access_key("a2V5")
            .with_endpoint(endpoint.clone())
            .with_allow_http(true)
            .with_container_name("container")
            .build()
            .unwrap()
    };
    let made = Command::new("node").args(["-e", CREATE_CONTAINER, &port]).status().unwrap();
    assert!(made.success());
    check(|| Arc::new(store()));
}

/// Creates the container, with a request that is signed with the key.
const CREATE_CONTAINER: &str = r#"
const date = new Date().toUTCString(), version = "2021-12-02";
const headers = `x-ms-date:${date}\nx-ms-version:${version}\n`;
const text = "PUT" + "\n".repeat(12) + headers + "/tests/tests/container\nrestype:container";
const hash = require("crypto").createHmac("sha256", Buffer.from("a2V5", "base64"));
const signature = hash.update(text, "utf8").digest("base64");
require("http").request({
    host: "127.0.0.1", port: process.argv[1], method: "PUT", path: "/tests/container?restype=container",
    headers: { "x-ms-date": date, "x-ms-version": version, "Content-Length": 0, Authorization: `SharedKey tests:${signature}` },
}, answer => process.exit(answer.statusCode == 201 ? 0 : 1)).end();
"#;

#[test]
fn moto() {
    let Some(program) = program("moto/bin/moto_server") else { return };
    let port = free_port();
    let mut command = Command::new(program);
    let _server = started(command.args(["-H", "127.0.0.1", "-p", &port.to_string()]), port);
    let endpoint = format!("http://127.0.0.1:{port}");
    send(port, "PUT /bucket", b"");
    let store = || -> AmazonS3 {
        AmazonS3Builder::new()
            .with_endpoint(endpoint.clone())
            .with_allow_http(true)
            .with_bucket_name("bucket")
            .with_region("us-east-1")
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .build()
            .unwrap()
    };
    check(|| Arc::new(store()));
}

#[test]
fn google() {
    let Some(program) = program("gcs/fake-gcs-server") else { return };
    let port = free_port();
    let mut command = Command::new(program);
    command.args(["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1"]);
    let host = format!("127.0.0.1:{port}");
    let _server = started(command.args(["-public-host", &host, "-port", &port.to_string()]), port);
    send(port, "POST /storage/v1/b?project=tests", br#"{"name": "bucket"}"#);
    let key = format!(
        r#"{{"gcs_base_url": "http://{host}", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}}"#
    );
    let store = || -> GoogleCloudStorage {
        GoogleCloudStorageBuilder::new()
            .with_bucket_name("bucket")
            .with_service_account_key(&key)
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .build()
            .unwrap()
    };
    // Uploads by the store are requests that this server does not know.
    let put = |name: &str, bytes: Vec<u8>| {
        let name = name.replace('/', "%2F");
        let request = format!("POST /upload/storage/v1/b/bucket/o?uploadType=media&name={name}");
        send(port, &request, &bytes);
    };
    check_reads(&|| Arc::new(store()), &put);
}

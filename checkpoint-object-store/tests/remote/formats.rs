//! Every format reads the same from a store, from a web server and from files.

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, DType, OpenOptions, SaveOptions};
use checkpoint_object_store::{Remote, from_object_store, open};
use checkpoint_tests::corpus::{Case, cases};
use checkpoint_tests::server::Server;

use crate::support::{CORPUS, digest, stored};

/// Paths besides the prefixes of `TensorFlow` that need no folder listing.
const FILES: [&str; 9] = [
    "models/gpt2-nano/model.ckpt.index",
    "models/gpt2-nano/model.ckpt.data-00000-of-00001",
    "models/gpt2-nano/",
    "numpy/stored.npz",
    "numpy/compressed.npz",
    "numpy/one.npy",
    "pytorch/dtypes.pt",
    "pytorch/views.pth",
    "pytorch/sharded/pytorch_model.bin.index.json",
];

/// Paths that need a folder listing.
const LISTED: [&str; 5] =
    ["numpy/folder", "numpy/folder/", "pytorch/sharded", "models/gpt2-nano", "gen/v1-basic/m*"];

fn paths() -> Vec<String> {
    let relative = |case: Case| {
        let path = case.prefix.to_str().unwrap().to_owned();
        path.split_once("/corpus/").unwrap().1.to_owned()
    };
    let prefixes = cases().unwrap().into_iter().map(relative);
    prefixes.chain(FILES.map(str::to_owned)).collect()
}

fn local(path: &str) -> Checkpoint {
    Checkpoint::open(Path::new(CORPUS).join(path)).unwrap()
}

#[test]
fn a_store_has_what_files_have() {
    let store = stored(Path::new(CORPUS));
    for path in paths().into_iter().chain(LISTED.map(str::to_owned)) {
        let remote = from_object_store(store.clone(), &path)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let expected = digest(&local(&path)).replace(&format!("{CORPUS}/"), "");
        assert_eq!(digest(&remote), expected, "{path}");
    }
}

#[test]
fn a_web_server_has_what_files_have() {
    let server = Server::start(CORPUS).unwrap();
    for path in paths() {
        let remote = open(&server.url(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let expected = digest(&local(&path)).replace(&format!("{CORPUS}/"), &server.url(""));
        assert_eq!(digest(&remote), expected, "{path}");
    }
}

#[test]
fn safetensors_and_their_shards_are_the_same_from_files_stores_and_servers() {
    let folder = tempfile::tempdir().unwrap();
    let from = local("models/gpt2-nano/model.ckpt");
    let save = |name: &str, options: SaveOptions<'_>| {
        from.save_as(folder.path().join(name), options.sync(false)).unwrap();
    };
    save("one/model.safetensors", SaveOptions::new());
    save("several/model.safetensors", SaveOptions::new().max_shard_size(20_000));
    save("shards/model.ckpt", SaveOptions::new().format("tensorflow").max_shard_size(20_000));
    save("a folder/model.npz", SaveOptions::new().dtype(DType::Float32));
    assert!(fs::read_dir(folder.path().join("several")).unwrap().count() > 3);
    let (server, store) = (Server::start(folder.path()).unwrap(), stored(folder.path()));
    let expected = digest(&from);
    for path in [
        "one/model.safetensors",
        "one/",
        "several/model.safetensors.index.json",
        "several/",
        "shards/model.ckpt",
        "a folder/model.npz",
    ] {
        let url = server.url(&path.replace(' ', "%20"));
        assert_eq!(digest(&open(&url).unwrap()), expected, "{url}");
        assert_eq!(digest(&from_object_store(store.clone(), path).unwrap()), expected, "{path}");
    }
}

#[test]
fn data_of_a_store_is_held_in_memory_where_that_is_asked_for() {
    let server = Server::start(CORPUS).unwrap();
    let remote = Remote::parse(&server.url("models/gpt2-nano/model.ckpt")).unwrap();
    let checkpoint = remote.open_in_memory(&OpenOptions::new()).unwrap();
    assert_eq!(digest(&checkpoint), digest(&local("models/gpt2-nano/model.ckpt")));
    let data = |requests: &[checkpoint_tests::server::Request]| {
        requests.iter().filter(|request| request.path.contains(".data-")).count()
    };
    // The first request reads the whole file.
    assert_eq!(data(&server.requests()), 1);
}

#[test]
fn saved_checkpoints_are_uploaded_with_the_index_last() {
    use checkpoint_core::{Memory, Tensor};
    let folder = tempfile::tempdir().unwrap();
    // Longer than a part of an upload, and not a multiple of it.
    let long = Tensor::from_array(ndarray::Array1::<u8>::ones((17 << 20) + 7)).unwrap();
    let short = Tensor::from_array(ndarray::arr1(&[1_u8, 2])).unwrap();
    let from = Checkpoint::from_source("memory", Memory::new([("a", long), ("b", short)]));
    for name in ["tf/model.ckpt", "model.safetensors", "npy/"] {
        let options = SaveOptions::new().sync(false).max_shard_size(18 << 20);
        let saved = from.save_as(folder.path().join(name), options).unwrap();
        let store = stored(tempfile::tempdir().unwrap().path());
        Remote::new(store.clone(), "models/gpt2").upload(&saved).unwrap();
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        let path =
            if name.ends_with('/') { "models/gpt2/".into() } else { format!("models/gpt2/{file}") };
        assert_eq!(digest(&from_object_store(store, path).unwrap()), digest(&from), "{name}");
    }
}

#[test]
fn a_file_url_is_a_path() {
    let url = format!("file://{CORPUS}/models/gpt2-nano/model.ckpt");
    assert_eq!(digest(&open(&url).unwrap()), digest(&local("models/gpt2-nano/model.ckpt")));
}

#[test]
fn what_is_not_there_is_told_as_of_files() {
    let server = Server::start(CORPUS).unwrap();
    let error = open(&server.url("models/gpt2-nano/none.ckpt")).unwrap_err().to_string();
    let expected = format!(
        "there is no checkpoint `{0}`: no such file or directory, and no `{0}.index`; check the path",
        server.url("models/gpt2-nano/none.ckpt")
    );
    assert_eq!(error, expected);
    let store = stored(Path::new(CORPUS));
    let error = from_object_store(store, "models/gpt2-nano/modle.ckpt").unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no checkpoint `models/gpt2-nano/modle.ckpt`: no such file or directory, and no \
         `models/gpt2-nano/modle.ckpt.index`; did you mean `models/gpt2-nano/model.ckpt`?"
    );
}

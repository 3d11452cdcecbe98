//! Servers that fail.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use checkpoint_core::{Checkpoint, Memory, OpenOptions, SaveOptions, Tensor};
use checkpoint_object_store::from_object_store;
use checkpoint_object_store::object_store::http::HttpBuilder;
use checkpoint_object_store::object_store::{ClientOptions, RetryConfig};
use checkpoint_tests::server::{Answer, Request, Server};
use expect_test::{Expect, expect};
use ndarray::Array1;

use crate::support::{CORPUS, digest, hasty};

const CHANGED: &str = "cannot read `b`: cannot read byte 300176 of the data file `model.safetensors`: it has changed since the \
                       checkpoint was opened; open the checkpoint again";

const MODEL: &str = "models/gpt2-nano/model.ckpt";

fn server() -> Server {
    Server::start(CORPUS).unwrap()
}

fn opened(server: &Server) -> Checkpoint {
    hasty(server, MODEL).open(&OpenOptions::new()).unwrap()
}

fn expected() -> String {
    digest(&Checkpoint::open(Path::new(CORPUS).join(MODEL)).unwrap())
}

fn is_data(request: &Request) -> bool {
    request.path.contains(".data-")
}

#[test]
fn requests_that_fail_are_repeated() {
    let broken = |answer: Answer| {
        move |number: usize, _: &Request| {
            if number.is_multiple_of(3) { answer.clone() } else { Answer::Serve }
        }
    };
    for answer in [Answer::Status(503), Answer::Status(500), Answer::Status(429), Answer::Cut(1000)]
    {
        let server = server().decide(broken(answer.clone()));
        assert_eq!(digest(&opened(&server)), expected(), "{answer:?}");
    }
}

#[test]
fn what_fails_for_good_is_told_once() {
    let check =
        |answer: Answer, opening: Expect, reading: Expect| {
            let never = answer.clone();
            let server = server().decide(move |_, _| never.clone());
            let error = hasty(&server, MODEL).open(&OpenOptions::new()).unwrap_err().to_string();
            opening.assert_eq(&error);
            let server = self::server().decide(move |_, request| {
                if is_data(request) { answer.clone() } else { Answer::Serve }
            });
            let checkpoint = opened(&server);
            reading.assert_eq(&checkpoint.read("model/wte").unwrap_err().to_string());
            // Counts the first request and two retries.
            let asked = server.requests().into_iter().filter(is_data).count();
            assert!(asked <= 3, "{asked}");
        };
    check(
        Answer::Status(503),
        expect![
            "cannot read `models/gpt2-nano/model.ckpt.index`: the server answered 503 Service Unavailable"
        ],
        expect![
            "cannot read `model/wte`: cannot open the data file `models/gpt2-nano/model.ckpt.data-00000-of-00001`: the server answered 503 Service Unavailable"
        ],
    );
    check(
        Answer::Status(403),
        expect![
            "cannot read `models/gpt2-nano/model.ckpt.index`: the server denies access; check the credentials and the path"
        ],
        expect![
            "cannot read `model/wte`: cannot open the data file `models/gpt2-nano/model.ckpt.data-00000-of-00001`: the server denies access; check the credentials and the path"
        ],
    );
    check(
        Answer::Status(401),
        expect![
            "cannot read `models/gpt2-nano/model.ckpt.index`: the server asks for credentials; set them in the environment"
        ],
        expect![
            "cannot read `model/wte`: cannot open the data file `models/gpt2-nano/model.ckpt.data-00000-of-00001`: the server asks for credentials; set them in the environment"
        ],
    );
    check(
        Answer::Whole,
        expect![
            "cannot read `models/gpt2-nano/model.ckpt.index`: the server sends the whole file where a range of bytes is asked for; download the file, or use a server that answers range requests"
        ],
        expect![
            "cannot read `model/wte`: cannot open the data file `models/gpt2-nano/model.ckpt.data-00000-of-00001`: the server sends the whole file where a range of bytes is asked for; download the file, or use a server that answers range requests"
        ],
    );
    check(
        Answer::Cut(100),
        expect![
            "cannot read `models/gpt2-nano/model.ckpt.index`: end of file before message length reached"
        ],
        expect![
            "cannot read `model/wte`: cannot open the data file `models/gpt2-nano/model.ckpt.data-00000-of-00001`: end of file before message length reached"
        ],
    );
}

#[test]
fn where_no_server_is_the_system_says_so() {
    // Nothing listens on port 1.
    let retry = RetryConfig { max_retries: 0, ..RetryConfig::default() };
    let options = ClientOptions::new().with_allow_http(true);
    let store = HttpBuilder::new().with_url("http://127.0.0.1:1").with_retry(retry);
    let store = Arc::new(store.with_client_options(options).build().unwrap());
    let error = from_object_store(store, MODEL).unwrap_err().to_string();
    expect!["cannot read `models/gpt2-nano/model.ckpt.index`: Connection refused (os error 111)"]
        .assert_eq(&error);
}

/// A checkpoint that is longer than the first request for a file, and its server.
fn large() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |seed: u8| Tensor::from_array(Array1::from(vec![seed; 300_000])).unwrap();
    let from = Memory::new([("a", tensor(1)), ("b", tensor(2))]);
    let from = Checkpoint::from_source("memory", from);
    let options = SaveOptions::new().sync(false);
    from.save_as(folder.path().join("model.safetensors"), options).unwrap();
    let server = Server::start(folder.path()).unwrap();
    (folder, server)
}

#[test]
fn a_file_that_changes_is_an_error_that_says_so() {
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let lengthen = |path: &Path| fs::write(path, vec![0; 700_000]).unwrap();
    let touch = |path: &Path| fs::write(path, fs::read(path).unwrap()).unwrap();
    for (answer, change) in [
        (Answer::Serve, &remove as &dyn Fn(&Path)),
        (Answer::Serve, &lengthen),
        (Answer::Serve, &touch),
        // Servers that ignore `If-Match`.
        (Answer::Careless, &touch),
        (Answer::Untagged, &lengthen),
    ] {
        let (folder, server) = large();
        let server = server.decide(move |_, _| answer.clone());
        let checkpoint = hasty(&server, "model.safetensors").open(&OpenOptions::new()).unwrap();
        checkpoint.read("a").unwrap();
        change(&folder.path().join("model.safetensors"));
        let error = checkpoint.read("b").unwrap_err().to_string();
        assert_eq!(error, CHANGED);
    }
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_an_error() {
    let (folder, server) = large();
    let path = folder.path().join("model.safetensors");
    // The connection ends after some bytes, and the file has changed when the rest is requested.
    let server = server.decide(move |number, _| {
        if number != 1 {
            return Answer::Serve;
        }
        let new = path.with_extension("new");
        fs::write(&new, vec![0; 700_000]).unwrap();
        fs::rename(new, &path).unwrap();
        Answer::Status(503)
    });
    let checkpoint = hasty(&server, "model.safetensors").open(&OpenOptions::new()).unwrap();
    let error = checkpoint.read("b").unwrap_err().to_string();
    assert_eq!(error, CHANGED);
}

#[test]
fn an_index_that_is_empty_or_damaged_is_told_as_of_files() {
    let (folder, server) = large();
    fs::write(folder.path().join("model.ckpt.index"), b"").unwrap();
    let error = hasty(&server, "model.ckpt").open(&OpenOptions::new()).unwrap_err().to_string();
    expect!["cannot read the index `model.ckpt.index`: the length of the file is 0, less than the 48 bytes in which an index ends; it is cut or something else, so check the path or fetch the file again"].assert_eq(&error);
    fs::write(folder.path().join("model.safetensors"), b"<!DOCTYPE html><html></html>").unwrap();
    let error = hasty(&server, "model.safetensors").open(&OpenOptions::new()).unwrap_err();
    expect!["`model.safetensors` is a web page and not the file itself; fetch what it links to"]
        .assert_eq(&error.to_string());
}

#[test]
fn servers_without_entity_tags_or_with_weak_ones_will_do() {
    for answer in [Answer::Untagged, Answer::Weak] {
        let server = server().decide(move |_, _| answer.clone());
        assert_eq!(digest(&opened(&server)), expected());
        assert!(server.requests().iter().all(|request| request.if_match.is_none()));
    }
}

#[test]
fn a_thread_of_a_runtime_may_open_and_read() {
    let server = server();
    for runtime in [
        tokio::runtime::Builder::new_current_thread().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap(),
    ] {
        let digested = runtime.block_on(async { digest(&opened(&server)) });
        assert_eq!(digested, expected());
    }
}

//! The number of requests.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use checkpoint_core::{Checkpoint, Memory, Name, OpenOptions, SaveOptions, Tensor, Variable};
use checkpoint_object_store::{Remote, open};
use checkpoint_tests::server::{Answer, Request, Server};
use ndarray::{Array1, arr1};

use crate::support::{CORPUS, digest};

fn lines(requests: &[Request]) -> String {
    let line =
        |Request { method, path, range, .. }: &Request| format!("{method} {path} {range:?}\n");
    requests.iter().map(line).collect()
}

#[test]
fn the_index_is_one_request_and_nothing_else_is_asked_for() {
    let server = Server::start(CORPUS).unwrap();
    let checkpoint = open(&server.url("models/gpt2-nano/model.ckpt")).unwrap();
    assert_eq!(checkpoint.variables().len(), 28);
    let len =
        fs::metadata(Path::new(CORPUS).join("models/gpt2-nano/model.ckpt.index")).unwrap().len();
    let expected = format!("GET models/gpt2-nano/model.ckpt.index Some(0..{len})\n");
    assert_eq!(lines(&server.requests()), expected);
    for path in ["numpy/one.npy", "numpy/stored.npz", "pytorch/dtypes.pt"] {
        open(&server.url(path)).unwrap();
        assert_eq!(server.requests().len(), 1, "{path}");
    }
}

/// Saves a checkpoint of alternating large and small variables to `name`. Returns it with the bytes of its elements.
fn large(folder: &Path, name: &str) -> (Checkpoint, u64) {
    let tensor = |number: u8| {
        let len = [7 << 20, 5000, 300_000, 9 << 20][usize::from(number % 4)];
        let values: Array1<u8> = (0..=u8::MAX).cycle().skip(number.into()).take(len).collect();
        (Name::from(format!("layer_{number:02}")), Tensor::from_array(values).unwrap())
    };
    let from = Checkpoint::from_source("memory", Memory::new((0..12).map(tensor)));
    from.save_as(folder.join(name), SaveOptions::new().sync(false)).unwrap();
    let size = from.variables().iter().map(Variable::size).sum();
    (from, size)
}

fn names(checkpoint: &Checkpoint) -> Vec<&Name> {
    checkpoint.variables().iter().map(|variable| &variable.name).collect()
}

/// The number of requested bytes.
fn bytes(requests: &[Request]) -> u64 {
    requests.iter().filter_map(|request| request.range.clone()).map(|it| it.end - it.start).sum()
}

#[test]
fn all_tensors_take_about_a_request_for_each_4_mib() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["model.ckpt", "model.safetensors"] {
        let (from, size) = large(folder.path(), name);
        let server = Server::start(folder.path()).unwrap();
        let checkpoint = open(&server.url(name)).unwrap();
        let opening = server.requests().len();
        assert_eq!(opening, 1);
        let read = checkpoint.read_many(names(&from)).unwrap();
        let requests = server.requests();
        assert!(read.iter().zip(names(&from)).all(|(it, name)| *it == from.read(name).unwrap()));
        let least = usize::try_from(size.div_ceil(4 << 20)).unwrap();
        // More than the elements: the first bytes of the data file, and the ends of variables that do not fit in with the next.
        assert!(
            (least..=least + least / 4 + 1).contains(&requests.len()),
            "{} of {least}",
            requests.len()
        );
        assert!(bytes(&requests) <= size + (1 << 20), "{} of {size}", bytes(&requests));
        // All but the first request for a file name its version.
        let first = |request: &Request| {
            request.range.as_ref().is_some_and(|range| range.start == 0 && range.end <= 128 << 10)
        };
        assert!(requests.iter().all(|request| request.if_match.is_some() || first(request)));
    }
}

#[test]
fn few_requests_at_once_are_longer() {
    let folder = tempfile::tempdir().unwrap();
    let (from, size) = large(folder.path(), "model.safetensors");
    let server = Server::start(folder.path()).unwrap();
    let remote = Remote::parse(&server.url("model.safetensors")).unwrap().in_flight(2);
    let checkpoint = remote.open(&OpenOptions::new()).unwrap();
    let _ = server.requests();
    checkpoint.read_many(names(&from)).unwrap();
    let requests = server.requests().len();
    assert!(requests <= usize::try_from(size.div_ceil(8 << 20)).unwrap(), "{requests}");
}

#[test]
fn one_variable_takes_the_requests_of_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path(), "model.safetensors");
    let server = Server::start(folder.path()).unwrap();
    let checkpoint = open(&server.url("model.safetensors")).unwrap();
    let _ = server.requests();
    checkpoint.read("layer_05").unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(bytes(&requests), 64 << 10);
}

#[test]
fn an_index_that_is_longer_than_the_first_request_takes_few_more() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |number: u32| {
        let name = Name::from(format!("a/rather/long/name/of/a/variable/{number:06}"));
        (name, Tensor::from_array(arr1(&[number])).unwrap())
    };
    let from = Checkpoint::from_source("memory", Memory::new((0..20_000).map(tensor)));
    // An archive has a header before each array, and a directory at its end.
    for (name, most) in [("model.ckpt", 8), ("model.safetensors", 2), ("model.npz", 20)] {
        from.save_as(folder.path().join(name), SaveOptions::new().sync(false)).unwrap();
        let server = Server::start(folder.path()).unwrap();
        let checkpoint = open(&server.url(name)).unwrap();
        let requests = server.requests();
        assert!(requests.len() <= most, "{name}: {}", lines(&requests));
        assert_eq!(checkpoint.variables().len(), 20_000);
    }
    let server = Server::start(folder.path()).unwrap();
    let checkpoint = open(&server.url("model.ckpt")).unwrap();
    assert_eq!(digest(&checkpoint), digest(&from));
}

#[test]
fn as_many_requests_are_under_way_as_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (from, _) = large(folder.path(), "model.safetensors");
    for in_flight in [1, 3] {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, highest) = (now.clone(), most.clone());
        let server = Server::start(folder.path()).unwrap().decide(move |number, _| {
            highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(20));
            // A busy machine takes time to send the others. The first request opens the checkpoint.
            for _ in 0..100 {
                if number == 0 || highest.load(Ordering::SeqCst) >= in_flight {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            counted.fetch_sub(1, Ordering::SeqCst);
            Answer::Serve
        });
        let remote = Remote::parse(&server.url("model.safetensors")).unwrap().in_flight(in_flight);
        let checkpoint = remote.open(&OpenOptions::new()).unwrap();
        checkpoint.read_many(names(&from)).unwrap();
        assert_eq!(most.load(Ordering::SeqCst), in_flight);
    }
}

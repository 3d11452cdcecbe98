//! The same for archives, and for their arrays.

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, OpenOptions};
use checkpoint_schema::format::Limits;
use checkpoint_tests::corpus::arrays;
use checkpoint_tests::fuzz::seeds::seeds;
use checkpoint_tests::fuzz::{check_message, scratch, target};
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::npy::with_header;
use checkpoint_tests::writer::torch::{Pickle, with_pickle};
use checkpoint_tests::writer::zip::{Entry, zip};

use crate::TIMES;
use crate::bytes::mutate;
use crate::memory::counted;

/// Changes the files of a library. A variable must be refused, or have the original elements.
fn check(library: &str) {
    let (mut random, folder) = (Random::new(5), scratch().unwrap());
    for (path, _) in arrays(library).unwrap().into_iter().filter(|(path, _)| path.is_file()) {
        let (bytes, sound) = (fs::read(&path).unwrap(), Checkpoint::open(&path).unwrap());
        let changed = folder.path().join(path.file_name().unwrap());
        for _ in 0..TIMES {
            let mutated = mutate(&bytes, &mut random);
            fs::write(&changed, &mutated).unwrap();
            let (read, peak) = counted(|| read(&changed, &sound, path.ends_with("one.npy")));
            let most = (1 << 20) + 8 * mutated.len() + read;
            assert!(peak <= most, "{peak} bytes of memory are more than {most}");
        }
    }
}

/// Reads all variables. Returns the size of the largest, in bytes.
fn read(path: &Path, sound: &Checkpoint, is_unchecked: bool) -> usize {
    let checkpoint = match Checkpoint::open(path) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            check_message(&error);
            return 0;
        }
    };
    let mut largest = 0;
    for variable in checkpoint.variables() {
        match checkpoint.read(&variable.name) {
            Ok(tensor) => {
                largest = largest.max(tensor.as_bytes().len());
                let was = sound.get(&variable.name).map(|was| sound.read(&was.name).unwrap());
                // Names may change, because no checksum covers them.
                let is_same = was.is_none_or(|was| was.as_bytes() == tensor.as_bytes());
                let is_checked = variable.place.has_checksum() && !is_unchecked;
                assert!(!is_checked || is_same, "{variable:?} is read as something else");
            }
            Err(error) => check_message(&error),
        }
    }
    3 * largest
}

/// Runs a fuzz target on its seeds, with changes.
fn replay(name: &str) {
    let (target, mut random) = (target(name), Random::new(3));
    for seed in seeds(name).unwrap() {
        for _ in 0..TIMES / 7 {
            let once = mutate(&seed, &mut random);
            target(&once);
            target(&mutate(&once, &mut random));
        }
    }
}

#[test]
fn arrays_of_numpy() {
    check("numpy");
    replay("npz");
}

#[test]
fn archives_of_pytorch() {
    check("pytorch");
    replay("pytorch");
}

#[test]
fn pickles_of_pytorch() {
    replay("pickle");
}

#[test]
fn pickles_of_very_many_parts_take_no_more_memory_than_their_length_justifies() {
    let new = Pickle::new;
    let dict = |value: &[u8]| {
        let pairs = (0..PARTS)
            .fold(new().raw(b"}("), |pickle, key| pickle.text(&key.to_string()).raw(value));
        pairs.raw(b"u")
    };
    let tensors = (0..PARTS).fold(new().raw(b"}("), |pickle, key| {
        pickle.text(&key.to_string()).tensor("ByteStorage", "0", 8, (0, &[8], &[1]))
    });
    let axes = (0..200).fold(new().raw(b"}("), |pickle, key| {
        pickle.text(&key.to_string()).tensor("ByteStorage", "0", 8, (0, &[1; 250], &[1; 250]))
    });
    let doubled = (1..60).fold(new().raw(b"]q\0K\x01a"), |pickle, number| {
        pickle.raw(&[b'0', b']', b'q', number, b'h', number - 1, b'a', b'h', number - 1, b'a'])
    });
    let many = |bytes: &[u8]| new().raw(&bytes.repeat(40_000 / bytes.len()));
    let numbered = |number: u32| [&b"r"[..], &number.to_le_bytes()].concat();
    let memo: Vec<u8> =
        (0..PARTS).flat_map(|number| numbered(u32::try_from(number * 7919).unwrap())).collect();
    let repeated = new().raw(b"]q\0(").raw(&b"K\x01".repeat(10_000)).raw(b"e0");
    let repeated =
        repeated.raw(b"](").raw(&b"ccollections\nOrderedDict\nh\0\x85R".repeat(50)).raw(b"e");
    for (what, pickle) in [
        ("scalars", dict(b"K\x01")),
        ("texts", dict(b"U\0")),
        ("lists", dict(b"]")),
        ("lists of one", dict(b"]K\x01a")),
        ("tensors", tensors.raw(b"u")),
        ("axes", axes.raw(b"u")),
        ("doubled lists", doubled),
        ("nothing", many(b"N")),
        ("marks", many(b"(")),
        ("empty tuples", many(b")")),
        ("tuples in tuples", new().raw(b")").raw(&b"\x85".repeat(40_000))),
        ("numbers", new().raw(b"](").raw(&b"K\x01".repeat(20_000)).raw(b"e")),
        ("notes", new().raw(b"N").raw(&memo)),
        ("long lists again", repeated),
    ] {
        let pickle = pickle.end();
        check_memory(what, "model.pt", &with_pickle(&pickle, &[vec![0; 8]], false));
        // A hundredth of the length, or less.
        let compressed = zip(&[Entry::deflated("archive/data.pkl", &pickle)], false);
        check_memory(&format!("compressed {what}"), "model.pt", &compressed);
    }
}

/// The number of files in an archive.
const PARTS: usize = 5000;

#[test]
fn archives_of_very_many_parts_take_no_more_memory_than_their_length_justifies() {
    let array = with_header("{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}", &[]);
    let axes = with_header(
        &format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({})}}", "0,".repeat(250)),
        &[],
    );
    let lists = "[".repeat(60_000);
    let nested = with_header(&format!("{{'descr': {lists}"), &[]);
    let strings = with_header(
        "{'descr': '|S1', 'fortran_order': True, 'shape': (1000, 1000)}",
        &vec![0; 1_000_000],
    );
    let numbers = with_header(
        "{'descr': '<f8', 'fortran_order': True, 'shape': (1000, 1000)}",
        &vec![0; 8_000_000],
    );
    let spaces = [&b"\x93NUMPY\x02\x00\xff\xff\xff\x00"[..], &b" ".repeat(0x00ff_ffff)].concat();
    let many = |entry: fn(&str, &[u8]) -> Entry, bytes: &[u8]| {
        zip(
            &(0..PARTS).map(|number| entry(&format!("{number}.npy"), bytes)).collect::<Vec<_>>(),
            false,
        )
    };
    let one = |entry: Entry| zip(&[entry], false);
    for (what, bytes) in [
        ("arrays", many(Entry::stored, &array)),
        ("compressed arrays", many(Entry::deflated, &array)),
        ("axes", many(Entry::deflated, &axes)),
        ("empty files", many(Entry::stored, b"")),
        ("spaces", one(Entry::deflated("a.npy", &spaces))),
        ("lists", one(Entry::deflated("a.npy", &nested))),
        ("strings", one(Entry::deflated("a.npy", &strings))),
        ("numbers", one(Entry::deflated("a.npy", &numbers))),
    ] {
        check_memory(what, "model.npz", &bytes);
    }
}

/// Opens a file, and checks its memory.
fn check_memory(what: &str, name: &str, bytes: &[u8]) {
    let mut limits = Limits::default();
    (limits.memory, limits.memory_per_byte) = (1 << 20, 8);
    let folder = scratch().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let opened = || OpenOptions::new().limits(limits.clone()).open(&path).map(drop);
    let (opened, peak) = counted(opened);
    let most = (1 << 20) + 8 * bytes.len();
    let error = opened.as_ref().err().map(ToString::to_string).unwrap_or_default();
    println!(
        "{what}: {} bytes take {peak} of {most}, read: {}, {error:.120}",
        bytes.len(),
        opened.is_ok()
    );
    assert!(peak <= most, "{what}: {peak} bytes of memory are more than {most}");
    opened.unwrap_or_else(|error| check_message(&error));
}

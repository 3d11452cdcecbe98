//! The same for safetensors files, which have no checksums: reads return the bytes of the file.

use std::fs;

use checkpoint_core::OpenOptions;
use checkpoint_schema::format::Limits;
use checkpoint_tests::fuzz::seeds::seeds;
use checkpoint_tests::fuzz::{check_message, scratch, target};
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::safetensors::with_header;

use crate::TIMES;
use crate::bytes::mutate;
use crate::memory::counted;

#[test]
fn files_that_are_changed_are_refused_or_read_as_they_are() {
    let (target, mut random) = (target("safetensors"), Random::new(3));
    for seed in seeds("safetensors").unwrap() {
        for _ in 0..TIMES {
            let once = mutate(&seed, &mut random);
            target(&once);
            target(&mutate(&once, &mut random));
        }
    }
}

/// The number of parts in a header.
const PARTS: usize = 20_000;

#[test]
fn headers_of_very_many_parts_take_no_more_memory_than_their_length_justifies() {
    let tensor = |name: &str, shape: &str| {
        format!(r#""{name}":{{"dtype":"U8","shape":[{shape}],"data_offsets":[0,0]}}"#)
    };
    let tensors = |shape: &str| {
        let tensors = (0..PARTS).map(|number| tensor(&number.to_string(), shape));
        tensors.collect::<Vec<_>>().join(",")
    };
    let zeros = vec!["0"; PARTS].join(",");
    let pairs = |key: &str| format!(r#""{key}":"""#);
    let metadata: Vec<String> = (0..PARTS).map(|number| pairs(&number.to_string())).collect();
    let escaped = format!(r#""{}":1"#, "\\u0000".repeat(PARTS));
    for (what, fields) in [
        ("tensors", tensors("0")),
        ("tensors of 100 axes", tensors(&["0"; 100].join(","))),
        ("axes", tensor("a", &zeros)),
        ("metadata", format!(r#""__metadata__":{{{}}}"#, metadata.join(","))),
        ("nested", format!(r#""a":{{"more":{}}}"#, "[".repeat(PARTS))),
        ("escaped", escaped),
    ] {
        let mut limits = Limits::default();
        (limits.memory, limits.memory_per_byte) = (1 << 20, 8);
        let bytes = with_header(format!("{{{fields}}}").as_bytes(), &[]);
        let folder = scratch().unwrap();
        let path = folder.path().join("model.safetensors");
        fs::write(&path, &bytes).unwrap();
        let opened = || OpenOptions::new().limits(limits.clone()).open(&path).map(drop);
        let (opened, peak) = counted(opened);
        let most = (1 << 20) + 8 * bytes.len();
        println!("{what}: {} bytes take {peak} of {most}, read: {}", bytes.len(), opened.is_ok());
        assert!(peak <= most, "{what}: {peak} bytes of memory are more than {most}");
        opened.unwrap_or_else(|error| check_message(&error));
    }
}

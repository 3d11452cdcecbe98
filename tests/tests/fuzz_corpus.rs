//! The seeds and the findings of fuzzing are read without a panic.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use checkpoint_tests::fuzz::seeds::seeds;
use checkpoint_tests::fuzz::{TARGETS, Target};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("fuzz")
}

/// Runs the target with this name on its seeds, and on the files of its corpus.
fn replay(name: &str) {
    let target: Target = checkpoint_tests::fuzz::target(name);
    let folder = fuzz().join("corpus").join(name);
    let mut inputs: Vec<(String, Vec<u8>)> = Vec::new();
    for (number, seed) in seeds(name).unwrap().into_iter().enumerate() {
        inputs.push((format!("seed {number}"), seed));
    }
    assert!(!inputs.is_empty(), "there is nothing to start {name} from");
    for file in folder.read_dir().unwrap() {
        let path = file.unwrap().path();
        inputs.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    let failed = inputs.iter().filter(|(_, bytes)| catch_unwind(|| target(bytes)).is_err());
    let failed: Vec<&String> = failed.map(|(name, _)| name).collect();
    assert!(failed.is_empty(), "{name} fails at {failed:#?}");
}

#[test]
fn directories_are_read() {
    replay("directory");
}

#[test]
fn globs_match_what_their_wildcards_can_stand_for() {
    replay("glob");
}

#[test]
fn indexes_are_read() {
    replay("index");
}

#[test]
fn manifests_are_read_as_they_are_written() {
    replay("manifest");
}

#[test]
fn names_that_are_listed_lead_to_their_variables() {
    replay("names");
}

#[test]
fn npz_files_are_read() {
    replay("npz");
}

#[test]
fn pickles_are_read() {
    replay("pickle");
}

#[test]
fn pytorch_files_are_read() {
    replay("pytorch");
}

#[test]
fn object_graphs_are_read() {
    replay("object_graph");
}

#[test]
fn safetensors_files_are_read() {
    replay("safetensors");
}

#[test]
fn state_files_are_read() {
    replay("state");
}

#[test]
fn templates_lead_back_to_their_indices() {
    replay("template");
}

#[test]
fn v1_checkpoints_are_read() {
    replay("v1");
}

#[test]
fn every_target_has_its_file() {
    let files = fuzz().join("fuzz_targets").read_dir().unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| format!("{name}.rs")).collect();
    assert_eq!(files, targets);
}

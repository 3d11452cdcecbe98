//! The functions of the fuzz targets. `fuzz/` calls them, and a test replays its findings.
//!
//! Refusing an input is fine. Panicking, taking long, or reading the wrong thing is not.

use std::path::Path;
use std::{fmt, io};

use checkpoint_schema::format::Limits;
use tempfile::TempDir;

pub mod directory;
pub mod index;
pub mod names;
pub mod object_graph;
pub mod seeds;

mod archive;
mod glob;
mod manifest;
mod safetensors;
mod state;
mod template;

/// A fuzz target. It panics if anything is wrong with an input.
pub type Target = fn(&[u8]);

/// The targets by name. The files in `fuzz/fuzz_targets` and the folders in `fuzz/corpus` have the same names.
pub const TARGETS: [(&str, Target); 13] = [
    ("directory", directory::directory),
    ("glob", glob::glob),
    ("index", index::index),
    ("manifest", manifest::manifest),
    ("names", names::names),
    ("npz", archive::npz),
    ("object_graph", object_graph::object_graph),
    ("pickle", archive::pickle),
    ("pytorch", archive::pytorch),
    ("safetensors", safetensors::safetensors),
    ("state", state::state),
    ("template", template::template),
    ("v1", directory::v1),
];

/// Returns the target with this name.
///
/// # Panics
///
/// When there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    let found = TARGETS.iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("there is no target `{name}`")).1
}

/// Returns limits that a small input can exceed.
#[must_use]
pub fn small_limits() -> Limits {
    let mut limits = Limits::default();
    limits.memory = 1 << 20;
    limits.key_bytes = 8 << 10;
    limits.shards = 1000;
    limits.slice_comparisons = 16;
    limits
}

/// The length of a message that a person still reads: some names of 200 escaped characters, or the longest shape.
const LONGEST: usize = 8192;

/// Checks that the message of an error is a single, non-empty line.
///
/// # Panics
///
/// When it is not.
pub fn check_message(error: &(impl fmt::Debug + fmt::Display)) {
    let message = error.to_string();
    assert!(!message.is_empty(), "{error:?} has no message");
    assert!(!message.contains(char::is_control), "the message is not on one line: {message:?}");
    assert!(message.len() < LONGEST, "the message has {} bytes: {message:.1000}", message.len());
}

/// Creates a directory for one input, in memory if possible.
///
/// # Errors
///
/// When it cannot be created.
pub fn scratch() -> io::Result<TempDir> {
    let in_memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("checkpoint-fuzz-");
    if in_memory.is_dir() { builder.tempdir_in(in_memory) } else { builder.tempdir() }
}

/// Splits the bytes at the first line end.
fn two_lines(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut lines = bytes.splitn(2, |&byte| byte == b'\n');
    (lines.next().unwrap_or_default(), lines.next().unwrap_or_default())
}

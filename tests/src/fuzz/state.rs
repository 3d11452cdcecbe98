//! A `checkpoint` file, in a directory with a checkpoint.

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, OpenError, StateError};

use super::{check_message, scratch};
use crate::writer::{Bundle, StateFile};

/// The maximum length of a path.
const LONGEST_PATH: usize = 4096;

/// Reads a `checkpoint` file.
pub(super) fn state(bytes: &[u8]) {
    let directory = scratch().expect("a directory");
    let directory = directory.path();
    Bundle::new().write(directory.join("model.ckpt")).expect("a checkpoint");
    let state = directory.join("checkpoint");
    fs::write(&state, bytes).expect("a state file");
    if let Err(error) = Checkpoint::open(directory) {
        check_message(&error);
    }
    if let Ok(path) = str::from_utf8(bytes)
        && path.len() < LONGEST_PATH
    {
        check_path(directory, path);
    }
}

/// Checks that a path is read as it is written.
fn check_path(directory: &Path, path: &str) {
    StateFile::of(path).write(directory).expect("a state file");
    match Checkpoint::open(directory) {
        Err(OpenError::Dangling { named, .. }) => assert_eq!(named, path),
        Err(OpenError::State { problem: StateError::NoPath, .. }) => assert_eq!(path, ""),
        Err(error @ OpenError::State { .. }) => panic!("{path:?} is refused: {error}"),
        // The path is the name of an existing file.
        Ok(_) | Err(_) => {}
    }
}

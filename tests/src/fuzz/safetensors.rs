//! A safetensors file, or the index of several.

use std::fs;

use checkpoint_core::{Budget, Checkpoint, OpenOptions};
use checkpoint_schema::format::safetensors::{Header, Shards};
use checkpoint_schema::listing::catalog::Place;

use super::{check_message, scratch, small_limits};
use crate::writer::safetensors::{dtype, safetensors as write};

/// Reads a safetensors file.
pub(super) fn safetensors(bytes: &[u8]) {
    let directory = scratch().expect("a directory");
    let path = directory.path().join("model.safetensors");
    fs::write(&path, bytes).expect("a file");
    match OpenOptions::new().limits(small_limits()).format("safetensors").open(&path) {
        Ok(checkpoint) => {
            check_places(&checkpoint, bytes);
            check_again(&checkpoint);
        }
        Err(error) => check_message(&error),
    }
    let size = bytes.len() as u64;
    let budget = || Budget::new(&small_limits(), size);
    if let Err(error) = Shards::read(bytes, &budget()) {
        check_message(&error);
    }
    if let Err(error) = Header::read(bytes, size + 8, &budget()) {
        check_message(&error);
    }
}

/// Checks that tensors cover all bytes after the header, each byte once, and that reads return these bytes.
fn check_places(checkpoint: &Checkpoint, bytes: &[u8]) {
    let mut extents = Vec::new();
    for variable in checkpoint.variables() {
        let tensor = match checkpoint.read(&variable.name) {
            Ok(tensor) => tensor,
            Err(error) => {
                check_message(&error);
                assert!(variable.defect().is_some(), "{variable:?}: {error}");
                continue;
            }
        };
        let Place::Whole(extent) = variable.place else { panic!("{variable:?}") };
        let range = usize::try_from(extent.offset).expect("it was read");
        let stored = &bytes[range..][..usize::try_from(extent.size).expect("it was read")];
        let is_bool = variable.dtype.short() == "bool";
        if cfg!(target_endian = "little") && !is_bool {
            assert!(tensor.as_bytes() == stored, "{variable:?}");
        }
        extents.push((extent.offset, extent.offset + extent.size));
    }
    extents.sort_unstable();
    assert!(extents.windows(2).all(|pair| pair[0].1 <= pair[1].0), "tensors share bytes");
    let end = extents.last().map_or(0, |extent| extent.1);
    assert!(end <= bytes.len() as u64, "a tensor ends behind the file");
}

/// Checks that a file written from the tensors reads the same.
fn check_again(checkpoint: &Checkpoint) {
    let is_kept = |name: &str| dtype_of(checkpoint, name).is_some();
    let tensors: Vec<_> = checkpoint
        .tensors()
        .filter(|(name, _)| name.as_str().is_some_and(is_kept))
        .filter_map(|(name, tensor)| Some((name.clone(), tensor.ok()?)))
        .collect();
    let directory = scratch().expect("a directory");
    let path = directory.path().join("again");
    fs::write(&path, write(&tensors)).expect("a file");
    let again = Checkpoint::open(&path).expect("it was written");
    assert_eq!(again.variables().len(), tensors.len());
    for (name, tensor) in &tensors {
        let read = again.read(name).expect("it was written");
        assert!(read == *tensor, "`{name}` is read as something else");
    }
}

/// Returns the name of a variable's dtype in the format.
fn dtype_of(checkpoint: &Checkpoint, name: &str) -> Option<&'static str> {
    dtype(checkpoint.get(name)?.dtype)
}

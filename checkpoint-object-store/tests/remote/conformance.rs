//! Stores pass the tests of all sources.

use std::path::Path;

use checkpoint_object_store::from_object_store;
use checkpoint_tests::conformance::{Named, bundle, check};
use checkpoint_tests::writer::safetensors;

use crate::support::stored;

#[test]
fn v2_conforms() {
    let write = |folder: &Path, tensors: &[Named]| {
        bundle(tensors).write(folder.join("model.ckpt")).unwrap();
        from_object_store(stored(folder), "model.ckpt").unwrap()
    };
    check(|_| true, write);
}

#[test]
fn safetensors_conforms() {
    let holds = |dtype| safetensors::dtype(dtype).is_some();
    check(holds, |folder, tensors| {
        let path = folder.join("model.safetensors");
        std::fs::write(path, safetensors::safetensors(tensors)).unwrap();
        from_object_store(stored(folder), "model.safetensors").unwrap()
    });
}

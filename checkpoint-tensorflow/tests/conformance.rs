//! `TensorFlow` does what all sources do.

use std::path::Path;

use checkpoint_core::{Checkpoint, DType, Memory, SaveOptions};
use checkpoint_tensorflow::reads;
use checkpoint_tests::conformance::{Named, bundle, check, data};
use checkpoint_tests::tensorflow::found;
use checkpoint_tests::writer::{Bundle, TableOptions, V1};

fn opened(folder: &Path, bundle: Bundle) -> Checkpoint {
    let prefix = folder.join("model.ckpt");
    bundle.write(&prefix).unwrap();
    checkpoint_tensorflow::open(prefix).unwrap()
}

#[test]
fn v2_conforms() {
    if found(checkpoint_tensorflow::version(), "V2 through TensorFlow conforms").is_none() {
        return;
    }
    check(reads, |folder, tensors| opened(folder, bundle(tensors)));
    let table = TableOptions { block_size: 300, restart_interval: 3, snappy: true };
    check(reads, |folder, tensors| opened(folder, bundle(tensors).table(table)));
}

#[test]
fn what_is_saved_conforms() {
    if found(checkpoint_tensorflow::version(), "saves through TensorFlow conform").is_none() {
        return;
    }
    for options in [SaveOptions::new, || SaveOptions::new().max_shard_size(1000).align(64)] {
        check(reads, |folder, tensors| {
            let prefix = folder.join("model.ckpt");
            let source = Checkpoint::from_source("memory", Memory::new(tensors.to_vec()));
            let options = options().sync(false).overwrite(true);
            checkpoint_tensorflow::open(source.save_as(prefix, options).unwrap().checkpoint)
                .unwrap()
        });
    }
}

#[test]
fn v1_conforms() {
    if found(checkpoint_tensorflow::version(), "V1 through TensorFlow conforms").is_none() {
        return;
    }
    let make = |folder: &Path, tensors: &[Named]| {
        let add = |v1: V1, (name, tensor): &Named| {
            v1.tensor(name, tensor.dtype(), tensor.shape().dims(), data(tensor))
        };
        let path = folder.join("model.ckpt");
        tensors.iter().fold(V1::new(), add).write(&path).unwrap();
        checkpoint_tensorflow::open(path).unwrap()
    };
    check(|dtype| reads(dtype) && v1_reads(dtype), make);
}

/// `TensorFlow` does not read these of V1 checkpoints, and says so.
fn v1_reads(dtype: DType) -> bool {
    ![DType::BFloat16, DType::QInt16, DType::QUInt16].contains(&dtype)
}

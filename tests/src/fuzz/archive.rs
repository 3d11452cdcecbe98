//! Arrays of NumPy and tensors of `PyTorch`, alone and in an archive.

use std::fs;

use checkpoint_core::{Checkpoint, Name, OpenOptions, Tensor};

use super::{check_message, scratch, small_limits};
use crate::writer::npy::{Order, dtype, npy};
use crate::writer::torch::{archive, is_held, with_pickle};
use crate::writer::zip::{Entry, zip};

/// Reads a `.npz` or a `.npy` file.
pub(super) fn npz(bytes: &[u8]) {
    for format in ["npz", "npy"] {
        open(bytes, format, |checkpoint| {
            let tensors = read_all(checkpoint);
            check_again(&tensors);
        });
    }
}

/// Reads a file of `PyTorch`.
pub(super) fn pytorch(bytes: &[u8]) {
    open(bytes, "pytorch", |checkpoint| {
        let tensors = read_all(checkpoint);
        let is_kept =
            |(name, tensor): &&(Name, Tensor)| is_held(tensor.dtype()) && name.as_str().is_some();
        let kept: Vec<_> = tensors.iter().filter(is_kept).cloned().collect();
        for order in [Order::default(), Order { is_fortran: true, is_big: true }] {
            same(&archive(&kept, order), &kept);
        }
    });
}

/// Reads a pickle in an archive with two storages.
pub(super) fn pickle(bytes: &[u8]) {
    let storages = [(0..64).collect(), vec![1; 24]];
    pytorch(&with_pickle(bytes, &storages, false));
}

/// Opens these bytes in a format.
pub(super) fn open(bytes: &[u8], format: &str, check: impl FnOnce(&Checkpoint)) {
    let directory = scratch().expect("a directory");
    let path = directory.path().join("model");
    fs::write(&path, bytes).expect("a file");
    let options = OpenOptions::new().limits(small_limits()).format(format);
    match options.open(&path) {
        Ok(checkpoint) => check(&checkpoint),
        Err(error) => check_message(&error),
    }
    if let Err(error) = options.open_in_memory(&path) {
        check_message(&error);
    }
}

/// The maximum number of elements in a tensor to read. Compressed or shared tensors can be very large.
const MOST: u64 = 1 << 20;

/// Reads all variables, at once and in pieces.
pub(super) fn read_all(checkpoint: &Checkpoint) -> Vec<(Name, Tensor)> {
    let mut tensors = Vec::new();
    for variable in checkpoint.variables().iter().filter(|one| one.shape.elements() < MOST) {
        let mut pieces = Vec::new();
        let in_pieces =
            checkpoint.read_pieces(&variable.name, |piece| pieces.extend_from_slice(piece));
        match checkpoint.read(&variable.name) {
            Ok(tensor) => {
                assert_eq!(*tensor.spec(), variable.spec());
                in_pieces.expect("it was read");
                assert!(tensor.as_bytes() == pieces, "{variable:?} in pieces");
                tensors.push((variable.name.clone(), tensor));
            }
            Err(error) => {
                check_message(&error);
                assert!(in_pieces.is_err(), "{variable:?} is read in pieces only");
            }
        }
    }
    tensors
}

/// Checks that an archive written from the tensors reads the same.
fn check_again(tensors: &[(Name, Tensor)]) {
    let is_kept = |(name, tensor): &&(Name, Tensor)| {
        dtype(tensor.dtype()).is_some() && name.as_str().is_some()
    };
    let kept: Vec<_> = tensors.iter().filter(is_kept).cloned().collect();
    if kept.is_empty() {
        // A large archive without files would not be recognised, and no program writes one.
        return;
    }
    for order in [Order::default(), Order { is_fortran: true, is_big: true }] {
        let entry = |(name, tensor): &(Name, Tensor)| {
            let name = format!("{}.npy", name.as_str().expect("it was kept"));
            let make = if order.is_big { Entry::deflated } else { Entry::stored };
            make(&name, &npy(tensor, order))
        };
        let again = zip(&kept.iter().map(entry).collect::<Vec<_>>(), order.is_fortran);
        same(&again, &kept);
    }
}

/// Checks that a file has these tensors.
fn same(bytes: &[u8], tensors: &[(Name, Tensor)]) {
    let directory = scratch().expect("a directory");
    let path = directory.path().join("again.npz");
    fs::write(&path, bytes).expect("a file");
    let again = Checkpoint::open(&path).expect("it was written");
    assert_eq!(again.variables().len(), tensors.len());
    for (name, tensor) in tensors {
        let read = again.read(name).expect("it was written");
        assert!(read == *tensor, "`{name}` is read as something else");
    }
}

//! Arrays that borrow from mapped files. All `unsafe` of the crate is here.

use std::path::Path;

use checkpoint_core::{Checkpoint, OpenError, OpenOptions, ReadError, Variable};
use ndarray::ArrayView1;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use crate::checkpoint::Native;

/// Opens a checkpoint with mapped data files.
///
/// # Errors
/// Returns the errors of [`OpenOptions::open`].
#[expect(unsafe_code, reason = "only the user knows who else changes the files")]
pub(crate) fn open(options: &OpenOptions, path: &Path) -> Result<Checkpoint, OpenError> {
    // SAFETY: `tfckpt.open` asks the same of its users with `mmap=True`, as `numpy.memmap` does.
    unsafe { options.open_mapped(path) }
}

/// Returns the bytes of a variable as a read-only array that borrows them. Returns `None` if no mapped file has the bytes in
/// their layout in memory.
///
/// # Errors
/// Returns an error if the data file cannot be opened, or is too short.
#[expect(unsafe_code, reason = "the type of an array does not say how long it borrows")]
pub(crate) fn borrowed<'py>(
    native: &Bound<'py, Native>,
    variable: &Variable,
) -> Result<Option<Bound<'py, PyAny>>, ReadError> {
    let Some(bytes) = native.get().checkpoint.borrow(&variable.name)? else { return Ok(None) };
    // SAFETY: the bytes belong to the checkpoint in `native`. It is frozen, so they do not move as long as it lives, and the
    // array keeps it alive. Nothing writes to them: the array is read-only before it is returned. NumPy does not let anybody
    // change that, since `native` has no buffer to write to.
    let array =
        unsafe { PyArray1::borrow_from_array(&ArrayView1::from(bytes), native.clone().into_any()) };
    Ok(Some(array.readwrite().make_nonwriteable().as_any().clone()))
}

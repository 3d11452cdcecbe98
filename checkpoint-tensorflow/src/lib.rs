//! `TensorFlow` itself as a source of checkpoints.
//!
//! `checkpoint-core` reads checkpoints natively, faster, and all of their dtypes. This crate is there to compare it with what
//! `TensorFlow` reads, and for who wants to load through `TensorFlow` whatever it takes:
//!
//! ```no_run
//! let checkpoint = checkpoint_tensorflow::open("models/124M")?;
//! let wte = checkpoint.read_array::<f32>("model/wte")?;
//! println!("TensorFlow {} reads {:?}", checkpoint_tensorflow::version()?, wte.shape());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What [`open`] returns is a [`Checkpoint`] like any other: structs load from it, and variables are read by their names.
//!
//! # The library
//!
//! It is looked for when it is first used, not when a program is built: `libtensorflow.so` in the directory that the
//! environment variable `TENSORFLOW_DIR` names, in those of `LD_LIBRARY_PATH`, in `/usr/local/lib` and in
//! `/usr/local/lib/libtensorflow`. The script `scripts/get-libtensorflow.sh` of the repository fetches it. Without it, all
//! is [`Error::Missing`], which says how to get it. `TF_CPP_MIN_LOG_LEVEL=2` in the environment keeps it from writing notes
//! to standard error.
//!
//! # Limits
//!
//! Variables of dtypes that are not [`reads`] are listed, and an error when they are read; so are those whose names are not
//! UTF-8. Every variable is read whole. `TensorFlow` ends the process where an index contradicts itself; so the index
//! is checked natively first, and `TensorFlow` sees none that `checkpoint-core` refuses. What else it makes of data files
//! that were made to harm is its own affair: read what you do not trust natively.
//!
//! A program that also depends on the crate `tensorflow` with its default features does not compile: those link the library
//! when the program is built, and its features cannot be had both at once.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

mod compare;
mod error;
mod library;
mod listing;
mod prefix;
mod restore;
mod source;

use std::path::Path;

use checkpoint_core::{Checkpoint, DType};

pub use crate::compare::{Compared, Difference, compare};
pub use crate::error::Error;

use crate::library::Library;
use crate::source::TensorFlow;

/// Opens a checkpoint that `TensorFlow` reads. `path` is what [`Checkpoint::open`] takes.
///
/// # Errors
/// If there is no library, or no checkpoint, or one that either reader refuses.
pub fn open(path: impl AsRef<Path>) -> Result<Checkpoint, Error> {
    let native = Checkpoint::open(path)?;
    let source = TensorFlow::open(Library::load()?, &native)?;
    Ok(Checkpoint::from_source(native.path(), source))
}

/// The version of the library: `2.13.1`.
///
/// # Errors
/// If there is no library, or one that cannot be used.
pub fn version() -> Result<String, Error> {
    Ok(Library::load()?.version())
}

/// Whether tensors of this dtype can be read: not variants, which the library does not give away, nor those whose numbers are
/// above 23 (`float8`, `int4` and the like), for which `TensorFlow` 2.13 ends the process.
#[must_use]
pub fn reads(dtype: DType) -> bool {
    restore::data_type(dtype).is_some()
}

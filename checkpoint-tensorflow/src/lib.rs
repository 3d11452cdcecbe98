//! `TensorFlow` itself as a source of checkpoints.
//!
//! `checkpoint-core` reads checkpoints natively, faster, and all of their dtypes. Use this crate to cross-check it against
//! `TensorFlow`, or to load through `TensorFlow` anyway:
//!
//! ```no_run
//! let checkpoint = checkpoint_tensorflow::open("models/124M")?;
//! let wte = checkpoint.read_array::<f32>("model/wte")?;
//! println!("TensorFlow {} reads {:?}", checkpoint_tensorflow::version()?, wte.shape());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`open`] returns an ordinary [`Checkpoint`]: load structs from it, or read variables by name.
//!
//! # The library
//!
//! The library is found when it is first used, not when a program is built. `libtensorflow.so` is searched for in these
//! directories: the environment variable `TENSORFLOW_DIR`, those of `LD_LIBRARY_PATH`, `/usr/local/lib`, and
//! `/usr/local/lib/libtensorflow`. The script `scripts/get-libtensorflow.sh` of the repository fetches it. Without it,
//! [`open`] and [`version`] return [`Error::Missing`], which says how to get it. Set `TF_CPP_MIN_LOG_LEVEL=2` in the
//! environment to silence its log on standard error.
//!
//! # Limits
//!
//! - Variables of dtypes that are not [`reads`] are listed, but reading them is an error. The same is true of names that are not
//!   UTF-8.
//! - Every variable is read whole.
//! - `TensorFlow` ends the process if an index contradicts itself. So the index is checked natively first, and `TensorFlow` only
//!   sees indexes that `checkpoint-core` accepts. Malicious data files can still harm it: read untrusted checkpoints natively.
//!
//! A program that also depends on the crate `tensorflow` with its default features does not compile. Those features link the
//! library at build time, and the features for linking and for loading exclude each other.

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

/// Opens a checkpoint through `TensorFlow`. `path` is a path as for [`Checkpoint::open`].
///
/// # Errors
/// Returns an error if the library or the checkpoint is missing, or if either reader refuses the checkpoint.
pub fn open(path: impl AsRef<Path>) -> Result<Checkpoint, Error> {
    let native = Checkpoint::open(path)?;
    let source = TensorFlow::open(Library::load()?, &native)?;
    Ok(Checkpoint::from_source(native.path(), source))
}

/// Returns the version of the library, such as `2.13.1`.
///
/// # Errors
/// Returns an error if the library is missing or cannot be used.
pub fn version() -> Result<String, Error> {
    Ok(Library::load()?.version())
}

/// True if tensors of this dtype can be read. Variants cannot, because the library does not return them. Dtypes with numbers
/// above 23 (`float8`, `int4` and the like) cannot, because `TensorFlow` 2.13 ends the process for them.
#[must_use]
pub fn reads(dtype: DType) -> bool {
    restore::data_type(dtype).is_some()
}

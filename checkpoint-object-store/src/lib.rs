//! Checkpoints of web servers, S3, Google Cloud Storage and Azure, for `checkpoint-core`.
//!
//! ```no_run
//! use checkpoint_core::{FromCheckpoint, LoadOptions};
//! use ndarray::Array2;
//!
//! #[derive(FromCheckpoint)]
//! #[ckpt(allow_unmapped)]
//! struct Embeddings {
//!     #[ckpt(path = "model/wte")]
//!     tokens: Array2<f32>,
//! }
//!
//! let checkpoint = checkpoint_object_store::open("https://example.com/124M/model.ckpt")?;
//! let (embeddings, _) = Embeddings::load_with(&checkpoint, LoadOptions::new())?;
//! println!("{} tokens", embeddings.tokens.nrows());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Opening reads the index or the headers: the first 128 KiB of each file, and more where that is not enough. A load asks for the
//! bytes of the tensors that it takes, up to 4 MiB a request, and for 16 ranges at the same time ([`Remote::in_flight`]).
//!
//! A file that changes while it is read is an error: each request names the version that was opened (`If-Match`), and the version
//! that a server sends is compared. So is a server that does not answer requests for ranges. Requests that fail are repeated by
//! the store, 10 times within 3 minutes.
//!
//! A checkpoint can be opened and read on any thread, also on one of an asynchronous runtime, which is blocked meanwhile.

mod error;
mod file;
mod remote;
mod runtime;
mod storage;
mod upload;
mod windows;

use std::sync::Arc;

use checkpoint_core::{Checkpoint, OpenError, OpenOptions};
use object_store::ObjectStore;

pub use crate::error::Error;
pub use crate::remote::Remote;

/// The crate whose stores [`from_object_store`] takes.
pub use object_store;

/// Opens a checkpoint by its URL: `https://`, `http://`, `s3://`, `gs://`, `az://`, or `file://`.
///
/// The path is any that [`Checkpoint::open`] takes: a prefix, a file or a folder. A folder of a web server ends in a slash; since
/// such a server does not list its files, the usual names are looked for. Credentials come from the environment, as the builders
/// of the crate `object_store` read it.
///
/// # Errors
/// As [`Checkpoint::open`]; if the URL cannot be understood, or a request fails for good.
pub fn open(url: &str) -> Result<Checkpoint, Error> {
    open_with(url, &OpenOptions::new())
}

/// Opens a checkpoint by its URL, as [`open`] does, with options: a format, or other limits.
///
/// # Errors
/// As [`open`].
pub fn open_with(url: &str, options: &OpenOptions) -> Result<Checkpoint, Error> {
    match local(url) {
        Some(path) => Ok(options.open(path)?),
        None => Ok(Remote::parse(url)?.open(options)?),
    }
}

/// Opens a checkpoint in a store that is set up already. See [`Remote::new`].
///
/// # Errors
/// As [`Checkpoint::open`]; if a request fails for good.
pub fn from_object_store(
    store: Arc<dyn ObjectStore>,
    path: impl Into<String>,
) -> Result<Checkpoint, OpenError> {
    Remote::new(store, path).open(&OpenOptions::new())
}

/// The path of a `file://` URL.
fn local(url: &str) -> Option<std::path::PathBuf> {
    let url = url::Url::parse(url).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

/// The examples of the page are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../docs/remote.md")]
struct Page;

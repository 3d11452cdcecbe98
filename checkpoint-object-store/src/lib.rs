//! Checkpoints on web servers, S3, Google Cloud Storage and Azure, for `checkpoint-core`.
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
//! Opening a checkpoint reads its index or headers: the first 128 KiB of each file, and more if needed. A load requests the byte
//! ranges of its tensors, up to 4 MiB a request, with 16 requests at the same time ([`Remote::in_flight`]).
//!
//! A file that changes while it is read is an error. Each request names the version that was opened (`If-Match`), and the version
//! in the response is compared. A server that does not support range requests is an error too. The store retries failed requests,
//! 10 times within 3 minutes.
//!
//! A checkpoint can be opened and read on any thread. A thread of an asynchronous runtime is blocked meanwhile.

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

/// The crate of the stores for [`from_object_store`].
pub use object_store;

/// Opens a checkpoint by its URL: `https://`, `http://`, `s3://`, `gs://`, `az://`, or `file://`.
///
/// The path is one for [`Checkpoint::open`]: a prefix, a file or a folder. The URL of a folder on a web server ends in a slash.
/// Since such a server does not list its files, the usual names are tried. Credentials come from the environment, as for the
/// builders of the crate `object_store`.
///
/// # Errors
/// Returns the errors of [`Checkpoint::open`], or an error if the URL is invalid or a request fails after its retries.
pub fn open(url: &str) -> Result<Checkpoint, Error> {
    open_with(url, &OpenOptions::new())
}

/// Opens a checkpoint by its URL, like [`open`], with options such as the format or limits.
///
/// # Errors
/// Returns the errors of [`open`].
pub fn open_with(url: &str, options: &OpenOptions) -> Result<Checkpoint, Error> {
    match local(url) {
        Some(path) => Ok(options.open(path)?),
        None => Ok(Remote::parse(url)?.open(options)?),
    }
}

/// Opens a checkpoint in an existing store. See [`Remote::new`].
///
/// # Errors
/// Returns the errors of [`Checkpoint::open`], or an error if a request fails after its retries.
pub fn from_object_store(
    store: Arc<dyn ObjectStore>,
    path: impl Into<String>,
) -> Result<Checkpoint, OpenError> {
    Remote::new(store, path).open(&OpenOptions::new())
}

/// Returns the path of a `file://` URL.
fn local(url: &str) -> Option<std::path::PathBuf> {
    let url = url::Url::parse(url).ok().filter(|url| url.scheme() == "file")?;
    url.to_file_path().ok()
}

/// Compiles the examples of the page.
#[cfg(doctest)]
#[doc = include_str!("../../docs/remote.md")]
struct Page;

//! Checkpoints at a URL.

use std::path::Path;

use checkpoint_core::{Checkpoint, OpenOptions};

use crate::failure::Failure;

#[cfg(feature = "remote")]
mod upload;
#[cfg(not(feature = "remote"))]
#[path = "remote/no_upload.rs"]
mod upload;

pub(crate) use upload::Upload;

/// Returns a path that is a URL, or `None` for a local path.
pub(crate) fn url(path: &Path) -> Option<&str> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A single letter is a drive of Windows.
    path.to_str().filter(|_| is_scheme && scheme.len() > 1)
}

/// Reads a file in the folder of a checkpoint at a URL. Returns `None` if there is none, or if it cannot be read.
#[cfg(feature = "remote")]
pub(crate) fn beside(url: &str, file: &str, most: u64) -> Option<Vec<u8>> {
    let read = |folder: &str| {
        let remote = checkpoint_object_store::Remote::parse(&format!("{folder}/{file}")).ok()?;
        remote.read(most).ok().flatten()
    };
    let (folder, name) = url.rsplit_once('/')?;
    // The URL of a folder can also be written without a slash.
    read(folder).or_else(|| read(url).filter(|_| !name.is_empty()))
}

#[cfg(not(feature = "remote"))]
pub(crate) fn beside(_: &str, _: &str, _: u64) -> Option<Vec<u8>> {
    None
}

/// Opens the checkpoint at a URL.
#[cfg(feature = "remote")]
pub(crate) fn open(url: &str, options: &OpenOptions) -> Result<Checkpoint, Failure> {
    checkpoint_object_store::open_with(url, options).map_err(failure)
}

#[cfg(not(feature = "remote"))]
pub(crate) fn open(url: &str, _: &OpenOptions) -> Result<Checkpoint, Failure> {
    Err(without_network(url))
}

#[cfg(feature = "remote")]
fn failure(error: checkpoint_object_store::Error) -> Failure {
    match error {
        checkpoint_object_store::Error::Open(error) => Failure::Open(error),
        error => Failure::Url(error.to_string()),
    }
}

/// Returns an error that explains how to build a `ckpt` that opens URLs.
#[cfg(not(feature = "remote"))]
fn without_network(url: &str) -> Failure {
    Failure::Url(format!(
        "cannot open `{url}`: this `ckpt` was built without the network; build one with it: `cargo install ckpt \
         --features remote`, or `cargo run --release -p ckpt --features remote -- ...` in a copy of the repository"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_scheme() {
        for (path, is_url) in [
            ("https://example.com/model.ckpt", true),
            ("s3://bucket/model.ckpt", true),
            ("models/124M", false),
            ("c://models", false),
            ("models/http://x", false),
        ] {
            assert_eq!(url(Path::new(path)).is_some(), is_url, "{path}");
        }
    }
}

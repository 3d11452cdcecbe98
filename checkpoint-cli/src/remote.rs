//! Checkpoints at a URL.

use std::path::Path;

use checkpoint_core::{Checkpoint, OpenOptions};

use crate::failure::Failure;

/// Returns a path that is a URL, or `None` for a local path.
pub(crate) fn url(path: &Path) -> Option<&str> {
    let (scheme, _) = path.to_str()?.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A single letter is a drive of Windows.
    path.to_str().filter(|_| is_scheme && scheme.len() > 1)
}

/// Opens the checkpoint at a URL.
#[cfg(feature = "remote")]
pub(crate) fn open(url: &str, options: &OpenOptions) -> Result<Checkpoint, Failure> {
    checkpoint_object_store::open_with(url, options).map_err(|error| match error {
        checkpoint_object_store::Error::Open(error) => Failure::Open(error),
        error => Failure::Url(error.to_string()),
    })
}

/// Returns an error that explains how to build a `ckpt` that opens URLs.
#[cfg(not(feature = "remote"))]
pub(crate) fn open(url: &str, _: &OpenOptions) -> Result<Checkpoint, Failure> {
    Err(Failure::Url(format!(
        "cannot open `{url}`: this `ckpt` was built without the network; build one with it: `cargo install ckpt \
         --features remote`, or `cargo run --release -p ckpt --features remote -- ...` in a copy of the repository"
    )))
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

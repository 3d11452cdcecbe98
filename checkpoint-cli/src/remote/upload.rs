//! Checkpoints that are written to a URL: first into a temporary folder, from which they are uploaded.

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, OpenOptions, SaveReport, verify_copy};
use checkpoint_object_store::Remote;
use tempfile::TempDir;

use super::failure;
use crate::failure::Failure;

/// A checkpoint to be written to a URL.
pub(crate) struct Upload {
    /// The URL of the folder.
    root: String,
    folder: TempDir,
    path: PathBuf,
}

impl Upload {
    /// Prepares an upload. Returns an error if there is a checkpoint at the URL, or if a part of an upload would open.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let refused = |problem| Failure::ToUrl { url: url.to_owned(), problem };
        let (root, name) = url.rsplit_once('/').unwrap_or_default();
        if name.is_empty() {
            return Err(refused(
                "a directory of arrays opens before it is complete; write an archive, `.npz`",
            ));
        }
        if Remote::parse(url).and_then(|remote| remote.exists()).map_err(failure)? {
            return Err(refused("there is a checkpoint; write to another URL, or remove it first"));
        }
        let folder = tempfile::tempdir().map_err(|error| {
            let (what, file) = ("create a folder in", std::env::temp_dir());
            Failure::File { what, file, error }
        })?;
        let path = folder.path().join(name);
        Ok(Self { root: root.to_owned(), folder, path })
    }

    /// The path in the temporary folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// True if the folder of the URL has a file of this name.
    pub(crate) fn has(&self, name: &str) -> Result<bool, Failure> {
        let remote = Remote::parse(&self.url(name)).map_err(failure)?;
        remote.exists().map_err(failure)
    }

    /// Uploads the checkpoint and other files, its index last. Reads it back, if requested, and sets its URL in the report.
    pub(crate) fn finish(
        &self,
        saved: &mut SaveReport,
        others: &[&Path],
        verify: bool,
    ) -> Result<(), Failure> {
        let mut all = saved.clone();
        all.files.splice(..0, others.iter().map(|other| other.to_path_buf()));
        let root = Remote::parse(&self.url("")).map_err(failure)?;
        root.upload(&all).map_err(failure)?;
        let own = Checkpoint::open(&saved.checkpoint)?;
        let name = saved.checkpoint.strip_prefix(self.folder.path()).unwrap_or(&saved.checkpoint);
        let url = self.url(&name.display().to_string());
        saved.checkpoint = PathBuf::from(&url);
        if verify {
            verify_copy(&own, &super::open(&url, &OpenOptions::new())?)?;
        }
        Ok(())
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }
}

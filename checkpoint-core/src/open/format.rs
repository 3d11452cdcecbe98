//! The interface of checkpoint formats.

use std::fmt;
use std::path::Path;

use checkpoint_schema::format::{Budget, Limits};

use crate::open::error::OpenError;
use crate::source::{FileSystem, Hold, Source};

/// A checkpoint format.
pub(crate) trait Format: Sync {
    /// The name, for messages and [`OpenOptions::format`](crate::OpenOptions::format).
    fn name(&self) -> &'static str;

    /// True if a path has a file name of this format.
    fn is_called(&self, path: &str) -> bool;

    /// Returns the checkpoints of this format at a path. Recognition uses the contents of files rather than their names.
    ///
    /// # Errors
    /// Returns an error if files cannot be read, or if a checkpoint of this format is incomplete.
    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError>;
}

/// A recognised checkpoint.
pub(crate) trait Candidate: fmt::Debug {
    /// The path that messages show. It opens this checkpoint only.
    fn path(&self) -> &Path;

    /// Opens the checkpoint: reads everything except the tensors.
    ///
    /// # Errors
    /// Returns an error if the metadata is damaged, or exceeds the limits.
    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError>;
}

/// An opened checkpoint.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) source: Box<dyn Source>,
    /// The memory budget, less the size of the catalog.
    pub(crate) budget: Budget,
}

//! Options for opening a checkpoint.

use std::path::Path;
use std::sync::Arc;

use checkpoint_schema::format::Limits;

use crate::checkpoint::Checkpoint;
use crate::open::error::OpenError;
use crate::open::format::Opened;
use crate::open::formats::find;
use crate::source::{FileSystem, Hold, Storage};

/// Options for opening a checkpoint, such as limits or a fixed format. They apply to [`Checkpoint::open`],
/// [`open_in_memory`](Checkpoint::open_in_memory) and `open_mapped`.
///
/// ```
/// use checkpoint_core::OpenOptions;
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let checkpoint = OpenOptions::new().format("tensorflow").open(path)?;
/// assert!(checkpoint.get("model/wte").is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    format: Option<String>,
    limits: Limits,
    system: FileSystem,
}

impl OpenOptions {
    /// The default options: any format, and limits far above the needs of real checkpoints.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens only checkpoints of this format: `tensorflow`, `safetensors`, `npz`, `npy` or `pytorch`. Use it if a path has
    /// checkpoints of several formats.
    #[must_use]
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// Sets the limits on the resources of a checkpoint.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the files of a storage instead of local files. Such files cannot be memory-mapped.
    #[must_use]
    pub fn storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.system = FileSystem::Of(storage);
        self
    }

    /// Opens a checkpoint, like [`Checkpoint::open`].
    ///
    /// # Errors
    /// Returns the errors of [`Checkpoint::open`]. An unknown format, or a path without a checkpoint of the format, is also an
    /// error.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Checkpoint, OpenError> {
        self.held(path.as_ref(), Hold::Open)
    }

    /// Opens a checkpoint and reads its data files into memory, like [`Checkpoint::open_in_memory`].
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    pub fn open_in_memory(&self, path: impl AsRef<Path>) -> Result<Checkpoint, OpenError> {
        self.held(path.as_ref(), Hold::Memory)
    }

    /// With the feature `mmap`: opens a checkpoint and memory-maps its data files, like [`Checkpoint::open_mapped`].
    ///
    /// # Safety
    /// The requirements of [`Checkpoint::open_mapped`].
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    #[cfg(feature = "mmap")]
    #[expect(unsafe_code, reason = "only the caller knows who else changes the files")]
    pub unsafe fn open_mapped(&self, path: impl AsRef<Path>) -> Result<Checkpoint, OpenError> {
        self.held(path.as_ref(), Hold::Mapped)
    }

    fn held(&self, path: &Path, hold: Hold) -> Result<Checkpoint, OpenError> {
        let candidate = find(&self.system, path, self.format.as_deref())?;
        let path = candidate.path().to_owned();
        let Opened { source, budget } = candidate.open(&self.system, &self.limits, hold)?;
        Ok(Checkpoint::new(path, source.into(), budget))
    }
}

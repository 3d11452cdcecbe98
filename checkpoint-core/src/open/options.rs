//! Options for opening a checkpoint.

use std::path::Path;
use std::sync::Arc;

use checkpoint_schema::format::Limits;

use crate::checkpoint::Checkpoint;
use crate::open::error::OpenError;
use crate::open::format::{Opened, find};
use crate::source::{FileSystem, Hold, Storage};

/// Options for opening a checkpoint: as [`Checkpoint::open`], [`open_in_memory`](Checkpoint::open_in_memory) and
/// `open_mapped` do, but with other limits, or in a format that is given.
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
    /// The usual ones: any format, and limits far above what real checkpoints need.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes checkpoints of this format only: `tensorflow`, `safetensors`, `npz`, `npy` or `pytorch`. It picks one where a
    /// path means checkpoints of several formats.
    #[must_use]
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// Sets how much a checkpoint may ask for.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the files of a storage instead of those of this machine. Its files cannot be mapped.
    #[must_use]
    pub fn storage(mut self, storage: Arc<dyn Storage>) -> Self {
        self.system = FileSystem::Of(storage);
        self
    }

    /// Opens a checkpoint, as [`Checkpoint::open`] does.
    ///
    /// # Errors
    /// As there; if there is no such format, or no checkpoint of it.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Checkpoint, OpenError> {
        self.held(path.as_ref(), Hold::Open)
    }

    /// Opens a checkpoint whose data files are read into memory, as [`Checkpoint::open_in_memory`] does.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in_memory(&self, path: impl AsRef<Path>) -> Result<Checkpoint, OpenError> {
        self.held(path.as_ref(), Hold::Memory)
    }

    /// With the feature `mmap`: opens a checkpoint whose data files are mapped into memory, as [`Checkpoint::open_mapped`] does.
    ///
    /// # Safety
    /// As there.
    ///
    /// # Errors
    /// As [`open`](Self::open).
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

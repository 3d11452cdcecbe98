//! `Checkpoint::open` and the like.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_schema::format::Limits;

use crate::checkpoint::Checkpoint;
use crate::open::error::OpenError;
use crate::open::options::OpenOptions;
use crate::source::{FileSystem, V1};

impl Checkpoint {
    /// Opens a checkpoint of any format.
    ///
    /// `TensorFlow` V2: `path` is the prefix (`models/124M/model.ckpt`), the `.index` file, one of the `.data-?????-of-?????`
    /// files, a directory with a `checkpoint` file, that file, or a `SavedModel` directory. `TensorFlow` V1: the file, the
    /// prefix of several files (`models/old.ckpt` of `models/old.ckpt-?????-of-?????`), one of them, or a pattern of their names
    /// (`models/old.ckpt-*`). Only the index is read.
    ///
    /// safetensors: the file, the index of several files (`model.safetensors.index.json`), or a directory with one of the two.
    /// Only the headers are read.
    ///
    /// NumPy: a `.npz` archive, a `.npy` file, or a directory of `.npy` files. PyTorch: a file of `torch.save`, the index of
    /// several files (`pytorch_model.bin.index.json`), or a directory with one of the two.
    ///
    /// A directory path with a trailing slash means its contents. `models/new/` is the checkpoint with an empty base name
    /// (`models/new/.index`), if it exists, and never `models/new.index`. A path that matches several checkpoints is an error that
    /// lists them; choose one with [`OpenOptions::format`].
    ///
    /// Given a `checkpoint` file, the latest of its checkpoints is opened. The file may have an absolute path from another
    /// machine. If nothing is there, the checkpoint with the same name in the directory is opened.
    ///
    /// # Errors
    /// Returns an error if there is no checkpoint, or if its index cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open(path)
    }

    /// Opens a V1 checkpoint from these files, which can have any names. Each file has some of the variables.
    /// [`open`](Self::open) accepts a pattern such as `models/ckpt-*`.
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open). Also returns an error if a file is not a V1 checkpoint.
    pub fn open_files(
        files: impl IntoIterator<Item = impl Into<PathBuf>>,
    ) -> Result<Self, OpenError> {
        let files: Vec<PathBuf> = files.into_iter().map(Into::into).collect();
        let v1 = V1::open(&FileSystem::Local, &files, &Limits::default())?;
        let path = files.into_iter().next().unwrap_or_default();
        let budget = v1.budget().clone();
        Ok(Self::new(path, Arc::new(v1), budget))
    }

    /// Opens a checkpoint, and reads whole data files into memory so that `ArrayView` and `CowArray` fields can borrow from them.
    ///
    /// A file is read on first use, on all cores. A safetensors file is read immediately. These reads do not count for
    /// [`LoadOptions::on_progress`](crate::LoadOptions::on_progress), and [`cancel`](crate::LoadOptions::cancel) does not stop
    /// them.
    ///
    /// ```
    /// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
    /// use ndarray::ArrayView2;
    ///
    /// #[derive(FromCheckpoint)]
    /// #[ckpt(allow_unmapped)]
    /// struct Embeddings<'a> {
    ///     #[ckpt(path = "model/wte")]
    ///     tokens: ArrayView2<'a, f32>,
    ///     #[ckpt(path = "model/wpe", transpose)]
    ///     positions: ArrayView2<'a, f32>,
    /// }
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open_in_memory(path)?;
    /// let (embeddings, report) = Embeddings::load_with(&checkpoint, LoadOptions::new())?;
    /// assert_eq!((report.variables, report.borrowed.variables.len()), (0, 2));
    /// assert_eq!(embeddings.tokens.ncols(), embeddings.positions.nrows());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// V1 checkpoints are read as in [`open`](Self::open), since they do not store elements in their memory format.
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    pub fn open_in_memory(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open_in_memory(path)
    }

    /// Opens a checkpoint, and maps its data files into memory so that `ArrayView` and `CowArray` fields can borrow from them.
    /// Nothing is read before it is used. Needs the feature `mmap`.
    ///
    /// # Safety
    /// While the checkpoint is open, its data files must not be changed or truncated, by this process or another. A change would
    /// modify borrowed elements, which is undefined behaviour. A truncation can end the program (`SIGBUS`). If you cannot rule
    /// this out, use [`open_in_memory`](Self::open_in_memory).
    ///
    /// A save over the checkpoint writes new files and renames them. On Unix, the mapped files keep the old elements. Windows can refuse
    /// to replace mapped files. The save is then an error that says so, and the old checkpoint stays.
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    #[cfg(feature = "mmap")]
    #[expect(unsafe_code, reason = "only the caller knows who else changes the files")]
    pub unsafe fn open_mapped(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        // SAFETY: the caller upholds the same contract.
        unsafe { OpenOptions::new().open_mapped(path) }
    }
}

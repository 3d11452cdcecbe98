//! Options for saving.

use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::save::{SavedShadow, Tied};
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::load::bindings::Bindings;
use crate::read::Progress;
use crate::save::disk::{Before, Disk};
use crate::save::error::SaveError;
use crate::system::rank::Rank;

/// Options for saving a checkpoint. Only [`dtype`](Self::dtype) can change the value of an element.
///
/// | options | take effect |
/// | --- | --- |
/// | `format`, `overwrite`, `sync`, `threads`, `on_progress`, `cancel` | always |
/// | `max_shard_size` | in `tensorflow` and `safetensors` |
/// | `align` | in `tensorflow` |
/// | `state_file` | in `tensorflow`; an error in other formats |
/// | `dtype` | for structs and [`convert`](crate::convert()) |
/// | `prefix`, `bind`, `bind_all`, `like`, `keep`, `dialect`, `shadow`, `tied`, `rank` | for structs: [`ToCheckpoint`](crate::ToCheckpoint) |
///
/// Others are ignored.
///
/// ```
/// use checkpoint_core::SaveOptions;
///
/// let options = SaveOptions::new().overwrite(true).max_shard_size(2 << 30);
/// ```
pub struct SaveOptions<'a> {
    pub(crate) format: Option<String>,
    pub(crate) overwrite: bool,
    pub(crate) state_file: bool,
    pub(crate) align: u64,
    pub(crate) sync: bool,
    pub(crate) threads: Option<NonZero<usize>>,
    pub(crate) max_shard_size: Option<u64>,
    pub(crate) on_progress: Option<Box<dyn Fn(Progress) + Sync + 'a>>,
    pub(crate) cancel: Option<&'a AtomicBool>,
    pub(crate) before: Option<Before<'a>>,
    pub(crate) prefix: &'a str,
    pub(crate) bind: Bindings,
    pub(crate) like: Option<&'a Checkpoint>,
    pub(crate) keep: Vec<String>,
    pub(crate) dtype: Option<DType>,
    pub(crate) dialect: Option<&'a str>,
    pub(crate) shadow: Option<SavedShadow>,
    pub(crate) tied: Option<Tied>,
    pub(crate) rank: Option<Rank>,
}

impl Default for SaveOptions<'_> {
    fn default() -> Self {
        Self {
            format: None,
            overwrite: false,
            state_file: false,
            align: 1,
            sync: true,
            threads: None,
            max_shard_size: None,
            on_progress: None,
            cancel: None,
            before: None,
            prefix: "",
            bind: Bindings::default(),
            like: None,
            keep: Vec::new(),
            dtype: None,
            dialect: None,
            shadow: None,
            tied: None,
            rank: None,
        }
    }
}

impl<'a> SaveOptions<'a> {
    /// The defaults: the format of the path, no overwriting, all cores, files synced to the disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the format: `tensorflow`, `safetensors`, `npz`, or `npy` for a directory of arrays.
    ///
    /// The default depends on the path: `model.safetensors`, `model.npz`, or `model/` for a directory of arrays. Other paths are
    /// prefixes of `TensorFlow` checkpoints.
    #[must_use]
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// Replaces a checkpoint at the same path. By default, it is the error [`SaveError::Exists`].
    ///
    /// All new files are complete before the first one replaces an old one. An open or mapped old file keeps its bytes.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Records the checkpoint as the latest in the file `checkpoint` of its directory, as `TensorFlow`'s `Saver` does. The file
    /// keeps its other checkpoints. It is an error in other formats, which have no such file.
    #[must_use]
    pub fn state_file(mut self, state_file: bool) -> Self {
        self.state_file = state_file;
        self
    }

    /// Aligns each tensor in a data file to a multiple of `bytes`, so that arrays can borrow from a mapped file. The default is
    /// 1, without gaps, as `TensorFlow` writes. Other formats have no gaps and ignore it.
    #[must_use]
    pub fn align(mut self, bytes: u64) -> Self {
        self.align = bytes.max(1);
        self
    }

    /// Syncs all files to the disk before they are renamed to their final names. The default is `true`. With `false`, a system
    /// crash can leave a damaged checkpoint.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Sets the number of threads. The default is 0, all cores.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// Starts a new data file if the next tensor would make the current one longer than `bytes`. A tensor is never split, so a
    /// larger one has a longer file of its own. The default is one data file. `npz` always has one file, and `npy` one for each
    /// variable; both ignore this option.
    #[must_use]
    pub fn max_shard_size(mut self, bytes: u64) -> Self {
        self.max_shard_size = Some(bytes);
        self
    }

    /// Calls `on_progress` with the number of tensor bytes written: before the first byte, and then at least every 4 MiB.
    /// Threads call it concurrently, so a call can report less than an earlier one.
    #[must_use]
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Sync + 'a) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Stops the save with [`SaveError::Cancelled`] soon after `cancel` is set to `true`, and removes its files.
    #[must_use]
    pub fn cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Calls `before` before each change to the disk. It can reject the change.
    #[cfg(test)]
    pub(crate) fn before(mut self, before: Before<'a>) -> Self {
        self.before = Some(before);
        self
    }

    /// The disk with the settings of these options.
    pub(crate) fn disk(&self) -> Disk<'a> {
        Disk { sync: self.sync, before: self.before }
    }

    /// Prepends `prefix` to every path of a struct, as [`LoadOptions::prefix`](crate::LoadOptions::prefix) does.
    #[must_use]
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Sets the value of a symbol that is not the length of an array's axis.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: u64) -> Self {
        self.bind.bind(name.into(), value);
        self
    }

    /// Saves a struct like this checkpoint, usually the one that it was loaded from. Variables keep their shapes before a
    /// `squeeze`, `reshape` or `concat`, their aliases, and their order in the data files.
    #[must_use]
    pub fn like(mut self, checkpoint: &'a Checkpoint) -> Self {
        self.like = Some(checkpoint);
        self
    }

    /// Copies variables without a field from the checkpoint of [`like`](Self::like), if their names match one of these globs.
    /// The syntax of globs is that of `ignore`. Bytes are copied unchanged, and checksums are verified.
    #[must_use]
    pub fn keep<G: Into<String>>(mut self, globs: impl IntoIterator<Item = G>) -> Self {
        self.keep.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Saves a struct with the names and layouts of this dialect. The default is the dialect of the [`like`](Self::like)
    /// checkpoint, or the first one.
    #[must_use]
    pub fn dialect(mut self, dialect: &'a str) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets the names for variables of structs with `shadow`. The default is the names in the [`like`](Self::like) checkpoint,
    /// or plain names. Fields with `shadow = "never"` always have plain names.
    #[must_use]
    pub fn shadow(mut self, shadow: SavedShadow) -> Self {
        self.shadow = Some(shadow);
        self
    }

    /// Sets the names for variables of fields with `tie`. The default is the names in the [`like`](Self::like) checkpoint, or the
    /// path of the field.
    #[must_use]
    pub fn tied(mut self, tied: Tied) -> Self {
        self.tied = Some(tied);
        self
    }

    /// Saves the part of one rank of a struct that was loaded with [`LoadOptions::rank`](crate::LoadOptions::rank). Without a rank,
    /// or with `None`, all of the struct is saved.
    ///
    /// Each rank writes its part into the same files, under temporary names. When all have returned, one of them calls
    /// [`ToCheckpoint::save_finish`](crate::ToCheckpoint::save_finish), and the checkpoint exists. It equals that of a single
    /// process, byte for byte. All ranks must use the same options. Variables without `parallel` must be equal on all ranks; each
    /// is written by one of them.
    ///
    /// ```
    /// use checkpoint_core::{FromCheckpoint, Rank, SaveOptions, ToCheckpoint};
    /// use ndarray::{Array2, array};
    ///
    /// #[derive(FromCheckpoint, ToCheckpoint)]
    /// struct Dense {
    ///     #[ckpt(parallel(axis = 1, of = [1, 2]))]
    ///     w: Array2<f32>,
    /// }
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("dense.ckpt");
    /// // In a program under MPI, each process has one part.
    /// let parts = [Dense { w: array![[1.0], [3.0]] }, Dense { w: array![[2.0], [4.0]] }];
    /// for (index, part) in parts.iter().enumerate() {
    ///     part.save_with(&path, SaveOptions::new().rank(Rank::new(index, 2)?))?;
    /// }
    /// parts[0].save_finish(&path, SaveOptions::new().rank(Rank::new(0, 2)?))?;
    /// assert_eq!(Dense::load(&path)?.w, array![[1.0, 2.0], [3.0, 4.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With [`like`](Self::like), variables have the dtypes of their fields, since the parts of other ranks are not known.
    #[must_use]
    pub fn rank(mut self, rank: impl Into<Option<Rank>>) -> Self {
        self.rank = rank.into();
        self
    }

    /// Sets symbols from the members of a struct or a map, as [`LoadOptions::bind_all`](crate::LoadOptions::bind_all) does.
    /// Members that are not nonnegative integers are skipped. A value without members fails the save.
    #[must_use]
    pub fn bind_all(mut self, values: &impl Serialize) -> Self {
        self.bind.bind_all(values);
        self
    }

    /// Sets the dtype for the floats of a struct. Each element is rounded to the nearest; an overflow is an error.
    ///
    /// By default, a variable has the dtype of its field. With [`like`](Self::like), it keeps the dtype in that checkpoint if
    /// all its elements are exact in it.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// The dtype to convert elements of this dtype to, if it differs.
    pub(crate) fn dtype_of(&self, dtype: DType) -> Option<DType> {
        use DType::{BFloat16, Float16, Float32, Float64};
        let is_float = matches!(dtype, Float16 | BFloat16 | Float32 | Float64);
        self.dtype.filter(|asked| is_float && *asked != dtype)
    }

    /// Returns an error if the save was cancelled.
    pub(crate) fn go_on(&self) -> Result<(), SaveError> {
        let cancelled = self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        if cancelled { Err(SaveError::Cancelled) } else { Ok(()) }
    }
}

impl fmt::Debug for SaveOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveOptions")
            .field("format", &self.format)
            .field("overwrite", &self.overwrite)
            .field("state_file", &self.state_file)
            .field("align", &self.align)
            .field("sync", &self.sync)
            .field("threads", &self.threads)
            .field("max_shard_size", &self.max_shard_size)
            .field("prefix", &self.prefix)
            .field("bind", &self.bind)
            .field("like", &self.like.map(Checkpoint::path))
            .field("keep", &self.keep)
            .field("dtype", &self.dtype)
            .field("dialect", &self.dialect)
            .field("shadow", &self.shadow)
            .field("tied", &self.tied)
            .field("rank", &self.rank)
            .finish_non_exhaustive()
    }
}

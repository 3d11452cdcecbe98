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
use crate::save::SaveError;
use crate::save::disk::{Before, Disk};

/// Options for saving a checkpoint. Only [`dtype`](Self::dtype) can change the value of an element.
///
/// | options | take effect |
/// | --- | --- |
/// | `format`, `overwrite`, `sync`, `threads`, `on_progress`, `cancel` | always |
/// | `max_shard_size` | in `tensorflow` and `safetensors` |
/// | `align` | in `tensorflow` |
/// | `state_file` | in `tensorflow`; an error in other formats |
/// | `dtype` | for structs and [`convert`](crate::convert()) |
/// | `prefix`, `bind`, `bind_all`, `like`, `keep`, `dialect`, `shadow`, `tied` | for structs: [`ToCheckpoint`](crate::ToCheckpoint) |
///
/// Elsewhere they are ignored.
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
        }
    }
}

impl<'a> SaveOptions<'a> {
    /// The defaults: the format that the path means, no checkpoint overwritten, all cores, files synced to the disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes this format, whatever the path is called: `tensorflow`, `safetensors`, `npz`, or `npy` for a directory of arrays.
    ///
    /// Without it, the path says: `model.safetensors`, `model.npz`, or `model/` for a directory of arrays. Other paths are prefixes
    /// of `TensorFlow`.
    #[must_use]
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.format = Some(format.into());
        self
    }

    /// Replaces a checkpoint at the same path. The default is an error, [`SaveError::Exists`].
    ///
    /// The new files are complete before the first one replaces an old one. An old file that is open or mapped keeps its bytes.
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Names the checkpoint as the latest in the file `checkpoint` of its directory, as `TensorFlow`'s `Saver` does. Other
    /// checkpoints that the file lists stay listed. Other formats have no such file, and are an error.
    #[must_use]
    pub fn state_file(mut self, state_file: bool) -> Self {
        self.state_file = state_file;
        self
    }

    /// Starts each tensor in a data file at a multiple of `bytes`, so that arrays can borrow from a mapped file. The default is
    /// 1: no gaps, as `TensorFlow` writes. Other formats have no gaps, and ignore it.
    #[must_use]
    pub fn align(mut self, bytes: u64) -> Self {
        self.align = bytes.max(1);
        self
    }

    /// Waits until the disk has all files before they get their names. The default is `true`; with `false`, a crash of the system
    /// can leave a checkpoint with damaged files.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Writes on this many threads; 0 stands for all cores, which is the default.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads);
        self
    }

    /// Starts a new data file before a tensor that would make the current one longer than `bytes`. A tensor is never cut, so a
    /// larger one has a longer file of its own. The default is one data file. `npz` is always one file and `npy` one for each
    /// variable; they ignore it.
    #[must_use]
    pub fn max_shard_size(mut self, bytes: u64) -> Self {
        self.max_shard_size = Some(bytes);
        self
    }

    /// Calls `on_progress` with the bytes of tensors written so far: before the first, and then for every 4 MiB at least. The
    /// threads call it at any time, so that a call may come after one that has more.
    #[must_use]
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Sync + 'a) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Stops the save soon after `cancel` is `true`, with [`SaveError::Cancelled`]. Nothing of it is left then.
    #[must_use]
    pub fn cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Calls `before` before each change to the disk, which it can refuse.
    #[cfg(test)]
    pub(crate) fn before(mut self, before: Before<'a>) -> Self {
        self.before = Some(before);
        self
    }

    /// The disk, as these options change it.
    pub(crate) fn disk(&self) -> Disk<'a> {
        Disk { sync: self.sync, before: self.before }
    }

    /// Puts `prefix` before every path of a struct, as [`LoadOptions::prefix`](crate::LoadOptions::prefix) does.
    #[must_use]
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.prefix = prefix;
        self
    }

    /// Gives a symbol of the structs a value that no array has as a length.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: u64) -> Self {
        self.bind.bind(name.into(), value);
        self
    }

    /// Saves a struct like this checkpoint, of which it usually was loaded: variables have the shape before a `squeeze`,
    /// `reshape` or `concat` that they have there, the alias that is there, and the same order in the data files.
    #[must_use]
    pub fn like(mut self, checkpoint: &'a Checkpoint) -> Self {
        self.like = Some(checkpoint);
        self
    }

    /// Copies variables without a field from the checkpoint of [`like`](Self::like), if their names match a glob. Globs are those of
    /// `ignore`. Bytes are copied as they are, and checksums are verified.
    #[must_use]
    pub fn keep<G: Into<String>>(mut self, globs: impl IntoIterator<Item = G>) -> Self {
        self.keep.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Saves a struct by the names and layouts of this dialect. Without it, the one of the checkpoint of [`like`](Self::like), or the
    /// first.
    #[must_use]
    pub fn dialect(mut self, dialect: &'a str) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Saves the variables of a struct with `shadow` under these names. The default is those of the checkpoint of
    /// [`like`](Self::like), or plain names. Fields with `shadow = "never"` always have plain names.
    #[must_use]
    pub fn shadow(mut self, shadow: SavedShadow) -> Self {
        self.shadow = Some(shadow);
        self
    }

    /// Saves the variables of fields with `tie` under these names. The default is those of the checkpoint of [`like`](Self::like), or
    /// the path of the field.
    #[must_use]
    pub fn tied(mut self, tied: Tied) -> Self {
        self.tied = Some(tied);
        self
    }

    /// Gives symbols their values by the members of a struct or a map, as
    /// [`LoadOptions::bind_all`](crate::LoadOptions::bind_all) does. Members that are not whole numbers bind nothing; a value without members fails the save.
    #[must_use]
    pub fn bind_all(mut self, values: &impl Serialize) -> Self {
        self.bind.bind_all(values);
        self
    }

    /// Saves the floats of a struct as this dtype, each rounded to the nearest. A number that is too large for it is an error.
    ///
    /// Without this, a variable has the dtype of its field; or, [like](Self::like) a checkpoint, the one that it has there, if that
    /// holds all its elements as they are.
    #[must_use]
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// The dtype to convert elements of this one to, if there is another one.
    pub(crate) fn dtype_of(&self, dtype: DType) -> Option<DType> {
        use DType::{BFloat16, Float16, Float32, Float64};
        let is_float = matches!(dtype, Float16 | BFloat16 | Float32 | Float64);
        self.dtype.filter(|asked| is_float && *asked != dtype)
    }

    /// Fails if the program does not want the checkpoint any more.
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
            .finish_non_exhaustive()
    }
}

//! The sources of checkpoints: files, memory, archives, and custom sources.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_schema::format::{DAMAGED_OR_OTHER, FormatError};
use checkpoint_schema::listing::catalog::{Catalog, Extent, Variable};
use thiserror::Error;

mod access;
mod bundle;
mod converted;
mod memory;
mod npy;
#[cfg(feature = "npz")]
mod npz;
#[cfg(feature = "pytorch")]
mod pytorch;
mod safetensors;
mod tensorflow;
mod v1;

mod content;
mod file;
mod files;
mod section;
mod shards;
mod storage;
mod strided;
mod table_file;
#[cfg(any(feature = "npz", feature = "pytorch"))]
mod zip;

pub use access::Access;
pub use memory::Memory;
pub use storage::Storage;

pub(crate) use bundle::Bundle;
pub(crate) use content::{Hold, memory};
pub(crate) use converted::Converted;
pub(crate) use file::{OpenFile, reason, reason_and};
pub(crate) use npy::Npy;
#[cfg(feature = "npz")]
pub(crate) use npz::Npz;
#[cfg(feature = "pytorch")]
pub(crate) use pytorch::PyTorch;
pub(crate) use safetensors::Safetensors;
pub(crate) use storage::{FileSystem, Kind};
pub(crate) use table_file::is_index;
pub(crate) use tensorflow::TensorFlow;
pub(crate) use v1::V1;

use crate::open::other_format::{OtherFormat, look_at_data};
use crate::tensor::Tensor;

/// A catalog of variables, with access to their elements.
///
/// Loading depends on this trait alone. Your crate can implement it for another format or service; pass the source to
/// [`Checkpoint::from_source`](crate::Checkpoint::from_source). A source has data files, returns whole tensors, or does both.
/// The [`Place`](crate::Place) of each variable in the [catalog](Catalog) selects the method:
///
/// - **In data files** ([`Whole`](crate::Place::Whole), [`Slices`](crate::Place::Slices)): the elements are contiguous, in
///   row-major order. Each [`Extent`] has the byte order and the optional checksum. The source returns the [`DataFile`] for
///   each shard number, and the reader does the rest. It checks the lengths of files before it allocates memory. It reads files
///   in order, on several threads, straight into their destination. It verifies checksums, and can read some rows without the
///   others.
///   Strings and variants are stored as in `TensorFlow`. A `DataFile` can be a memory-mapped file or a remote file.
/// - **Elsewhere** ([`Opaque`](crate::Place::Opaque)): the source returns each variable as a whole [`Tensor`], in native byte
///   order. It needs no files, offsets or checksums. A source with checksums verifies them itself.
///
/// Several threads call a source at once, also for the same variable. Put a library that is not thread-safe in a `Mutex`. The
/// catalog must not change while the source lives. Return a [`SourceError`] for a failure or an unsupported operation;
/// [`SourceError::other`] converts any error. A tensor whose dtype or shape differs from the catalog is an error.
///
/// ```
/// use checkpoint_core::{Catalog, Checkpoint, DType, Name, Place, Shape, Source, SourceError, Tensor, Variable};
///
/// /// A checkpoint of one variable, `iota`, which is computed.
/// #[derive(Debug)]
/// struct Iota(Catalog);
///
/// impl Iota {
///     fn new(len: u64) -> Option<Self> {
///         let (name, shape) = (Name::from("iota"), Shape::new([len])?);
///         let variable = Variable { name, dtype: DType::Int64, shape, place: Place::Opaque };
///         Some(Self(Catalog::new(vec![variable], 0)))
///     }
/// }
///
/// impl Source for Iota {
///     fn catalog(&self) -> &Catalog {
///         &self.0
///     }
///
///     fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
///         let len = i64::try_from(variable.shape.elements()).map_err(SourceError::other)?;
///         Tensor::from_array((0..len).collect::<ndarray::Array1<_>>()).map_err(SourceError::other)
///     }
/// }
///
/// let checkpoint = Checkpoint::from_source("computed", Iota::new(5).ok_or("too long")?);
/// assert_eq!(checkpoint.read_array::<i64>("iota")?.sum(), 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Source: fmt::Debug + Send + Sync {
    /// Returns the catalog. It is called often, so build the catalog once.
    fn catalog(&self) -> &Catalog;

    /// Returns the data file with this shard number of the catalog.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened, or if the source has no data files.
    fn data_file(&self, _shard: u32) -> Result<&dyn DataFile, SourceError> {
        Err(SourceError::Source { problem: "its catalog has data files, but it gives none" })
    }

    /// Returns all elements of a variable whose place is [`Opaque`](crate::Place::Opaque). The source verifies its checksums,
    /// if it has any.
    ///
    /// # Errors
    /// Returns an error if the elements cannot be read, or if all variables are in data files.
    fn tensor(&self, _variable: &Variable) -> Result<Tensor, SourceError> {
        Err(SourceError::Source { problem: "its catalog has tensors, but it gives none" })
    }
}

/// A file with random access to its bytes, from several threads at once.
///
/// Bytes that are changed or truncated during a read result in arbitrary bytes or an error. Checksums detect this.
pub trait DataFile: fmt::Debug + Send + Sync {
    /// The path that messages show.
    fn path(&self) -> &Path;

    /// The number of bytes. It is called before the bytes are read.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes from offset `offset`.
    ///
    /// # Errors
    /// Returns an error if any of the bytes cannot be read.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// The access pattern that suits the file; by default, that of a local file. It is called for each variable.
    fn access(&self) -> Access {
        Access::default()
    }

    /// The whole contents, if they are in memory, so that arrays can borrow them.
    fn bytes(&self) -> Option<&[u8]> {
        None
    }
}

/// An error of [`Source`].
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A data file cannot be opened.
    #[error("cannot open the data file `{path}`: {}", reason_and(source, "fetch it too"))]
    Open {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file is being written, or its writer was interrupted.
    #[error(
        "there is no data file `{}`, but `{}` of an unfinished write; wait for it, or save the checkpoint again",
        path.display(), temporary.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// The temporary file of the writer.
        temporary: PathBuf,
    },
    /// A data file is not a regular file, but a directory, a pipe or a device.
    #[error("the data file `{path}` is not a regular file; put a copy of the file there")]
    Special {
        /// The path of the directory, pipe or device.
        path: PathBuf,
    },
    /// A data file cannot be read.
    #[error("cannot read byte {offset} of the data file `{path}`: {}", reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// The offset of the first requested byte.
        offset: u64,
        /// The error of the operating system.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file is too short.
    #[error(
        "the data file `{path}` has {len} bytes, but the checkpoint has {size} at byte {offset} of it; \
         {DAMAGED_OR_OTHER}"
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// The length of the file, in bytes.
        len: u64,
        /// The expected offset of the bytes.
        offset: u64,
        /// The expected number of bytes.
        size: u64,
    },
    /// A data file has another known format.
    #[error("the data file `{path}` is {what}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        what: OtherFormat,
    },
    /// The bytes of a data file are damaged.
    #[error("in `{path}`, {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error of the format.
        problem: Arc<dyn Error + Send + Sync>,
    },
    /// A V1 checkpoint is damaged, or exceeds a limit.
    #[error("in `{path}`, {problem}")]
    Table {
        /// The file.
        path: PathBuf,
        /// The error in the table.
        problem: Box<FormatError>,
    },
    /// Out of memory.
    #[error("it takes {bytes} bytes of memory, which are not available")]
    Memory {
        /// The size of the allocation, in bytes.
        bytes: u64,
    },
    /// An error of a custom source.
    #[error(transparent)]
    Other(Arc<dyn Error + Send + Sync>),
    /// A source contradicts itself.
    #[error("{problem}; this is a mistake of the source, tell who wrote it")]
    Source {
        /// The contradiction.
        problem: &'static str,
    },
}

debug_as_display!(SourceError);

impl SourceError {
    /// Converts any error, or a message, of a custom source. The message should tell the user what to do.
    pub fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into().into())
    }

    /// The catalog lists variables that the source does not have.
    pub(crate) fn unlisted() -> Self {
        Self::Source { problem: "it does not have the variables of its catalog" }
    }

    pub(crate) fn read(file: &dyn DataFile, offset: u64, source: io::Error) -> Self {
        Self::Read { path: file.path().to_owned(), offset, source: Arc::new(source) }
    }

    /// The error for an extent beyond the end of a file, or for a file of another format.
    pub(crate) fn short(file: &dyn DataFile, extent: &Extent) -> Self {
        let (path, len) = (file.path().to_owned(), file.size());
        let Extent { offset, size, .. } = *extent;
        match look_at_data(file) {
            Some(what) => Self::OtherFormat { path, what },
            None => Self::Short { path, len, offset, size },
        }
    }
}

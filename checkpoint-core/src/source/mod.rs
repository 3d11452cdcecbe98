//! Where checkpoints come from.

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

/// A catalog of variables, and the elements of each.
///
/// Loading knows nothing else of where a checkpoint comes from, and a crate of yours can bring another:
/// [`Checkpoint::from_source`](crate::Checkpoint::from_source) takes it. A source has data files, or gives whole tensors, or
/// does both. What it is asked for is said by the [`Place`](crate::Place) of each variable in its [catalog](Catalog):
///
/// - **In data files** ([`Whole`](crate::Place::Whole), [`Slices`](crate::Place::Slices)) are elements that follow one another in
///   row-major order. Each [`Extent`] says the byte order and the checksum, if there is one. The source gives a [`DataFile`]
///   for the number of each; all else is done by the reader: it makes sure that files are long enough before it takes
///   memory, reads them in order on several threads straight into their places, verifies checksums, and reads rows without
///   the rest.
///   Strings and variants are there as `TensorFlow` stores them. A file that is mapped into memory, or that is at the other
///   end of a network, is a `DataFile`.
/// - **Wherever the source knows** ([`Opaque`](crate::Place::Opaque)): the source gives each variable as a whole
///   [`Tensor`], in the byte order of this machine. It needs no files, offsets or checksums; if it has checksums, it
///   verifies them itself.
///
/// A source is asked from several threads at once, and for the same variable more than once. One over a library that can
/// be called by one thread at a time has it in a `Mutex`. The catalog stays as it is as long as the source lives. What is
/// not known in time, and what the source cannot do, is a [`SourceError`]; [`SourceError::other`] makes one of any error.
/// Tensors that are not of the dtype and shape that the catalog says are found out, and are an error.
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
    /// What there is. It is asked for often, so it is made once.
    fn catalog(&self) -> &Catalog;

    /// The data file of this number, where the catalog says that elements are.
    ///
    /// # Errors
    /// If it cannot be opened, or if there are no data files.
    fn data_file(&self, _shard: u32) -> Result<&dyn DataFile, SourceError> {
        Err(SourceError::Source { problem: "its catalog has data files, but it gives none" })
    }

    /// All elements of a variable of the catalog whose place is [`Opaque`](crate::Place::Opaque). Checksums that they have are
    /// verified.
    ///
    /// # Errors
    /// If they cannot be read, or if all variables are in data files.
    fn tensor(&self, _variable: &Variable) -> Result<Tensor, SourceError> {
        Err(SourceError::Source { problem: "its catalog has tensors, but it gives none" })
    }
}

/// A file of bytes that can be read anywhere, by several threads at once.
///
/// Of bytes that others may change or cut while they are read, what is read is anything, or an error; the checksums tell.
pub trait DataFile: fmt::Debug + Send + Sync {
    /// What messages call it.
    fn path(&self) -> &Path;

    /// The number of its bytes, which is asked for before they are read.
    fn size(&self) -> u64;

    /// Fills `into` with its bytes from the byte `offset` on.
    ///
    /// # Errors
    /// If they cannot be read, all of them.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// How it is read best; as a file of this machine, if it does not say. It is asked for each variable.
    fn access(&self) -> Access {
        Access::default()
    }

    /// All its bytes, if they are in memory, so that arrays can borrow them.
    fn bytes(&self) -> Option<&[u8]> {
        None
    }
}

/// Why bytes cannot be had.
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A data file cannot be opened.
    #[error("cannot open the data file `{path}`: {}", reason_and(source, "fetch it too"))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file is being written, or its writer was stopped.
    #[error(
        "there is no data file `{}`, but `{}` of a write that did not end; wait for it, or save the checkpoint anew",
        path.display(), temporary.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// What its writer left.
        temporary: PathBuf,
    },
    /// A data file is a directory, a pipe or the like.
    #[error("the data file `{path}` is not a regular file; put a copy of the file there")]
    Special {
        /// What is not a file.
        path: PathBuf,
    },
    /// A data file cannot be read.
    #[error("cannot read byte {offset} of the data file `{path}`: {}", reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// The first byte that was asked for.
        offset: u64,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file ends too early.
    #[error(
        "the data file `{path}` has {len} bytes, but the checkpoint has {size} at byte {offset} of it; \
         {DAMAGED_OR_OTHER}"
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// Its length.
        len: u64,
        /// Where the bytes should be.
        offset: u64,
        /// How many there should be.
        size: u64,
    },
    /// A data file is something else that is known.
    #[error("the data file `{path}` is {what}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: OtherFormat,
    },
    /// Bytes of a data file are not those that were written.
    #[error("in `{path}`, {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault, in the words of its format.
        problem: Arc<dyn Error + Send + Sync>,
    },
    /// What a V1 checkpoint holds is damaged, or asks for too much.
    #[error("in `{path}`, {problem}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<FormatError>,
    },
    /// There is not enough memory.
    #[error("it takes {bytes} bytes of memory, which cannot be had")]
    Memory {
        /// How much it takes.
        bytes: u64,
    },
    /// What a source of another crate says.
    #[error(transparent)]
    Other(Arc<dyn Error + Send + Sync>),
    /// A source contradicts itself.
    #[error("{problem}; this is a mistake of the source, tell who wrote it")]
    Source {
        /// What is wrong with it.
        problem: &'static str,
    },
}

debug_as_display!(SourceError);

impl SourceError {
    /// What a source of another crate says: any error, or a sentence. Like all that is said of a checkpoint, it should say
    /// what to do about it.
    pub fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into().into())
    }

    /// The catalog names what the source does not have.
    pub(crate) fn unlisted() -> Self {
        Self::Source { problem: "it does not have the variables of its catalog" }
    }

    pub(crate) fn read(file: &dyn DataFile, offset: u64, source: io::Error) -> Self {
        Self::Read { path: file.path().to_owned(), offset, source: Arc::new(source) }
    }

    /// The error that an extent is not in a file, or that the file is something else.
    pub(crate) fn short(file: &dyn DataFile, extent: &Extent) -> Self {
        let (path, len) = (file.path().to_owned(), file.size());
        let Extent { offset, size, .. } = *extent;
        match look_at_data(file) {
            Some(what) => Self::OtherFormat { path, what },
            None => Self::Short { path, len, offset, size },
        }
    }
}

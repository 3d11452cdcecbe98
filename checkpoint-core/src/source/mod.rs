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

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_schema::catalog::{Catalog, Extent, Variable};
use checkpoint_schema::format::{DAMAGED_OR_OTHER, FormatError};
use thiserror::Error;

mod bundle;
mod v1;

mod file;

pub(crate) use bundle::Bundle;
pub(crate) use file::reason;
pub(crate) use v1::V1;

use crate::foreign::{Foreign, look_at_data};
use crate::tensor::Tensor;

/// A catalog of variables, and the elements of each.
///
/// Loading knows nothing else of where a checkpoint comes from. A source has data files, or gives whole tensors, or does
/// both: what it needs is asked by the [`Place`](checkpoint_schema::catalog::Place) of each variable in its catalog.
pub trait Source: fmt::Debug + Send + Sync {
    /// What there is.
    fn catalog(&self) -> &Catalog;

    /// The data file of this number, where the catalog says that elements are.
    ///
    /// # Errors
    /// If it cannot be opened, or if there are no data files.
    fn data_file(&self, _shard: u32) -> Result<&dyn DataFile, SourceError> {
        Err(SourceError::Source { problem: "its catalog has data files, but it gives none" })
    }

    /// All elements of a variable whose place is [`Opaque`](checkpoint_schema::catalog::Place::Opaque). Checksums that
    /// they have are verified.
    ///
    /// # Errors
    /// If they cannot be read, or if all variables are in data files.
    fn tensor(&self, _variable: &Variable) -> Result<Tensor, SourceError> {
        Err(SourceError::Source { problem: "its catalog has tensors, but it gives none" })
    }
}

/// A file of bytes that can be read anywhere, by several threads at once.
pub trait DataFile: fmt::Debug + Send + Sync {
    /// What messages call it.
    fn path(&self) -> &Path;

    /// The number of its bytes.
    fn size(&self) -> u64;

    /// Fills `into` with its bytes from the byte `offset` on.
    ///
    /// # Errors
    /// If they cannot be read, all of them.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

/// Why bytes cannot be had.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A data file cannot be opened.
    #[error("cannot open the data file `{path}`: {}; put it beside the index", reason(source))]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
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
        "the data file `{path}` has {len} bytes, but the index says that there are {size} at byte {offset}; \
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
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: Foreign,
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
    /// A source contradicts itself.
    #[error("{problem}; this is a mistake of the source, tell who wrote it")]
    Source {
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SourceError {
    pub(crate) fn read(file: &dyn DataFile, offset: u64, source: io::Error) -> Self {
        Self::Read { path: file.path().to_owned(), offset, source: Arc::new(source) }
    }

    /// The error that an extent is not in a file, or that the file is something else.
    pub(crate) fn short(file: &dyn DataFile, extent: &Extent) -> Self {
        let (path, len) = (file.path().to_owned(), file.size());
        let Extent { offset, size, .. } = *extent;
        match look_at_data(file) {
            Some(what) => Self::Foreign { path, what },
            None => Self::Short { path, len, offset, size },
        }
    }
}

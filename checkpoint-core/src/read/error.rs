//! Errors of reading.

use std::ops::Range;
use std::path::{Path, PathBuf};

use checkpoint_schema::format::DAMAGED_OR_OTHER;
use checkpoint_schema::listing::catalog::{Checksum, Defect, Extent, Name, Spec};
use checkpoint_schema::listing::dtype::DType;
use thiserror::Error;

use crate::source::look::look_at_data;
use crate::source::{DataFile, SourceError};
use crate::tensor::TensorError;
use crate::tensor::value::Value;

/// A variable cannot be read.
#[derive(Clone, Error)]
#[error("cannot read `{}`: {kind}", variable.short())]
pub struct ReadError {
    /// The variable.
    pub variable: Name,
    /// The cause.
    #[source]
    pub kind: ReadErrorKind,
}

debug_as_display!(ReadError);

/// The cause of a [`ReadError`].
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The catalog marks the variable as unreadable.
    #[error("it is {}: {defect}", defect.word())]
    Unreadable {
        /// The reason.
        defect: Defect,
    },
    /// The checksum is wrong: the bytes are damaged.
    #[error(
        "the checksum of its {} bytes at byte {} of the data file `{path}` is {computed:08x}, but the \
         checkpoint says {}; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset, extent.checksum
    )]
    Checksum {
        /// The data file.
        path: PathBuf,
        /// The byte range in the data file.
        extent: Extent,
        /// The checksum of the bytes that were read.
        computed: u32,
    },
    /// A checksum between the elements is wrong: the bytes are damaged.
    #[error(
        "the checksum at byte {at} of the data file `{path}` is {stored:08x}, but that of what comes before it is \
         {computed:08x}; {DAMAGED_OR_OTHER}"
    )]
    InnerChecksum {
        /// The data file.
        path: PathBuf,
        /// The offset of the checksum in the data file.
        at: u64,
        /// The stored checksum, masked.
        stored: u32,
        /// The computed checksum, masked.
        computed: u32,
    },
    /// The total length of the elements, by their own length fields, differs from the length in the catalog.
    #[error(
        "the total length of its elements differs from the {} bytes at byte {} of the data file `{path}`; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset
    )]
    Elements {
        /// The data file.
        path: PathBuf,
        /// The byte range in the data file.
        extent: Extent,
    },
    /// Slices of the variable overlap.
    #[error(
        "its slices have {claimed} bytes in all, but their data files have only {size}; the checkpoint is \
         damaged, fetch it again"
    )]
    Overlap {
        /// The total size of the slices, in bytes.
        claimed: u64,
        /// The size of the data files, in bytes.
        size: u64,
    },
    /// Out of memory.
    #[error("out of memory: cannot allocate {bytes} bytes")]
    Memory {
        /// The size of the allocation, in bytes.
        bytes: u64,
    },
    /// The tensors exceed the memory limit of a load.
    #[error(
        "with it, the tensors take {bytes} bytes of memory, and the limit is {limit}; load less, or raise \
         `LoadOptions::max_bytes` or `Limits::load_bytes`"
    )]
    Limit {
        /// The total size of the tensors up to this one, in bytes.
        bytes: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The load was cancelled: see [`LoadOptions::cancel`](crate::LoadOptions::cancel).
    #[error("it was cancelled")]
    Cancelled,
    /// No variable has this name.
    #[error("the checkpoint has no such variable; {}", suggestion(nearest))]
    Missing {
        /// Similar names, the nearest first; at most three.
        nearest: Box<[Name]>,
    },
    /// Several variables have this full name.
    #[error("it is the full name of {variables} variables; ask for one by its key, such as `{}`", keys.first().cloned().unwrap_or_default())]
    Ambiguous {
        /// The number of these variables.
        variables: usize,
        /// The keys of some of them; at most three.
        keys: Box<[Name]>,
    },
    /// The tensor does not have the requested type.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The length of the buffer differs from that of the variable.
    #[error(
        "it has {elements} elements, but the buffer has room for {room}; give one of exactly {elements}"
    )]
    Room {
        /// The number of elements of the variable.
        elements: u64,
        /// The number of elements of the buffer.
        room: usize,
    },
    /// The variable is a scalar, so it has no rows.
    #[error("it is a scalar and has no rows; read the whole variable")]
    Scalar,
    /// The requested rows are out of range.
    #[error("it is {found}, which does not have the rows {}..{}; ask for rows within 0..{}", rows.start, rows.end, found.shape.dims().first().unwrap_or(&0))]
    Rows {
        /// The dtype and shape of the variable.
        found: Spec,
        /// The requested rows.
        rows: Range<u64>,
    },
    /// The element type of the field cannot represent an element.
    #[error(
        "its element {index:?} is {value}, which {dtype} cannot represent; change the type of the field"
    )]
    NotHeld {
        /// The index of the element, by axis.
        index: Box<[u64]>,
        /// The value of the element.
        value: Value,
        /// The element type of the field.
        dtype: DType,
    },
    /// Reading this kind of data is not supported.
    #[error("{what} not supported")]
    Unsupported {
        /// The kind of data.
        what: &'static str,
    },
}

/// The advice for a missing variable.
fn suggestion(nearest: &[Name]) -> String {
    let quoted: Vec<_> = nearest.iter().map(|name| format!("`{}`", name.short())).collect();
    match &quoted[..] {
        [] => "`Checkpoint::variables` lists what it has".to_owned(),
        [only] => format!("did you mean {only}?"),
        [others @ .., last] => format!("did you mean {} or {last}?", others.join(", ")),
    }
}

impl ReadErrorKind {
    /// True if the data file cannot be opened or is of another kind. All of its variables have the same error.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        matches!(
            self,
            Self::Source(
                SourceError::Open { .. }
                    | SourceError::Unfinished { .. }
                    | SourceError::Special { .. }
                    | SourceError::OtherFormat { .. }
            )
        )
    }

    /// The data file whose bytes are not those that the checkpoint describes.
    #[must_use]
    pub fn mismatched_file(&self) -> Option<&Path> {
        match self {
            Self::Checksum { path, .. }
            | Self::InnerChecksum { path, .. }
            | Self::Elements { path, .. }
            | Self::Source(SourceError::Short { path, .. }) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn checksum(file: &dyn DataFile, extent: &Extent, computed: u32) -> Self {
        Self::Checksum { path: file.path().to_owned(), extent: *extent, computed }
    }

    /// Replaces an error about damaged bytes if the file has another known format.
    pub(crate) fn or_other_format(self, file: &dyn DataFile) -> Self {
        let path = file.path().to_owned();
        match self {
            // Archives are identified on opening.
            Self::Checksum { extent: Extent { checksum: Checksum::Crc32(_), .. }, .. } => self,
            Self::Checksum { .. } | Self::InnerChecksum { .. } | Self::Elements { .. } => {
                look_at_data(file)
                    .map_or(self, |what| SourceError::OtherFormat { path, what }.into())
            }
            _ => self,
        }
    }
}

pub(crate) fn failed(variable: &Name, kind: ReadErrorKind) -> ReadError {
    ReadError { variable: variable.clone(), kind }
}

//! Errors in safetensors files.

use thiserror::Error;

use crate::format::budget::OverBudget;
use crate::format::error::DAMAGED;
use crate::format::safetensors::header::{MAX_HEADER, PREFIX};
use crate::listing::catalog::Name;
use crate::listing::shape::MAX_RANK;

/// Errors in the JSON of the format.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is not JSON, or a value has the wrong type.
    #[error("{problem} at byte {at}; write the file again")]
    Syntax {
        /// The position, in bytes from the start of the file.
        at: u64,
        /// The error.
        problem: String,
    },
    /// A key is repeated. Readers would disagree on its value.
    #[error("the key `{}` appears twice; write the file again", key.short())]
    Duplicate {
        /// The key.
        key: Name,
    },
    /// The document needs too much memory.
    #[error(transparent)]
    Budget(#[from] OverBudget),
}

/// Errors of reading the header of a safetensors file. The caller adds the path of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file is too short to contain the length of its header.
    #[error(
        "the file has {size} bytes, but it begins with the length of its header, of {PREFIX}; {DAMAGED}"
    )]
    Short {
        /// The length of the file.
        size: u64,
    },
    /// The header exceeds the file.
    #[error(
        "the header has {len} bytes by the first {PREFIX}, but the file has only {left} more; {DAMAGED}"
    )]
    Beyond {
        /// The length of the header.
        len: u64,
        /// The number of bytes after the length.
        left: u64,
    },
    /// The header is longer than the format allows.
    #[error(
        "the header has {len} bytes by the first {PREFIX}, but the format allows {MAX_HEADER}; {DAMAGED}"
    )]
    Long {
        /// The length of the header.
        len: u64,
    },
    /// The header does not begin with `{`.
    #[error("the header must begin with `{{` at byte {PREFIX}; {DAMAGED}")]
    Start,
    /// The JSON of the header is invalid.
    #[error("the header is wrong: {0}")]
    Json(#[from] JsonError),
    /// The description of a tensor is invalid.
    #[error("the tensor `{}` {problem}; write the file again", name.short())]
    Tensor {
        /// The name of the tensor.
        name: Name,
        /// The error in the description.
        problem: TensorProblem,
    },
    /// The end of the last tensor is not the end of the file.
    #[error("the tensors have {end} bytes after the header, but the file has {size}; {DAMAGED}")]
    Size {
        /// The end of the last tensor.
        end: u64,
        /// The number of bytes after the header.
        size: u64,
    },
}

/// Errors in the description of a tensor.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TensorProblem {
    /// The dtype is unknown in the format.
    #[error("has the dtype `{}`, which the format does not have", dtype.short())]
    DType {
        /// The dtype.
        dtype: Name,
    },
    /// The shape is too large.
    #[error("has a shape of more than {MAX_RANK} axes or of more elements than can be counted")]
    Shape,
    /// The name is too long.
    #[error("has a name of {len} bytes, and the limit is {limit} (`Limits::key_bytes`)")]
    Name {
        /// The length of the name.
        len: u64,
        /// The limit.
        limit: u64,
    },
    /// The tensor ends before it starts.
    #[error("ends at byte {end} of the data, before it begins at byte {begin}")]
    Reversed {
        /// The first byte.
        begin: u64,
        /// The end, exclusive.
        end: u64,
    },
    /// The number of bytes does not match the dtype and shape.
    #[error("is {spec}, of {needed} bytes, but has {size}")]
    Size {
        /// The dtype and shape.
        spec: String,
        /// The number of bytes needed.
        needed: u64,
        /// The number of bytes found.
        size: u64,
    },
    /// The elements end within a byte.
    #[error("is {spec}, which ends within a byte")]
    Torn {
        /// The dtype and shape.
        spec: String,
    },
    /// There is a hole between this tensor and the one before it.
    #[error(
        "begins at byte {begin} of the data, but what is before it ends at byte {end}: no holes are allowed"
    )]
    Hole {
        /// The first byte.
        begin: u64,
        /// The end of the tensor before it.
        end: u64,
    },
    /// The tensor overlaps with another one.
    #[error("begins at byte {begin} of the data, within `{other}`: no two can share bytes")]
    Overlap {
        /// The first byte.
        begin: u64,
        /// The tensor that also contains this byte.
        other: Name,
    },
}

/// Errors in the index of a sharded checkpoint, or mismatches with its files.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardsError {
    /// The JSON of the index is invalid.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The index is too long.
    #[error("it has {size} bytes, and the limit is {MAX_HEADER}; fetch it again")]
    Long {
        /// The length of the file.
        size: u64,
    },
    /// The map from tensors to files is missing.
    #[error("it has no `weight_map` from tensors to files; fetch it again")]
    NoMap,
    /// The index names a file that is not in the same folder.
    #[error(
        "it refers to the file `{}` for `{}`, but only names of files beside it are allowed; write it again",
        file.short(), name.short()
    )]
    File {
        /// The tensor.
        name: Name,
        /// The name of the file.
        file: Name,
    },
    /// The index names too many files.
    #[error("it names {files} files, and the limit is {limit} (`Limits::shards`)")]
    Files {
        /// The number of files.
        files: usize,
        /// The limit.
        limit: u32,
    },
    /// A tensor is missing in its file.
    #[error(
        "it says that `{}` is in `{}`, which does not have it; fetch all files of one revision",
        name.short(), file.short()
    )]
    Missing {
        /// The tensor.
        name: Name,
        /// The file.
        file: Name,
    },
    /// A file has a tensor that the index does not list for it.
    #[error(
        "`{}` has `{}`, which the index does not name there; fetch all files of one revision",
        file.short(), name.short()
    )]
    Unexpected {
        /// The tensor.
        name: Name,
        /// The file.
        file: Name,
    },
}

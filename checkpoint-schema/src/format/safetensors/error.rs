//! Faults of safetensors files.

use thiserror::Error;

use crate::format::budget::OverBudget;
use crate::format::error::DAMAGED;
use crate::format::safetensors::header::{MAX_HEADER, PREFIX};
use crate::listing::catalog::Name;
use crate::listing::shape::MAX_RANK;

/// Text that is not the JSON of the format.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonError {
    /// It is no JSON, or has a value of another type.
    #[error("{problem} at byte {at}; write the file again")]
    Syntax {
        /// The place, in bytes from the start of the file.
        at: u64,
        /// The fault.
        problem: String,
    },
    /// A key is there twice, of which readers see one or the other.
    #[error("the key `{key}` is there twice; write the file again")]
    Duplicate {
        /// The key.
        key: Name,
    },
    /// It takes too much memory.
    #[error(transparent)]
    Budget(#[from] OverBudget),
}

/// Why the header of a safetensors file cannot be read. Which file it is, the caller knows.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file is too short for the length of its header.
    #[error(
        "the file has {size} bytes, but it begins with the length of its header, of {PREFIX}; {DAMAGED}"
    )]
    Short {
        /// The length of the file.
        size: u64,
    },
    /// The header does not end within the file.
    #[error(
        "the header has {len} bytes by the first {PREFIX}, but the file has only {left} more; {DAMAGED}"
    )]
    Beyond {
        /// The length of the header.
        len: u64,
        /// The bytes that are there.
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
    /// The header is not what the format says.
    #[error("the header is wrong: {0}")]
    Json(#[from] JsonError),
    /// What the header says of a tensor cannot be.
    #[error("the tensor `{name}` {problem}; write the file again")]
    Tensor {
        /// The name of the tensor.
        name: Name,
        /// What is wrong with it.
        problem: TensorProblem,
    },
    /// The tensors are not all bytes of the file.
    #[error("the tensors have {end} bytes after the header, but the file has {size}; {DAMAGED}")]
    Size {
        /// The end of the last tensor.
        end: u64,
        /// The bytes after the header.
        size: u64,
    },
}

/// What is wrong with a tensor.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TensorProblem {
    /// The dtype is none of the format.
    #[error("has the dtype `{dtype}`, which the format does not have")]
    DType {
        /// The dtype.
        dtype: Name,
    },
    /// The shape cannot be.
    #[error("has a shape of more than {MAX_RANK} axes or of more elements than can be counted")]
    Shape,
    /// The name is too long.
    #[error("has a name of {len} bytes, and the limit is {limit} (`Limits::key_bytes`)")]
    Name {
        /// The length of the name.
        len: u64,
        /// How long it can be.
        limit: u64,
    },
    /// It ends before it begins.
    #[error("ends at byte {end} of the data, before it begins at byte {begin}")]
    Reversed {
        /// The first byte.
        begin: u64,
        /// The byte after the last.
        end: u64,
    },
    /// Its bytes are too few or too many for its dtype and shape.
    #[error("is {spec}, of {needed} bytes, but has {size}")]
    Size {
        /// What it holds.
        spec: String,
        /// The bytes that it needs.
        needed: u64,
        /// The bytes that it has.
        size: u64,
    },
    /// Its elements end within a byte.
    #[error("is {spec}, which ends within a byte")]
    Torn {
        /// What it holds.
        spec: String,
    },
    /// There are bytes before it that belong to no tensor.
    #[error(
        "begins at byte {begin} of the data, but what is before it ends at byte {end}: no holes are allowed"
    )]
    Hole {
        /// The first byte.
        begin: u64,
        /// The end of what is before it.
        end: u64,
    },
    /// It shares bytes with another.
    #[error("begins at byte {begin} of the data, within `{other}`: no two can share bytes")]
    Overlap {
        /// The first byte.
        begin: u64,
        /// The tensor that has this byte, too.
        other: Name,
    },
}

/// Why the index of a checkpoint in several files cannot be read, or does not agree with them.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardsError {
    /// It is not what the format says.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is too long.
    #[error("it has {size} bytes, and the limit is {MAX_HEADER}; fetch it again")]
    Long {
        /// The length of the file.
        size: u64,
    },
    /// It does not have the map from tensors to files.
    #[error("it has no `weight_map` from tensors to files; fetch it again")]
    NoMap,
    /// It names a file that is not beside it.
    #[error(
        "it names the file `{file}` for `{name}`, but only names of files beside it are allowed; write it again"
    )]
    File {
        /// The tensor.
        name: Name,
        /// The name of the file.
        file: Name,
    },
    /// It names too many files.
    #[error("it names {files} files, and the limit is {limit} (`Limits::shards`)")]
    Files {
        /// How many files there are.
        files: usize,
        /// How many there can be.
        limit: u32,
    },
    /// A tensor is not in the file that it should be in.
    #[error(
        "it says that `{name}` is in `{file}`, which does not have it; fetch all files of one revision"
    )]
    Missing {
        /// The tensor.
        name: Name,
        /// The file.
        file: Name,
    },
    /// A file has a tensor that the index does not say to be there.
    #[error(
        "`{file}` has `{name}`, which the index does not name there; fetch all files of one revision"
    )]
    Unexpected {
        /// The tensor.
        name: Name,
        /// The file.
        file: Name,
    },
}

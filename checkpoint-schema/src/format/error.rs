//! Errors in an index.

use std::fmt;

use thiserror::Error;

use crate::format::budget::OverBudget;
use crate::format::cursor::Position;
use crate::listing::catalog::{Defect, Name, Place, Spec};
use crate::listing::dtype::DType;
use crate::listing::shape::{MAX_RANK, Shape};

/// The advice for a damaged file.
pub const DAMAGED: &str = "the file is damaged, fetch it again";

/// The advice for a data file that is damaged or belongs to another index.
pub const DAMAGED_OR_OTHER: &str = "the file is damaged or of another checkpoint, fetch it again";

/// Errors of reading an index. The caller adds the path of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// The file exceeds one of the [`Limits`](crate::format::Limits).
    #[error(
        "{what} is {found}, and the limit is {limit}; if you trust the file, raise `Limits::{field}`"
    )]
    Limit {
        /// The limited quantity.
        what: &'static str,
        /// The value found.
        found: u64,
        /// The limit.
        limit: u64,
        /// The field of `Limits` with this limit.
        field: &'static str,
    },
    /// The file needs more memory than its length justifies.
    #[error(transparent)]
    Memory(#[from] OverBudget),
    /// The file is shorter than a footer.
    #[error(
        "the length of the file is {len}, less than the 48 bytes in which an index ends; it is cut or something else, \
         so check the path or fetch the file again"
    )]
    Short {
        /// The length of the file.
        len: u64,
    },
    /// The file does not end with the magic number.
    #[error(
        "the file does not end with the magic number of an index; it is truncated or not an index, so check the path or fetch \
         the file again"
    )]
    Magic,
    /// The range of a block is outside the valid range.
    #[error(
        "{at} says that a block of size {size} is at byte {offset}, but it has to be within bytes {from} to {to}; \
         {DAMAGED}"
    )]
    Handle {
        /// The position of the block's handle.
        at: Position,
        /// The first byte of the block.
        offset: u64,
        /// The size of the block, without compression type and checksum.
        size: u64,
        /// The first byte of the valid range.
        from: u64,
        /// The byte after the valid range.
        to: u64,
    },
    /// The checksum of a block does not match.
    #[error(
        "the block at byte {block} has the checksum {computed:08x}, but {stored:08x} is stored with it; {DAMAGED}"
    )]
    Checksum {
        /// The start of the block.
        block: u64,
        /// The stored checksum.
        stored: u32,
        /// The computed checksum.
        computed: u32,
    },
    /// The compression of a block is unknown.
    #[error(
        "the block at byte {block} has the compression {kind}, but only 0 (none) and 1 (Snappy) are known; {DAMAGED}"
    )]
    Compression {
        /// The start of the block.
        block: u64,
        /// The number of the compression type.
        kind: u8,
    },
    /// The claimed decompressed size exceeds the maximum ratio of Snappy.
    #[error(
        "the block at byte {block} claims to decompress from {stored} to {claimed} bytes, which Snappy cannot; {DAMAGED}"
    )]
    Bomb {
        /// The start of the block.
        block: u64,
        /// The compressed size.
        stored: usize,
        /// The claimed decompressed size.
        claimed: usize,
    },
    /// The data of a block is not valid Snappy data.
    #[error("the block at byte {block} does not decompress; {DAMAGED}")]
    Snappy {
        /// The start of the block.
        block: u64,
        /// The error of the decoder.
        #[source]
        source: snap::Error,
    },
    /// The claimed restart points do not fit in the block.
    #[error(
        "the block at {block} is of size {size}, which its {restarts} restart points do not fit; {DAMAGED}"
    )]
    Restarts {
        /// The start of the block.
        block: Position,
        /// The size of the block.
        size: usize,
        /// The number of restart points.
        restarts: u32,
    },
    /// A key shares more bytes with the previous key than that key has.
    #[error(
        "the key at {at} shares {shared} of the {previous} bytes of the key before it; {DAMAGED}"
    )]
    Shared {
        /// The position of the key.
        at: Position,
        /// The number of shared bytes.
        shared: u64,
        /// The length of the previous key in the same block.
        previous: usize,
    },
    /// The keys are out of order or repeated.
    #[error(
        "the key `{}` at {at} does not come after `{}`, which is stored before it; {DAMAGED}",
        key.short(), previous.short()
    )]
    Order {
        /// The position of the key.
        at: Position,
        /// The key.
        key: Name,
        /// The previous key.
        previous: Name,
    },
    /// A key is in another block than the index of blocks specifies.
    #[error(
        "the key `{}` at {at} is outside of the keys of its block, which end with `{}`; {DAMAGED}",
        key.short(), separator.short()
    )]
    Separator {
        /// The position of the key.
        at: Position,
        /// The key.
        key: Name,
        /// The upper bound of the keys of the block, or of the block before.
        separator: Name,
    },
    /// The header is missing.
    #[error(
        "the file starts with the key `{}`, but an index starts with a header, whose key is empty; the file is \
         something else, so check the path",
        key.short()
    )]
    NoHeader {
        /// The first key.
        key: Name,
    },
    /// The file has no entries.
    #[error("the file has no keys, not even that of the header; {DAMAGED}")]
    Empty,
    /// The file is a V1 checkpoint.
    #[error(
        "the file is a V1 checkpoint, not the index of a V2 one; save it again in TensorFlow with \
         `write_version=tf.compat.v1.train.SaverDef.V2`"
    )]
    Version1,
    /// A V1 checkpoint has values, but its header lists no variables.
    #[error("the header lists no variables, but the file has values; {DAMAGED}")]
    NoVariables,
    /// A V1 checkpoint lists a variable without a value.
    #[error("the key `{}` has no value, but the file declares one; {DAMAGED}", key.short())]
    NoValue {
        /// The key.
        key: Name,
    },
    /// The file is the index of a V2 checkpoint.
    #[error(
        "the file is the index of a V2 checkpoint, but its name is not; name it `P.index`, where the names of the data \
         files begin with `P`"
    )]
    Version2,
    /// The header requires a newer reader.
    #[error(
        "the header wants a reader of version {min_consumer} or newer, but this one is of version 1; update \
         `checkpoint-core`"
    )]
    MinConsumer {
        /// The oldest version of a reader that the header allows.
        min_consumer: i32,
    },
    /// The header excludes this reader.
    #[error(
        "the header says that readers of version 1, as this is one, get this checkpoint wrong; save it again in \
         TensorFlow"
    )]
    BadConsumer,
    /// The version of the writer is invalid.
    #[error("the header names a writer of version {producer}; {DAMAGED}")]
    Producer {
        /// The version of the writer.
        producer: i32,
    },
    /// The header has an invalid number of data files, such as 0.
    #[error("the header declares {shards} data files; {DAMAGED}")]
    Shards {
        /// The number of data files.
        shards: i32,
    },
    /// The bytes cannot be decoded.
    #[error("{0}; {DAMAGED}")]
    Wire(WireError),
    /// The entry of a variable is invalid.
    #[error("the entry of `{}` at {at} is wrong: {problem}; {DAMAGED}", name.short())]
    Entry {
        /// The name of the variable.
        name: Name,
        /// The position of its entry.
        at: Position,
        /// The error in the entry.
        problem: EntryProblem,
    },
}

// Not `#[from]`: the message already contains the inner error, so it must not also be its source.
impl From<WireError> for FormatError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Errors of decoding bytes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The data is truncated.
    #[error("{what} at {at} is cut: it has {have} of {need} bytes")]
    Truncated {
        /// The truncated item.
        what: &'static str,
        /// The position of the item.
        at: Position,
        /// The number of bytes needed.
        need: u64,
        /// The number of bytes left.
        have: usize,
    },
    /// A varint has too many bytes.
    #[error("{what} has a number at {at} that does not end where it must")]
    Varint {
        /// The item with the varint.
        what: &'static str,
        /// The position of the varint.
        at: Position,
    },
    /// The number of a field is outside the valid range.
    #[error("{message} has a field of the impossible number {number} at {at}")]
    FieldNumber {
        /// The message with the field.
        message: &'static str,
        /// The position of the field.
        at: Position,
        /// The number of the field.
        number: u64,
    },
    /// The wire type of a field is unknown.
    #[error("{message} has a field of the unknown wire type {kind} at {at}")]
    WireType {
        /// The message with the field.
        message: &'static str,
        /// The position of the field.
        at: Position,
        /// The number of the wire type.
        kind: u64,
    },
    /// Groups are nested incorrectly or too deeply.
    #[error(
        "{message} has groups at {at} that do not end as they start, or that are nested too deep"
    )]
    Group {
        /// The message with the groups.
        message: &'static str,
        /// The position of the group.
        at: Position,
    },
}

/// Errors in the entry of a variable.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryProblem {
    /// The entry cannot be decoded.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The dtype is unknown, or cannot be stored.
    #[error("no checkpoint stores elements of the dtype {number}")]
    DType {
        /// The number of the dtype.
        number: i32,
    },
    /// The rank is unknown.
    #[error("its shape is marked as unknown")]
    UnknownRank,
    /// The rank is too large.
    #[error("it has {rank} axes, more than the {MAX_RANK} that TensorFlow allows")]
    Rank {
        /// The rank.
        rank: usize,
    },
    /// The length of an axis is negative.
    #[error("its axis {axis} has the length {length}")]
    Length {
        /// The axis.
        axis: usize,
        /// The length of the axis.
        length: i64,
    },
    /// The number of elements is too large.
    #[error("its elements cannot be counted: it has the shape {dims:?}")]
    Elements {
        /// The lengths of the axes.
        dims: Box<[u64]>,
    },
    /// The number of the data file is out of range.
    #[error("it is in data file {shard}, but there are {shards}, counted from 0")]
    Shard {
        /// The number of the data file.
        shard: i32,
        /// The number of data files.
        shards: u32,
    },
    /// The byte range is invalid.
    #[error("it has {size} bytes at byte {offset} of its data file")]
    Extent {
        /// The first byte.
        offset: i64,
        /// The number of bytes.
        size: i64,
    },
    /// The number of bytes does not match the dtype and shape.
    #[error("{dtype} {shape} does not fit {size} bytes")]
    Size {
        /// The dtype.
        dtype: DType,
        /// The shape.
        shape: Shape,
        /// The number of bytes.
        size: u64,
    },
    /// Two files of a V1 checkpoint give different dtypes or shapes.
    #[error("it is {found}, but was {first} before")]
    Disagreement {
        /// The dtype and shape in the first file.
        first: Box<Spec>,
        /// The dtype and shape in this file.
        found: Box<Spec>,
    },
    /// The dtype cannot be stored in a V1 checkpoint.
    #[error("V1 checkpoints have no elements of {dtype}")]
    Unstorable {
        /// The dtype.
        dtype: DType,
    },
    /// The number of values of a V1 checkpoint does not match the number of elements.
    #[error("its elements take {expected} values, but there are {found}")]
    Count {
        /// The number of values found.
        found: u64,
        /// The expected number of values.
        expected: u64,
    },
    /// The rank of a slice does not match.
    #[error("its slice {slice} has the rank {rank}, but the shape is {shape}")]
    SliceRank {
        /// The number of the slice, counted from 0.
        slice: usize,
        /// The rank of the slice.
        rank: usize,
        /// The shape of the variable.
        shape: Shape,
    },
    /// A slice exceeds the bounds of the variable.
    #[error(
        "its slice {slice} has the length {length} from {start} on axis {axis}, but the shape is {shape}"
    )]
    SliceBounds {
        /// The number of the slice, counted from 0.
        slice: usize,
        /// The axis.
        axis: usize,
        /// The first element.
        start: i64,
        /// The number of elements.
        length: i64,
        /// The shape of the variable.
        shape: Shape,
    },
    /// A slice has a start, but no length.
    #[error("its slice {slice} starts at {start} on axis {axis}, but has no length")]
    SliceLength {
        /// The number of the slice, counted from 0.
        slice: usize,
        /// The axis.
        axis: usize,
        /// The first element.
        start: i64,
    },
    /// The entry of a slice is missing.
    #[error("its slice {slice} is not in the file")]
    SliceMissing {
        /// The number of the slice, counted from 0.
        slice: usize,
    },
    /// The entry of a slice has another dtype or shape, or is invalid.
    #[error("its slice {slice} should be {expected}, but is {found}")]
    SliceEntry {
        /// The number of the slice, counted from 0.
        slice: usize,
        /// The expected dtype and shape.
        expected: String,
        /// The contents of the entry.
        found: String,
    },
    /// Two slices overlap.
    #[error("its slices {first} and {second} have elements in common")]
    SliceOverlap {
        /// The number of one slice, counted from 0.
        first: usize,
        /// The number of the other slice.
        second: usize,
    },
    /// The slices do not cover the variable.
    #[error("its slices have {covered} of its {elements} elements")]
    SliceCoverage {
        /// The number of elements in slices.
        covered: u64,
        /// The number of elements of the variable.
        elements: u64,
    },
    /// The layout of the slices needs too many comparisons to check.
    #[error(
        "its {slices} slices take too many comparisons to check; if you trust the file, raise \
         `Limits::slice_comparisons`"
    )]
    SliceComparisons {
        /// The number of slices.
        slices: usize,
    },
}

/// The maximum memory of a [`Defect`], in bytes.
pub(crate) const DEFECT: u64 = 512;

/// The maximum number of characters of a problem in a message.
const MAX_LETTERS: usize = 300;

impl EntryProblem {
    /// The place of a variable with this problem in its entry at `at`.
    pub(crate) fn unreadable(self, at: impl fmt::Display) -> Place {
        Place::Unreadable(Box::new(match self {
            Self::SliceCoverage { covered, elements } => {
                Defect::Incomplete { saved: covered, elements }
            }
            Self::SliceComparisons { .. } => Defect::Damaged { reason: self.to_string().into() },
            _ => {
                // The text of a shape with hundreds of axes is long.
                let mut problem = self.to_string();
                if let Some((end, _)) = problem.char_indices().nth(MAX_LETTERS) {
                    problem.replace_range(end.., "...");
                }
                let reason = format!("its entry at {at} is wrong: {problem}; fetch the file again");
                Defect::Damaged { reason: reason.into() }
            }
        }))
    }
}

//! What can be wrong with an index.

use std::fmt;

use thiserror::Error;

use crate::format::budget::OverBudget;
use crate::format::cursor::Position;
use crate::listing::catalog::{Defect, Name, Place, Spec};
use crate::listing::dtype::DType;
use crate::listing::shape::{MAX_RANK, Shape};

/// What is to be done about a file that is not as it was written.
pub const DAMAGED: &str = "the file is damaged, fetch it again";

/// The same of a data file, which can also be that of another index.
pub const DAMAGED_OR_OTHER: &str = "the file is damaged or of another checkpoint, fetch it again";

/// Why an index cannot be read. Which file it is, the caller knows.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatError {
    /// The file asks for more than [`Limits`](crate::format::Limits) allow.
    #[error(
        "{what} is {found}, and the limit is {limit}; if you trust the file, raise `Limits::{field}`"
    )]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: u64,
        /// How much is allowed.
        limit: u64,
        /// The field of `Limits` that says so.
        field: &'static str,
    },
    /// The file asks for more memory than its length justifies.
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
    /// The file does not end in the magic number.
    #[error(
        "the file does not end in the mark of an index; it is cut or something else, so check the path or fetch \
         the file again"
    )]
    Magic,
    /// A block is said to be where none can be.
    #[error(
        "{at} says that a block of size {size} is at byte {offset}, but it has to be within bytes {from} to {to}; \
         {DAMAGED}"
    )]
    Handle {
        /// Where that is said.
        at: Position,
        /// The first byte of the block.
        offset: u64,
        /// Its size, without compression type and checksum.
        size: u64,
        /// The first byte where it could be.
        from: u64,
        /// The byte after the last.
        to: u64,
    },
    /// The checksum of a block is wrong.
    #[error(
        "the block at byte {block} has the checksum {computed:08x}, but {stored:08x} is stored with it; {DAMAGED}"
    )]
    Checksum {
        /// Where the block is.
        block: u64,
        /// The checksum stored with it.
        stored: u32,
        /// Its own checksum.
        computed: u32,
    },
    /// A block is compressed in an unknown way.
    #[error(
        "the block at byte {block} has the compression {kind}, but only 0 (none) and 1 (Snappy) are known; {DAMAGED}"
    )]
    Compression {
        /// Where the block is.
        block: u64,
        /// The number of the compression.
        kind: u8,
    },
    /// A block says that it decompresses to more than Snappy can make of it.
    #[error(
        "the block at byte {block} claims to decompress from {stored} to {claimed} bytes, which Snappy cannot; {DAMAGED}"
    )]
    Bomb {
        /// Where the block is.
        block: u64,
        /// Its size in the file.
        stored: usize,
        /// The size it claims to have.
        claimed: usize,
    },
    /// A block does not decompress.
    #[error("the block at byte {block} does not decompress; {DAMAGED}")]
    Snappy {
        /// Where the block is.
        block: u64,
        /// What is wrong with it.
        #[source]
        source: snap::Error,
    },
    /// A block has no room for the restart points it claims to have.
    #[error(
        "the block at {block} is of size {size}, which its {restarts} restart points do not fit; {DAMAGED}"
    )]
    Restarts {
        /// Where the block is.
        block: Position,
        /// Its size.
        size: usize,
        /// The number of its restart points.
        restarts: u32,
    },
    /// A key shares more bytes with the one before it than that has.
    #[error(
        "the key at {at} shares {shared} of the {previous} bytes of the key before it; {DAMAGED}"
    )]
    Shared {
        /// Where the key is.
        at: Position,
        /// The number of shared bytes.
        shared: u64,
        /// The length of the key before it in the same block.
        previous: usize,
    },
    /// Keys are not in order, or there twice.
    #[error(
        "the key `{}` at {at} does not come after `{}`, which is stored before it; {DAMAGED}",
        key.short(), previous.short()
    )]
    Order {
        /// Where the key is.
        at: Position,
        /// The key.
        key: Name,
        /// The key before it.
        previous: Name,
    },
    /// A key is in another block than the index of blocks says.
    #[error(
        "the key `{}` at {at} is outside of the keys of its block, which end with `{}`; {DAMAGED}",
        key.short(), separator.short()
    )]
    Separator {
        /// Where the key is.
        at: Position,
        /// The key.
        key: Name,
        /// What no key of the block exceeds, or what the keys of the block before it do not exceed.
        separator: Name,
    },
    /// There is no header.
    #[error(
        "the file starts with the key `{}`, but an index starts with a header, whose key is empty; the file is \
         something else, so check the path",
        key.short()
    )]
    NoHeader {
        /// The first key.
        key: Name,
    },
    /// There is nothing at all.
    #[error("the file has no keys, not even that of the header; {DAMAGED}")]
    Empty,
    /// It is a V1 checkpoint.
    #[error(
        "the file is a V1 checkpoint, not the index of a V2 one; save it anew in TensorFlow with \
         `write_version=tf.compat.v1.train.SaverDef.V2`"
    )]
    Version1,
    /// A V1 checkpoint lists no variables, but has values.
    #[error("the header names no variables, but the file has values; {DAMAGED}")]
    NoVariables,
    /// A V1 checkpoint lists a variable that it does not have.
    #[error("there is nothing for the key `{}`, though the file says so; {DAMAGED}", key.short())]
    NoValue {
        /// The key.
        key: Name,
    },
    /// It is the index of a V2 checkpoint.
    #[error(
        "the file is the index of a V2 checkpoint, but its name is not; name it `P.index`, where the names of the data \
         files begin with `P`"
    )]
    Version2,
    /// The header wants another reader.
    #[error(
        "the header wants a reader of version {min_consumer} or newer, but this one is of version 1; update \
         `checkpoint-core`"
    )]
    MinConsumer {
        /// The oldest reader that it wants.
        min_consumer: i32,
    },
    /// The header refuses this reader.
    #[error(
        "the header says that readers of version 1, as this is one, get this checkpoint wrong; save it anew in \
         TensorFlow"
    )]
    BadConsumer,
    /// The header names a writer that there cannot be.
    #[error("the header names a writer of version {producer}; {DAMAGED}")]
    Producer {
        /// The version of the writer.
        producer: i32,
    },
    /// The header says that there are no data files.
    #[error("the header says that there are {shards} data files; {DAMAGED}")]
    Shards {
        /// The number of data files.
        shards: i32,
    },
    /// Bytes that cannot be decoded.
    #[error("{0}; {DAMAGED}")]
    Wire(WireError),
    /// What is stored of a variable is wrong.
    #[error("the entry of `{}` at {at} is wrong: {problem}; {DAMAGED}", name.short())]
    Entry {
        /// The name of the variable.
        name: Name,
        /// Where its entry is.
        at: Position,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

// Not by `#[from]`, which would make a source of what the text says already.
impl From<WireError> for FormatError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

/// Why bytes cannot be decoded.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// Bytes are missing.
    #[error("{what} at {at} is cut: {have} of {need} bytes are there")]
    Truncated {
        /// What is cut.
        what: &'static str,
        /// Where it is.
        at: Position,
        /// The bytes that it takes.
        need: u64,
        /// The bytes that are there.
        have: usize,
    },
    /// A varint has too many bytes.
    #[error("{what} has a number at {at} that does not end where it must")]
    Varint {
        /// What has the number.
        what: &'static str,
        /// Where it is.
        at: Position,
    },
    /// A field has a number that no field can have.
    #[error("{message} has a field of the impossible number {number} at {at}")]
    FieldNumber {
        /// The message that has it.
        message: &'static str,
        /// Where it is.
        at: Position,
        /// The number.
        number: u64,
    },
    /// A field has a wire type that there is not.
    #[error("{message} has a field of the unknown wire type {kind} at {at}")]
    WireType {
        /// The message that has it.
        message: &'static str,
        /// Where it is.
        at: Position,
        /// The number of the wire type.
        kind: u64,
    },
    /// Groups are not nested as they should be, or too deep.
    #[error(
        "{message} has groups at {at} that do not end as they start, or that are nested too deep"
    )]
    Group {
        /// The message that has them.
        message: &'static str,
        /// Where it is.
        at: Position,
    },
}

/// What can be wrong with the entry of a variable.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryProblem {
    /// It cannot be decoded.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// There are no elements of its dtype.
    #[error("no checkpoint stores elements of the dtype {number}")]
    DType {
        /// The number of the dtype.
        number: i32,
    },
    /// Its rank is unknown.
    #[error("its shape is said to be unknown")]
    UnknownRank,
    /// It has too many axes.
    #[error("it has {rank} axes, more than the {MAX_RANK} that TensorFlow allows")]
    Rank {
        /// The number of axes.
        rank: usize,
    },
    /// An axis has a negative length.
    #[error("its axis {axis} has the length {length}")]
    Length {
        /// The axis.
        axis: usize,
        /// Its length.
        length: i64,
    },
    /// It has too many elements.
    #[error("its elements cannot be counted: it has the shape {dims:?}")]
    Elements {
        /// The lengths of its axes.
        dims: Box<[u64]>,
    },
    /// It is in a data file that there is not.
    #[error("it is in data file {shard}, but there are {shards}, counted from 0")]
    Shard {
        /// The number of the data file.
        shard: i32,
        /// The number of data files.
        shards: u32,
    },
    /// It is where no bytes can be.
    #[error("it has {size} bytes at byte {offset} of its data file")]
    Extent {
        /// The first byte.
        offset: i64,
        /// The number of bytes.
        size: i64,
    },
    /// It has the wrong number of bytes.
    #[error("{dtype} {shape} does not fit {size} bytes")]
    Size {
        /// Its dtype.
        dtype: DType,
        /// Its shape.
        shape: Shape,
        /// The number of bytes.
        size: u64,
    },
    /// Two files of a V1 checkpoint disagree.
    #[error("it is {found}, but was {first} before")]
    Disagreement {
        /// What is said of it first.
        first: Box<Spec>,
        /// What is said of it here.
        found: Box<Spec>,
    },
    /// No V1 checkpoint can hold it.
    #[error("V1 checkpoints have no elements of {dtype}")]
    Unstorable {
        /// Its dtype.
        dtype: DType,
    },
    /// A V1 checkpoint holds more or fewer values than its elements take.
    #[error("its elements take {expected} values, but there are {found}")]
    Count {
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// A slice has another rank.
    #[error("its slice {slice} has the rank {rank}, but the shape is {shape}")]
    SliceRank {
        /// The slice, counted from 0.
        slice: usize,
        /// Its rank.
        rank: usize,
        /// The shape of the variable.
        shape: Shape,
    },
    /// A slice lies outside of the variable.
    #[error(
        "its slice {slice} has the length {length} from {start} on axis {axis}, but the shape is {shape}"
    )]
    SliceBounds {
        /// The slice, counted from 0.
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
        /// The slice, counted from 0.
        slice: usize,
        /// The axis.
        axis: usize,
        /// The first element.
        start: i64,
    },
    /// The entry of a slice is not there.
    #[error("its slice {slice} is not in the file")]
    SliceMissing {
        /// The slice, counted from 0.
        slice: usize,
    },
    /// The entry of a slice holds something else.
    #[error("its slice {slice} should be {expected}, but is {found}")]
    SliceEntry {
        /// The slice, counted from 0.
        slice: usize,
        /// Dtype and shape, as they should be.
        expected: String,
        /// What the entry of the slice says.
        found: String,
    },
    /// A slice is listed twice, or two have elements in common.
    #[error("its slices {first} and {second} have elements in common")]
    SliceOverlap {
        /// The one slice, counted from 0.
        first: usize,
        /// The other.
        second: usize,
    },
    /// The slices are not all of the variable.
    #[error("its slices have {covered} of its {elements} elements")]
    SliceCoverage {
        /// The elements in slices.
        covered: u64,
        /// The elements of the variable.
        elements: u64,
    },
    /// The slices are cut in a way that would take too long to check.
    #[error(
        "its {slices} slices take too many comparisons to check; if you trust the file, raise \
         `Limits::slice_comparisons`"
    )]
    SliceComparisons {
        /// The number of slices.
        slices: usize,
    },
}

/// The most bytes of memory that a [`Defect`] takes.
pub(crate) const DEFECT: u64 = 512;

/// The most letters of what is wrong with an entry that are said.
const MAX_LETTERS: usize = 300;

impl EntryProblem {
    /// The place of the single variable that this refuses, whose entry is at `at`.
    pub(crate) fn unreadable(self, at: impl fmt::Display) -> Place {
        Place::Unreadable(Box::new(match self {
            Self::SliceCoverage { covered, elements } => {
                Defect::Incomplete { saved: covered, elements }
            }
            Self::SliceComparisons { .. } => Defect::Damaged { reason: self.to_string().into() },
            _ => {
                // A shape of hundreds of axes is long.
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

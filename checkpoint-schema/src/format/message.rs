//! The messages that the entries of both formats are made of.

use smallvec::SmallVec;

use crate::format::cursor::Cursor;
use crate::format::error::{EntryProblem, FormatError, WireError};
use crate::format::wire::{Fields, Value, int32, int64};
use crate::shape::{MAX_RANK, Shape};

/// A `TensorShapeProto`.
#[derive(Debug, Default)]
pub(crate) struct ShapeMessage {
    /// As stored: each is an `i64`.
    dims: SmallVec<[u64; 4]>,
    unknown_rank: bool,
}

impl ShapeMessage {
    /// Adds what these bytes say: a message can come in parts.
    pub(crate) fn merge(&mut self, bytes: Cursor<'_>) -> Result<(), WireError> {
        for field in Fields::new(bytes, "the shape") {
            let field = field?;
            match (field.number, field.value) {
                (2, Value::Bytes(dim)) => self.dims.push(dim_size(dim)?),
                (3, Value::Varint(unknown)) => self.unknown_rank = unknown != 0,
                _ => {}
            }
        }
        Ok(())
    }

    /// The shape, if a variable can have it.
    pub(crate) fn shape(self) -> Result<Shape, EntryProblem> {
        let Self { dims, unknown_rank } = self;
        if unknown_rank {
            return Err(EntryProblem::UnknownRank);
        }
        if dims.len() > MAX_RANK {
            return Err(EntryProblem::Rank { rank: dims.len() });
        }
        let negative = dims.iter().enumerate().find(|(_, dim)| int64(**dim) < 0);
        if let Some((axis, &dim)) = negative {
            return Err(EntryProblem::Length { axis, length: int64(dim) });
        }
        Shape::new(dims.as_slice())
            .ok_or_else(|| EntryProblem::Elements { dims: dims.as_slice().into() })
    }
}

/// The length of an axis, an `i64`, out of a `TensorShapeProto.Dim`.
fn dim_size(bytes: Cursor<'_>) -> Result<u64, WireError> {
    let mut size = 0;
    for field in Fields::new(bytes, "an axis of the shape") {
        let field = field?;
        if let (1, Value::Varint(varint)) = (field.number, field.value) {
            size = varint;
        }
    }
    Ok(size)
}

/// A `TensorSliceProto.Extent`: what a slice has of one axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SliceExtent {
    /// The first element.
    pub(crate) start: i64,
    /// The number of elements; `None` for the whole axis.
    pub(crate) length: Option<i64>,
}

/// What a `TensorSliceProto` says for each axis.
pub(crate) fn slice_extents(bytes: Cursor<'_>) -> Result<Vec<SliceExtent>, WireError> {
    let mut extents = Vec::new();
    for field in Fields::new(bytes, "a slice") {
        let field = field?;
        if let (1, Value::Bytes(extent)) = (field.number, field.value) {
            extents.push(slice_extent(extent)?);
        }
    }
    Ok(extents)
}

fn slice_extent(bytes: Cursor<'_>) -> Result<SliceExtent, WireError> {
    let mut extent = SliceExtent::default();
    for field in Fields::new(bytes, "an axis of a slice") {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Varint(start)) => extent.start = int64(start),
            (2, Value::Varint(length)) => extent.length = Some(int64(length)),
            _ => {}
        }
    }
    Ok(extent)
}

/// A `VersionDef`: who wrote the checkpoint, and who can read it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct VersionMessage {
    producer: i32,
    min_consumer: i32,
    refuses_us: bool,
}

/// The version of the format that is read here.
const VERSION: i32 = 1;

impl VersionMessage {
    /// Adds what these bytes say: a message can come in parts.
    pub(crate) fn merge(&mut self, bytes: Cursor<'_>) -> Result<(), WireError> {
        for field in Fields::new(bytes, "the version in the header") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(producer)) => self.producer = int32(producer),
                (2, Value::Varint(consumer)) => self.min_consumer = int32(consumer),
                (3, Value::Varint(consumer)) => self.refuses_us |= int32(consumer) == VERSION,
                (3, Value::Bytes(consumers)) => self.refuses_us |= holds_version(consumers)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes sure that this reader is one for the checkpoint.
    pub(crate) fn check(self) -> Result<(), FormatError> {
        let Self { producer, min_consumer, refuses_us } = self;
        if producer < 0 {
            return Err(FormatError::Producer { producer });
        }
        if min_consumer > VERSION {
            return Err(FormatError::MinConsumer { min_consumer });
        }
        if refuses_us { Err(FormatError::BadConsumer) } else { Ok(()) }
    }
}

/// Whether [`VERSION`] is among these packed numbers.
fn holds_version(mut packed: Cursor<'_>) -> Result<bool, WireError> {
    let mut found = false;
    while !packed.is_empty() {
        found |= int32(packed.varint64("the version in the header")?) == VERSION;
    }
    Ok(found)
}

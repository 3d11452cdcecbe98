//! The messages that the entries of both formats are made of.

use smallvec::SmallVec;

use crate::format::cursor::Cursor;
use crate::format::error::{EntryProblem, FormatError, WireError};
use crate::format::tensorflow::wire::{Field, Fields, Value, int32, int64};
use crate::listing::shape::{MAX_RANK, Shape};

/// A `TensorShapeProto`.
#[derive(Debug, Default)]
pub(crate) struct ShapeMessage {
    /// As stored: each is an `i64`. Of more than a variable can have, the first.
    dims: SmallVec<[u64; 4]>,
    /// How many there are.
    rank: usize,
    unknown_rank: bool,
}

impl ShapeMessage {
    /// Adds what these bytes say: a message can come in parts.
    pub(crate) fn merge(&mut self, bytes: Cursor<'_>) -> Result<(), WireError> {
        for field in Fields::new(bytes, "the shape") {
            let field = field?;
            match (field.number, field.value) {
                (2, Value::Bytes(dim)) => {
                    let size = dim_size(dim)?;
                    self.rank = self.rank.saturating_add(1);
                    if self.dims.len() < MAX_RANK {
                        self.dims.push(size);
                    }
                }
                (3, Value::Varint(unknown)) => self.unknown_rank = unknown != 0,
                _ => {}
            }
        }
        Ok(())
    }

    /// How many axes it has; of more than a variable can have, as many as that.
    pub(crate) fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The shape, if a variable can have it.
    pub(crate) fn shape(&self) -> Result<Shape, EntryProblem> {
        let &Self { ref dims, rank, unknown_rank } = self;
        // TensorFlow takes the axes where there are any.
        if unknown_rank && rank == 0 {
            return Err(EntryProblem::UnknownRank);
        }
        if rank > MAX_RANK {
            return Err(EntryProblem::Rank { rank });
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

/// A `TensorSliceProto`.
#[derive(Debug, Default)]
pub(crate) struct SliceMessage {
    /// What it says for each axis. Of more than a variable can have, the first.
    pub(crate) extents: SmallVec<[SliceExtent; 4]>,
    /// How many there are.
    pub(crate) rank: usize,
}

impl SliceMessage {
    fn read(bytes: Cursor<'_>) -> Result<Self, WireError> {
        let mut slice = Self::default();
        for field in Fields::new(bytes, "a slice") {
            let field = field?;
            if let (1, Value::Bytes(extent)) = (field.number, field.value) {
                let extent = slice_extent(extent)?;
                slice.rank = slice.rank.saturating_add(1);
                if slice.extents.len() < MAX_RANK {
                    slice.extents.push(extent);
                }
            }
        }
        Ok(slice)
    }
}

/// The slices that an entry lists: they are counted before memory is taken for any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceMessages<'a> {
    entry: Cursor<'a>,
    /// The number of their field.
    field: u32,
    /// How many there are.
    pub(crate) count: u64,
}

impl<'a> SliceMessages<'a> {
    /// Those in this field of an entry, none of which is counted yet.
    pub(crate) fn new(entry: Cursor<'a>, field: u32) -> Self {
        Self { entry, field, count: 0 }
    }

    /// Counts one, if it can be decoded.
    pub(crate) fn add(&mut self, slice: Cursor<'_>) -> Result<(), WireError> {
        SliceMessage::read(slice)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// All of them, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Result<SliceMessage, WireError>> {
        let fields = Fields::new(self.entry, "the entry");
        fields.filter_map(move |field| match field {
            Ok(Field { number, value: Value::Bytes(slice) }) if number == self.field => {
                Some(SliceMessage::read(slice))
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
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

//! Messages in the entries of both formats.

use smallvec::SmallVec;

use crate::format::cursor::Cursor;
use crate::format::error::{EntryProblem, FormatError, WireError};
use crate::format::tensorflow::wire::{Field, Fields, Value, int32, int64};
use crate::listing::shape::{MAX_RANK, Shape};

/// A `TensorShapeProto`.
#[derive(Debug, Default)]
pub(crate) struct ShapeMessage {
    /// The lengths of the axes, as stored (each is an `i64`). At most `MAX_RANK` are kept.
    dims: SmallVec<[u64; 4]>,
    /// The number of axes, including those that are not kept.
    rank: usize,
    unknown_rank: bool,
}

impl ShapeMessage {
    /// Adds the fields in these bytes, since a message can be split into parts.
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

    /// The number of axes that are kept: at most `MAX_RANK`.
    pub(crate) fn rank(&self) -> usize {
        self.dims.len()
    }

    /// The shape, if it is valid.
    pub(crate) fn shape(&self) -> Result<Shape, EntryProblem> {
        let &Self { ref dims, rank, unknown_rank } = self;
        // TensorFlow ignores `unknown_rank` if there are axes.
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

/// The length of an axis, an `i64`, from a `TensorShapeProto.Dim`.
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

/// A `TensorSliceProto.Extent`: the range of a slice along one axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SliceExtent {
    /// The first element.
    pub(crate) start: i64,
    /// The number of elements. `None` for the whole axis.
    pub(crate) length: Option<i64>,
}

/// A `TensorSliceProto`.
#[derive(Debug, Default)]
pub(crate) struct SliceMessage {
    /// The ranges along the axes. At most `MAX_RANK` are kept.
    pub(crate) extents: SmallVec<[SliceExtent; 4]>,
    /// The number of axes, including those that are not kept.
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

/// The slices in an entry. They are counted before memory is allocated for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceMessages<'a> {
    entry: Cursor<'a>,
    /// The number of the field with the slices.
    field: u32,
    /// The number of slices.
    pub(crate) count: u64,
}

impl<'a> SliceMessages<'a> {
    /// The slices in this field of an entry. The count is still 0.
    pub(crate) fn new(entry: Cursor<'a>, field: u32) -> Self {
        Self { entry, field, count: 0 }
    }

    /// Counts a slice, if it can be decoded.
    pub(crate) fn add(&mut self, slice: Cursor<'_>) -> Result<(), WireError> {
        SliceMessage::read(slice)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// Iterates over the slices, in order.
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

/// A `VersionDef`: the version of the writer, and the versions of allowed readers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct VersionMessage {
    producer: i32,
    min_consumer: i32,
    refuses_us: bool,
}

/// The version of this reader.
const VERSION: i32 = 1;

impl VersionMessage {
    /// Adds the fields in these bytes, since a message can be split into parts.
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

    /// Checks that this reader can read the checkpoint.
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

/// True if [`VERSION`] is among these packed numbers.
fn holds_version(mut packed: Cursor<'_>) -> Result<bool, WireError> {
    let mut found = false;
    while !packed.is_empty() {
        found |= int32(packed.varint64("the version in the header")?) == VERSION;
    }
    Ok(found)
}

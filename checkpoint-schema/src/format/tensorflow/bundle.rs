//! The index of a V2 checkpoint: a header, and an entry for each variable and each slice.

use crate::format::budget::{Budget, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::{DEFECT, EntryProblem, FormatError, WireError};
use crate::format::limits::Limits;
use crate::format::tensorflow::block::limit;
use crate::format::tensorflow::message::{ShapeMessage, SliceMessages, VersionMessage};
use crate::format::tensorflow::slices::{ListedSlice, assemble};
use crate::format::tensorflow::table::{self, Table};
use crate::format::tensorflow::wire::{Fields, Value, int32, int64};
use crate::listing::catalog::{Catalog, Checksum, Endianness, Extent, Name};
use crate::listing::checksum::unmask;
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;

/// The first byte of the header of a V1 checkpoint. A V2 header starts with another field.
const VERSION_1: u8 = 0x0a;

impl Catalog {
    /// Reads the index of a V2 checkpoint: the file `P.index`.
    ///
    /// # Errors
    /// Returns an error if the bytes are not an index, are damaged, or exceed `limits`.
    pub fn from_index(bytes: &[u8], limits: &Limits) -> Result<Self, FormatError> {
        let budget = Budget::new(limits, table::Source::size(&bytes));
        Self::of_index(&Table::open(bytes, &budget)?, &budget)
    }

    /// Reads the index of a V2 checkpoint, block by block.
    ///
    /// # Errors
    /// Returns the errors of [`from_index`](Self::from_index), or an error if the bytes cannot be read.
    pub fn of_index<S: table::Source>(index: &Table<S>, budget: &Budget) -> Result<Self, S::Error> {
        let limits = budget.limits();
        let mut header = None;
        let mut entries = Vec::new();
        index.scan(|entry| {
            match &header {
                None => header = Some(Header::read(&entry, limits)?),
                Some(header) => entries.push(Stored::read(&entry, header, budget)?),
            }
            Ok(())
        })?;
        let header = header.ok_or(FormatError::Empty)?;
        Ok(Self::new(assemble(entries, limits), header.shards))
    }
}

/// A `BundleHeaderProto`.
#[derive(Debug)]
struct Header {
    shards: u32,
    endianness: Endianness,
}

impl Header {
    fn read(entry: &table::Entry<'_>, limits: &Limits) -> Result<Self, FormatError> {
        if !entry.key.is_empty() {
            return Err(FormatError::NoHeader { key: Name::from(entry.key) });
        }
        if entry.value.first() == Some(&VERSION_1) {
            return Err(FormatError::Version1);
        }
        let (mut shards, mut endianness) = (0, Endianness::Little);
        let mut version = VersionMessage::default();
        for field in Fields::new(Cursor::new(entry.value, entry.at), "the header") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => shards = int32(number),
                // TensorFlow treats every other number as little-endian.
                (2, Value::Varint(number)) if int32(number) == 1 => endianness = Endianness::Big,
                (2, Value::Varint(_)) => endianness = Endianness::Little,
                (3, Value::Bytes(bytes)) => version.merge(bytes)?,
                _ => {}
            }
        }
        version.check()?;
        let counted = u32::try_from(shards).ok().filter(|&shards| shards > 0);
        let shards = counted.ok_or(FormatError::Shards { shards })?;
        limit("the number of data files", shards.into(), limits.shards.into(), "shards")?;
        Ok(Self { shards, endianness })
    }
}

/// A variable or slice, as stored in the index.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The key: the name of a variable, or the encoded key of a slice.
    pub(crate) name: Name,
    /// The position of the entry in the file.
    pub(crate) at: Position,
    /// The dtype. `Unknown` if the entry is invalid.
    pub(crate) dtype: DType,
    /// The shape of the variable or slice. Empty if the dtype is unknown.
    pub(crate) shape: Shape,
    /// The place of the elements.
    pub(crate) data: Data,
}

/// The place of the elements of a variable or slice.
#[derive(Debug)]
pub(crate) enum Data {
    /// The elements are in a data file.
    Here(Extent),
    /// The elements are in slices with entries of their own.
    Slices(Vec<ListedSlice>),
    /// The entry is invalid.
    Wrong(Box<EntryProblem>),
}

impl Stored {
    fn read(
        entry: &table::Entry<'_>,
        header: &Header,
        budget: &Budget,
    ) -> Result<Self, FormatError> {
        let message = EntryMessage::read(Cursor::new(entry.value, entry.at));
        let counts = message.as_ref().map(|message| (message.shape.rank(), message.slices.count));
        let (rank, slices) = counts.unwrap_or_default();
        budget.variables(1, length(entry.key.len()), rank)?;
        budget.slices(slices, rank)?;
        let (name, at) = (Name::from(entry.key), entry.at);
        let spec = message.map_err(EntryProblem::from).and_then(|message| {
            let (dtype, shape) = message.spec()?;
            Ok((message, dtype, shape))
        });
        let (dtype, shape, data) = match spec {
            Ok((message, dtype, shape)) => {
                let data = message.data(dtype, &shape, header);
                (dtype, shape, data)
            }
            Err(problem) => (DType::Unknown, Shape::default(), Err(problem)),
        };
        if data.is_err() {
            budget.charge("what is wrong with variables", DEFECT)?;
        }
        let data = data.unwrap_or_else(|problem| Data::Wrong(Box::new(problem)));
        Ok(Self { name, at, dtype, shape, data })
    }
}

/// A `BundleEntryProto`.
#[derive(Debug)]
struct EntryMessage<'a> {
    dtype: i32,
    shape: ShapeMessage,
    shard: i32,
    offset: i64,
    size: i64,
    masked_crc32c: u32,
    slices: SliceMessages<'a>,
}

impl<'a> EntryMessage<'a> {
    fn read(bytes: Cursor<'a>) -> Result<Self, WireError> {
        let mut entry = Self {
            dtype: 0,
            shape: ShapeMessage::default(),
            shard: 0,
            offset: 0,
            size: 0,
            masked_crc32c: 0,
            slices: SliceMessages::new(bytes, 7),
        };
        for field in Fields::new(bytes, "the entry") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => entry.dtype = int32(number),
                (2, Value::Bytes(bytes)) => entry.shape.merge(bytes)?,
                (3, Value::Varint(number)) => entry.shard = int32(number),
                (4, Value::Varint(number)) => entry.offset = int64(number),
                (5, Value::Varint(number)) => entry.size = int64(number),
                (6, Value::Fixed32(bytes)) => entry.masked_crc32c = u32::from_le_bytes(bytes),
                (7, Value::Bytes(bytes)) => entry.slices.add(bytes)?,
                _ => {}
            }
        }
        Ok(entry)
    }

    fn spec(&self) -> Result<(DType, Shape), EntryProblem> {
        let dtype = u64::try_from(self.dtype).ok().and_then(DType::from_number);
        let dtype = dtype.ok_or(EntryProblem::DType { number: self.dtype })?;
        Ok((dtype, self.shape.shape()?))
    }

    fn data(&self, dtype: DType, shape: &Shape, header: &Header) -> Result<Data, EntryProblem> {
        if self.slices.count == 0 {
            let extent = self.extent(header)?;
            check_size(dtype, shape, extent.size)?;
            return Ok(Data::Here(extent));
        }
        let slices = self.slices.iter().enumerate();
        let listed = slices.map(|(number, slice)| ListedSlice::new(number, &slice?, shape));
        Ok(Data::Slices(listed.collect::<Result<_, _>>()?))
    }

    fn extent(&self, header: &Header) -> Result<Extent, EntryProblem> {
        let &Header { shards, endianness } = header;
        let &Self { shard, offset, size, masked_crc32c, .. } = self;
        let number = u32::try_from(shard).ok().filter(|&shard| shard < shards);
        let number = number.ok_or(EntryProblem::Shard { shard, shards })?;
        let range = u64::try_from(offset).ok().zip(u64::try_from(size).ok());
        let range = range.filter(|_| offset.checked_add(size).is_some());
        let (offset, size) = range.ok_or(EntryProblem::Extent { offset, size })?;
        let checksum = Checksum::Crc32c(unmask(masked_crc32c));
        Ok(Extent { shard: number, offset, size, endianness, checksum })
    }
}

/// Checks that elements of this dtype and shape can have this size.
fn check_size(dtype: DType, shape: &Shape, size: u64) -> Result<(), EntryProblem> {
    let elements = shape.elements();
    let fits = match dtype.width() {
        Some(width) => {
            let width = u64::try_from(width).ok();
            width.and_then(|width| elements.checked_mul(width)) == Some(size)
        }
        // Each element has a length prefix of at least one byte.
        None => size >= elements,
    };
    let misfit = || EntryProblem::Size { dtype, shape: shape.clone(), size };
    if fits { Ok(()) } else { Err(misfit()) }
}

#[cfg(test)]
mod tests;

//! Valid and invalid tables and messages for tests.

use crate::format::FormatError;
use crate::format::tensorflow::table::MAGIC;
use crate::listing::catalog::{Catalog, Endianness, Extent, Place, Variable};
use crate::listing::checksum::{crc32c, mask};

/// A key and a value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// The index of a checkpoint with one data file and these entries.
pub(crate) fn index<const N: usize>(entries: [(&str, Vec<u8>); N]) -> Vec<u8> {
    index_with(header(1), entries)
}

/// An index with this header and these entries.
pub(crate) fn index_with<const N: usize>(
    header: Vec<u8>,
    entries: [(&str, Vec<u8>); N],
) -> Vec<u8> {
    let entries = entries.into_iter().map(|(key, value)| (key.as_bytes().to_vec(), value));
    let pairs: Vec<Pair> = [(vec![], header)].into_iter().chain(entries).collect();
    table(&[&pairs])
}

/// A table with these blocks.
pub(crate) fn table(blocks: &[&[Pair]]) -> Vec<u8> {
    let blocks = blocks.iter().map(|pairs| Block::of(pairs));
    let mut table = Table::default();
    blocks.for_each(|block| table.push(block));
    table.finish()
}

/// A block of a table, before it is stored.
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) separator: Vec<u8>,
}

impl Block {
    /// A block with these pairs. They are not checked.
    pub(crate) fn of(pairs: &[Pair]) -> Self {
        let mut bytes = Vec::new();
        let mut last: &[u8] = &[];
        for (key, value) in pairs {
            let shared = key.iter().zip(last).take_while(|(one, other)| one == other).count();
            bytes.extend(entry(long(shared), &key[shared..], value));
            last = key;
        }
        bytes.extend(RESTARTS);
        Self { bytes, kind: 0, separator: last.to_vec() }
    }

    /// The same block, compressed.
    pub(crate) fn compressed(self) -> Self {
        let bytes = snap::raw::Encoder::new().compress_vec(&self.bytes).unwrap();
        Self { bytes, kind: 1, ..self }
    }
}

/// The bytes after the entries of a block: one restart point at the start.
pub(crate) const RESTARTS: [u8; 8] = [0, 0, 0, 0, 1, 0, 0, 0];

/// An entry of a block.
pub(crate) fn entry(shared: u64, rest: &[u8], value: &[u8]) -> Vec<u8> {
    let lens = [varint(shared), varint(long(rest.len())), varint(long(value.len()))];
    [&lens.concat(), rest, value].concat()
}

/// A table under construction.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) bytes: Vec<u8>,
    pub(crate) index: Vec<Pair>,
}

impl Table {
    /// Adds a block unchanged.
    pub(crate) fn push(&mut self, block: Block) {
        let handle = self.store(&block.bytes, block.kind);
        self.index.push((block.separator, handle));
    }

    /// The bytes of the table.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let meta = self.store(&RESTARTS, 0);
        let index = Block::of(&self.index);
        let index = self.store(&index.bytes, 0);
        self.bytes.extend(footer(&[meta, index].concat()));
        self.bytes
    }

    /// Appends a block and its trailer. Returns its handle.
    pub(crate) fn store(&mut self, block: &[u8], kind: u8) -> Vec<u8> {
        let handle = handle(long(self.bytes.len()), long(block.len()));
        let stored = [block, &[kind]].concat();
        self.bytes.extend(&stored);
        self.bytes.extend(mask(crc32c(&stored)).to_le_bytes());
        handle
    }
}

/// The handle of a block.
pub(crate) fn handle(offset: u64, size: u64) -> Vec<u8> {
    [varint(offset), varint(size)].concat()
}

/// A footer with these handles.
pub(crate) fn footer(handles: &[u8]) -> Vec<u8> {
    let mut footer = handles.to_vec();
    footer.resize(40, 0);
    footer.extend(MAGIC);
    footer
}

pub(crate) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

fn long(len: usize) -> u64 {
    u64::try_from(len).unwrap()
}

/// A field with a number.
pub(crate) fn number(field: u64, number: u64) -> Vec<u8> {
    [varint(field << 3), varint(number)].concat()
}

/// A field with bytes or a message.
pub(crate) fn bytes(field: u64, bytes: &[u8]) -> Vec<u8> {
    [&varint(field << 3 | 2), &varint(long(bytes.len())), bytes].concat()
}

/// A header with `shards` data files.
pub(crate) fn header(shards: u64) -> Vec<u8> {
    [number(1, shards), bytes(3, &number(1, 1))].concat()
}

/// The field `shape` of an entry.
pub(crate) fn shape(dims: &[u64]) -> Vec<u8> {
    let dims: Vec<_> = dims.iter().map(|&dim| bytes(2, &number(1, dim))).collect();
    bytes(2, &dims.concat())
}

/// An entry for data file 0, at byte 0.
pub(crate) fn stored(dtype: u64, dims: &[u64], size: u64) -> Vec<u8> {
    [number(1, dtype), shape(dims), number(5, size)].concat()
}

/// The entry of a partitioned variable.
pub(crate) fn sliced(dtype: u64, dims: &[u64], slices: &[&[Axis]]) -> Vec<u8> {
    let slices: Vec<_> = slices.iter().map(|slice| bytes(7, &extents(slice))).collect();
    [number(1, dtype), shape(dims), slices.concat()].concat()
}

/// The range of a slice along an axis: `None` for the whole axis, or the start and length.
pub(crate) type Axis = Option<(i64, i64)>;

pub(crate) fn extents(axes: &[Axis]) -> Vec<u8> {
    let extent = |axis: &Axis| {
        let fields = axis.map(|(start, length)| {
            let start = if start == 0 { vec![] } else { number(1, start.cast_unsigned()) };
            [start, number(2, length.cast_unsigned())].concat()
        });
        bytes(1, &fields.unwrap_or_default())
    };
    axes.iter().map(extent).collect::<Vec<_>>().concat()
}

/// The key of a slice, for a short name and numbers small enough for one byte each.
pub(crate) fn slice_key(name: &str, axes: &[Axis]) -> Vec<u8> {
    let mut key = [b"\0", name.as_bytes(), b"\0\x01"].concat();
    match axes.len() {
        0 => key.push(0),
        rank => key.extend([1, long(rank).to_le_bytes()[0]]),
    }
    for axis in axes {
        let (start, length) = axis.unwrap_or((0, -1));
        key.extend([start, length].map(|number| number.to_le_bytes()[0] ^ 0x80));
    }
    key
}

/// The result of reading, as lines of text.
pub(crate) fn shown(read: &Result<Catalog, FormatError>) -> String {
    match read {
        Err(error) => format!("{error}\n"),
        Ok(catalog) => {
            let variables: Vec<_> = catalog.variables().iter().map(variable).collect();
            format!("data files: {}\n{}", catalog.shards, variables.concat())
        }
    }
}

fn variable(variable: &Variable) -> String {
    let place = match &variable.place {
        Place::Whole(extent) => format!(", {}\n", place(extent)),
        Place::Strided(_) | Place::Opaque => "\n".to_owned(),
        Place::Unreadable(defect) => format!(", {}: {defect}\n", defect.word()),
        Place::Slices(slices) => {
            let slices = slices.iter().map(|slice| {
                let (start, shape) = (&slice.start, &slice.shape);
                format!("  {shape} from {start:?}, {}\n", place(&slice.extent))
            });
            format!("\n{}", slices.collect::<Vec<_>>().concat())
        }
    };
    format!("{}: {}{place}", variable.name, variable.spec())
}

fn place(extent: &Extent) -> String {
    let Extent { shard, offset, size, endianness, checksum } = extent;
    let order = if *endianness == Endianness::Big { ", big-endian" } else { "" };
    format!("{size} bytes at {offset} of {shard}{order}, {checksum}")
}

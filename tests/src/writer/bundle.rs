//! A checkpoint of version 2: data files and an index.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use checkpoint_schema::listing::dtype::DType;

use super::data::write_data;
use super::index::shard_path;
use super::key::slice_key;
use super::{ByteOrder, Data, Entry, Extent, Header, Index, TableOptions, Version};

/// A checkpoint to write: tensors in the order of the data files.
#[derive(Debug)]
pub struct Bundle {
    items: Vec<Item>,
    /// The entries of the partitioned variables, which have no data of their own.
    partitioned: BTreeMap<Vec<u8>, Entry>,
    /// The data file of the tensors that are added next.
    shard: u32,
    shards: u32,
    byte_order: ByteOrder,
    table: TableOptions,
}

/// A part of a data file.
#[derive(Debug)]
struct Item {
    shard: u32,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Tensor { key: Vec<u8>, dtype: DType, shape: Vec<u64>, data: Data },
    Gap(Vec<u8>),
}

/// The contents.
impl Bundle {
    /// Creates an empty checkpoint.
    #[must_use]
    pub fn new() -> Self {
        Self {
            items: Vec::new(),
            partitioned: BTreeMap::new(),
            shard: 0,
            shards: 1,
            byte_order: ByteOrder::Little,
            table: TableOptions::default(),
        }
    }

    /// Adds a tensor.
    #[must_use]
    pub fn tensor(
        mut self,
        name: impl AsRef<[u8]>,
        dtype: DType,
        shape: &[u64],
        data: impl Into<Data>,
    ) -> Self {
        let (key, shape) = (name.as_ref().to_vec(), shape.to_vec());
        let content = Content::Tensor { key, dtype, shape, data: data.into() };
        self.items.push(Item { shard: self.shard, content });
        self
    }

    /// Adds a tensor of `f32`.
    #[must_use]
    pub fn f32(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[f32]) -> Self {
        self.tensor(name, DType::Float32, shape, Data::numbers(values, f32::to_le_bytes))
    }

    /// Adds a tensor of `f64`.
    #[must_use]
    pub fn f64(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[f64]) -> Self {
        self.tensor(name, DType::Float64, shape, Data::numbers(values, f64::to_le_bytes))
    }

    /// Adds a tensor of `i32`.
    #[must_use]
    pub fn i32(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[i32]) -> Self {
        self.tensor(name, DType::Int32, shape, Data::numbers(values, i32::to_le_bytes))
    }

    /// Adds a tensor of `i64`.
    #[must_use]
    pub fn i64(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[i64]) -> Self {
        self.tensor(name, DType::Int64, shape, Data::numbers(values, i64::to_le_bytes))
    }

    /// Adds a tensor of `bool`.
    #[must_use]
    pub fn bool(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[bool]) -> Self {
        self.tensor(name, DType::Bool, shape, Data::numbers(values, |value| [u8::from(value)]))
    }

    /// Adds a tensor of strings.
    #[must_use]
    pub fn strings(
        self,
        name: impl AsRef<[u8]>,
        shape: &[u64],
        values: &[impl AsRef<[u8]>],
    ) -> Self {
        self.tensor(name, DType::String, shape, Data::strings(values))
    }

    /// Adds a tensor of variants, from their serialized messages.
    #[must_use]
    pub fn variants(
        self,
        name: impl AsRef<[u8]>,
        shape: &[u64],
        messages: &[impl AsRef<[u8]>],
    ) -> Self {
        self.tensor(name, DType::Variant, shape, Data::variants(messages))
    }

    /// Adds a slice of the partitioned variable `name`. `shape` is that of the whole variable.
    #[must_use]
    pub fn slice(
        mut self,
        name: impl AsRef<[u8]>,
        dtype: DType,
        shape: &[u64],
        extents: &[Extent],
        data: impl Into<Data>,
    ) -> Self {
        let name = name.as_ref();
        let whole =
            self.partitioned.entry(name.to_vec()).or_insert_with(|| Entry::new(dtype, shape));
        whole.slices.push(extents.to_vec());
        let lengths = extents.iter().map(|extent| extent.length.map(i64::cast_unsigned));
        let piece: Vec<u64> =
            lengths.zip(shape).map(|(length, &dim)| length.unwrap_or(dim)).collect();
        self.tensor(slice_key(name, extents), dtype, &piece, data)
    }

    /// Adds the variable `name` in slices of these `lengths` along `axis`.
    ///
    /// # Panics
    ///
    /// When `data` is shorter than the shape says.
    #[must_use]
    pub fn partition(
        self,
        name: impl AsRef<[u8]>,
        dtype: DType,
        shape: &[u64],
        (axis, lengths): (usize, &[u64]),
        data: &[u8],
    ) -> Self {
        let in_memory =
            |count: u64| usize::try_from(count).expect("the count is that of bytes in memory");
        let row: u64 =
            shape[axis + 1..].iter().product::<u64>() * dtype.width().unwrap_or(1) as u64;
        let mut start = 0;
        lengths.iter().fold(self, |bundle, &length| {
            let range = in_memory(start * row)..in_memory((start + length) * row);
            let rows = data.chunks(in_memory(shape[axis] * row));
            let piece: Vec<u8> = rows.flat_map(|rows| &rows[range.clone()]).copied().collect();
            let mut extents: Vec<_> =
                shape.iter().map(|dim| Extent::part(0, dim.cast_signed())).collect();
            extents[axis] = Extent::part(start.cast_signed(), length.cast_signed());
            start += length;
            bundle.slice(name.as_ref(), dtype, shape, &extents, piece)
        })
    }

    /// Adds `bytes` that belong to no tensor.
    #[must_use]
    pub fn gap(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.items.push(Item { shard: self.shard, content: Content::Gap(bytes.as_ref().to_vec()) });
        self
    }

    /// Puts the tensors that follow into the data file `shard`. The number of files grows as needed.
    #[must_use]
    pub fn in_shard(mut self, shard: u32) -> Self {
        self.shard = shard;
        self.shards = self.shards.max(shard + 1);
        self
    }

    /// Writes at least this many data files.
    #[must_use]
    pub fn shards(mut self, shards: u32) -> Self {
        self.shards = self.shards.max(shards);
        self
    }

    /// Writes all numbers in the data files with their bytes reversed.
    #[must_use]
    pub fn big_endian(mut self) -> Self {
        self.byte_order = ByteOrder::Big;
        self
    }

    /// Sets the options of the index.
    #[must_use]
    pub fn table(mut self, options: TableOptions) -> Self {
        self.table = options;
        self
    }
}

impl Default for Bundle {
    fn default() -> Self {
        Self::new()
    }
}

/// Writing.
impl Bundle {
    /// Writes the checkpoint `prefix`: the data files, then the index.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or when the data of a tensor does not have the size of its shape.
    pub fn write(self, prefix: impl AsRef<Path>) -> io::Result<()> {
        let prefix = prefix.as_ref();
        self.write_data(prefix)?.write(prefix)
    }

    /// Writes the data files of the checkpoint `prefix`, and returns the contents of its index.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn write_data(self, prefix: impl AsRef<Path>) -> io::Result<Index> {
        let shards = self.shards;
        let open =
            |shard| Ok(BufWriter::new(File::create(shard_path(prefix.as_ref(), shard, shards))?));
        let (index, files) = self.write_shards(open)?;
        files.into_iter().try_for_each(|mut file| file.flush())?;
        Ok(index)
    }

    /// Returns the contents of the index and of the data files.
    ///
    /// # Errors
    ///
    /// When the data of a tensor does not have the size of its shape.
    pub fn in_memory(self) -> io::Result<(Index, Vec<Vec<u8>>)> {
        self.write_shards(|_| Ok(Vec::new()))
    }

    fn write_shards<W: Write>(
        self,
        open: impl FnMut(u32) -> io::Result<W>,
    ) -> io::Result<(Index, Vec<W>)> {
        let mut shards = (0..self.shards).map(open).collect::<io::Result<Vec<W>>>()?;
        let mut ends = vec![0; shards.len()];
        let mut entries: Vec<_> = self.partitioned.into_iter().collect();
        for Item { shard, content } in self.items {
            let (out, end) = (&mut shards[shard as usize], &mut ends[shard as usize]);
            match content {
                Content::Gap(bytes) => {
                    out.write_all(&bytes)?;
                    *end += bytes.len() as u64;
                }
                Content::Tensor { key, dtype, shape, data } => {
                    let written = write_data(out, data, dtype, self.byte_order)?;
                    check_size(&key, dtype, &shape, written.size)?;
                    let mut entry = Entry::new(dtype, &shape);
                    entry.shard_id = i64::from(shard);
                    entry.offset = end.cast_signed();
                    entry.size = written.size.cast_signed();
                    entry.crc32c = Some(written.crc);
                    entries.push((key, entry));
                    *end += written.size;
                }
            }
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let endianness = i64::from(self.byte_order == ByteOrder::Big);
        let header = Header {
            num_shards: i64::from(self.shards),
            endianness,
            version: Some(Version::default()),
        };
        Ok((Index { header, entries, table: self.table }, shards))
    }
}

fn check_size(key: &[u8], dtype: DType, shape: &[u64], size: u64) -> io::Result<()> {
    let elements = shape.iter().try_fold(1, |product: u64, &dim| product.checked_mul(dim));
    let expected =
        dtype.width().map(|width| elements.and_then(|elements| elements.checked_mul(width as u64)));
    if expected.is_some_and(|expected| expected != Some(size)) {
        let key = key.escape_ascii();
        let message = format!(
            "`{key}` is {dtype} {shape:?}, which {size} bytes are not; edit the index to write nonsense"
        );
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_the_format_comes_out_byte_for_byte() {
        let bundle = Bundle::new().f32("w/a", &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).i64(
            "w/ab",
            &[],
            &[7],
        );
        let (index, shards) = bundle.strings("s", &[2], &["hi", ""]).in_memory().unwrap();
        let block = b"\x00\x00\x06\x08\x01\x1a\x02\x08\x01\
            \x00\x01\x11s\x08\x07\x12\x04\x12\x02\x08\x02\x20\x20\x28\x08\x35\x9e\x9e\x48\xed\
            \x00\x03\x13w/a\x08\x01\x12\x08\x12\x02\x08\x02\x12\x02\x08\x03\x28\x18\x35\xc0\xdb\x3d\x17\
            \x03\x01\x0db\x08\x09\x12\x00\x20\x18\x28\x08\x35\xbb\xd7\x9f\x11\
            \x00\x00\x00\x00\x01\x00\x00\x00\x00\xb2\x36\x55\x05";
        let rest = b"\x00\x00\x00\x00\x01\x00\x00\x00\x00\xc0\xf2\xa1\xb0\
            \x00\x01\x02x\x00\x50\x00\x00\x00\x00\x01\x00\x00\x00\x00\x4a\x4a\xef\xe7\x55\x08\x62\x0e";
        let bytes = index.to_bytes().unwrap();
        assert_eq!(bytes[..block.len()], block[..]);
        assert_eq!(bytes[block.len()..block.len() + rest.len()], rest[..]);
        assert_eq!(bytes.len(), 165);
        assert_eq!(shards[0][24..], *b"\x07\0\0\0\0\0\0\0\x02\0\x78\x27\x0b\x34hi");
    }

    #[test]
    fn a_tensor_of_the_wrong_size_is_not_written() {
        let error = Bundle::new().f32("w", &[2, 3], &[1.0]).in_memory().unwrap_err();
        let message = "`w` is f32 [2, 3], which 4 bytes are not; edit the index to write nonsense";
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn a_partition_along_the_last_axis_takes_a_part_of_each_row() {
        let bundle =
            Bundle::new().partition("w", DType::UInt8, &[2, 3], (1, &[1, 2]), &[1, 2, 3, 4, 5, 6]);
        let (mut index, shards) = bundle.in_memory().unwrap();
        assert_eq!(shards, [[1, 4, 2, 3, 5, 6]]);
        let second = [Extent::part(0, 2), Extent::part(1, 2)];
        assert_eq!(index.entry("w").slices[1], second);
        assert_eq!(index.entry(slice_key(b"w", &second)).shape, [2, 2]);
    }
}

//! The index of a bundle: its messages, and the file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::dtype::DType;

use super::TableOptions;
use super::table::write_table;
use super::wire::{bytes_field, fixed32_field, int_field, present_int_field, varint};

/// The contents of an index file. A test can change them before they are written.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The value of the first key, which is empty.
    pub header: Header,
    /// The entries in the order of their keys.
    pub entries: Vec<(Vec<u8>, Entry)>,
    /// The options of the table.
    pub table: TableOptions,
}

impl Index {
    /// Returns the first entry with this key.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn entry(&mut self, key: impl AsRef<[u8]>) -> &mut Entry {
        let key = key.as_ref();
        let found = self.entries.iter_mut().find(|(other, _)| other == key);
        &mut found.unwrap_or_else(|| panic!("the index has no key `{}`", key.escape_ascii())).1
    }

    /// Returns the keys and values of the table.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = self.entries.iter().map(|(key, entry)| (key.clone(), entry.to_bytes()));
        std::iter::once((Vec::new(), self.header.to_bytes())).chain(entries).collect()
    }

    /// Returns the bytes of the index file.
    ///
    /// # Errors
    ///
    /// When a block grows beyond 4 GiB.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        write_table(Vec::new(), self.table, self.pairs())
    }

    /// Writes the index file of the checkpoint `prefix`.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, prefix: impl AsRef<Path>) -> io::Result<()> {
        let out = BufWriter::new(File::create(index_path(prefix.as_ref()))?);
        write_table(out, self.table, self.pairs())?.flush()
    }
}

/// Returns the path of the index file of the checkpoint `prefix`.
#[must_use]
pub fn index_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".index")
}

/// Returns the path of a data file of the checkpoint `prefix`.
#[must_use]
pub fn shard_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    with_suffix(prefix, &format!(".data-{shard:05}-of-{shards:05}"))
}

fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// A `BundleHeaderProto`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The number of data files.
    pub num_shards: i64,
    /// 0 for little-endian, 1 for big-endian.
    pub endianness: i64,
    /// The version; bundles of 2016 have none.
    pub version: Option<Version>,
}

/// A `VersionDef`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The version of the format.
    pub producer: i64,
    /// The lowest version that a reader must support.
    pub min_consumer: i64,
    /// Versions whose readers must not read this.
    pub bad_consumers: Vec<i64>,
}

/// The version that `TensorFlow` writes.
impl Default for Version {
    fn default() -> Self {
        Self { producer: 1, min_consumer: 0, bad_consumers: Vec::new() }
    }
}

impl Header {
    /// Returns the encoded message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        int_field(&mut bytes, 1, self.num_shards);
        int_field(&mut bytes, 2, self.endianness);
        if let Some(version) = &self.version {
            bytes_field(&mut bytes, 3, &version.to_bytes());
        }
        bytes
    }
}

impl Version {
    /// Returns the encoded message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        int_field(&mut bytes, 1, self.producer);
        int_field(&mut bytes, 2, self.min_consumer);
        if !self.bad_consumers.is_empty() {
            let mut packed = Vec::new();
            self.bad_consumers
                .iter()
                .for_each(|&version| varint(&mut packed, version.cast_unsigned()));
            bytes_field(&mut bytes, 3, &packed);
        }
        bytes
    }
}

/// A `BundleEntryProto`. Every field can be invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The number of the dtype.
    pub dtype: i64,
    /// The lengths of the axes.
    pub shape: Vec<i64>,
    /// The number of the data file.
    pub shard_id: i64,
    /// The offset of the data in that file.
    pub offset: i64,
    /// The size of the data in bytes.
    pub size: i64,
    /// The masked CRC; partitioned variables have none.
    pub crc32c: Option<u32>,
    /// The slices of a partitioned variable.
    pub slices: Vec<Vec<Extent>>,
}

impl Entry {
    /// Creates an entry without a position.
    #[must_use]
    pub fn new(dtype: DType, shape: &[u64]) -> Self {
        let shape = shape.iter().map(|dim| dim.cast_signed()).collect();
        Self { dtype: i64::from(dtype.number()), shape, ..Self::default() }
    }

    /// Returns the encoded message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        int_field(&mut bytes, 1, self.dtype);
        bytes_field(&mut bytes, 2, &shape_bytes(&self.shape));
        int_field(&mut bytes, 3, self.shard_id);
        int_field(&mut bytes, 4, self.offset);
        int_field(&mut bytes, 5, self.size);
        if let Some(crc) = self.crc32c {
            fixed32_field(&mut bytes, 6, crc);
        }
        for slice in &self.slices {
            bytes_field(&mut bytes, 7, &slice_bytes(slice));
        }
        bytes
    }
}

/// Returns an encoded `TensorShapeProto`.
#[must_use]
pub fn shape_bytes(shape: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &size in shape {
        let mut dim = Vec::new();
        int_field(&mut dim, 1, size);
        bytes_field(&mut bytes, 2, &dim);
    }
    bytes
}

/// A part of an axis, or the whole axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The first index.
    pub start: i64,
    /// Its length; `None` for the whole axis.
    pub length: Option<i64>,
}

impl Extent {
    /// The whole axis, without its length.
    pub const WHOLE: Self = Self { start: 0, length: None };

    /// Returns `length` elements from `start` on.
    #[must_use]
    pub const fn part(start: i64, length: i64) -> Self {
        Self { start, length: Some(length) }
    }
}

/// Returns an encoded `TensorSliceProto`.
#[must_use]
pub fn slice_bytes(extents: &[Extent]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for extent in extents {
        let mut part = Vec::new();
        int_field(&mut part, 1, extent.start);
        if let Some(length) = extent.length {
            present_int_field(&mut part, 2, length);
        }
        bytes_field(&mut bytes, 1, &part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partitioned_variable_has_the_bytes_of_the_format() {
        let slices = [Extent::part(0, 1), Extent::part(1, 9)].map(|part| vec![Extent::WHOLE, part]);
        let entry = Entry { slices: slices.to_vec(), ..Entry::new(DType::Float32, &[5, 10]) };
        let expected = b"\x08\x01\x12\x08\x12\x02\x08\x05\x12\x02\x08\x0a\
            \x3a\x06\x0a\0\x0a\x02\x10\x01\x3a\x08\x0a\0\x0a\x04\x08\x01\x10\x09";
        assert_eq!(entry.to_bytes(), expected);
    }
}

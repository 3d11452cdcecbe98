//! A V1 checkpoint: one table with everything.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use checkpoint_schema::listing::dtype::DType;

use super::index::{shape_bytes, slice_bytes};
use super::key::slice_key;
use super::table::write_table;
use super::wire::{bytes_field, int_field, varint};
use super::{Data, Extent, TableOptions, Version};

/// A V1 checkpoint to write.
#[derive(Debug)]
pub struct V1 {
    tensors: Vec<Tensor>,
    /// The key and value of each slice.
    values: Vec<(Vec<u8>, Vec<u8>)>,
    version: Option<Version>,
    table: TableOptions,
    packed: bool,
    /// The error of a tensor's data.
    error: Option<String>,
}

/// The description of a tensor in the first value.
#[derive(Debug)]
struct Tensor {
    name: Vec<u8>,
    dtype: DType,
    shape: Vec<i64>,
    slices: Vec<Vec<Extent>>,
}

/// The contents.
impl V1 {
    /// Creates an empty checkpoint.
    #[must_use]
    pub fn new() -> Self {
        let version = Some(Version::default());
        Self {
            tensors: Vec::new(),
            values: Vec::new(),
            version,
            table: TableOptions::default(),
            packed: true,
            error: None,
        }
    }

    /// Adds a tensor.
    #[must_use]
    pub fn tensor(
        self,
        name: impl AsRef<[u8]>,
        dtype: DType,
        shape: &[u64],
        data: impl Into<Data>,
    ) -> Self {
        self.slice(name, dtype, shape, &vec![Extent::WHOLE; shape.len()], data)
    }

    /// Adds a tensor of `f32`.
    #[must_use]
    pub fn f32(self, name: impl AsRef<[u8]>, shape: &[u64], values: &[f32]) -> Self {
        self.tensor(name, DType::Float32, shape, Data::numbers(values, f32::to_le_bytes))
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

    /// Adds a slice of the tensor `name`. `shape` is that of the whole tensor.
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
        let slice = extents.to_vec();
        if let Some(tensor) = self.tensors.iter_mut().find(|tensor| tensor.name == name) {
            tensor.slices.push(slice);
        } else {
            let shape = shape.iter().map(|dim| dim.cast_signed()).collect();
            self.tensors.push(Tensor { name: name.to_vec(), dtype, shape, slices: vec![slice] });
        }
        if let Some(tensor) = tensor_bytes(dtype, data.into(), self.packed) {
            self.values.push((slice_key(name, extents), saved_slice(name, extents, &tensor)));
        } else {
            self.error =
                Some(format!("`{}` is {dtype}, for which there is no field", name.escape_ascii()));
        }
        self
    }

    /// Writes each number of the tensors that follow as a field of its own. Readers must support this, too.
    #[must_use]
    pub fn unpacked(mut self) -> Self {
        self.packed = false;
        self
    }

    /// Sets the version. `None` is that of files of 2016.
    #[must_use]
    pub fn version(mut self, version: Option<Version>) -> Self {
        self.version = version;
        self
    }

    /// Sets the options of the table.
    #[must_use]
    pub fn table(mut self, options: TableOptions) -> Self {
        self.table = options;
        self
    }
}

impl Default for V1 {
    fn default() -> Self {
        Self::new()
    }
}

/// Writing.
impl V1 {
    /// Returns the keys and values of the table, sorted.
    ///
    /// # Errors
    ///
    /// When a tensor has a dtype that version 1 does not support.
    pub fn pairs(&self) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        if let Some(message) = &self.error {
            return Err(io::Error::new(ErrorKind::InvalidInput, message.clone()));
        }
        let mut pairs = self.values.clone();
        pairs.push((Vec::new(), self.meta_bytes()));
        pairs.sort();
        Ok(pairs)
    }

    /// Returns the bytes of the file.
    ///
    /// # Errors
    ///
    /// As [`pairs`](Self::pairs).
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        write_table(Vec::new(), self.table, self.pairs()?)
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// As [`pairs`](Self::pairs), or when the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let pairs = self.pairs()?;
        write_table(BufWriter::new(File::create(path)?), self.table, pairs)?.flush()
    }

    /// Returns the `SavedTensorSlices` of the first key.
    fn meta_bytes(&self) -> Vec<u8> {
        let mut meta = Vec::new();
        for tensor in &self.tensors {
            let mut bytes = Vec::new();
            bytes_field(&mut bytes, 1, &tensor.name);
            bytes_field(&mut bytes, 2, &shape_bytes(&tensor.shape));
            int_field(&mut bytes, 3, i64::from(tensor.dtype.number()));
            for slice in &tensor.slices {
                bytes_field(&mut bytes, 4, &slice_bytes(slice));
            }
            bytes_field(&mut meta, 1, &bytes);
        }
        if let Some(version) = &self.version {
            bytes_field(&mut meta, 2, &version.to_bytes());
        }
        message(1, &meta)
    }
}

/// Returns the `SavedTensorSlices` of one slice.
fn saved_slice(name: &[u8], extents: &[Extent], tensor: &[u8]) -> Vec<u8> {
    let mut bytes = message(1, name);
    bytes_field(&mut bytes, 2, &slice_bytes(extents));
    bytes_field(&mut bytes, 3, tensor);
    message(2, &bytes)
}

/// Returns a `TensorProto` with only values, or `None` if it has no field for them.
fn tensor_bytes(dtype: DType, data: Data, packed: bool) -> Option<Vec<u8>> {
    let bytes = match (data, dtype) {
        (Data::Strings(strings), DType::String) => {
            return Some(strings.iter().flat_map(|string| message(8, string)).collect());
        }
        (Data::Bytes(bytes), _) if bytes.is_empty() => return Some(bytes),
        (Data::Bytes(bytes), _) => bytes,
        _ => return None,
    };
    let (number, values) = match dtype {
        DType::Float32 => (5, fixed(&bytes, 4)),
        DType::Float64 => (6, fixed(&bytes, 8)),
        DType::Complex64 => (9, fixed(&bytes, 4)),
        DType::Complex128 => (12, fixed(&bytes, 8)),
        _ => (integer_field(dtype)?, varints(dtype, &bytes)?),
    };
    if packed {
        return Some(message(number, &values.concat()));
    }
    let wire_type = match dtype {
        DType::Float32 | DType::Complex64 => 5,
        DType::Float64 | DType::Complex128 => 1,
        _ => 0,
    };
    let mut out = Vec::new();
    for value in values {
        varint(&mut out, number << 3 | wire_type);
        out.extend(value);
    }
    Some(out)
}

/// Splits bytes into numbers of this width.
fn fixed(bytes: &[u8], width: usize) -> Vec<Vec<u8>> {
    bytes.chunks(width).map(<[u8]>::to_vec).collect()
}

/// Returns the field number for the integers of this dtype.
fn integer_field(dtype: DType) -> Option<u64> {
    match dtype {
        DType::Int32
        | DType::Int16
        | DType::Int8
        | DType::UInt8
        | DType::UInt16
        | DType::QInt32
        | DType::QInt16
        | DType::QInt8
        | DType::QUInt8
        | DType::QUInt16 => Some(7),
        DType::Int64 => Some(10),
        DType::Bool => Some(11),
        DType::Float16 | DType::BFloat16 => Some(13),
        DType::UInt32 => Some(16),
        DType::UInt64 => Some(17),
        _ => None,
    }
}

/// Encodes little-endian integers as varints. Signed ones are sign-extended to 64 bits.
fn varints(dtype: DType, bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let signed = dtype.name().trim_start_matches('q').starts_with("int");
    let one = |element: &[u8]| {
        let negative = signed && element.last().is_some_and(|&byte| byte >= 0x80);
        let mut number = [if negative { 0xff } else { 0 }; 8];
        number.get_mut(..element.len())?.copy_from_slice(element);
        let mut bytes = Vec::new();
        varint(&mut bytes, u64::from_le_bytes(number));
        Some(bytes)
    };
    bytes.chunks(dtype.width()?).map(one).collect()
}

/// Encodes a message of one field of bytes.
fn message(number: u64, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes_field(&mut bytes, number, value);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_the_format_comes_out_byte_for_byte() {
        let bytes = V1::new().f32("w", &[2], &[1.0, 2.0]).to_bytes().unwrap();
        let block = b"\x00\x00\x17\x0a\x15\x0a\x0f\x0a\x01w\x12\x04\x12\x02\x08\x02\x18\x01\x22\x02\x0a\x00\x12\x02\x08\x01\
            \x00\x08\x15\x00w\x00\x01\x01\x01\x80\x7f\
            \x12\x13\x0a\x01w\x12\x02\x0a\x00\x1a\x0a\x2a\x08\x00\x00\x80\x3f\x00\x00\x00\x40\
            \x00\x00\x00\x00\x01\x00\x00\x00\x00\xb9\xd4\xed\x4c";
        assert_eq!(bytes[..block.len()], block[..]);
        assert_eq!(bytes.len(), 151);
    }

    #[test]
    fn negative_numbers_take_ten_bytes_and_bits_are_not_numbers() {
        let minus_two = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varints(DType::Int8, &[0xfe]).unwrap().concat(), minus_two);
        assert_eq!(varints(DType::QInt32, &[0xfe, 0xff, 0xff, 0xff]).unwrap().concat(), minus_two);
        assert_eq!(varints(DType::UInt8, &[0xfe]).unwrap().concat(), [0xfe, 0x01]);
        assert_eq!(varints(DType::QUInt8, &[0xfe]).unwrap().concat(), [0xfe, 0x01]);
        assert_eq!(varints(DType::Float16, &[0x00, 0xfc]).unwrap().concat(), [0x80, 0xf8, 0x03]);
    }

    #[test]
    fn numbers_that_are_not_packed_are_fields_of_their_own() {
        let written = |dtype, bytes: &[u8]| tensor_bytes(dtype, bytes.into(), false).unwrap();
        assert_eq!(
            written(DType::Float32, &[0, 0, 128, 63, 1, 2, 3, 4]),
            [45, 0, 0, 128, 63, 45, 1, 2, 3, 4]
        );
        assert_eq!(
            written(DType::Complex64, &[1, 2, 3, 4, 5, 6, 7, 8]),
            [77, 1, 2, 3, 4, 77, 5, 6, 7, 8]
        );
        assert_eq!(
            written(DType::Float64, &[1, 2, 3, 4, 5, 6, 7, 8]),
            [49, 1, 2, 3, 4, 5, 6, 7, 8]
        );
        assert_eq!(written(DType::UInt8, &[7, 200]), [56, 7, 56, 200, 1]);
    }

    #[test]
    fn a_dtype_that_version_1_cannot_hold_is_not_written() {
        let error = V1::new().tensor("w", DType::Int4, &[1], vec![1]).to_bytes().unwrap_err();
        assert_eq!(error.to_string(), "`w` is i4, for which there is no field");
    }
}

//! The bytes of tensors in data files.

use std::fmt;
use std::io::{self, Write};

use checkpoint_schema::listing::dtype::DType;

use super::crc::Crc;
use super::wire::varint;

/// The order of the bytes of a number in the data files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrder {
    /// The order of all files seen so far.
    #[default]
    Little,
    /// The order that the format allows, too.
    Big,
}

/// The data of a tensor.
pub enum Data {
    /// The elements, little-endian, whatever the byte order of the file.
    Bytes(Vec<u8>),
    /// The elements, little-endian, generated when the file is written. They may be larger than the memory.
    Stream(Stream),
    /// The elements of a tensor of strings.
    Strings(Vec<Vec<u8>>),
    /// The serialized messages of a tensor of variants.
    Variants(Vec<Vec<u8>>),
    /// The bytes in the file, in any byte order and encoding, with their CRC.
    Stored(Vec<u8>, u32),
}

/// Writes the elements of a tensor.
pub type Stream = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()>>;

impl Data {
    /// Creates data from a function that writes the elements later.
    pub fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + 'static) -> Self {
        Self::Stream(Box::new(write))
    }

    /// Creates data from numbers. `bytes` returns the little-endian bytes of each.
    pub fn numbers<T: Copy, const N: usize>(values: &[T], bytes: fn(T) -> [u8; N]) -> Self {
        Self::Bytes(values.iter().flat_map(|&value| bytes(value)).collect())
    }

    /// Creates data from strings.
    pub fn strings(values: &[impl AsRef<[u8]>]) -> Self {
        Self::Strings(values.iter().map(|value| value.as_ref().to_vec()).collect())
    }

    /// Creates data from serialized messages.
    pub fn variants(messages: &[impl AsRef<[u8]>]) -> Self {
        Self::Variants(messages.iter().map(|message| message.as_ref().to_vec()).collect())
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(bytes).finish(),
            Self::Stream(_) => f.debug_tuple("Stream").finish_non_exhaustive(),
            Self::Strings(strings) => f.debug_tuple("Strings").field(strings).finish(),
            Self::Variants(messages) => f.debug_tuple("Variants").field(messages).finish(),
            Self::Stored(bytes, crc) => f.debug_tuple("Stored").field(bytes).field(crc).finish(),
        }
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Data {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The number of written bytes, and their masked CRC as in the index.
pub(crate) struct Written {
    pub(crate) size: u64,
    pub(crate) crc: u32,
}

/// Writes `data` to a data file.
pub(crate) fn write_data(
    out: &mut dyn Write,
    data: Data,
    dtype: DType,
    order: ByteOrder,
) -> io::Result<Written> {
    match data {
        Data::Bytes(bytes) => write_elements(out, dtype, order, |sink| sink.write_all(&bytes)),
        Data::Stream(write) => write_elements(out, dtype, order, write),
        Data::Strings(strings) => write_once(out, strings_bytes(&strings, order)),
        Data::Variants(messages) => write_once(out, variants_bytes(&messages)),
        Data::Stored(bytes, crc) => write_once(out, (bytes, crc)),
    }
}

fn write_once(out: &mut dyn Write, (bytes, crc): (Vec<u8>, u32)) -> io::Result<Written> {
    out.write_all(&bytes)?;
    Ok(Written { size: bytes.len() as u64, crc })
}

fn write_elements(
    out: &mut dyn Write,
    dtype: DType,
    order: ByteOrder,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Written> {
    let unit = match order {
        ByteOrder::Little => 1,
        ByteOrder::Big => swapped_unit(dtype),
    };
    let mut elements = Elements { out, unit, part: Vec::new(), size: 0, crc: Crc::new() };
    write(&mut elements)?;
    if !elements.part.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the data ends within a unit of {unit} bytes"),
        ));
    }
    Ok(Written { size: elements.size, crc: elements.crc.masked() })
}

/// Returns the number of bytes that are reversed together. The halves of a complex number are reversed separately.
fn swapped_unit(dtype: DType) -> usize {
    match (dtype, dtype.width()) {
        (DType::Complex64 | DType::Complex128, Some(width)) => width / 2,
        (_, width) => width.unwrap_or(1),
    }
}

/// Forwards elements, swaps their bytes if needed, and computes their CRC.
struct Elements<'a> {
    out: &'a mut dyn Write,
    /// The number of bytes that are reversed together; 1 for none.
    unit: usize,
    /// The start of an incomplete unit.
    part: Vec<u8>,
    size: u64,
    crc: Crc,
}

impl Elements<'_> {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.size += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

impl Write for Elements<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.unit == 1 {
            self.pass(bytes)?;
        } else {
            self.part.extend_from_slice(bytes);
            let whole = self.part.len() - self.part.len() % self.unit;
            let rest = self.part.split_off(whole);
            let mut units = std::mem::replace(&mut self.part, rest);
            units.chunks_exact_mut(self.unit).for_each(<[u8]>::reverse);
            self.pass(&units)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Encodes a tensor of strings: all lengths, their checksum, all strings. The CRC is over the lengths as numbers.
fn strings_bytes(strings: &[Vec<u8>], order: ByteOrder) -> (Vec<u8>, u32) {
    let mut bytes = Vec::new();
    let mut crc = Crc::new();
    for string in strings {
        let length = string.len() as u64;
        varint(&mut bytes, length);
        match (u32::try_from(length), order) {
            (Ok(short), ByteOrder::Little) => crc.update(&short.to_le_bytes()),
            (Ok(short), ByteOrder::Big) => crc.update(&short.to_be_bytes()),
            (Err(_), ByteOrder::Little) => crc.update(&length.to_le_bytes()),
            (Err(_), ByteOrder::Big) => crc.update(&length.to_be_bytes()),
        }
    }
    let checksum = match order {
        ByteOrder::Little => crc.masked().to_le_bytes(),
        ByteOrder::Big => crc.masked().to_be_bytes(),
    };
    for part in std::iter::once(&checksum[..]).chain(strings.iter().map(Vec::as_slice)) {
        crc.update(part);
        bytes.extend_from_slice(part);
    }
    (bytes, crc.masked())
}

/// Encodes a tensor of variants. Each message has its length before it, and a checksum of everything so far after it.
fn variants_bytes(messages: &[Vec<u8>]) -> (Vec<u8>, u32) {
    let mut bytes = Vec::new();
    let mut crc = Crc::new();
    for message in messages {
        let length = message.len() as u64;
        varint(&mut bytes, length);
        crc.update(&length.to_le_bytes());
        crc.update(message);
        bytes.extend_from_slice(message);
        let checksum = crc.masked().to_le_bytes();
        crc.update(&checksum);
        bytes.extend(checksum);
    }
    (bytes, crc.masked())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(data: Data, dtype: DType, order: ByteOrder) -> Vec<u8> {
        let mut out = Vec::new();
        let written = write_data(&mut out, data, dtype, order).unwrap();
        assert_eq!(written.size, out.len() as u64);
        out
    }

    #[test]
    fn the_halves_of_a_complex_number_are_swapped_apart() {
        let data = Data::Bytes((0..8).collect());
        assert_eq!(written(data, DType::Complex64, ByteOrder::Big), [3, 2, 1, 0, 7, 6, 5, 4]);
    }

    #[test]
    fn a_stream_may_cut_its_elements_anywhere() {
        let data = Data::stream(|out| {
            [&[0][..], &[1, 2, 3, 4], &[], &[5, 6, 7]]
                .iter()
                .try_for_each(|piece| out.write_all(piece))
        });
        assert_eq!(written(data, DType::Int32, ByteOrder::Big), [3, 2, 1, 0, 7, 6, 5, 4]);
    }
}

//! Elements of an array that are not stored as in memory: compressed, in column-major order, or strings.

use checkpoint_schema::listing::catalog::{Endianness, Name};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::strided::Order;

use crate::source::error::SourceError;
use crate::source::npy::array::Array;
use crate::source::npy::header::ElementType;
use crate::source::section::{Reader, SectionError, damaged};
use crate::source::traits::DataFile;
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::moves::gather;
use crate::tensor::native::ToNative;
use crate::tensor::strings::Strings;

/// The largest read of strings, in bytes.
const CHUNK: u64 = 64 << 10;

/// Errors of elements.
enum Problem {
    Section(SectionError),
    /// Out of memory: the allocation had this size in bytes.
    Memory(u64),
    /// The string at this index has this invalid character.
    Character(u64, u32),
}

impl From<SectionError> for Problem {
    fn from(error: SectionError) -> Self {
        Self::Section(error)
    }
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the string number {number} (from 0) of `{name}` has the character {character:#x}, which Unicode does not have; save it again"
)]
struct CharacterError {
    name: String,
    number: u64,
    character: u32,
}

impl Array {
    /// Reads all elements in row-major order, and verifies their checksum.
    pub(super) fn elements(&self, file: &dyn DataFile, name: &Name) -> Result<Buffer, SourceError> {
        self.decode(file, name).map_err(|problem| match problem {
            Problem::Section(error) => error.reading(file, self.section.offset),
            Problem::Memory(bytes) => SourceError::Memory { bytes },
            Problem::Character(number, character) => {
                damaged(file, CharacterError { name: name.short().to_string(), number, character })
            }
        })
    }

    fn decode(&self, file: &dyn DataFile, name: &Name) -> Result<Buffer, Problem> {
        let mut reader = self.reader(file, name)?;
        let elements = match self.header.elements {
            ElementType::Numbers { dtype, endianness } => {
                self.numbers(&mut reader, dtype, endianness)?
            }
            ElementType::Bytes { width } => {
                self.strings(&mut reader, width, |_, bytes, into| {
                    into.extend_from_slice(without_zeros(bytes));
                    Ok(())
                })?
            }
            ElementType::Text { width, endianness } => {
                let width = width.saturating_mul(4);
                self.strings(&mut reader, width, |number, bytes, into| {
                    text(number, bytes, endianness, into)
                })?
            }
            ElementType::Unsupported { .. } => Buffer::Strings(Strings::default()),
        };
        reader.finish()?;
        Ok(elements)
    }

    fn numbers(
        &self,
        reader: &mut Reader<'_>,
        dtype: DType,
        endianness: Endianness,
    ) -> Result<Buffer, Problem> {
        let memory = || Problem::Memory(self.header.size().unwrap_or(u64::MAX));
        let len = usize::try_from(self.header.shape.elements()).map_err(|_| memory())?;
        let zeroed = || Buffer::zeroed(dtype, len).ok_or_else(memory);
        let mut elements = zeroed()?;
        if self.header.is_row_major() {
            reader.fill(elements.bytes_mut())?;
        } else {
            let mut stored = zeroed()?;
            reader.fill(stored.bytes_mut())?;
            let (order, width) = (self.order().ok_or_else(memory)?, dtype.width().unwrap_or(0));
            let gathered = gather(&order, self.dims(), width, stored.bytes(), elements.bytes_mut());
            gathered.ok_or_else(memory)?;
        }
        ToNative::new(dtype, endianness).apply(elements.bytes_mut());
        Ok(elements)
    }

    fn dims(&self) -> &[u64] {
        self.header.shape.dims()
    }

    /// The stored order of an array that is not in row-major order.
    pub(super) fn order(&self) -> Option<Order> {
        Order::column_major(self.dims())
    }

    /// Reads strings of `width` bytes each. `decode` appends each one to the result.
    fn strings(
        &self,
        reader: &mut Reader<'_>,
        width: u64,
        decode: impl Fn(u64, &[u8], &mut Vec<u8>) -> Result<(), Problem>,
    ) -> Result<Buffer, Problem> {
        let count = self.header.shape.elements();
        let memory = || Problem::Memory(count.saturating_mul(width.saturating_add(8)));
        let mut ends = Vec::new();
        ends.try_reserve_exact(usize::try_from(count).map_err(|_| memory())?)
            .map_err(|_| memory())?;
        let at_once = CHUNK.checked_div(width).unwrap_or(CHUNK).max(1);
        let string_len = usize::try_from(width).map_err(|_| memory())?;
        let (mut bytes, mut chunk, mut number) = (Vec::new(), Vec::new(), 0_u64);
        while number < count {
            let strings = at_once.min(count.saturating_sub(number));
            let len = strings.saturating_mul(width).min(reader.left());
            let len = usize::try_from(len).map_err(|_| memory())?;
            chunk.try_reserve_exact(len).map_err(|_| memory())?;
            chunk.resize(len, 0);
            reader.fill(&mut chunk)?;
            bytes.try_reserve(len).map_err(|_| memory())?;
            let mut rest = &chunk[..];
            for _ in 0..strings {
                let (string, others) = rest.split_at_checked(string_len).unwrap_or_default();
                decode(number, string, &mut bytes)?;
                ends.push(bytes.len());
                (rest, number) = (others, number.saturating_add(1));
            }
        }
        let strings = Strings::new(bytes, ends);
        if self.header.is_row_major() {
            return Ok(Buffer::Strings(strings));
        }
        self.row_major(&strings).map(Buffer::Strings).ok_or_else(memory)
    }

    /// Reorders strings from column-major to row-major order.
    fn row_major(&self, strings: &Strings) -> Option<Strings> {
        let numbers: Vec<u64> = (0..as_u64(strings.len())).collect();
        let mut order = vec![0_u64; numbers.len()];
        let (from, into) = (bytemuck::cast_slice(&numbers), bytemuck::cast_slice_mut(&mut order));
        gather(&self.order()?, self.dims(), size_of::<u64>(), from, into)?;
        let string = |&number: &u64| strings.get(usize::try_from(number).ok()?);
        order.iter().map(string).collect()
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last.saturating_add(1));
    bytes.get(..len).unwrap_or_default()
}

/// Decodes characters of four bytes as UTF-8, without trailing zeros.
fn text(
    number: u64,
    bytes: &[u8],
    endianness: Endianness,
    into: &mut Vec<u8>,
) -> Result<(), Problem> {
    let characters = bytes.as_chunks::<4>().0.iter().map(|&bytes| match endianness {
        Endianness::Little => u32::from_le_bytes(bytes),
        Endianness::Big => u32::from_be_bytes(bytes),
    });
    let len = characters.clone().rposition(|character| character != 0);
    let len = len.map_or(0, |last| last.saturating_add(1));
    for character in characters.take(len) {
        let known = char::from_u32(character).ok_or(Problem::Character(number, character))?;
        into.extend_from_slice(known.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Ok(())
}

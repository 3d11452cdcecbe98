//! Reading strings and variants, which have no fixed width, from a data file.

use std::io::{self, BufRead, BufReader, Read};

use checkpoint_schema::listing::catalog::{Endianness, Extent};
use checkpoint_schema::listing::checksum::{Algorithm, Digest, mask};
use checkpoint_schema::listing::dtype::DType;

use crate::read::error::ReadErrorKind;
use crate::source::{DataFile, SourceError};
use crate::system::number::as_u64;
use crate::tensor::strings::Strings;

/// The strings, or the serialized variants, in an extent.
pub(crate) struct StringElements<'a> {
    pub(crate) file: &'a dyn DataFile,
    pub(crate) extent: &'a Extent,
    /// The largest read, in bytes.
    pub(crate) chunk: usize,
    pub(crate) dtype: DType,
    /// The number of elements.
    pub(crate) count: u64,
    pub(crate) verify: bool,
}

impl StringElements<'_> {
    /// Reads all elements.
    pub(crate) fn read(&self) -> Result<Strings, ReadErrorKind> {
        let mut rest = Rest::new(self.file, self.extent, self.chunk);
        let (strings, computed) = if self.count == 0 && self.extent.size == 0 {
            (Strings::default(), Digest::new(Algorithm::Crc32c).value())
        } else if self.dtype == DType::Variant {
            self.variants(&mut rest)?
        } else {
            self.strings(&mut rest)?
        };
        let stored = self.extent.checksum.parts();
        if self.verify && stored.is_some_and(|stored| stored != (Algorithm::Crc32c, computed)) {
            return Err(ReadErrorKind::checksum(self.file, self.extent, computed));
        }
        Ok(strings)
    }

    /// Reads strings: all lengths, their checksum, then all bytes. The checksum of the extent covers the lengths as numbers of
    /// four bytes.
    fn strings(&self, rest: &mut Rest<'_>) -> Result<(Strings, u32), ReadErrorKind> {
        let mut digest = Digest::new(Algorithm::Crc32c);
        let (mut ends, mut end) = (self.ends()?, 0_usize);
        for _ in 0..self.count {
            let length = rest.varint()?;
            let len = usize::try_from(length).ok().filter(|_| length <= rest.left);
            end = len.and_then(|len| end.checked_add(len)).ok_or_else(|| self.misfit())?;
            ends.push(end);
            self.digest_length(&mut digest, length);
        }
        self.check(rest, &mut digest)?;
        if as_u64(end) != rest.left {
            return Err(self.misfit());
        }
        let mut bytes = Vec::new();
        rest.take(&mut bytes, end, &mut digest)?;
        Ok((Strings::new(bytes, ends), digest.value()))
    }

    /// Reads variants. Each one has a length, a message, and a checksum of all bytes before it.
    fn variants(&self, rest: &mut Rest<'_>) -> Result<(Strings, u32), ReadErrorKind> {
        if self.extent.endianness == Endianness::Big {
            let what =
                "variants of big-endian checkpoints, which TensorFlow cannot read either, are";
            return Err(ReadErrorKind::Unsupported { what });
        }
        let mut digest = Digest::new(Algorithm::Crc32c);
        let (mut ends, mut bytes) = (self.ends()?, Vec::new());
        for _ in 0..self.count {
            let length = rest.varint()?;
            let len = usize::try_from(length).ok().filter(|_| length <= rest.left);
            digest.update(&length.to_le_bytes());
            rest.take(&mut bytes, len.ok_or_else(|| self.misfit())?, &mut digest)?;
            ends.push(bytes.len());
            self.check(rest, &mut digest)?;
        }
        if rest.left > 0 {
            return Err(self.misfit());
        }
        Ok((Strings::new(bytes, ends), digest.value()))
    }

    /// Allocates the end offsets. An element takes at least one byte of the extent, so the allocation is bounded.
    fn ends(&self) -> Result<Vec<usize>, ReadErrorKind> {
        let mut ends = Vec::new();
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let bytes = self.count.saturating_mul(as_u64(size_of::<usize>()));
        ends.try_reserve_exact(count).map_err(|_| ReadErrorKind::Memory { bytes })?;
        Ok(ends)
    }

    /// Adds a length to a checksum: as a number of four bytes, or of eight if it needs them.
    fn digest_length(&self, digest: &mut Digest, length: u64) {
        match (u32::try_from(length), self.extent.endianness) {
            (Ok(length), Endianness::Little) => digest.update(&length.to_le_bytes()),
            (Ok(length), Endianness::Big) => digest.update(&length.to_be_bytes()),
            (Err(_), Endianness::Little) => digest.update(&length.to_le_bytes()),
            (Err(_), Endianness::Big) => digest.update(&length.to_be_bytes()),
        }
    }

    /// Reads a stored checksum, and compares it with that of the preceding bytes.
    fn check(&self, rest: &mut Rest<'_>, digest: &mut Digest) -> Result<(), ReadErrorKind> {
        let at = rest.at();
        let bytes: [u8; 4] = rest.array()?;
        let stored = match self.extent.endianness {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        };
        let computed = mask(digest.value());
        if self.verify && stored != computed {
            let path = self.file.path().to_owned();
            return Err(ReadErrorKind::InnerChecksum { path, at, stored, computed });
        }
        digest.update(&bytes);
        Ok(())
    }

    fn misfit(&self) -> ReadErrorKind {
        misfit(self.file, self.extent)
    }
}

fn misfit(file: &dyn DataFile, extent: &Extent) -> ReadErrorKind {
    ReadErrorKind::Elements { path: file.path().to_owned(), extent: *extent }
}

/// The unread part of an extent.
struct Rest<'a> {
    file: &'a dyn DataFile,
    extent: &'a Extent,
    chunk: usize,
    bytes: BufReader<Unbuffered<'a>>,
    left: u64,
}

impl<'a> Rest<'a> {
    fn new(file: &'a dyn DataFile, extent: &'a Extent, chunk: usize) -> Self {
        let end = extent.offset.saturating_add(extent.size);
        let buffer = usize::try_from(extent.size).unwrap_or(chunk).min(chunk);
        let bytes = BufReader::with_capacity(buffer, Unbuffered { file, at: extent.offset, end });
        Self { file, extent, chunk, bytes, left: extent.size }
    }

    /// The offset of the next byte in the data file.
    fn at(&self) -> u64 {
        self.extent.offset.saturating_add(self.extent.size).saturating_sub(self.left)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadErrorKind> {
        let mut array = [0; N];
        self.fill(&mut array)?;
        Ok(array)
    }

    /// Appends the next `len` bytes to `bytes`, and adds them to the checksum. The extent must have that many bytes left.
    fn take(
        &mut self,
        bytes: &mut Vec<u8>,
        len: usize,
        digest: &mut Digest,
    ) -> Result<(), ReadErrorKind> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        if len > left {
            return Err(misfit(self.file, self.extent));
        }
        bytes.try_reserve(len).map_err(|_| ReadErrorKind::Memory { bytes: as_u64(len) })?;
        let before = bytes.len();
        bytes.resize(before.saturating_add(len), 0);
        for chunk in bytes.get_mut(before..).unwrap_or_default().chunks_mut(self.chunk) {
            self.fill(chunk)?;
            digest.update(chunk);
        }
        Ok(())
    }

    fn fill(&mut self, into: &mut [u8]) -> Result<(), ReadErrorKind> {
        let len = as_u64(into.len());
        let left = self.left.checked_sub(len).ok_or_else(|| misfit(self.file, self.extent))?;
        self.bytes.read_exact(into).map_err(|error| self.failed(error))?;
        self.left = left;
        Ok(())
    }

    /// Reads a varint of at most 10 bytes; bits beyond the 64th are dropped.
    fn varint(&mut self) -> Result<u64, ReadErrorKind> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(misfit(self.file, self.extent))
    }

    fn byte(&mut self) -> Result<u8, ReadErrorKind> {
        let byte = match self.bytes.fill_buf() {
            Ok(bytes) => bytes.first().copied(),
            Err(error) => return Err(self.failed(error)),
        };
        self.bytes.consume(1);
        self.left = self.left.saturating_sub(1);
        byte.ok_or_else(|| misfit(self.file, self.extent))
    }

    fn failed(&self, error: io::Error) -> ReadErrorKind {
        SourceError::read(self.file, self.at(), error).into()
    }
}

/// A sequential reader of a data file.
struct Unbuffered<'a> {
    file: &'a dyn DataFile,
    at: u64,
    end: u64,
}

impl Read for Unbuffered<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let len = into.len().min(left);
        self.file.read(self.at, into.get_mut(..len).unwrap_or_default())?;
        self.at = self.at.saturating_add(as_u64(len));
        Ok(len)
    }
}

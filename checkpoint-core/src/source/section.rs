//! Sections of data files, stored or deflated, with checksums that are verified during the read.

use std::error::Error;
use std::io::{self, Read};
use std::sync::Arc;

use checkpoint_schema::format::DAMAGED;
use checkpoint_schema::listing::checksum::{Algorithm, Digest};
use thiserror::Error as ThisError;

use crate::source::error::SourceError;
use crate::source::traits::DataFile;
use crate::system::number::as_u64;

/// The largest read, in bytes. A chunk should still be in the cache when its checksum is computed.
const CHUNK: usize = 256 << 10;

/// The memory of a decoder of deflated bytes, in bytes: its window and its tables.
#[cfg(feature = "pytorch")]
const DECODER: u64 = 64 << 10;

/// A section of a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The offset in the file.
    pub(crate) offset: u64,
    /// The length in the file, in bytes.
    pub(crate) stored: u64,
    /// The length after decompression, in bytes.
    pub(crate) size: u64,
    pub(crate) is_deflated: bool,
    /// The CRC-32 of the decompressed bytes, if it is known.
    pub(crate) crc: Option<u32>,
}

/// Errors of reading a section.
#[derive(Debug, ThisError)]
pub(crate) enum SectionError {
    /// The read failed.
    #[error("{}", crate::source::reason(.0))]
    Io(io::Error),
    /// The deflated bytes are invalid.
    #[error("the compressed bytes of `{what}` cannot be decompressed; {DAMAGED}")]
    Deflate { what: String },
    /// The length differs from that in the archive.
    #[error("`{what}` does not have the {size} bytes that the archive lists; {DAMAGED}")]
    Size { what: String, size: u64 },
    /// The checksum is wrong.
    #[error(
        "the bytes of `{what}` have the checksum {computed:08x}, but {stored:08x} is stored with them; {DAMAGED}"
    )]
    Checksum { what: String, computed: u32, stored: u32 },
}

impl SectionError {
    /// The error of reading this file.
    pub(crate) fn reading(self, file: &dyn DataFile, offset: u64) -> SourceError {
        match self {
            Self::Io(source) => SourceError::read(file, offset, source),
            problem => damaged(file, problem),
        }
    }
}

/// The error for damaged bytes of a file.
pub(crate) fn damaged(
    file: &dyn DataFile,
    problem: impl Error + Send + Sync + 'static,
) -> SourceError {
    SourceError::Damaged { path: file.path().to_owned(), problem: Arc::new(problem) }
}

impl Section {
    /// All bytes of a file.
    pub(crate) fn whole(file: &dyn DataFile) -> Self {
        let size = file.size();
        Self { offset: 0, stored: size, size, is_deflated: false, crc: None }
    }

    /// The memory of a reader, in bytes.
    #[cfg(feature = "pytorch")]
    pub(crate) fn reader_memory(&self) -> u64 {
        if self.is_deflated { DECODER.saturating_add(self.stored.min(as_u64(CHUNK))) } else { 0 }
    }

    /// Creates a reader from the first byte. Messages call the section `what`.
    pub(crate) fn reader<'f>(&self, file: &'f dyn DataFile, what: String) -> Reader<'f> {
        let bytes = Bytes { file, at: self.offset, left: self.stored };
        let inner = if self.is_deflated { deflated(bytes) } else { Inner::Stored(bytes) };
        Reader {
            inner,
            section: *self,
            digest: Digest::new(Algorithm::Crc32),
            left: self.size,
            what,
        }
    }
}

/// A reader of a section, from its first byte.
pub(crate) struct Reader<'f> {
    inner: Inner<'f>,
    section: Section,
    digest: Digest,
    left: u64,
    what: String,
}

enum Inner<'f> {
    Stored(Bytes<'f>),
    #[cfg(any(feature = "npz", feature = "pytorch"))]
    Deflated(Box<flate2::bufread::DeflateDecoder<io::BufReader<Bytes<'f>>>>),
}

#[cfg(any(feature = "npz", feature = "pytorch"))]
fn deflated(bytes: Bytes<'_>) -> Inner<'_> {
    let capacity = usize::try_from(bytes.left).unwrap_or(CHUNK).clamp(1, CHUNK);
    let buffer = io::BufReader::with_capacity(capacity, bytes);
    Inner::Deflated(Box::new(flate2::bufread::DeflateDecoder::new(buffer)))
}

/// Only archives have deflated sections.
#[cfg(not(any(feature = "npz", feature = "pytorch")))]
fn deflated(bytes: Bytes<'_>) -> Inner<'_> {
    Inner::Stored(bytes)
}

impl Read for Inner<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(bytes) => bytes.read(into),
            #[cfg(any(feature = "npz", feature = "pytorch"))]
            Self::Deflated(decoder) => decoder.read(into),
        }
    }
}

impl Reader<'_> {
    /// The number of unread bytes.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Fills `into` with the next bytes.
    pub(crate) fn fill(&mut self, into: &mut [u8]) -> Result<(), SectionError> {
        self.left = self.left.checked_sub(as_u64(into.len())).ok_or_else(|| self.size_error())?;
        for chunk in into.chunks_mut(CHUNK) {
            self.inner.read_exact(chunk).map_err(|error| self.failed(error))?;
            self.digest.update(chunk);
        }
        Ok(())
    }

    /// Skips bytes; they still count for the checksum.
    pub(crate) fn skip(&mut self, mut bytes: u64) -> Result<(), SectionError> {
        let mut dropped = vec![0; usize::try_from(bytes).unwrap_or(CHUNK).min(CHUNK)];
        while bytes > 0 {
            let len = usize::try_from(bytes).unwrap_or(CHUNK).min(CHUNK);
            self.fill(dropped.get_mut(..len).unwrap_or_default())?;
            bytes = bytes.saturating_sub(as_u64(len));
        }
        Ok(())
    }

    /// The CRC-32 of the bytes read so far.
    pub(crate) fn crc(&self) -> u32 {
        self.digest.value()
    }

    /// Checks that all bytes were read, and verifies the checksum.
    pub(crate) fn finish(mut self) -> Result<(), SectionError> {
        let mut more = [0];
        let after = self.inner.read(&mut more).map_err(|error| self.failed(error))?;
        if self.left > 0 || after > 0 {
            return Err(self.size_error());
        }
        match (self.section.crc, self.digest.value()) {
            (Some(stored), computed) if stored != computed => {
                Err(SectionError::Checksum { what: self.what, computed, stored })
            }
            _ => Ok(()),
        }
    }

    fn size_error(&self) -> SectionError {
        SectionError::Size { what: self.what.clone(), size: self.section.size }
    }

    fn failed(&self, error: io::Error) -> SectionError {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match error.kind() {
            UnexpectedEof if self.section.is_deflated => self.size_error(),
            InvalidData | InvalidInput if self.section.is_deflated => {
                SectionError::Deflate { what: self.what.clone() }
            }
            _ => SectionError::Io(error),
        }
    }
}

/// A sequential reader of a data file.
struct Bytes<'f> {
    file: &'f dyn DataFile,
    at: u64,
    left: u64,
}

impl Read for Bytes<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let into = into.get_mut(..len).unwrap_or_default();
        if !into.is_empty() {
            self.file.read(self.at, into)?;
        }
        self.at = self.at.saturating_add(as_u64(len));
        self.left = self.left.saturating_sub(as_u64(len));
        Ok(len)
    }
}

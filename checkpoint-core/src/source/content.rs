//! Contents of data files: open, in memory, or memory-mapped.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use checkpoint_schema::listing::dtype::DType;

use crate::source::access::Access;
use crate::source::file::OpenFile;
use crate::source::traits::DataFile;
use crate::system::huge_pages;
use crate::system::number::as_u64;
use crate::system::threads::on_threads;
use crate::tensor::buffer::Buffer;

/// The storage of the contents of a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// An open file. Byte ranges are read on demand.
    Open,
    /// The whole file in the memory of this process.
    Memory,
    /// A memory-mapped file.
    #[cfg(feature = "mmap")]
    Mapped,
}

/// The contents of a data file.
#[derive(Debug)]
pub(crate) enum Content {
    Open(OpenFile),
    Memory {
        /// Memory in units of 8 bytes, so that all elements are aligned.
        words: Buffer,
        /// The number of bytes of the file; the rest is padding.
        len: usize,
    },
    #[cfg(feature = "mmap")]
    Mapped(memmap2::Mmap),
}

impl Content {
    /// Keeps an open file open, reads it into memory, or maps it.
    pub(crate) fn new(file: OpenFile, hold: Hold) -> io::Result<Self> {
        match hold {
            Hold::Open => Ok(Self::Open(file)),
            Hold::Memory => {
                let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
                let len = usize::try_from(file.size()).map_err(|_| too_large())?;
                let words = Buffer::zeroed(DType::UInt64, len.div_ceil(8));
                let mut words = words.ok_or_else(too_large)?;
                huge_pages::prefer([words.bytes_mut()]);
                read_all(&file, words.bytes_mut().get_mut(..len).unwrap_or_default())?;
                Ok(Self::Memory { words, len })
            }
            #[cfg(feature = "mmap")]
            Hold::Mapped => file.map().map(Self::Mapped),
        }
    }

    /// The access pattern that suits the contents.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Open(file) => file.access(),
            Self::Memory { .. } => Access::default(),
            #[cfg(feature = "mmap")]
            Self::Mapped(_) => Access::default(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Open(file) => file.size(),
            Self::Memory { len, .. } => as_u64(*len),
            #[cfg(feature = "mmap")]
            Self::Mapped(map) => as_u64(map.len()),
        }
    }

    /// The bytes, if they are in memory.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Open(_) => None,
            Self::Memory { words, len } => words.bytes().get(..*len),
            #[cfg(feature = "mmap")]
            Self::Mapped(map) => Some(map),
        }
    }

    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if let Self::Open(file) = self {
            return file.read(offset, into);
        }
        let start = usize::try_from(offset).ok();
        let rest = start.and_then(|start| self.bytes()?.get(start..));
        let bytes = rest.and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A data file with its contents.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

impl DataFile for Held {
    fn path(&self) -> &Path {
        &self.path
    }

    fn size(&self) -> u64 {
        self.content.size()
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.content.read(offset, into)
    }

    fn access(&self) -> Access {
        self.content.access()
    }

    fn bytes(&self) -> Option<&[u8]> {
        self.content.bytes()
    }
}

/// Allocates an empty buffer for `len` bytes.
pub(crate) fn memory(len: u64) -> io::Result<Vec<u8>> {
    let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(len, 0);
    Ok(bytes)
}

/// The least part of a file that a thread reads, in bytes.
const PART: usize = 4 << 20;

/// Reads a whole file in parallel: on all cores, or with as many concurrent reads as the file prefers.
fn read_all(file: &OpenFile, into: &mut [u8]) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let Access { in_flight, chunk, .. } = file.access();
    let part = if in_flight.is_some() { chunk } else { into.len().div_ceil(cores).max(PART) };
    let parts = into.chunks_mut(part);
    let count = parts.len().min(in_flight.map_or(cores, NonZero::get));
    let parts = Mutex::new(parts.zip((0..).step_by(part)));
    // Advancing the iterator cannot leave it in an invalid state.
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let read = || {
        while let Some((into, offset)) = next() {
            file.read(as_u64(offset), into)?;
        }
        Ok(())
    };
    on_threads(count, read).into_iter().collect()
}

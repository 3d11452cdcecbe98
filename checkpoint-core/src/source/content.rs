//! What is in a data file, and how it is held.

use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;

use checkpoint_schema::listing::dtype::DType;

use crate::read::{PIECE, as_u64};
use crate::source::file::OpenFile;
use crate::source::{Access, DataFile};
use crate::system::huge_pages;
use crate::system::threads::on_threads;
use crate::tensor::buffer::Buffer;

/// How data files are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Open: what is asked for is read.
    Open,
    /// In memory of this process, all of it.
    Memory,
    /// Mapped into memory by the system, page by page.
    #[cfg(feature = "mmap")]
    Mapped,
}

/// A data file, as it is held.
#[derive(Debug)]
pub(crate) enum Content {
    Open(OpenFile),
    Memory {
        /// Memory in words of 8 bytes, which aligns all elements.
        words: Buffer,
        /// The number of bytes that are of the file.
        len: usize,
    },
    #[cfg(feature = "mmap")]
    Mapped(memmap2::Mmap),
}

impl Content {
    /// Holds a file that is open.
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

    /// The way to read it best.
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

/// A data file that is held.
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

/// Memory for as many bytes.
pub(crate) fn memory(len: u64) -> io::Result<Vec<u8>> {
    let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.resize(len, 0);
    Ok(bytes)
}

/// Reads a file from its start on, on all cores, or in as many reads at once as the file wants.
fn read_all(file: &OpenFile, into: &mut [u8]) -> io::Result<()> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let Access { in_flight, chunk, .. } = file.access();
    let part = if in_flight.is_some() { chunk } else { into.len().div_ceil(cores).max(PIECE) };
    let parts = into.chunks_mut(part);
    let count = parts.len().min(in_flight.map_or(cores, NonZero::get));
    let parts = Mutex::new(parts.zip((0..).step_by(part)));
    // Taking the next cannot leave the parts half changed.
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let read = || {
        while let Some((into, offset)) = next() {
            file.read(as_u64(offset), into)?;
        }
        Ok(())
    };
    on_threads(count, read).into_iter().collect()
}

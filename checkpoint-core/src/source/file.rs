//! Open files.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::access::Access;
use crate::source::traits::DataFile;

/// An open file.
#[derive(Debug)]
pub(crate) enum OpenFile {
    /// A local file, and its length on opening.
    Local { file: File, size: u64 },
    /// A file of a [`Storage`](crate::Storage).
    Of(Arc<dyn DataFile>),
}

impl OpenFile {
    /// Opens the file at `path`; `None` for a directory, or for a special file whose contents may never end.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        // Opening a pipe blocks until a writer opens it, so the kind is checked first.
        if !is_regular(&fs::metadata(path)?) {
            return Ok(None);
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok(is_regular(&metadata).then(|| Self::Local { file, size: metadata.len() }))
    }

    /// Maps the file into memory.
    #[cfg(feature = "mmap")]
    pub(crate) fn map(&self) -> io::Result<memmap2::Mmap> {
        let Self::Local { file, .. } = self else {
            let problem =
                "only a file of this machine can be mapped; open the checkpoint in memory instead";
            return Err(io::Error::new(io::ErrorKind::Unsupported, problem));
        };
        // SAFETY: the memory belongs to a file that must not change while it is mapped. The caller of `Checkpoint::open_mapped`
        // guarantees this, and no other function calls this one.
        #[expect(unsafe_code, reason = "only the caller knows who else changes the file")]
        unsafe {
            memmap2::Mmap::map(file)
        }
    }

    /// The number of bytes on opening.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Local { size, .. } => *size,
            Self::Of(file) => file.size(),
        }
    }

    /// The access pattern that suits the file.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Local { .. } => Access::default(),
            Self::Of(file) => file.access(),
        }
    }

    /// Fills `into` with the bytes from offset `offset`.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Local { file, .. } => read_at(file, offset, into),
            Self::Of(file) => file.read(offset, into),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, offset: u64, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                into = into.get_mut(read..).unwrap_or_default();
                offset = offset.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A file that is reopened for each read.
#[derive(Debug)]
pub(crate) struct Reopened {
    pub(crate) path: PathBuf,
    /// The number of bytes on first opening.
    pub(crate) size: u64,
}

impl DataFile for Reopened {
    fn path(&self) -> &Path {
        &self.path
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let changed = || io::Error::other("it has changed since the checkpoint was opened");
        let file = OpenFile::open(&self.path)?.ok_or_else(changed)?;
        if file.size() != self.size {
            return Err(changed());
        }
        file.read(offset, into)
    }
}

/// True for a regular file with stable contents: no directory, pipe or device, and no file of `/proc` or `/sys`. The system
/// generates those on read, and some never end.
pub(crate) fn is_regular(metadata: &Metadata) -> bool {
    metadata.is_file() && !is_made_up(metadata)
}

#[cfg(target_os = "linux")]
fn is_made_up(metadata: &Metadata) -> bool {
    use std::os::linux::fs::MetadataExt as _;
    let device = |path| fs::metadata(path).ok().map(|metadata| metadata.st_dev());
    let file = Some(metadata.st_dev());
    // Without a mount point, `/proc` or `/sys` is an ordinary folder.
    file != device("/") && (file == device("/proc") || file == device("/sys"))
}

#[cfg(not(target_os = "linux"))]
fn is_made_up(_: &Metadata) -> bool {
    false
}

//! Files that are open.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{Access, DataFile};

/// A file that is open.
#[derive(Debug)]
pub(crate) enum OpenFile {
    /// A file of this machine, and its length when it was opened.
    Local { file: File, size: u64 },
    /// A file of a [`Storage`](crate::Storage).
    Of(Arc<dyn DataFile>),
}

impl OpenFile {
    /// Opens the file at `path`; `None` if there is something else: a directory, or what may never end.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        // To open a pipe is to wait for who writes into it, so what it is must be known before.
        if !is_regular(&fs::metadata(path)?) {
            return Ok(None);
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok(is_regular(&metadata).then(|| Self::Local { file, size: metadata.len() }))
    }

    /// Maps it into memory.
    #[cfg(feature = "mmap")]
    pub(crate) fn map(&self) -> io::Result<memmap2::Mmap> {
        let Self::Local { file, .. } = self else {
            let problem =
                "only a file of this machine can be mapped; open the checkpoint in memory instead";
            return Err(io::Error::new(io::ErrorKind::Unsupported, problem));
        };
        // SAFETY: the memory is that of a file, which no one may change while it is mapped: that is what the caller of
        // `Checkpoint::open_mapped` promises, the only way to here.
        #[expect(unsafe_code, reason = "only the caller knows who else changes the file")]
        unsafe {
            memmap2::Mmap::map(file)
        }
    }

    /// The number of its bytes when it was opened.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Local { size, .. } => *size,
            Self::Of(file) => file.size(),
        }
    }

    /// The way to read it best.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Local { .. } => Access::default(),
            Self::Of(file) => file.access(),
        }
    }

    /// Fills `into` with its bytes from the byte `offset` on.
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

/// A file that is opened for each read.
#[derive(Debug)]
pub(crate) struct Reopened {
    pub(crate) path: PathBuf,
    /// The number of its bytes when it was opened first.
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

/// Whether this is a file of bytes that stay: no directory, pipe or device, and nothing of `/proc` or `/sys`, whose files
/// are made as they are read, and may never end.
pub(crate) fn is_regular(metadata: &Metadata) -> bool {
    metadata.is_file() && !is_made_up(metadata)
}

#[cfg(target_os = "linux")]
fn is_made_up(metadata: &Metadata) -> bool {
    use std::os::linux::fs::MetadataExt as _;
    let device = |path| fs::metadata(path).ok().map(|metadata| metadata.st_dev());
    let file = Some(metadata.st_dev());
    // Where nothing is mounted there, it is a folder like others.
    file != device("/") && (file == device("/proc") || file == device("/sys"))
}

#[cfg(not(target_os = "linux"))]
fn is_made_up(_: &Metadata) -> bool {
    false
}

/// What the system says, and the advice for it. What a source of another crate says has its own.
pub(crate) fn reason_and(error: &io::Error, advice: &str) -> String {
    let reason = reason(error);
    if error.get_ref().is_some() { reason } else { format!("{reason}; {advice}") }
}

/// What the system says, in words that do not depend on it, or what a source of another crate says.
pub(crate) fn reason(error: &io::Error) -> String {
    if let Some(said) = error.get_ref() {
        return said.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        // There are no other words for what has no kind.
        kind if kind.to_string() == "uncategorized error" => error.to_string(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_told_in_words() {
        assert_eq!(reason(&io::ErrorKind::NotFound.into()), "no such file");
        assert_eq!(reason(&io::ErrorKind::PermissionDenied.into()), "permission denied");
        assert_eq!(reason(&io::ErrorKind::UnexpectedEof.into()), "unexpected end of file");
        // An error of the device, of which the standard library knows no kind.
        let error = io::Error::from_raw_os_error(5);
        assert_ne!(reason(&error), "uncategorized error");
    }
}

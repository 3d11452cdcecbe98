//! A lock that prevents two saves to one path from mixing their files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::save::disk::Disk;
use crate::save::error::SaveError;

/// The suffix of a lock file.
pub(crate) const LOCK: &str = ".lock";

/// A locked lock file. If its process ends, the system releases the lock, and the next save takes over the file.
pub(crate) struct Lock<'a> {
    disk: Disk<'a>,
    path: PathBuf,
    /// Closed after the file is removed.
    _file: File,
}

impl<'a> Lock<'a> {
    /// Locks the lock file at `path`, for a save to `base`.
    ///
    /// # Errors
    /// Returns [`SaveError::Busy`] if another save has the lock.
    pub(crate) fn take(disk: Disk<'a>, path: PathBuf, base: &Path) -> Result<Self, SaveError> {
        let failed = |error| SaveError::io("create", &path, error);
        loop {
            let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let file = open.map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(SaveError::Busy { path: base.to_owned() });
                }
                // Some file systems have no locks.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // The previous owner may have removed the file after it was opened here.
            if is_at(&file, &path).map_err(failed)? {
                return Ok(Self { disk, path, _file: file });
            }
        }
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // A leftover file is harmless: the next save takes it over.
        let _ = self.disk.remove(&self.path);
    }
}

/// True if the path refers to the open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let opened = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((opened.dev(), opened.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

//! Files that are written, renamed and removed: every change to the disk goes through here.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::save::SaveError;

/// Called before each change to the disk, with what is to be done and where. An error is told as that of the system.
pub(crate) type Before<'a> = &'a (dyn Fn(&'static str, &Path) -> io::Result<()> + Sync);

/// The disk, as far as saving changes it.
#[derive(Clone, Copy)]
pub(crate) struct Disk<'a> {
    /// True if each file is synced to the disk.
    pub(crate) sync: bool,
    pub(crate) before: Option<Before<'a>>,
}

/// A new file.
pub(crate) struct NewFile<'a> {
    disk: Disk<'a>,
    path: PathBuf,
    /// `None` if it is opened for each write: there can be too many files to keep all of them open.
    file: Option<File>,
}

impl<'a> Disk<'a> {
    /// Does something to a path.
    fn act<T>(
        self,
        action: &'static str,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, SaveError> {
        let allowed = self.before.map_or(Ok(()), |before| before(action, path));
        allowed.and_then(|()| act()).map_err(|error| SaveError::io(action, path, error))
    }

    /// Creates a file of `size` zeros where there is none.
    pub(crate) fn create(self, path: &Path, size: u64) -> Result<NewFile<'a>, SaveError> {
        let create = || {
            let file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.set_len(size)?;
            Ok(file)
        };
        let file = self.act("create", path, create)?;
        Ok(NewFile { disk: self, path: path.to_owned(), file: Some(file) })
    }

    /// Creates a file of these bytes where there is none.
    pub(crate) fn write(self, path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
        let file = self.create(path, 0)?;
        file.write(0, bytes)?;
        file.sync()
    }

    /// Gives a file another name, instead of the one that has it.
    pub(crate) fn rename(self, from: &Path, to: &Path) -> Result<(), SaveError> {
        self.act("create", to, || fs::rename(from, to))
    }

    /// Removes a file, or a folder with all that is in it, if it is there.
    pub(crate) fn remove(self, path: &Path) -> Result<(), SaveError> {
        let is_folder = path.is_dir() && !path.is_symlink();
        let removed = || if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        let remove = || match removed() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        self.act("remove", path, remove)
    }

    /// Creates a folder with those around it, as far as they are missing.
    pub(crate) fn create_folder(self, path: &Path) -> Result<(), SaveError> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        self.act("create", path, || fs::create_dir_all(path))
    }

    /// Waits until the disk has the names in a folder.
    pub(crate) fn sync_folder(self, path: &Path) -> Result<(), SaveError> {
        // Other systems do not open folders.
        if !self.sync || !cfg!(unix) {
            return Ok(());
        }
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.act("sync", path, || File::open(path)?.sync_all())
    }
}

impl NewFile<'_> {
    /// Closes the file, so that it is opened for each write.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Writes bytes from byte `offset` on. Several threads may do so at once.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), SaveError> {
        self.act("write", |file| write_at(file, offset, bytes))
    }

    /// Waits until the disk has the file.
    pub(crate) fn sync(&self) -> Result<(), SaveError> {
        if !self.disk.sync {
            return Ok(());
        }
        self.act("sync", File::sync_all)
    }

    /// Does something to the file.
    fn act(
        &self,
        action: &'static str,
        act: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<(), SaveError> {
        self.disk.act(action, &self.path, || match &self.file {
            Some(file) => act(file),
            None => act(&OpenOptions::new().write(true).open(&self.path)?),
        })
    }
}

#[cfg(unix)]
fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset = offset.saturating_add(crate::read::as_u64(written));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

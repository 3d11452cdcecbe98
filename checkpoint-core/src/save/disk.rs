//! All changes to the disk: writing, renaming and removing files.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::save::error::{REPLACE, SaveError};

/// A hook that is called before each change to the disk, with the action and the path. Its error is reported as a system error.
pub(crate) type Before<'a> = &'a (dyn Fn(&'static str, &Path) -> io::Result<()> + Sync);

/// The operations of a save that change the disk.
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
    /// `None` if the file is opened for each write, because too many files would be open otherwise.
    file: Option<File>,
}

impl<'a> Disk<'a> {
    /// Runs the hook, and then an action on a path.
    fn act<T>(
        self,
        action: &'static str,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, SaveError> {
        let allowed = self.before.map_or(Ok(()), |before| before(action, path));
        allowed.and_then(|()| act()).map_err(|error| SaveError::io(action, path, error))
    }

    /// Creates a file of `size` zeros. Returns an error if it exists.
    pub(crate) fn create(self, path: &Path, size: u64) -> Result<NewFile<'a>, SaveError> {
        let create = || {
            let file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.set_len(size)?;
            Ok(file)
        };
        let file = self.act("create", path, create)?;
        Ok(NewFile { disk: self, path: path.to_owned(), file: Some(file) })
    }

    /// Opens a file that several processes write to. Creates it, and sets its length to `size`.
    pub(crate) fn open(self, path: &Path, size: u64) -> Result<NewFile<'a>, SaveError> {
        let open = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            if file.metadata()?.len() != size {
                file.set_len(size)?;
            }
            Ok(file)
        };
        let file = self.act("create", path, open)?;
        Ok(NewFile { disk: self, path: path.to_owned(), file: Some(file) })
    }

    /// Creates a file with these bytes. Returns an error if it exists.
    pub(crate) fn write(self, path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
        let file = self.create(path, 0)?;
        file.write(0, bytes)?;
        file.sync()
    }

    /// Renames a file, and replaces an existing one.
    pub(crate) fn rename(self, from: &Path, to: &Path) -> Result<(), SaveError> {
        let action = if to.exists() { REPLACE } else { "create" };
        self.act(action, to, || fs::rename(from, to))
    }

    /// Removes a file, or a folder with its contents, if it exists.
    pub(crate) fn remove(self, path: &Path) -> Result<(), SaveError> {
        let is_folder = path.is_dir() && !path.is_symlink();
        let removed = || if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        let remove = || match removed() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        self.act("remove", path, remove)
    }

    /// Creates a folder and its missing parents.
    pub(crate) fn create_folder(self, path: &Path) -> Result<(), SaveError> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        self.act("create", path, || fs::create_dir_all(path))
    }

    /// Syncs the names in a folder to the disk.
    pub(crate) fn sync_folder(self, path: &Path) -> Result<(), SaveError> {
        // Other systems cannot open folders.
        if !self.sync || !cfg!(unix) {
            return Ok(());
        }
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.act("sync", path, || File::open(path)?.sync_all())
    }
}

impl NewFile<'_> {
    /// Closes the file. It is then opened for each write.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Writes bytes at `offset`. Several threads can write concurrently.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), SaveError> {
        self.act("write", |file| write_at(file, offset, bytes))
    }

    /// Syncs the file to the disk.
    pub(crate) fn sync(&self) -> Result<(), SaveError> {
        if !self.disk.sync {
            return Ok(());
        }
        self.act("sync", File::sync_all)
    }

    /// Runs the hook, and then an action on the file.
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
                offset = offset.saturating_add(crate::system::number::as_u64(written));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

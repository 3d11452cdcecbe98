//! Names of files: those of a checkpoint, and the temporary ones of a save.

use std::path::{Path, PathBuf};

use crate::open::path::directory;

/// The suffix of incomplete files. Readers recognize such files by its first part.
pub(crate) const TEMPORARY: &str = ".tempstate-ckpt";

/// The suffix of an old folder while a new one replaces it.
pub(crate) const OLD: &str = ".old";

/// The last component of the base path; empty for a folder.
pub(crate) fn file_name(base: &Path) -> Option<&str> {
    if directory(base) == base { Some("") } else { base.file_name()?.to_str() }
}

/// The path of an old folder while a new one replaces it.
pub(crate) fn aside(folder: &Path) -> PathBuf {
    temporary(&with_suffix(folder, OLD))
}

/// The temporary name of data file `number` while the number of files is unknown.
pub(crate) fn growing(base: &Path, number: usize) -> PathBuf {
    temporary(&with_suffix(base, &format!(".data-{number:05}")))
}

/// A path with a suffix.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// The temporary name of a file.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    with_suffix(path, TEMPORARY)
}

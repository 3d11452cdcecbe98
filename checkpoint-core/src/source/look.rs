//! The kind of a file, by its bytes.

use std::io;
use std::path::Path;

use checkpoint_schema::format::tensorflow::table::{FOOTER_LEN, MAGIC};
use checkpoint_schema::listing::catalog::Extent;

use crate::source::content::memory;
use crate::source::error::SourceError;
use crate::source::other_format::{OtherFormat, other_format};
use crate::source::storage::FileSystem;
use crate::source::traits::DataFile;
use crate::system::number::as_u64;

/// The number of bytes that are inspected at the start of a file.
const HEAD: usize = 512;

/// The kind of a file, by its first and last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// A table: a V1 checkpoint, or the index of a V2 checkpoint.
    Table,
    /// An empty file.
    Empty,
    /// A known format without support.
    OtherFormat(OtherFormat),
    /// An unknown format.
    Unknown,
}

/// Detects the kind of a file from its first and last bytes.
pub(crate) fn look_at(system: &FileSystem, path: &Path) -> io::Result<Contents> {
    let Some(file) = system.open(path)? else { return Ok(Contents::Unknown) };
    let len = file.size();
    let mut head = memory(len.min(as_u64(HEAD)))?;
    file.read(0, &mut head)?;
    let mut tail = memory(len.min(FOOTER_LEN))?;
    file.read(len.saturating_sub(FOOTER_LEN), &mut tail)?;
    Ok(if head.is_empty() {
        Contents::Empty
    } else if tail.ends_with(&MAGIC) {
        Contents::Table
    } else {
        other_format(path, &head, len).map_or(Contents::Unknown, Contents::OtherFormat)
    })
}

/// Returns the known format of a data file that is not one, if any.
pub(crate) fn look_at_data(file: &dyn DataFile) -> Option<OtherFormat> {
    let mut head = [0; HEAD];
    let len = usize::try_from(file.size()).unwrap_or(HEAD).min(HEAD);
    let head = head.get_mut(..len)?;
    file.read(0, head).ok()?;
    other_format(file.path(), head, file.size())
}

/// The error for an extent beyond the end of a file, or for a file of another format.
pub(crate) fn short(file: &dyn DataFile, extent: &Extent) -> SourceError {
    let (path, len) = (file.path().to_owned(), file.size());
    let Extent { offset, size, .. } = *extent;
    match look_at_data(file) {
        Some(what) => SourceError::OtherFormat { path, what },
        None => SourceError::Short { path, len, offset, size },
    }
}

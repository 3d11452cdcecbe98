//! Table files: the index of a V2 checkpoint, and the files of a V1 checkpoint.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_schema::format::tensorflow::table::{self, Table};
use checkpoint_schema::format::tensorflow::v1::is_v2_header;
use checkpoint_schema::format::{Budget, FormatError, Limits};

use crate::open::error::OpenError;
use crate::open::path::other_format;
use crate::source::error::SourceError;
use crate::source::file::OpenFile;
use crate::source::storage::FileSystem;

/// A table file.
#[derive(Debug)]
pub(super) struct TableFile {
    path: PathBuf,
    file: OpenFile,
}

/// Errors of reading a block. The caller knows the file.
#[derive(Debug)]
pub(super) enum FileError {
    /// The read failed.
    Io { offset: u64, source: io::Error },
    /// The bytes are not a valid table.
    Format(FormatError),
}

impl From<FormatError> for FileError {
    fn from(problem: FormatError) -> Self {
        Self::Format(problem)
    }
}

impl FileError {
    /// The error of opening a V1 checkpoint.
    pub(super) fn opening(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::Io { source, .. } => OpenError::Io { path, source },
            Self::Format(problem) => OpenError::Table { path, problem: Box::new(problem) },
        }
    }

    /// The error of opening the index of a V2 checkpoint.
    pub(super) fn in_index(self, system: &FileSystem, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::Io { source, .. } => OpenError::Io { path, source },
            Self::Format(problem) => {
                let foreign = other_format(system, &path);
                foreign.unwrap_or_else(|| OpenError::Index { path, problem: Box::new(problem) })
            }
        }
    }

    /// The error of reading a variable.
    pub(super) fn reading(self, file: &TableFile) -> SourceError {
        let path = file.path.clone();
        match self {
            Self::Io { offset, source } => {
                SourceError::Read { path, offset, source: Arc::new(source) }
            }
            Self::Format(problem) => file.problem(problem),
        }
    }
}

impl TableFile {
    /// Opens a table file.
    pub(super) fn open(system: &FileSystem, path: &Path) -> Result<Self, OpenError> {
        let path = path.to_owned();
        match system.open(&path) {
            Ok(Some(file)) => Ok(Self { path, file }),
            Ok(None) => Err(OpenError::Special { path }),
            Err(source) => Err(OpenError::Io { path, source }),
        }
    }

    /// The error for a problem in the contents.
    pub(super) fn problem(&self, problem: FormatError) -> SourceError {
        SourceError::Table { path: self.path.clone(), problem: Box::new(problem) }
    }
}

impl table::Source for TableFile {
    type Error = FileError;

    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, FileError> {
        let failed = |source: io::Error| FileError::Io { offset: range.start, source };
        let memory = || failed(io::ErrorKind::OutOfMemory.into());
        // The range is within the file, so the allocation is bounded by the file size.
        let len = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| memory())?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| memory())?;
        bytes.resize(len, 0);
        self.file.read(range.start, &mut bytes).map_err(failed)?;
        Ok(Cow::Owned(bytes))
    }
}

/// True if a table is the index of a V2 checkpoint, rather than a V1 checkpoint.
pub(crate) fn is_index(system: &FileSystem, path: &Path) -> bool {
    let budget = |file: &TableFile| Budget::new(&Limits::default(), table::Source::size(file));
    let first = |file: TableFile| {
        let budget = budget(&file);
        Table::open(file, &budget)?.first(|entry| Ok(is_v2_header(&entry)))
    };
    let is_v2 = TableFile::open(system, path).ok().and_then(|file| first(file).ok());
    is_v2.flatten().unwrap_or(false)
}

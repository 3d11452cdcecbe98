//! Errors of sources.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use checkpoint_schema::format::{DAMAGED_OR_OTHER, FormatError};
use thiserror::Error;

use crate::source::other_format::OtherFormat;
use crate::source::traits::DataFile;

/// An error of [`Source`](crate::Source).
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A data file cannot be opened.
    #[error("cannot open the data file `{path}`: {}", reason_and(source, "fetch it too"))]
    Open {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file is being written, or its writer was interrupted.
    #[error(
        "there is no data file `{}`, but `{}` of an unfinished write; wait for it, or save the checkpoint again",
        path.display(), temporary.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// The temporary file of the writer.
        temporary: PathBuf,
    },
    /// A data file is not a regular file, but a directory, a pipe or a device.
    #[error("the data file `{path}` is not a regular file; put a copy of the file there")]
    Special {
        /// The path of the directory, pipe or device.
        path: PathBuf,
    },
    /// A data file cannot be read.
    #[error("cannot read byte {offset} of the data file `{path}`: {}", reason(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// The offset of the first requested byte.
        offset: u64,
        /// The error of the operating system.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file is too short.
    #[error(
        "the data file `{path}` has {len} bytes, but the checkpoint has {size} at byte {offset} of it; \
         {DAMAGED_OR_OTHER}"
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// The length of the file, in bytes.
        len: u64,
        /// The expected offset of the bytes.
        offset: u64,
        /// The expected number of bytes.
        size: u64,
    },
    /// A data file has another known format.
    #[error("the data file `{path}` is {what}")]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        what: OtherFormat,
    },
    /// The bytes of a data file are damaged.
    #[error("in `{path}`, {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error of the format.
        problem: Arc<dyn Error + Send + Sync>,
    },
    /// A V1 checkpoint is damaged, or exceeds a limit.
    #[error("in `{path}`, {problem}")]
    Table {
        /// The file.
        path: PathBuf,
        /// The error in the table.
        problem: Box<FormatError>,
    },
    /// Out of memory.
    #[error("out of memory: cannot allocate {bytes} bytes")]
    Memory {
        /// The size of the allocation, in bytes.
        bytes: u64,
    },
    /// An error of a custom source.
    #[error(transparent)]
    Other(Arc<dyn Error + Send + Sync>),
    /// A source contradicts itself.
    #[error("{problem}; this is a bug in the implementation of `Source`, report it to its author")]
    Source {
        /// The contradiction.
        problem: &'static str,
    },
}

debug_as_display!(SourceError);

impl SourceError {
    /// Converts any error, or a message, of a custom source. The message should tell the user what to do.
    pub fn other(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other(error.into().into())
    }

    /// The catalog lists variables that the source does not have.
    pub(crate) fn unlisted() -> Self {
        Self::Source { problem: "it does not have the variables of its catalog" }
    }

    pub(crate) fn read(file: &dyn DataFile, offset: u64, source: io::Error) -> Self {
        Self::Read { path: file.path().to_owned(), offset, source: Arc::new(source) }
    }
}

/// The reason of a system error with advice. An error of a custom source has its own advice.
pub(crate) fn reason_and(error: &io::Error, advice: &str) -> String {
    let reason = reason(error);
    if error.get_ref().is_some() { reason } else { format!("{reason}; {advice}") }
}

/// The reason of an error: a text that does not depend on the operating system, or the message of a custom source.
pub(crate) fn reason(error: &io::Error) -> String {
    if let Some(said) = error.get_ref() {
        return said.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        // An uncategorized error has no better text.
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
        // A device error, which the standard library does not categorize.
        let error = io::Error::from_raw_os_error(5);
        assert_ne!(reason(&error), "uncategorized error");
    }
}

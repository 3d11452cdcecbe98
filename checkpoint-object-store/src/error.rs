//! Errors of requests, with their messages.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::iter;
use std::path::PathBuf;

use checkpoint_core::OpenError;
use object_store::Error as StoreError;
use thiserror::Error;

/// The longest answer of a server that a message repeats, in bytes.
const LONGEST: usize = 300;

/// Errors of opening a checkpoint by its URL.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not valid, or its store cannot be set up.
    #[error("cannot open `{url}`: {problem}")]
    Url {
        /// The URL, without a password.
        url: String,
        /// The reason.
        problem: String,
    },
    /// A file cannot be uploaded.
    #[error("cannot upload `{}`: {problem}", file.display())]
    Upload {
        /// The file.
        file: PathBuf,
        /// The reason.
        problem: String,
    },
    /// The checkpoint is missing or cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// The error for a file that changed after its first bytes were read.
pub(crate) fn changed() -> io::Error {
    io::Error::other("it has changed since the checkpoint was opened; open the checkpoint again")
}

/// The error for a response that ends too early.
pub(crate) fn short(expected: u64, found: u64) -> io::Error {
    let problem = format!("the server sent {found} bytes of {expected}; try again");
    io::Error::new(ErrorKind::UnexpectedEof, problem)
}

/// Converts the error of a request to an `io::Error` for the reader of files.
pub(crate) fn of_request(error: &StoreError) -> io::Error {
    if chain(error).any(|cause| matches!(of_store(cause), Some(StoreError::Precondition { .. }))) {
        return changed();
    }
    match error {
        StoreError::NotFound { .. } => ErrorKind::NotFound.into(),
        StoreError::PermissionDenied { .. } => {
            let problem = "the server denies access; check the credentials and the path";
            io::Error::new(ErrorKind::PermissionDenied, problem)
        }
        StoreError::Unauthenticated { .. } => {
            let problem = "the server asks for credentials; set them in the environment";
            io::Error::new(ErrorKind::PermissionDenied, problem)
        }
        _ if is_whole(error) => {
            let problem = "the server sends the whole file where a range of bytes is asked for; download the file, or use a \
                           server that answers range requests";
            io::Error::new(ErrorKind::Unsupported, problem)
        }
        _ => io::Error::other(said(error)),
    }
}

/// Returns `true` if a server sends a whole file in response to a request for a range.
pub(crate) fn is_whole(error: &StoreError) -> bool {
    let is_it = |text: String| text.contains("non-partial response");
    matches!(error, StoreError::NotSupported { .. })
        || chain(error).any(|cause| is_it(cause.to_string()))
}

/// Returns `true` if a server reports that a file is empty, so that a range of it cannot be sent.
pub(crate) fn is_empty(error: &StoreError) -> bool {
    let is_it = |text: String| text.contains(" 416 ") || text.contains("was only 0 bytes long");
    chain(error).any(|cause| is_it(cause.to_string()))
}

/// Returns the innermost cause: the answer of a server, or the system's error for a connection.
pub(crate) fn said(error: &StoreError) -> String {
    let innermost = chain(error).last().map(ToString::to_string).unwrap_or_default();
    let innermost =
        innermost.replace("Server returned non-2xx status code: ", "the server answered ");
    let line = innermost.lines().next().unwrap_or_default().trim_end_matches([':', ' ']);
    line.chars().take(LONGEST).collect()
}

fn of_store<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e StoreError> {
    error.downcast_ref()
}

fn chain<'e>(error: &'e StoreError) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    let first: &'e (dyn StdError + 'static) = error;
    iter::successors(Some(first), |error: &&'e (dyn StdError + 'static)| (*error).source())
}

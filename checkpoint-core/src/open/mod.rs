//! Opening a checkpoint from a path: detection of the format, the list of files, and errors.

mod checkpoint;
pub(crate) mod error;
pub(crate) mod format;
mod formats;
pub(crate) mod options;
pub(crate) mod path;
pub(crate) mod state;

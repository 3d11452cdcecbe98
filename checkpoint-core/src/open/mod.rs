//! From a path to an opened checkpoint: which format it has, which files it consists of, and why it cannot be opened.

pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod options;
pub(crate) mod other_format;
pub(crate) mod path;
pub(crate) mod state;

//! Loading: plan, read, build.

pub(crate) mod bindings;
mod borrow;
mod cause;
pub(crate) mod choose_dialect;
pub(crate) mod error;
pub(crate) mod options;
pub(crate) mod parts;
pub(crate) mod rank_check;
mod read;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod tied;

pub use error::{LoadError, Mismatch};
pub use options::LoadOptions;
pub use parts::{BuildError, Parts};
pub use report::{Borrowed, Ignored, LoadReport};

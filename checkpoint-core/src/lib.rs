//! Load `TensorFlow` checkpoints into structs of `ndarray` arrays, natively: no `TensorFlow`, no Python, no `protoc`.

mod checkpoint;
mod from_checkpoint;

mod load;
mod read;
mod report;

mod path;
mod source;

mod buffer;
mod element;
mod error;
mod huge_pages;
mod parts;
mod strings;

pub use checkpoint_schema as schema;

pub use crate::checkpoint::{Checkpoint, Tensor};
pub use crate::element::Element;
pub use crate::error::{LoadError, Mismatch};
pub use crate::from_checkpoint::{FromCheckpoint, Owned, Repeated};
pub use crate::load::LoadOptions;
pub use crate::parts::{BuildError, Parts};
pub use crate::path::OpenError;
pub use crate::read::{Progress, ReadError, ReadErrorKind};
pub use crate::report::LoadReport;
pub use crate::source::{DataFile, Source, SourceError};
pub use crate::strings::Strings;

#[cfg(feature = "derive")]
pub use checkpoint_derive::FromCheckpoint;

/// What the derive's expansion names. Not for use by hand, and free to change.
#[doc(hidden)]
pub mod __private {
    pub use checkpoint_schema::check;
    pub use checkpoint_schema::description::{
        Absent, Field, Ignore, Node, Op, Path, Preset, Repeat, Squeeze, Struct,
    };
    pub use checkpoint_schema::template::{Form, Part, Placeholder};

    pub use crate::from_checkpoint::{FromCheckpoint, Repeated};
    pub use crate::parts::{BuildError, Parts};

    /// What the function of `default = "function"` is called with.
    pub const NO_SHAPE: &[usize] = &[];
}

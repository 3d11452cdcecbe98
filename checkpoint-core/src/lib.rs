//! Load `TensorFlow` checkpoints into structs of `ndarray` arrays, natively: no `TensorFlow`, no Python, no `protoc`.

mod buffer;
mod element;
mod from_checkpoint;
mod parts;

pub use checkpoint_schema as schema;

pub use crate::element::Element;
pub use crate::from_checkpoint::{FromCheckpoint, Repeated};
pub use crate::parts::{BuildError, Parts};

#[cfg(feature = "derive")]
pub use checkpoint_derive::FromCheckpoint;

/// What the derive's expansion names. Not for use by hand, and free to change.
#[doc(hidden)]
pub mod __private {
    pub use checkpoint_schema::description::{
        Absent, Field, Ignore, Node, Op, Path, Preset, Repeat, Squeeze, Struct,
    };
    pub use checkpoint_schema::template::{Form, Part, Placeholder};

    pub use crate::from_checkpoint::{FromCheckpoint, Repeated};
    pub use crate::parts::{BuildError, Parts};

    /// What the function of `default = "function"` is called with.
    pub const NO_SHAPE: &[usize] = &[];

    /// Refuses, in a constant, what can be known to be wrong without a checkpoint.
    pub const fn check(_node: &Node) {}
}

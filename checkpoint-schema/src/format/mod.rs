//! The bytes of a checkpoint's index, and of its object graph.
//!
//! Whatever the bytes are, reading them ends in a value or in an error that says what is wrong and where: no panic, and
//! no more memory than [`Limits`] allow a file of that length: all of it is charged to one [`Budget`] before it is taken.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

mod budget;
mod error;
mod limits;

pub mod safetensors;
pub mod tensorflow;

pub mod checksum;
mod cursor;

pub(crate) use crate::format::budget::Lease;
pub use crate::format::budget::{Budget, OverBudget};
pub use crate::format::cursor::{Cursor, Position};
pub use crate::format::error::{DAMAGED, DAMAGED_OR_OTHER, EntryProblem, FormatError, WireError};
pub use crate::format::limits::Limits;

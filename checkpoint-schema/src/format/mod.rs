//! Readers for the index of a checkpoint, and for its object graph.
//!
//! Reading never panics: invalid bytes are an error that names the problem and its position. All memory is charged to one
//! [`Budget`] before it is allocated, within the [`Limits`] for the length of the file.

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

mod cursor;

pub(crate) use crate::format::budget::Lease;
pub use crate::format::budget::{Budget, OverBudget};
pub use crate::format::cursor::{Cursor, Position};
pub use crate::format::error::{DAMAGED, DAMAGED_OR_OTHER, EntryProblem, FormatError, WireError};
pub use crate::format::limits::Limits;

//! Saving: named tensors become the files of a checkpoint.
//!
//! A caller makes an [`Outgoing`] for each variable, and [`write`] does the rest. Data files contain the variables in the given
//! order.

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

mod checkpoint;
mod converted;
mod elements;
mod error;
mod graph;
mod moved;
mod options;
mod outgoing;
mod parts;
mod plan;
mod ranks;
mod report;
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "layouts are of the program's own arrays, and the plan has checked their lengths"
)]
pub(crate) mod value;
mod write;
mod writer;

mod disk;
mod file_names;
mod formats;
mod layout;
mod lock;
mod session;
mod state;
mod switch;
mod transfer;

mod numpy;
mod safetensors;
mod tensorflow;

#[cfg(test)]
mod tests;

pub use error::{NameProblem, SaveError, ValueProblem};
pub use options::SaveOptions;
pub use report::SaveReport;
pub use switch::recover;
pub use writer::Writer;

pub(crate) use converted::Tally;
pub(crate) use elements::Elements;
pub(crate) use graph::{has_object_graph, object_based};
pub(crate) use outgoing::Outgoing;
pub(crate) use parts::{Done, finish_parts, write_part};
pub(crate) use ranks::{finish_ranks, write_rank};
pub(crate) use switch::cut_short;
pub(crate) use write::write;

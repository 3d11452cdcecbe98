//! Saving: tensors with names become the files of a checkpoint.
//!
//! A caller makes an [`Outgoing`] of each variable, and [`write`] does the rest. The data files have the variables in the order in
//! which they are given.

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

use std::path::Path;

use checkpoint_schema::catalog::{Name, Spec};

mod elements;
mod error;
mod options;
mod report;

pub use error::{NameProblem, SaveError};
pub use options::SaveOptions;
pub use report::SaveReport;

pub(crate) use elements::Elements;

/// A variable to be written.
pub(crate) struct Outgoing<'a> {
    /// The name, as the checkpoint shall spell it.
    pub(crate) name: Name,
    /// The dtype and shape.
    pub(crate) spec: Spec,
    /// The elements.
    pub(crate) elements: Box<dyn Elements + 'a>,
}

impl<'a> Outgoing<'a> {
    /// A variable of these elements, of which there are as many as `spec` says.
    pub(crate) fn new(name: impl Into<Name>, spec: Spec, elements: impl Elements + 'a) -> Self {
        Self { name: name.into(), spec, elements: Box::new(elements) }
    }
}

/// Writes variables as the checkpoint at `path`, in the format that `options` names or the path means.
///
/// # Errors
/// If the names or the format do not allow it, before anything is written; if elements cannot be read, or files cannot be
/// written. What was at `path` before is there as it was then.
pub(crate) fn write(
    path: &Path,
    outgoing: Vec<Outgoing<'_>>,
    options: &SaveOptions<'_>,
) -> Result<SaveReport, SaveError> {
    let _ = outgoing;
    let format = options.format.clone().unwrap_or_default();
    let _ = path;
    Err(SaveError::UnknownFormat { format, known: Vec::new() })
}

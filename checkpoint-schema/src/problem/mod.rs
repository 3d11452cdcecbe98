//! Mismatches between a struct and a checkpoint, with their messages.

use std::fmt;

use crate::listing::catalog::{Defect, SHORT, Spec, cut_after};
use crate::listing::dtype::DType;
pub use crate::problem::borrowed::NotBorrowed;
pub use crate::problem::kind::ProblemKind;

mod borrowed;
mod kind;
pub(crate) mod wording;

/// A mismatch between a struct and a checkpoint.
///
/// It concerns one field, or several that differ only in their indices. `Display` prints the message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Problem {
    /// The kind of the problem.
    pub kind: ProblemKind,
    /// The field, such as `Gpt2.blocks[0..12].attn.c_attn.w`. `None` for an unexpected variable.
    pub field: Option<String>,
    /// The variable, such as `model/h<0..12>/attn/c_attn/w`. `None` if there are several.
    pub variable: Option<String>,
    /// The number of affected places.
    pub count: usize,
    /// The dtype and shape of the variable, if it exists.
    pub found: Option<Spec>,
    /// The expectation of the field, in case of a mismatch.
    pub wanted: Option<Wanted>,
    /// The defect of the variable, if it cannot be read.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub defect: Option<Defect>,
    /// The message: the cause, and a fix.
    pub message: String,
}

/// The expectation of a field that its variable does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Wanted {
    /// The dtype of the elements.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType(DType),
    /// The rank, after the steps of the field.
    Rank(usize),
    /// The lengths of the axes at the mismatched `shape`. `None` for an unknown length.
    Shape(Vec<Option<u64>>),
}

impl Problem {
    /// A problem without a field or a variable.
    pub(crate) fn of(kind: ProblemKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind,
            field: None,
            variable: None,
            count: 1,
            found: None,
            wanted: None,
            defect: None,
            message,
        }
    }
}

impl Problem {
    /// The message without the leading field name.
    pub(crate) fn without_field(&self) -> &str {
        let start = self.field.as_ref().map(|field| wording::filled(wording::FIELD, &[field]));
        let rest = start.and_then(|start| self.message.strip_prefix(&*start));
        rest.unwrap_or(&self.message)
    }
}

/// The number of problems that a message lists.
pub(crate) const LISTED: usize = 20;

/// The lines of a list of problems. Of many, only the first are listed, with the number of the others.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'p, P>(pub &'p [P]);

impl<P: fmt::Display> fmt::Display for Lines<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(LISTED).try_for_each(|problem| write!(f, "\n- {problem}"))?;
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, "\n- and {more} more"),
        }
    }
}

/// The maximum number of characters of the text between names in a message, and of the message.
const TEXT: usize = 1000;
const MESSAGE: usize = 4000;

/// Returns a message with its long names cut, as a person reads it.
pub(crate) fn cut(message: &str) -> String {
    if message.len() <= SHORT {
        return message.to_owned();
    }
    let piece = |(at, piece)| cut_after(piece, if at % 2 == 1 { SHORT } else { TEXT });
    let pieces: Vec<_> = message.split('`').enumerate().map(piece).collect();
    // Names can contain quotes.
    cut_after(&pieces.join("`"), MESSAGE).into_owned()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

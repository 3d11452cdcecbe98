//! What is wrong between a struct and a checkpoint, in sentences.

use std::fmt;

use crate::listing::catalog::{Defect, Spec};
use crate::listing::dtype::DType;
pub use crate::problem::borrowed::NotBorrowed;
pub use crate::problem::kind::ProblemKind;

mod borrowed;
mod kind;
pub(crate) mod wording;

/// A disagreement of a struct and a checkpoint, at one field or at several that differ only in their indices. Its `Display`
/// is the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The field: `Gpt2.blocks[0..12].attn.c_attn.w`; `None` for a variable that no field takes.
    pub field: Option<String>,
    /// The variable: `model/h<0..12>/attn/c_attn/w`; `None` where it is about more than one.
    pub variable: Option<String>,
    /// The number of places that it is about.
    pub count: usize,
    /// What the variable holds, if it is there.
    pub found: Option<Spec>,
    /// What the field would hold, where the variable holds something else.
    pub wanted: Option<Wanted>,
    /// The reason why the variable cannot be read, if it cannot.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub defect: Option<Defect>,
    /// The sentence: what is wrong, and what to do.
    pub message: String,
}

/// What a field would hold, where its variable holds something else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Wanted {
    /// Elements of this type.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType(DType),
    /// So many axes, after the steps of the field.
    Rank(usize),
    /// Axes of these lengths, at the `shape` that disagrees; `None` for one that follows from nothing.
    Shape(Vec<Option<u64>>),
}

impl Problem {
    /// A problem of no field and no variable.
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
    /// The sentence without the field that it is about.
    pub(crate) fn without_field(&self) -> &str {
        let start = self.field.as_ref().map(|field| wording::filled(wording::FIELD, &[field]));
        let rest = start.and_then(|start| self.message.strip_prefix(&*start));
        rest.unwrap_or(&self.message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

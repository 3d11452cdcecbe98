//! Text manifests: a line lists one variable, or one family of variables whose names differ only in numbers.
//!
//! ```text
//! # a comment
//! naming = "object_path"
//! step  i64 []
//! model/h<0..12>/ln_1/g  f32 [768]
//! model/layer_<0..12:02>/w = model/last/w  f32 [768, 768]  key the/key/under/which/it/is/stored
//! ```
//!
//! `docs/manifest.md` describes the syntax. Reading never panics: invalid text is an error with its line.
//!
//! Memory is limited to a small factor of the length of the text, and by [`Limits`](crate::format::Limits).

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

mod difference;
mod error;
mod name;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use self::difference::Difference;
pub use self::error::TextProblem;
pub(super) use self::read::read;

use crate::format::tensorflow::object_graph::VALUE_SUFFIX;
use crate::listing::catalog::Name;
use crate::model::description::Naming;

/// The default key of a variable, for a line without `key`.
fn usual_key(naming: Naming, name: &Name) -> Name {
    match naming {
        Naming::Key | Naming::FullName => name.clone(),
        Naming::ObjectPath => Name::from([name.as_bytes(), VALUE_SUFFIX.as_bytes()].concat()),
    }
}

/// A length as a `u64`, as for lengths in a file.
fn in_file(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

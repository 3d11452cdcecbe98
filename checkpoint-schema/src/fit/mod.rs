//! The check of a description against a checkpoint or a manifest: one engine for constants and loads.
//!
//! A constant has no heap and no closures. So all functions are `const fn` over borrowed memory: arrays in a constant, vectors
//! at run time. The check has these stages:
//! - `outline` turns the description into tables.
//! - `walk` finds the variables of each field, element by element.
//! - `symbols` solves the symbols.
//! - `arrays` applies the steps of each field.
//! - `unmapped` and `parts` check the variables and elements that no field takes.
//! - `problems`, `causes` and `sentences` turn the `Finding`s into messages.

#![expect(
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    clippy::similar_names,
    reason = "a constant has no heap, and numbers are of what is in memory"
)]

mod agree;
mod arrays;
mod causes;
mod changes;
mod check;
mod dims;
mod fold;
mod holes;
mod ignored;
mod invert;
mod lists;
mod manifests;
mod memory;
mod missing;
mod names;
mod near;
mod outline;
mod parts;
mod presence;
mod problems;
mod ranks;
mod records;
mod run;
mod sentences;
mod shown;
mod spelling;
mod stack;
mod symbols;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod text;
mod unexpected;
mod unmapped;
mod view;
mod walk;
mod words;

pub(crate) use arrays::{Built, rank_after};
pub use manifests::{Checked, cells, manifests};
pub(crate) use memory::State;
pub(crate) use outline::{Holder, Item, Piece, Term, roots_of, stack_end};
pub use outline::{Sizes, Subject};
pub(crate) use records::{Frame, Input, Instance, Mark, Named, Ranks, Tie};
pub use run::{Said, check, check_in};
pub(crate) use run::{problem, with_state};
pub(crate) use stack::{NONE, Stack, part};
pub(crate) use tables::{Outline, Outlined};
#[cfg(test)]
pub(crate) use view::NotStrided;
pub(crate) use view::{Factor, View};
pub(crate) use walk::Arrays;

//! A description against the manifests that a struct names: in a constant, what planning says of a checkpoint.
//!
//! The description is walked field by field, not element by element: what is said of a field is said of all places where
//! it is at once. [`Tuple`]s are the values of the indices there; [`Axes`](place::Axes) are what they count. A variable
//! is found by the hash of its name, so that the time follows the number of variables, and most of it that of fields.
//!
//! There are at least two walks: one that notes what is taken, and what shapes say of symbols; and one that says what is
//! wrong. What is left to the load: the symbols that only its options bind, arrays of more than [`RANK`](dims::RANK) axes,
//! trees in which more than [`DEPTH`](place::DEPTH) lists and options are in each other or whose paths have more than
//! [`PARTS`](place::PARTS) parts, and with these whether every variable is taken.

#![expect(clippy::similar_names, reason = "an axis is one of the axes")]
#![expect(
    clippy::result_large_err,
    clippy::large_enum_variant,
    clippy::large_stack_arrays,
    reason = "a constant has no heap"
)]
#![expect(clippy::cast_possible_truncation, reason = "numbers of what is in memory")]

mod dims;
mod glob;
mod leaf;
mod lists;
mod near;
mod outside;
mod place;
mod report;
mod sets;
mod state;
mod steps;
mod symbols;
mod tell;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod tuples;
mod unmapped;
mod walk;

use crate::check::makes_sense;
use crate::check::manifest::report::Line;
use crate::check::manifest::state::{Mode, SYMBOLS, State};
use crate::check::manifest::symbols::Shared;
use crate::check::manifest::text::Text;
use crate::check::sentence::same;
use crate::description::Node;
use crate::manifest::Manifest;

/// What came of checking a description against as many manifests.
#[derive(Clone, Copy, Debug)]
pub struct Checked<const MANIFESTS: usize> {
    text: Text<20_000>,
    problems: usize,
    /// Whether the description makes sense. If it does not, other constants say so, and nothing is said here.
    makes_sense: bool,
    dims: [[(&'static str, Option<u64>); SYMBOLS]; MANIFESTS],
}

/// Checks a description against manifests, none of which has more than so many variables.
#[must_use]
#[track_caller]
pub const fn manifests<const VARIABLES: usize, const MANIFESTS: usize>(
    node: &Node,
    manifests: &[Manifest<'_>; MANIFESTS],
) -> Checked<MANIFESTS> {
    let mut checked = Checked {
        text: Text::EMPTY,
        problems: 0,
        makes_sense: makes_sense(node),
        dims: [[("", None); SYMBOLS]; MANIFESTS],
    };
    let mut optional = [("", "", false); state::FIELDS];
    let mut number = 0;
    while checked.makes_sense && number < MANIFESTS {
        let manifest = &manifests[number];
        let mut state = State::<VARIABLES>::new(node, manifest, &optional);
        state.is_last = number + 1 == MANIFESTS;
        against(node, &mut state);
        optional = state.optional;
        checked.dims[number] = dims(&state);
        checked.add(node, &state);
        number += 1;
    }
    checked
}

/// Gathers what is wrong between a description and a manifest.
const fn against<const VARIABLES: usize>(node: &Node, state: &mut State<'_, VARIABLES>) {
    let Node::Struct(root) = node else { return };
    symbols::declare(node, state);
    walk::root(root, Mode::Take, state);
    symbols::decide(state);
    let mut rounds = 0;
    while state.news && rounds < SYMBOLS {
        state.news = false;
        walk::root(root, Mode::Solve, state);
        rounds += 1;
    }
    walk::root(root, Mode::Tell, state);
    if !state.overlooks {
        outside::tell_gaps(root, state);
        unmapped::tell(root, state);
    }
}

/// The symbols that all structs share.
const fn dims<const VARIABLES: usize>(
    state: &State<'_, VARIABLES>,
) -> [(&'static str, Option<u64>); SYMBOLS] {
    let mut dims = [("", None); SYMBOLS];
    let mut at = 0;
    while at < state.symbols {
        let Shared { name, value, .. } = state.shared[at];
        dims[at] = (name, value);
        at += 1;
    }
    dims
}

impl<const MANIFESTS: usize> Checked<MANIFESTS> {
    /// Adds what is wrong with a manifest.
    const fn add<const VARIABLES: usize>(&mut self, node: &Node, state: &State<'_, VARIABLES>) {
        let (report, Node::Struct(root)) = (&state.report, node) else { return };
        if report.problems == 0 {
            return;
        }
        let mut head = Line::EMPTY;
        head.fill("`{}` does not fit the manifest `{}`: ", &[root.name, state.manifest.file]);
        head.number(report.problems as u64, 1);
        head.push(if report.problems == 1 { " problem" } else { " problems" });
        self.text.push(if self.problems > 0 { "\n" } else { "" });
        self.text.push(head.as_str());
        report.write(&mut self.text);
        self.problems += report.problems;
    }

    /// All problems, in sentences; empty if there are none.
    #[must_use]
    pub const fn problems(&self) -> &str {
        self.text.as_str()
    }

    /// Makes sure that the description fits all manifests.
    ///
    /// # Panics
    /// With all problems, a line each: evaluated in a constant, this is a compile error.
    #[track_caller]
    pub const fn all_fit(&self) {
        assert!(self.problems == 0, "{}", self.problems());
    }

    /// The value of a symbol that all structs share in the manifest of this number, if anything says what it is.
    #[must_use]
    pub const fn value(&self, manifest: usize, symbol: &str) -> Option<u64> {
        let mut at = 0;
        while at < SYMBOLS && manifest < MANIFESTS {
            let (name, value) = self.dims[manifest][at];
            if same(name, symbol) {
                return value;
            }
            at += 1;
        }
        None
    }

    /// The value of a symbol in the manifest of this number, as a length.
    ///
    /// # Panics
    /// If nothing in it says what the symbol is: evaluated in a constant, this is a compile error.
    #[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
    #[track_caller]
    #[must_use]
    pub const fn dim(&self, manifest: usize, symbol: &str) -> usize {
        if let Some(value) = self.value(manifest, symbol) {
            return value as usize;
        }
        if !self.makes_sense {
            return 1;
        }
        let mut line = Line::EMPTY;
        line.fill(
            "nothing in the manifest says what `{}` is; write `dims({} = ...)` on the struct",
            &[symbol, symbol],
        );
        panic!("{}", line.as_str());
    }
}

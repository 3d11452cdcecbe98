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
mod fold;
mod invert;
mod lists;
mod manifests;
mod memory;
mod names;
mod near;
mod outline;
mod parts;
mod presence;
mod problems;
mod ranks;
mod run;
mod sentences;
mod shown;
mod stack;
mod state;
mod symbols;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod text;
mod unmapped;
mod view;
mod walk;

pub(crate) use crate::fit::arrays::{Built, rank_after};
pub use crate::fit::manifests::{Checked, cells, manifests};
pub(crate) use crate::fit::memory::State;
pub use crate::fit::outline::Sizes;
pub(crate) use crate::fit::outline::{NONE, Outline, stacked};
pub(crate) use crate::fit::run::{Outlined, problem, with_state};
pub use crate::fit::run::{Said, check, check_in};
pub(crate) use crate::fit::stack::Stack;
pub use crate::fit::state::Subject;
pub(crate) use crate::fit::state::{Frame, Input, Instance, Mark, Named, Ranks, Tie};
#[cfg(test)]
pub(crate) use crate::fit::view::NotStrided;
pub(crate) use crate::fit::view::{Factor, View};
pub(crate) use crate::fit::walk::Arrays;

impl State<'_, '_> {
    /// Finds all problems, without recording marks for a load.
    pub(crate) const fn check(&mut self) {
        self.walk_root();
        let mut at = 0;
        while at < self.instances.len {
            let Instance { item, family, pieces, complete, variable, .. } =
                self.instances.cells[at];
            let memo = &self.memos[item];
            // Skips the call for a variable like the one before: the result is the same.
            let alike = pieces == 1 && complete && memo.whole && memo.family == family;
            if alike
                && variable != NONE
                && self.taken[variable].whole == NONE
                && self.taken[variable].parts == NONE
                && self.input.outline.items[item].scopes == 0
            {
                self.taken[variable].whole = at;
            } else if pieces > 0 && complete {
                let _ = self.judge(at);
            } else if pieces > 0 {
                self.breaks(at);
            }
            at += 1;
        }
        if !self.is_full() {
            self.find_rest();
            self.sort_untaken();
            self.find_holes();
            self.explain_findings();
        }
    }

    /// Finds and reports all problems. After the last manifest of a dialect, also reports fields that are in none of them, and globs that
    /// match nothing in any of them.
    pub(crate) const fn check_and_tell(&mut self, is_last: bool) {
        self.check();
        if self.is_full() {
            return;
        }
        self.match_globs();
        if self.is_wrong() || (is_last && self.any_never_there()) {
            self.tell_all(is_last);
        } else if is_last {
            self.tell_idle();
        }
    }

    /// Walks the description and solves the symbols.
    pub(crate) const fn walk_root(&mut self) {
        self.add_shared();
        self.walk(0);
        self.settle();
    }
}

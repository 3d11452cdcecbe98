//! Whether a description fits what a checkpoint or a manifest lists: one engine, for constants and for loads.
//!
//! A constant has no heap and no closures, so all of this is `const fn` over memory that is lent: arrays in a constant,
//! vectors at run time. An `outline` has the description as tables; the `walk` finds the variables of each field, element
//! by element; `symbols` are solved; `arrays` does the steps of each field; what is left is sorted (`unmapped`,
//! `parts`). What is wrong is a list of `Finding`s, which are put into sentences at the end
//! (`problems`, `causes`, `sentences`).

#![expect(
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    clippy::similar_names,
    reason = "a constant has no heap, and numbers are of what is in memory"
)]

mod arrays;
mod causes;
mod fold;
mod invert;
mod manifests;
mod memory;
mod names;
mod near;
mod outline;
mod parts;
mod presence;
mod problems;
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

pub(crate) use crate::fit::arrays::Built;
pub use crate::fit::manifests::{Checked, cells, manifests};
pub(crate) use crate::fit::memory::State;
pub use crate::fit::outline::Sizes;
pub(crate) use crate::fit::outline::{NONE, Outline, stacked};
pub(crate) use crate::fit::run::{Outlined, problem, with_state};
pub use crate::fit::run::{Said, check};
pub(crate) use crate::fit::state::{Frame, Input, Instance, Mark, Named, Tie};
pub(crate) use crate::fit::view::{Factor, View};
pub(crate) use crate::fit::walk::{Arrays, tensor};
#[cfg(test)]
pub(crate) use crate::fit::{stack::Stack, view::NotStrided};

impl State<'_, '_> {
    /// Finds all that is wrong, in a constant: without notes for a load.
    pub(crate) const fn check(&mut self) {
        self.walk_root();
        let mut at = 0;
        while at < self.instances.len {
            let Instance { item, family, pieces, complete, variable, .. } =
                self.instances.cells[at];
            let memo = &self.memos[item];
            // What a call would find out of a variable like the one before, without one.
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

    /// Finds all that is wrong, and tells it; also what is in none of the manifests, if this is the last.
    pub(crate) const fn check_and_tell(&mut self, is_last: bool) {
        self.check();
        if self.is_full() {
            return;
        }
        if self.is_wrong() || (is_last && self.any_never_there()) {
            self.tell_all(is_last);
        }
    }

    /// Walks the description, and gives symbols their values.
    pub(crate) const fn walk_root(&mut self) {
        self.add_shared();
        self.walk(0);
        self.settle();
    }
}

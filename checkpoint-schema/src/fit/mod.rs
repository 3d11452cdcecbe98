//! Whether a description fits what a checkpoint or a manifest lists: one engine, for constants and for loads.
//!
//! A constant has no heap and no closures, so all of this is `const fn` over memory that is lent: arrays in a constant,
//! vectors at run time. An [`outline`] has the description as tables; the [`walk`] finds the variables of each field, element
//! by element; [`symbols`] are solved; [`arrays`] does the steps of each field; what is left is sorted ([`unmapped`],
//! [`parts`]). What is wrong is a list of [`Finding`](state::Finding)s, which are put into sentences at the end
//! ([`problems`], [`causes`], [`sentences`]).

#![expect(
    clippy::cast_possible_truncation,
    clippy::large_stack_arrays,
    clippy::similar_names,
    reason = "a constant has no heap, and numbers are of what is in memory"
)]
#![allow(
    dead_code,
    reason = "planning a load is to stand on this, too, and needs more of it than a constant"
)]

mod arrays;
mod causes;
mod fold;
mod invert;
mod manifests;
mod memory;
mod names;
mod near;
pub(crate) mod outline;
mod parts;
mod presence;
mod problems;
pub(crate) mod run;
mod sentences;
mod shown;
pub(crate) mod stack;
pub(crate) mod state;
mod symbols;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod text;
mod unmapped;
mod view;
mod walk;

pub use crate::fit::manifests::{Checked, cells, manifests};
use crate::fit::memory::State;
pub use crate::fit::outline::Sizes;
pub use crate::fit::run::{Said, check};
use crate::fit::state::Instance;

impl State<'_, '_> {
    /// Finds all that is wrong, in a constant: without notes for a load.
    pub(crate) const fn check(&mut self) {
        self.walk_root();
        let mut at = 0;
        while at < self.instances.len {
            let Instance { pieces, complete, .. } = self.instances.cells[at];
            if pieces > 0 && complete {
                let _ = self.judge(at);
            } else if pieces > 0 {
                self.breaks(at);
            }
            at += 1;
        }
        self.find_rest();
        self.sort_untaken();
        self.find_holes();
        self.explain_findings();
    }

    /// Walks the description, and gives symbols their values.
    pub(crate) const fn walk_root(&mut self) {
        self.add_shared();
        self.walk(0);
        self.settle();
    }
}

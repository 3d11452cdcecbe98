//! The stages of a check, in order.

use crate::fit::memory::State;
use crate::fit::records::Instance;
use crate::fit::stack::NONE;

impl State<'_, '_> {
    /// Finds all problems.
    pub(crate) const fn check(&mut self) {
        self.walk_root();
        let mut at = 0;
        while at < self.instances.len {
            let Instance { item, family, pieces, complete, variable, .. } =
                self.instances.cells[at];
            let memo = &self.memos[item];
            // Skips the call for a variable like the one before: the result is the same.
            let alike =
                pieces == 1 && complete && memo.whole && memo.family == family && !self.marked;
            if alike
                && variable != NONE
                && self.taken[variable].whole == NONE
                && self.taken[variable].parts == NONE
                && self.input.outline.items[item].scopes == 0
            {
                self.taken[variable].whole = at;
            } else if pieces > 0 && complete {
                self.judge(at);
            } else if pieces > 0 {
                self.breaks(at);
            }
            at += 1;
        }
        if !self.is_full() {
            self.find_rest();
            self.sort_untaken();
            if self.input.graph < self.taken.len() {
                self.taken[self.input.graph].unmapped = false;
            }
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
        if is_last {
            self.find_never_there();
        }
        if self.is_wrong() {
            self.tell_all();
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

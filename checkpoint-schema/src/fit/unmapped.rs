//! Classifies variables without a field.

use crate::each::each;
use crate::fit::invert::invert;
use crate::fit::memory::State;
use crate::fit::outline::Holder;
use crate::fit::records::{HolderSite, Instance};
use crate::fit::stack::{NONE, part};
use crate::manifest::Family;
use crate::model::description::{Ignore, Struct};
use crate::model::text::{equal, starts};

impl<'a> State<'_, 'a> {
    /// Classifies every variable without a field.
    pub(crate) const fn sort_untaken(&mut self) {
        if self.takes == self.input.manifest.variables {
            return;
        }
        let (root, allowed) = (self.root_place(), self.root_allows());
        let several = self.places.len() > (root != NONE) as usize;
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let Family { first, count, ignored, .. } = self.input.manifest.families[family];
            let (mut variable, end) = (first, first + count);
            while variable < end {
                let taken = &mut self.taken[variable];
                // Without calls, since most variables of a manifest may be ignored.
                match (taken.by, taken.spare, ignored) {
                    (NONE, None, Some(_)) => (taken.ignored, taken.place) = (ignored, root),
                    (NONE, None, None) if several => self.sort(variable, family),
                    (NONE, None, None) => (taken.allowed, taken.unmapped) = (allowed, !allowed),
                    _ => {}
                }
                variable += 1;
            }
            family += 1;
        }
    }

    const fn sort(&mut self, variable: usize, family: usize) {
        let first = self.root_place();
        let mut allowed = self.root_allows();
        each!(0..self.places.len(), |at| {
            if at != first
                && let Some(rest) = self.is_below(at, variable, family)
            {
                let owner = self.owner(at);
                if let Some(label) = self.ignored_by(self.ignore(at), rest) {
                    (self.taken[variable].ignored, self.taken[variable].place) = (Some(label), at);
                    return;
                }
                allowed |= owner.allow_unmapped;
            }
        });
        self.taken[variable].allowed = allowed;
        self.taken[variable].unmapped = !allowed;
    }

    /// The place of the root, if it has attributes about variables.
    const fn root_place(&self) -> usize {
        if self.places.len() > 0 && self.places.get(0).holder == 0 { 0 } else { NONE }
    }

    const fn owner(&self, place: usize) -> &'a Struct {
        self.input.outline.structs[self.places.get(place).holder].owner
    }

    /// The variables that the struct at a place skips.
    pub(crate) const fn ignore(&self, place: usize) -> &'a [Ignore<'static>] {
        self.input.outline.structs[self.places.get(place).holder].ignore
    }

    const fn root_allows(&self) -> bool {
        self.input.allow_unmapped || self.input.outline.structs[0].owner.allow_unmapped
    }

    /// True if the root or a struct around a variable allows it.
    pub(crate) const fn allows(&mut self, variable: usize, family: usize) -> bool {
        let mut allowed = self.root_allows();
        let mut at = 0;
        while at < self.places.len() && !allowed {
            allowed =
                self.owner(at).allow_unmapped && self.is_below(at, variable, family).is_some();
            at += 1;
        }
        allowed
    }

    /// Writes the name of a variable to the memory for names, if it is below the place of a struct. Returns the start of the rest,
    /// after the place.
    pub(crate) const fn is_below(
        &mut self,
        place: usize,
        variable: usize,
        family: usize,
    ) -> Option<usize> {
        let owner = self.owner(place);
        if self.ignore(place).is_empty() && !owner.allow_unmapped {
            return None;
        }
        let HolderSite { holder, frame, .. } = self.places.get(place);
        self.spell_member(&self.input.manifest.families[family], variable);
        let rest = self.below(holder);
        let item = self.input.outline.structs[holder].item;
        if item == NONE || rest.is_some() && self.found_is(frame, self.item(item).depth) {
            rest
        } else {
            None
        }
    }

    /// The start of the rest of the name in the memory for names, after the path of a struct; `None` if the name is not below it. The
    /// indices of the struct are then those found.
    pub(crate) const fn below(&mut self, holder: usize) -> Option<usize> {
        let Holder { item, separator, .. } = self.input.outline.structs[holder];
        if item == NONE {
            return Some(0);
        }
        let pieces = part(self.input.outline.pieces, self.item(item).pieces);
        match invert(pieces, self.spelled.bytes(), false, self.found) {
            Some(0) => Some(0),
            Some(rest) if starts(self.spelled.bytes(), rest, separator.as_bytes()) => {
                Some(rest + separator.len())
            }
            _ => None,
        }
    }

    /// True if the found indices equal those of a frame.
    pub(crate) const fn found_is(&self, frame: usize, depth: usize) -> bool {
        each!(0..depth, |number| {
            match self.index_at(frame, number) {
                // An index that the template does not contain can have any value.
                Some(index) if self.found[number] == index || self.found[number] == NONE => {}
                _ => return false,
            }
        });
        true
    }

    /// Replaces the memory for names by the name of an item at a frame.
    pub(crate) const fn spell_at(&mut self, item: usize, frame: usize) {
        self.go_to(frame);
        self.spelled.truncate(0);
        self.spell(item);
    }

    /// True if two instances use the same name for their variable.
    pub(crate) const fn same_name(&mut self, one: &Instance, other: &Instance) -> bool {
        self.spell_at(one.item, one.frame);
        let first = self.spelled.since(0);
        self.go_to(other.frame);
        self.spell(other.item);
        let second = self.spelled.since(first.len);
        let bytes = self.spelled.bytes();
        equal(part(bytes, first), part(bytes, second))
    }
}

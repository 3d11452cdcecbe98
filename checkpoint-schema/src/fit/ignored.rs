//! Finds the variables that structs ignore, also those that are loaded, and the globs that match nothing.

use crate::each::each;
use crate::fit::invert::invert;
use crate::fit::memory::State;
use crate::fit::outline::{Holder, Item};
use crate::fit::records::{Finding, Instance, Kind};
use crate::fit::stack::{NONE, part};
use crate::fit::words::Word::Text;
use crate::listing::glob;
use crate::model::description::Ignore;
use crate::model::text::{equal, starts};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

impl<'a> State<'_, 'a> {
    /// The glob or preset with which a struct ignores the name in the memory for names. The part below its place starts at `rest`.
    pub(crate) const fn ignored_by(
        &self,
        ignore: &'a [Ignore<'static>],
        rest: usize,
    ) -> Option<&'a str> {
        let name = self.spelled.bytes();
        each!(0..ignore.len(), |at| {
            let rest = name.split_at(rest).1;
            match ignore[at] {
                Ignore::Glob(label) | Ignore::Optional(label) => {
                    if is_ignored(label, name, rest) {
                        return Some(label);
                    }
                }
                Ignore::Preset(preset) => {
                    let globs = preset.globs();
                    each!(0..globs.len(), |glob| {
                        if glob::matches(globs[glob].as_bytes(), rest) {
                            return Some(preset.word());
                        }
                    });
                }
            }
        });
        None
    }

    /// Finds the globs of inner structs that match a variable. The derive checks those of the root.
    pub(crate) const fn match_globs(&mut self) {
        each!(0..self.places.len(), |at| {
            let holder = self.places.get(at).holder;
            self.globs[holder].walked = true;
            let ignore = self.ignore(at);
            let mut number = 0;
            while holder > 0 && number < ignore.len() {
                if let Ignore::Glob(label) = ignore[number]
                    && self.is_idle(holder, number)
                    && self.any_below(at, label)
                {
                    self.globs[holder].matched |= 1 << number;
                }
                number += 1;
            }
        });
    }

    /// True if a glob of the struct at a place matches a variable. The candidates are those that another glob matches too, and
    /// averages that are not read: all others would have a field.
    const fn any_below(&mut self, place: usize, label: &str) -> bool {
        each!(0..self.input.manifest.families.len(), |family| {
            let own = &self.input.manifest.families[family];
            each!(own.first..own.first + own.count, |variable| {
                let taken = &self.taken[variable];
                if (taken.ignored.is_some() || taken.spare.is_some())
                    && let Some(rest) = self.is_below(place, variable, family)
                {
                    let name = self.spelled.bytes();
                    if is_ignored(label, name, name.split_at(rest).1) {
                        return true;
                    }
                }
            });
        });
        false
    }

    /// Reports the globs of inner structs that match nothing in any manifest, once for each struct.
    pub(crate) const fn tell_idle(&mut self) {
        each!(1..self.input.outline.structs.len(), |holder| {
            let Holder { owner, ignore, .. } = self.input.outline.structs[holder];
            each!(0..ignore.len(), |number| {
                if let Ignore::Glob(label) = ignore[number]
                    && self.is_idle(holder, number)
                    && !self.is_earlier(holder)
                {
                    let words = [Text(owner.name), Text(label), Text(label)];
                    self.tell(ProblemKind::Idle, 1, say::NESTED_IDLE, &words);
                }
            });
        });
    }

    /// True if a glob of a struct matches nothing, at any of the struct's places.
    pub(crate) const fn is_idle(&self, holder: usize, number: usize) -> bool {
        each!(1..self.input.outline.structs.len(), |at| {
            let globs = &self.globs[at];
            if globs.walked && !globs.is_idle(number) && self.are_same(at, holder) {
                return false;
            }
        });
        self.globs[holder].walked
    }

    /// True if the struct was also walked at an earlier place.
    pub(crate) const fn is_earlier(&self, holder: usize) -> bool {
        each!(1..holder, |at| {
            if self.globs[at].walked && self.are_same(at, holder) {
                return true;
            }
        });
        false
    }

    /// True if two structs of the outline have one name.
    const fn are_same(&self, one: usize, other: usize) -> bool {
        let structs = self.input.outline.structs;
        equal(structs[one].owner.name.as_bytes(), structs[other].owner.name.as_bytes())
    }

    /// Finds variables that are loaded and also ignored, by the names under which they are loaded.
    pub(crate) const fn find_ignored(&mut self) {
        let (outline, manifest, mut any) = (&self.input.outline, &self.input.manifest, false);
        each!(0..outline.items.len(), |item| {
            any |= outline.items[item].is_ignorable;
        });
        each!(0..manifest.families.len(), |family| {
            any |= manifest.families[family].ignored.is_some();
        });
        let mut at = 0;
        while any && at < self.instances.len {
            let Instance { item, variable, family, .. } = self.instances.cells[at];
            if variable < self.input.manifest.variables
                && (self.input.outline.items[item].is_ignorable
                    || self.input.manifest.families[family].ignored.is_some())
            {
                self.is_ignored(at, family);
            }
            at += 1;
        }
    }

    /// Checks if a struct around an instance ignores its variable.
    const fn is_ignored(&mut self, instance: usize, family: usize) {
        let Instance { item, frame, scope, .. } = self.instances.get(instance);
        let ignored = Finding { kind: Kind::Ignored, item, frame, scope, family, ..Finding::NONE };
        let root = self.input.outline.structs[0].ignore;
        let mut spelled = false;
        if self.input.manifest.families[family].ignored.is_some() {
            spelled = true;
            self.spell_at(item, frame);
            let mut word = self.ignored_by(root, 0);
            if word.is_none() {
                word = self.ignored_by(root, self.behind_prefix());
            }
            if word.is_some() {
                return self.find(Finding { word, ..ignored });
            }
        }
        let mut outer = self.item(item).outer;
        while outer != NONE {
            let Item { inner, outer: next, .. } = *self.item(outer);
            let Holder { ignore, separator, .. } = self.input.outline.structs[inner];
            if !ignore.is_empty() {
                if !spelled {
                    self.spell_at(item, frame);
                }
                spelled = true;
                let pieces = part(self.input.outline.pieces, self.item(outer).pieces);
                if let Some(rest) = invert(pieces, self.spelled.bytes(), false, self.found) {
                    let rest = if rest > 0 { rest + separator.len() } else { 0 };
                    if rest <= self.spelled.len()
                        && let Some(word) = self.ignored_by(ignore, rest)
                    {
                        return self.find(Finding { word: Some(word), ..ignored });
                    }
                }
            }
            outer = next;
        }
    }

    /// The position after the prefix from the load options, in the memory for names.
    const fn behind_prefix(&self) -> usize {
        let prefix = self.input.outline.prefix;
        let separator = self.input.outline.structs[0].separator;
        let below = starts(self.spelled.bytes(), 0, prefix.as_bytes())
            && starts(self.spelled.bytes(), prefix.len(), separator.as_bytes());
        if below && !prefix.is_empty() { prefix.len() + separator.len() } else { 0 }
    }
}

/// True if a glob of a struct matches a variable: the rest of its name, below the struct, or after `/` the whole name.
const fn is_ignored(label: &str, name: &[u8], rest: &[u8]) -> bool {
    match label.as_bytes() {
        [b'/', glob @ ..] => glob::matches(glob, name),
        glob => glob::matches(glob, rest),
    }
}

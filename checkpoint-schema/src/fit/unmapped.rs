//! Classifies variables without a field, and finds loaded variables that `ignore` lists.

use crate::fit::invert::{invert, may_match};
use crate::fit::memory::State;
use crate::fit::names::write_member;
use crate::fit::outline::{Holder, Item};
use crate::fit::presence::element as element_of;
use crate::fit::records::{Finding, Frame, HolderSite, HoleAt, Instance, Kind, Outside};
use crate::fit::stack::{NONE, part};
use crate::listing::glob;
use crate::manifest::Family;
use crate::model::description::{Ignore, Indices, Struct};
use crate::model::text::{equal, starts};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

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
        let (mut at, first) = (0, self.root_place());
        let mut allowed = self.root_allows();
        while at < self.places.len() {
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
            at += 1;
        }
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
    const fn ignore(&self, place: usize) -> &'a [Ignore<'static>] {
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
    const fn is_below(&mut self, place: usize, variable: usize, family: usize) -> Option<usize> {
        let owner = self.owner(place);
        if self.ignore(place).is_empty() && !owner.allow_unmapped {
            return None;
        }
        let HolderSite { holder, frame, .. } = self.places.get(place);
        let Holder { item, separator, .. } = self.input.outline.structs[holder];
        let own = &self.input.manifest.families[family];
        self.spelled.truncate(0);
        write_member(own, variable - own.first, &mut self.spelled);
        if item == NONE {
            return Some(0);
        }
        let pieces = part(self.input.outline.pieces, self.item(item).pieces);
        let Some(mut rest) = invert(pieces, self.spelled.bytes(), false, self.found) else {
            return None;
        };
        if !self.found_is(frame, self.item(item).depth) {
            return None;
        }
        if rest > 0 {
            if !starts(self.spelled.bytes(), rest, separator.as_bytes()) {
                return None;
            }
            rest += separator.len();
        }
        Some(rest)
    }

    /// True if the found indices equal those of a frame.
    const fn found_is(&self, frame: usize, depth: usize) -> bool {
        let mut number = 0;
        while number < depth {
            match self.index_at(frame, number) {
                // An index that the template does not contain can have any value.
                Some(index) if self.found[number] == index || self.found[number] == NONE => {}
                _ => return false,
            }
            number += 1;
        }
        true
    }

    /// The glob or preset with which a struct ignores the name in the memory for names. The part below its place starts at `rest`.
    const fn ignored_by(&self, ignore: &'a [Ignore<'static>], rest: usize) -> Option<&'a str> {
        let name = self.spelled.bytes();
        let mut at = 0;
        while at < ignore.len() {
            let rest = name.split_at(rest).1;
            match ignore[at] {
                Ignore::Glob(label) | Ignore::Optional(label) => {
                    if is_ignored(label, name, rest) {
                        return Some(label);
                    }
                }
                Ignore::Preset(preset) => {
                    let globs = preset.globs();
                    let mut glob = 0;
                    while glob < globs.len() {
                        if glob::matches(globs[glob].as_bytes(), rest) {
                            return Some(preset.word());
                        }
                        glob += 1;
                    }
                }
            }
            at += 1;
        }
        None
    }

    /// Finds the globs of inner structs that match a variable. The derive checks those of the root.
    pub(crate) const fn match_globs(&mut self) {
        let mut at = 0;
        while at < self.places.len() {
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
            at += 1;
        }
    }

    /// True if a glob of the struct at a place matches a variable. The candidates are those that another glob matches too, and
    /// averages that are not read: all others would have a field.
    const fn any_below(&mut self, place: usize, label: &str) -> bool {
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let mut variable = own.first;
            while variable < own.first + own.count {
                let taken = &self.taken[variable];
                if (taken.ignored.is_some() || taken.spare.is_some())
                    && let Some(rest) = self.is_below(place, variable, family)
                {
                    let name = self.spelled.bytes();
                    if is_ignored(label, name, name.split_at(rest).1) {
                        return true;
                    }
                }
                variable += 1;
            }
            family += 1;
        }
        false
    }

    /// Reports the globs of inner structs that match nothing in any manifest, once for each struct.
    pub(crate) const fn tell_idle(&mut self) {
        let mut holder = 1;
        while holder < self.input.outline.structs.len() {
            let Holder { owner, ignore, .. } = self.input.outline.structs[holder];
            let mut number = 0;
            while number < ignore.len() {
                if let Ignore::Glob(label) = ignore[number]
                    && self.is_idle(holder, number)
                    && !self.is_earlier(holder)
                {
                    let start = self.out.len();
                    self.out.fill(say::NESTED_IDLE, &[owner.name, label, label]);
                    self.tell(ProblemKind::Idle, 1, start);
                }
                number += 1;
            }
            holder += 1;
        }
    }

    /// True if a glob of a struct matches nothing, at any of the struct's places.
    pub(crate) const fn is_idle(&self, holder: usize, number: usize) -> bool {
        let mut at = 1;
        while at < self.input.outline.structs.len() {
            let globs = &self.globs[at];
            if globs.walked && !globs.is_idle(number) && self.are_same(at, holder) {
                return false;
            }
            at += 1;
        }
        self.globs[holder].walked
    }

    /// True if the struct was also walked at an earlier place.
    pub(crate) const fn is_earlier(&self, holder: usize) -> bool {
        let mut at = 1;
        while at < holder {
            if self.globs[at].walked && self.are_same(at, holder) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// True if two structs of the outline have one name.
    const fn are_same(&self, one: usize, other: usize) -> bool {
        let structs = self.input.outline.structs;
        equal(structs[one].owner.name.as_bytes(), structs[other].owner.name.as_bytes())
    }

    /// Finds variables that are loaded and also ignored, by the names under which they are loaded.
    pub(crate) const fn find_ignored(&mut self) {
        let mut ignores = false;
        let mut holder = 0;
        while holder < self.input.outline.structs.len() {
            ignores |= !self.input.outline.structs[holder].ignore.is_empty();
            holder += 1;
        }
        let (mut ignored, mut at) = (false, 0);
        while ignores && at < self.input.outline.items.len() {
            ignored |= self.input.outline.items[at].is_ignorable;
            at += 1;
        }
        let mut family = 0;
        while ignores && !ignored && family < self.input.manifest.families.len() {
            ignored |= self.input.manifest.families[family].ignored.is_some();
            family += 1;
        }
        let mut at = 0;
        while ignored && at < self.instances.len {
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

    /// Finds holes in lists: unexpected variables at an index after the last counted element. Variables explained by a hole are no
    /// longer unmapped. Variables outside the bounds of a list are recorded.
    pub(crate) const fn find_holes(&mut self) {
        if self.takes == self.input.manifest.variables || self.lists.len() == 0 {
            return;
        }
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let (mut variable, mut may_match) = (own.first, false);
            while variable < own.first + own.count {
                let taken = self.taken[variable];
                if taken.unmapped || taken.allowed {
                    if !may_match && !self.may_match_any(own) {
                        break;
                    }
                    may_match = true;
                    self.misplaced(variable, family);
                }
                variable += 1;
            }
            family += 1;
        }
        let mut hole = 0;
        while hole < self.holes.len() {
            self.tell_hole(hole);
            hole += 1;
        }
    }

    /// False if no item matches a name of a family.
    pub(crate) const fn may_match_any(&self, family: &Family<'_>) -> bool {
        let outline = &self.input.outline;
        let mut item = 0;
        while item < outline.items.len() {
            if may_match(part(outline.pieces, outline.items[item].pieces), family) {
                return true;
            }
            item += 1;
        }
        false
    }

    /// Searches the field that would take a variable if a list had more elements.
    const fn misplaced(&mut self, variable: usize, family: usize) {
        let own = &self.input.manifest.families[family];
        self.spelled.truncate(0);
        write_member(own, variable - own.first, &mut self.spelled);
        let mut item = 0;
        while item < self.input.outline.items.len() {
            let Item { pieces, .. } = *self.item(item);
            let pieces = part(self.input.outline.pieces, pieces);
            if invert(pieces, self.spelled.bytes(), true, self.found).is_some()
                && self.is_misplaced(item, variable, family)
            {
                return;
            }
            item += 1;
        }
    }

    /// True if a list around an item lacks one of the found indices.
    const fn is_misplaced(&mut self, item: usize, variable: usize, family: usize) -> bool {
        let Item { depth, .. } = *self.item(item);
        let (mut number, mut frame) = (0, NONE);
        while number < depth {
            let seen = self.found[number];
            let binder = self.binder(item, number);
            let list = self.list_at(binder, frame);
            if seen == NONE || list == NONE {
                return false;
            }
            let list = self.lists.get(list);
            // An empty list is walked with one element, whose own lists can have a hole.
            let is_walked = !list.stacked && list.end == list.start && seen == list.start;
            if !is_walked && !self.has_element(&list, seen) {
                if matches!(self.item(binder).field.indices, Indices::Any) && !list.stacked {
                    return false;
                }
                return self.is_out_of_list(item, variable, family, binder, frame, list.counted);
            }
            let inner = self.frame_at(frame, number + 1, seen);
            if inner == NONE {
                return false;
            }
            frame = inner;
            number += 1;
        }
        false
    }

    /// The item that binds index `number`, among those around an item.
    const fn binder(&self, item: usize, number: usize) -> usize {
        let mut at = self.item(item).base;
        while self.item(at).around > number {
            at = self.item(at).outer;
        }
        at
    }

    /// The list or `stack` of an item, at a frame.
    pub(crate) const fn list_at(&self, item: usize, frame: usize) -> usize {
        let mut at = 0;
        while at < self.lists.len() {
            let list = self.lists.get(at);
            if list.item == item && list.frame == frame {
                return at;
            }
            at += 1;
        }
        NONE
    }

    /// The frame of an element within another frame.
    const fn frame_at(&self, outer: usize, depth: usize, index: usize) -> usize {
        let mut at = 0;
        while at < self.frames.len() {
            let frame = self.frames.get(at);
            if frame.outer == outer && frame.depth == depth && frame.index == index {
                return at;
            }
            at += 1;
        }
        NONE
    }

    /// Records a variable whose index is not in the list at a frame. Returns true if so.
    const fn is_out_of_list(
        &mut self,
        item: usize,
        variable: usize,
        family: usize,
        binder: usize,
        frame: usize,
        counted: bool,
    ) -> bool {
        let number = self.depth_at(frame);
        let seen = self.found[number];
        let list = self.lists.get(self.list_at(binder, frame));
        if !counted || seen < list.start {
            if list.stacked || !self.taken[variable].unmapped {
                return true;
            }
            let element = self.frames.push(Frame { outer: frame, index: seen, depth: number + 1 });
            self.go_to(frame);
            let node = element_of(&self.item(binder).field.node);
            // An incomplete element does not show that the list is longer.
            if self.element_is_whole(binder, node, seen) {
                let own = Outside { variable, family, item, list: binder, element };
                let _ = self.outside.push(own);
            }
            return true;
        }
        // The element directly after the last one is incomplete. Its variables may belong to other fields.
        if seen == list.end && list.end > list.start {
            return true;
        }
        let _ = self.holes.push(HoleAt { list: binder, frame, end: list.end, seen, variable });
        self.taken[variable].unmapped = false;
        true
    }

    /// Reports a hole with the first variable after it.
    const fn tell_hole(&mut self, number: usize) {
        let hole = self.holes.get(number);
        let (mut at, mut first) = (0, hole);
        while at < self.holes.len() {
            let other = self.holes.get(at);
            if other.list == hole.list && other.frame == hole.frame {
                if at < number {
                    return;
                }
                if other.seen < first.seen {
                    first = other;
                }
            }
            at += 1;
        }
        self.explain_later(&hole);
        let HoleAt { list, frame, end, seen, variable, .. } = first;
        // An empty list is walked with one element. Its missing variables are the hole itself.
        let depth = self.depth_at(frame);
        let mut at = 0;
        while at < self.findings.len() {
            let finding = self.findings.get(at);
            let within = finding.item >= list && finding.item < self.item(list).end
                || self.item(finding.item).next == self.item(list).next;
            if matches!(finding.kind, Kind::Missing)
                && within
                && self.frame_of(finding.frame, depth) == frame
                && matches!(self.index_at(finding.frame, depth), Some(index) if index == end)
            {
                self.findings.at(at).told = true;
            }
            at += 1;
        }
        let field = self.item(list).field;
        let start = match field.stack() {
            Some((_, stack)) if field.repeat.is_none() || depth > self.item(list).around => {
                stack.start
            }
            _ => self.list_start(list),
        };
        let later = end == start;
        let frame = self.frames.push(Frame { outer: frame, index: end, depth: depth + 1 });
        let numbers = [seen as u64, variable as u64, later as u64, 0];
        self.find(Finding { kind: Kind::Hole, item: list, frame, numbers, ..Finding::NONE });
    }

    /// Marks the variables of elements after a hole as explained, even if no field would take them.
    const fn explain_later(&mut self, hole: &HoleAt) {
        let pieces = self.item(hole.list).pieces;
        let depth = self.depth_at(hole.frame);
        let mut family = 0;
        while family < self.input.manifest.families.len() && pieces.len > 0 {
            let own = &self.input.manifest.families[family];
            let mut variable = own.first;
            while variable < own.first + own.count {
                if self.taken[variable].unmapped {
                    self.spelled.truncate(0);
                    write_member(own, variable - own.first, &mut self.spelled);
                    let pieces = part(self.input.outline.pieces, pieces);
                    if let Some(rest) = invert(pieces, self.spelled.bytes(), false, self.found)
                        && !self.goes_on(rest)
                        && self.found_is(hole.frame, depth)
                        && self.is_later(hole, self.found[depth])
                    {
                        self.taken[variable].unmapped = false;
                    }
                }
                variable += 1;
            }
            family += 1;
        }
    }

    /// True if a word continues at a position of the name in the memory for names.
    const fn goes_on(&self, at: usize) -> bool {
        at < self.spelled.len() && self.spelled.bytes()[at].is_ascii_alphanumeric()
    }

    const fn is_later(&self, hole: &HoleAt, index: usize) -> bool {
        let mut at = 0;
        while at < self.holes.len() {
            let other = self.holes.get(at);
            if other.list == hole.list && other.frame == hole.frame && other.seen == index {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// True if a glob of a struct matches a variable: the rest of its name, below the struct, or after `/` the whole name.
const fn is_ignored(label: &str, name: &[u8], rest: &[u8]) -> bool {
    match label.as_bytes() {
        [b'/', glob @ ..] => glob::matches(glob, name),
        glob => glob::matches(glob, rest),
    }
}

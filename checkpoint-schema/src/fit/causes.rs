//! Finds one cause of many problems: absent or moved structs, a different prefix, a renamed word, keys of objects.

use crate::fit::invert::{invert, may_match};
use crate::fit::memory::State;
use crate::fit::names::{write_family, write_member};
use crate::fit::outline::{Holder, Item, Piece, Role};
use crate::fit::problems::MANY;
use crate::fit::records::{Change, Finding, Folded, Instance, Kind, Told};
use crate::fit::stack::{NONE, Span, part};
use crate::format::tensorflow::object_graph::VALUE_SUFFIX;
use crate::manifest::{Family, FamilyPiece, Hash, find};
use crate::model::description::{Indices, Path};
use crate::model::dialect::lacks;
use crate::model::shadow::Shadow;
use crate::model::template;
use crate::model::text::{ends, equal, rests, starts};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The number of missing variables for which other names are searched.
const LOOKED_FOR: usize = 8;

/// The number of changed words to try on the names of all missing variables.
const TRIED: usize = 16;

/// The name of an average below its variable, as stored by `tf.train.ExponentialMovingAverage`.
const AVERAGE: &str = "ExponentialMovingAverage";

impl State<'_, '_> {
    /// The outermost struct around a missing variable without any variables; `NONE` for other kinds of findings.
    pub(crate) const fn top(&self, finding: usize) -> usize {
        let finding = self.findings.get(finding);
        if !matches!(finding.kind, Kind::Missing) {
            return NONE;
        }
        let (mut top, mut outer) = (NONE, self.item(finding.item).outer);
        let (mut first, mut last) = (finding.instance, finding.instance);
        while outer != NONE {
            let (mut alive, frame) = (false, self.frame_of(finding.frame, self.item(outer).depth));
            // Variables of one struct are consecutive in the walk.
            while first > 0 && self.is_within(first - 1, outer, frame) {
                first -= 1;
                alive |= self.instances.get(first).variable != NONE;
            }
            while last + 1 < self.instances.len() && self.is_within(last + 1, outer, frame) {
                last += 1;
                alive |= self.instances.get(last).variable != NONE;
            }
            if alive {
                return top;
            }
            top = outer;
            outer = self.item(outer).outer;
        }
        top
    }

    /// True if an instance belongs to the struct of item `outer` at a frame.
    const fn is_within(&self, instance: usize, outer: usize, frame: usize) -> bool {
        let Instance { item, frame: own, .. } = self.instances.get(instance);
        item > outer
            && item < self.item(outer).end
            && self.frame_of(own, self.depth_at(frame)) == frame
    }

    /// Reports a missing variable, together with those of the same absent struct.
    pub(crate) const fn tell_missing_group(&mut self, first: usize) {
        let Folded { top, .. } = self.folded.get(first);
        let (start, out, told) = (self.told.len(), self.out.len(), self.told.len());
        let (mut at, mut members) = (first, 0);
        let near = self.nears.len();
        let is_alone = top == NONE || self.count_whole(first) == 1;
        while at < self.folded.len() {
            let is_first = at == first;
            if !self.folded.get(at).told
                && (is_first || (top != NONE && self.same_whole(first, at)))
            {
                self.tell_missing(at, is_alone);
                self.folded.at(at).told = true;
                members += 1;
            }
            at += 1;
        }
        if top != NONE && members > 1 {
            self.sum_up(first, start, members, Marks { told, out, near });
        }
        self.nears.truncate(near);
    }

    /// The number of missing variables of the same absent struct at the same places, counted from the first.
    const fn count_whole(&self, first: usize) -> usize {
        let (mut count, mut at) = (1, first + 1);
        while at < self.folded.len() {
            count += (!self.folded.get(at).told && self.same_whole(first, at)) as usize;
            at += 1;
        }
        count
    }

    /// True if two missing variables belong to the same absent struct at the same places.
    const fn same_whole(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.folded.get(one), self.folded.get(other));
        let finding = self.findings.get(other.finding);
        if one.top != other.top || !matches!(finding.kind, Kind::Missing) {
            return false;
        }
        let (depth, mut at) = (self.item(one.top).depth, 0);
        while at < depth && at < one.axes.len && at < other.axes.len {
            let (one, other) =
                (self.boxes.get(one.axes.at + at), self.boxes.get(other.axes.at + at));
            if !crate::fit::text::same_lens(self.values.part(one), self.values.part(other)) {
                return false;
            }
            at += 1;
        }
        true
    }

    const fn tell_missing(&mut self, folded: usize, is_alone: bool) {
        let Folded { finding, axes, .. } = self.folded.get(folded);
        let item = self.findings.get(finding).item;
        let count = self.places_in(axes);
        let mut told = Told { kind: ProblemKind::Missing, count, ..Told::NONE };
        let start = self.about(item, axes, &mut told, true);
        let rest = self.out.before(say::NO_VARIABLE);
        self.out.push("`");
        self.out.repeat(told.variable);
        self.out.push("`");
        let Item { field, end, next, .. } = *self.item(item);
        let mut at = item + 1;
        while at < end {
            if matches!(self.item(at).role, Role::Tied) {
                self.out.push(" or `");
                self.put_variable(at, axes);
                self.out.push("`");
            }
            at += 1;
        }
        let mut at = end;
        // The field's alternative paths.
        while !field.joins_paths() && at < next && self.item(at).path > 0 {
            self.out.push(if self.item(at).end == next { " or `" } else { ", `" });
            self.put_variable(at, axes);
            self.out.push("`");
            at = self.item(at).end;
        }
        self.out.push(rest);
        self.suggested += 1;
        self.may_be(item, axes, say::MAY_BE_ABSENT, is_alone);
        told.message = self.out.since(start);
        let _ = self.told.push(told);
    }

    /// Writes a suggestion for a path, or the way to fix the field. Less similar names are suggested only for variables that are
    /// missing alone, not with their struct.
    pub(crate) const fn may_be(&mut self, item: usize, axes: Span, way_out: &str, is_alone: bool) {
        let near = if self.suggested <= crate::fit::near::SUGGESTED && self.has_room() {
            self.nearest(item, axes, is_alone)
        } else {
            None
        };
        let Some((family, shown)) = near else {
            let _ = self.nears.push(Span::EMPTY);
            return self.out.push(way_out);
        };
        if self.is_part(item, axes, shown) {
            let rest = self.out.before(say::PARTS);
            let parts = &self.input.manifest.families[family];
            write_family(parts, &mut self.out);
            self.explain_family(parts);
            let rest = self.out.before(rest);
            let _ = self.nears.push(Span::EMPTY);
            self.write_spec(family);
            return self.out.push(rest);
        }
        let rest = self.out.before(say::DID_YOU_MEAN);
        let start = self.out.len();
        self.out.push_bytes(self.texts.part(shown).as_bytes());
        let name = self.out.since(start);
        let _ = self.nears.push(name);
        let rest = self.out.before(rest);
        self.write_spec(family);
        self.out.push(rest);
    }

    /// True if a name is a part of an item's variable, such as `w/part_0`.
    const fn is_part(&mut self, item: usize, axes: Span, name: Span) -> bool {
        let start = self.texts.len();
        self.text_variable(item, axes);
        let own = self.texts.since(start);
        let (own, name) = (self.texts.part(own).as_bytes(), self.texts.part(name).as_bytes());
        let is_part = starts(name, 0, own) && starts(name, own.len(), b"/part_");
        self.texts.truncate(start);
        is_part
    }

    /// Replaces the reports of all variables of an absent struct by a single one, if possible.
    const fn sum_up(&mut self, first: usize, start: usize, members: usize, marks: Marks) {
        let Folded { top, axes, .. } = self.folded.get(first);
        let depth = self.item(top).depth;
        let axes = Span { len: if depth < axes.len { depth } else { axes.len }, ..axes };
        let location = self.texts.len();
        self.text_variable(top, axes);
        let location = self.texts.since(location);
        let (mut near, mut same, mut at) = (Span::EMPTY, location.len > 0, 0);
        let mut any = false;
        while at < members {
            let (own, told) = (self.nears.get(marks.near + at), self.told.get(start + at));
            any |= own.len > 0;
            let prefix = self.prefix_of(own, told.variable, location);
            same = same
                && match prefix {
                    Some(prefix) if at == 0 || self.same_out(prefix, near) => {
                        near = prefix;
                        true
                    }
                    _ => false,
                };
            at += 1;
        }
        if any && !same {
            return;
        }
        let found = self.texts.len();
        if same {
            self.texts.push_bytes(self.out.part(near).as_bytes());
        }
        let found = self.texts.since(found);
        let places = self.places_in(axes) * members;
        self.told.truncate(marks.told);
        self.out.truncate(marks.out);
        let mut told = Told { count: places, kind: ProblemKind::Absent, ..Told::NONE };
        let begin = self.about(top, axes, &mut told, location.len > 0);
        if same {
            told.kind = ProblemKind::Elsewhere;
            let rest = self.out.before(say::ELSEWHERE);
            self.out.repeat(told.variable);
            let rest = self.out.before(rest);
            self.out.push_bytes(self.texts.part(found).as_bytes());
            self.out.push(rest);
        } else {
            let rest = self.out.before(say::ABSENT);
            self.out.number(members as u64, 1);
            let rest = self.out.before(rest);
            self.write_first(first, false);
            self.out.push(rest);
            self.out.push(match self.item(top).field.indices {
                Indices::Listed(_) => say::CHANGE_LIST,
                _ if self.is_bounded(top, first) => say::CHANGE_BOUNDS,
                _ => say::MAY_BE_ABSENT,
            });
        }
        told.message = self.out.since(begin);
        let _ = self.told.push(told);
    }

    /// The text that a similar name has in place of the location of a struct. The name must end as the variable does.
    const fn prefix_of(&self, near: Span, variable: Span, location: Span) -> Option<Span> {
        let (name, own) = (self.out.part(near).as_bytes(), self.out.part(variable).as_bytes());
        let place = self.texts.part(location).as_bytes();
        if !starts(own, 0, place) || near.len == 0 {
            return None;
        }
        let rest = own.split_at(place.len()).1;
        if name.len() < rest.len() || !equal(name.split_at(name.len() - rest.len()).1, rest) {
            return None;
        }
        Some(Span { at: near.at, len: near.len - rest.len() })
    }

    const fn same_out(&self, one: Span, other: Span) -> bool {
        equal(self.out.part(one).as_bytes(), self.out.part(other).as_bytes())
    }

    /// Appends the name of an item's variable, at places, to the memory for texts.
    const fn text_variable(&mut self, item: usize, axes: Span) {
        let axes =
            crate::fit::shown::Axes { spans: self.boxes.part(axes), values: self.values.all() };
        crate::fit::shown::write_variable(&self.input.outline, item, axes, &mut self.texts);
    }

    /// True if a struct is an element within the bounds of its list.
    const fn is_bounded(&self, item: usize, folded: usize) -> bool {
        let Folded { finding, .. } = self.folded.get(folded);
        let own = self.item(item);
        if own.field.repeat.is_none() {
            return false;
        }
        let frame = self.frame_of(self.findings.get(finding).frame, own.around);
        let list = self.list_at(item, frame);
        list != NONE && !self.lists.get(list).counted
    }

    /// Marks the variables that match a template as explained.
    pub(crate) const fn explain(&mut self, pieces: &[Piece<'_>]) {
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let mut variable = own.first;
            while variable < own.first + own.count && may_match(pieces, own) {
                if self.taken[variable].unmapped {
                    self.spelled.truncate(0);
                    write_member(own, variable - own.first, &mut self.spelled);
                    if invert(pieces, self.spelled.bytes(), true, self.found).is_some() {
                        self.taken[variable].unmapped = false;
                    }
                }
                variable += 1;
            }
            family += 1;
        }
    }

    pub(crate) const fn explain_item(&mut self, item: usize) {
        let outline = self.input.outline;
        self.explain(part(outline.pieces, outline.items[item].pieces));
    }

    /// Reports missing keys that are paths of existing objects. Marks the variables without a field as explained.
    pub(crate) const fn tell_object_keys(&mut self) {
        let (mut at, mut any) = (0, false);
        while self.input.are_keys && at < self.findings.len() {
            let Finding { kind, item, frame, told, .. } = self.findings.get(at);
            if matches!(kind, Kind::Missing) && !told {
                self.spell_at(item, frame);
                self.spelled.push(VALUE_SUFFIX);
                if let Some((variable, _)) =
                    find(self.input.manifest.slots, Hash::of(self.spelled.bytes()))
                    && variable < self.input.manifest.variables
                {
                    any = true;
                    self.findings.at(at).told = true;
                    self.taken[variable].unmapped = false;
                }
            }
            at += 1;
        }
        if any {
            let start = self.out.len();
            self.out.push(say::OBJECT_BASED);
            self.tell(ProblemKind::ObjectBased, 1, start);
        }
    }

    /// Reports missing variables that exist under other names: only as an average, or only without an average.
    pub(crate) const fn tell_averages(&mut self) {
        let (mut at, mut count, mut first) = (0, [0, 0], [NONE, NONE]);
        while at < self.findings.len() {
            if self.is_missing(at)
                && let Some((variable, averaged)) = self.under_other_name(at)
            {
                let kind = averaged as usize;
                first[kind] = if count[kind] == 0 { variable } else { first[kind] };
                count[kind] += 1;
                self.findings.at(at).told = true;
                self.taken[variable].unmapped = false;
            }
            at += 1;
        }
        if count[0] + count[1] > 0 {
            self.explain_names();
        }
        self.tell_other_names(count[0], first[0], say::NO_AVERAGE);
        let can_be_taken = !matches!(self.input.shadow, Shadow::PreferAverage);
        self.tell_other_names(
            count[1],
            first[1],
            if can_be_taken { say::ONLY_AVERAGES_TAKEN } else { say::ONLY_AVERAGES },
        );
    }

    /// The variable found in place of a missing one: its average (true), or the plain variable of a missing average (false).
    const fn under_other_name(&mut self, finding: usize) -> Option<(usize, bool)> {
        let Finding { item, frame, .. } = self.findings.get(finding);
        let own = self.item(item);
        let is_average = matches!(own.role, Role::Average);
        if is_average {
            self.spell_at(own.base, frame);
        } else {
            self.spell_at(item, frame);
            self.spelled.push(own.separator);
            self.spelled.push(match own.shadow.name {
                Some(name) => name,
                None => AVERAGE,
            });
        }
        match find(self.input.manifest.slots, Hash::of(self.spelled.bytes())) {
            Some((variable, _)) if variable < self.input.manifest.variables => {
                Some((variable, !is_average))
            }
            _ => None,
        }
    }

    /// Marks averages, and variables whose names match the struct, as explained. This includes later elements of lists without
    /// bounds: only the first element is reported as missing.
    const fn explain_names(&mut self) {
        let mut item = 0;
        while item < self.input.outline.items.len() {
            self.explain_item(item);
            item += 1;
        }
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            if let Some(FamilyPiece::Text(text)) = own.pieces.last()
                && ends(text.as_bytes(), AVERAGE.as_bytes())
            {
                self.explain_family(own);
            }
            family += 1;
        }
    }

    const fn tell_other_names(&mut self, count: usize, first: usize, sentence: &str) {
        if count == 0 {
            return;
        }
        let start = self.out.len();
        let rest = self.out.before(sentence);
        self.out.number(count as u64, 1);
        self.out.push(if count == 1 {
            " variable of the struct has"
        } else {
            " variables of the struct have"
        });
        let rest = self.out.before(rest);
        self.write_name(first);
        self.out.push(rest);
        self.tell(ProblemKind::Averages, count, start);
    }

    /// Appends the name of a missing variable to the memory for texts.
    const fn text_missing(&mut self, finding: usize) -> Span {
        let Finding { item, frame, .. } = self.findings.get(finding);
        self.spell_at(item, frame);
        let start = self.texts.len();
        self.texts.push_bytes(self.spelled.bytes());
        self.texts.since(start)
    }

    /// Reports that most missing variables exist with another prefix. Returns true if the prefix of the whole struct differs. Marks
    /// the variables under that prefix as explained.
    pub(crate) const fn tell_prefix(&mut self) -> bool {
        let missing = self.missing_left();
        if missing < 2 {
            return false;
        }
        let (texts, changes) = (self.texts.len(), self.changes.len());
        let (mut at, mut looked) = (0, 0);
        while at < self.findings.len() && looked < LOOKED_FOR {
            if self.is_missing(at) {
                self.add_prefixes(at);
                looked += 1;
            }
            at += 1;
        }
        let best = self.best_prefix(changes);
        let (explains, mut whole) = (best.count * 10 >= missing * 9 && best.count > 0, false);
        if explains && (best.written.len > self.root_text() || self.would_lose(&best)) {
            self.tell_elsewhere(&best);
        } else if explains && missing > self.takes {
            whole = true;
            self.tell_prefix_of(&best);
        }
        self.changes.truncate(changes);
        self.texts.truncate(texts);
        whole
    }

    /// The number of missing variables without a reported cause.
    const fn missing_left(&self) -> usize {
        let (mut missing, mut at) = (0, 0);
        while at < self.findings.len() {
            missing += self.is_missing(at) as usize;
            at += 1;
        }
        missing
    }

    /// The length of the prefix from the root and the load options, including a separator.
    const fn root_text(&self) -> usize {
        let Holder { prefix, separator, .. } = self.input.outline.structs[0];
        let (prefix, option) = (text_of(prefix), self.input.outline.prefix);
        let mut len = prefix.len() + option.len();
        if !prefix.is_empty() {
            len += separator.len();
        }
        if !option.is_empty() {
            len += separator.len();
        }
        len
    }

    /// True if a change of prefix would lose variables that are found now.
    const fn would_lose(&mut self, change: &Change) -> bool {
        let mut at = 0;
        while at < self.instances.len() {
            let Instance { item, frame, variable, .. } = self.instances.get(at);
            if variable != NONE && !self.is_absolute(item) {
                self.spell_at(item, frame);
                let written = self.texts.part(change.written).as_bytes();
                if starts(self.spelled.bytes(), 0, written) {
                    return true;
                }
            }
            at += 1;
        }
        false
    }

    /// True if the names of an item do not start with the prefix of the root.
    const fn is_absolute(&self, item: usize) -> bool {
        let mut at = item;
        while at != NONE {
            let Item { field, path, outer, .. } = *self.item(at);
            let own = path < field.paths.len() && field.paths[path].absolute;
            let structs = self.input.outline.structs;
            if own || (outer != NONE && structs[self.item(outer).inner].prefix.absolute) {
                return true;
            }
            at = outer;
        }
        false
    }

    /// Reports each absent struct that exists with another prefix.
    const fn tell_elsewhere(&mut self, change: &Change) {
        let mut at = 0;
        while at < self.findings.len() {
            let top = self.top(at);
            if top != NONE && self.is_missing(at) {
                self.tell_top_elsewhere(top, change);
            }
            at += 1;
        }
    }

    const fn tell_top_elsewhere(&mut self, top: usize, change: &Change) {
        let texts = self.texts.len();
        self.text_variable(top, Span::EMPTY);
        let location = self.texts.since(texts);
        let written = self.texts.part(change.written).as_bytes();
        let place = self.texts.part(location).as_bytes();
        // The location continues after the changed text, or equals it except for the separator.
        let below = starts(place, 0, written);
        let same = written.len() > place.len() && starts(written, 0, place);
        if location.len == 0 || !(below || same && written.len() == place.len() + 1) {
            self.texts.truncate(texts);
            return;
        }
        let rest = if below { change.written.len } else { location.len };
        let rest = Span { at: location.at + rest, len: location.len - rest };
        let mut told = Told { kind: ProblemKind::Elsewhere, ..Told::NONE };
        let start = self.about(top, Span::EMPTY, &mut told, true);
        let sentence = self.out.before(say::ELSEWHERE);
        self.out.repeat(told.variable);
        let sentence = self.out.before(sentence);
        let found = if below { change.found } else { self.without_separator(change.found) };
        self.out.push_bytes(self.texts.part(found).as_bytes());
        self.out.push_bytes(self.texts.part(rest).as_bytes());
        self.out.push(sentence);
        told.message = self.out.since(start);
        let (from, end) = (top + 1, self.item(top).end);
        let mut finding = 0;
        while finding < self.findings.len() {
            if self.is_missing(finding) && self.top(finding) == top {
                self.findings.at(finding).told = true;
            }
            finding += 1;
        }
        told.count = self.explain_change(change, from, end);
        if told.count == 0 {
            told.count = 1;
        }
        self.texts.truncate(texts);
        let _ = self.told.push(told);
    }

    /// Marks the variables that some items would take after a change of prefix as explained. Returns their number.
    const fn explain_change(&mut self, change: &Change, from: usize, end: usize) -> usize {
        let (mut count, mut family) = (0, 0);
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let left = self.left_of(own);
            if left > 0 && self.is_of_change(change, own, from, end) {
                count += left;
                self.explain_family(own);
            }
            family += 1;
        }
        count
    }

    /// True if the first name of a family would match an item after a change of prefix.
    const fn is_of_change(
        &mut self,
        change: &Change,
        family: &Family<'_>,
        from: usize,
        end: usize,
    ) -> bool {
        self.spelled.truncate(0);
        write_member(family, 0, &mut self.spelled);
        let found = self.texts.part(change.found).as_bytes();
        if !starts(self.spelled.bytes(), 0, found) {
            return false;
        }
        let rest =
            Span { at: change.found.len, len: self.spelled.len().saturating_sub(found.len()) };
        let start = self.spelled.len();
        self.spelled.push_bytes(self.texts.part(change.written).as_bytes());
        self.spelled.repeat(rest);
        let name = self.spelled.since(start);
        let mut item = from;
        while item < end {
            let pieces = part(self.input.outline.pieces, self.item(item).pieces);
            let name = part(self.spelled.bytes(), name);
            if invert(pieces, name, true, self.found).is_some() {
                return true;
            }
            item += 1;
        }
        false
    }

    /// Reports that the checkpoint is of another model, in one sentence. The condition: almost no variables of the struct exist, and
    /// few of the missing names have a similar name.
    pub(crate) const fn tell_other_model(&mut self) {
        let missing = self.missing_left();
        if missing < 2 * MANY || self.takes * 10 > missing {
            return;
        }
        let (mut looked, mut like, mut first, mut at) = (0, 0, NONE, 0);
        while at < self.findings.len() && looked < LOOKED_FOR {
            if self.is_missing(at) {
                first = if first == NONE { at } else { first };
                looked += 1;
                like += self.is_like_any(at) as usize;
            }
            at += 1;
        }
        if like * 2 > looked {
            return;
        }
        let (mut other, mut left, mut variable) = (NONE, 0, 0);
        while variable < self.input.manifest.variables {
            if self.taken[variable].unmapped {
                other = if other == NONE { variable } else { other };
                left += 1;
            }
            variable += 1;
        }
        if other == NONE {
            return;
        }
        let Finding { item, frame, .. } = self.findings.get(first);
        let start = self.out.len();
        let rest = self.out.before(say::ANOTHER_MODEL_S);
        self.out.push(if self.takes == 0 { "all" } else { "nearly all" });
        let rest = self.out.before(rest);
        self.out.push(self.input.outline.structs[0].owner.name);
        let rest = self.out.before(rest);
        self.spell_at(item, frame);
        self.out.push_bytes(self.spelled.bytes());
        let rest = self.out.before(rest);
        self.write_field_at(item, frame);
        let rest = self.out.before(rest);
        self.out.number(left as u64, 1);
        let rest = self.out.before(rest);
        self.write_name(other);
        self.out.push(rest);
        // Larger than the count of other dialects, which may explain only some variables.
        self.tell(ProblemKind::Absent, missing + left, start);
        let mut at = 0;
        while at < self.findings.len() {
            self.findings.at(at).told = true;
            at += 1;
        }
        let mut variable = 0;
        while variable < self.input.manifest.variables {
            self.taken[variable].unmapped = false;
            variable += 1;
        }
    }

    /// True if a missing variable is similar to a variable without a field.
    const fn is_like_any(&mut self, finding: usize) -> bool {
        let Finding { item, frame, .. } = self.findings.get(finding);
        let texts = self.texts.len();
        let _ = self.text_missing(finding);
        self.go_to(frame);
        let like = self.meant(self.item(item), self.texts.since(texts), true).is_some();
        self.texts.truncate(texts);
        like
    }

    const fn is_missing(&self, finding: usize) -> bool {
        let finding = self.findings.get(finding);
        matches!(finding.kind, Kind::Missing) && !finding.told
    }

    /// Adds the prefixes of a missing variable, each with a replacement under which the rest of the name exists.
    const fn add_prefixes(&mut self, finding: usize) {
        let item = self.item(self.findings.get(finding).item);
        let longest = self.text_before_index(item);
        let name = self.text_missing(finding);
        let (before, mut at) = (self.changes.len(), 0);
        while at <= longest && at < name.len {
            let starts_segment = at == 0 || self.texts.part(name).as_bytes()[at - 1] == b'/';
            if starts_segment {
                self.add_prefixes_at(name, at);
                if self.changes.len() > before {
                    return;
                }
            }
            at += 1;
        }
    }

    /// The length of a template's text before its first index.
    const fn text_before_index(&self, item: &Item<'_>) -> usize {
        let (mut at, mut len) = (item.pieces.at, 0);
        while at < item.pieces.end() {
            match self.input.outline.pieces[at] {
                Piece::Text { text, .. } => len += text.len(),
                Piece::Index(_) | Piece::Number { .. } => return len,
            }
            at += 1;
        }
        len
    }

    const fn add_prefixes_at(&mut self, name: Span, at: usize) {
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let rest = self.texts.part(name).as_bytes().split_at(at).1;
            let may_end = may_end(own, rest);
            let mut member = 0;
            while may_end && member < own.count {
                self.spelled.truncate(0);
                write_member(own, member, &mut self.spelled);
                self.add_prefix(name, at);
                member += 1;
            }
            family += 1;
        }
    }

    /// Adds a prefix if the name in the memory for names ends with the rest of this one.
    const fn add_prefix(&mut self, name: Span, at: usize) {
        let other = self.spelled.bytes();
        let (_, rest) = self.texts.part(name).as_bytes().split_at(at);
        let Some(len) = other.len().checked_sub(rest.len()) else { return };
        if (len > 0 && !matches!(other[len - 1], b'/' | b'.'))
            || !equal(other.split_at(len).1, rest)
        {
            return;
        }
        let written = Span { at: name.at, len: at };
        let start = self.texts.len();
        self.texts.push_bytes(other.split_at(len).0);
        let found = self.texts.since(start);
        self.add_change(written, found);
    }

    /// Adds a change, or increments the count of a known one.
    const fn add_change(&mut self, written: Span, found: Span) {
        let mut at = 0;
        while at < self.changes.len() {
            let change = self.changes.get(at);
            if self.same_text(change.written, written) && self.same_text(change.found, found) {
                self.changes.at(at).count += 1;
                self.texts.truncate(found.at);
                return;
            }
            at += 1;
        }
        let _ = self.changes.push(Change { written, found, count: 1 });
    }

    const fn same_text(&self, one: Span, other: Span) -> bool {
        equal(self.texts.part(one).as_bytes(), self.texts.part(other).as_bytes())
    }

    /// The change of prefix that finds most missing variables; of equal ones, the first in alphabetical order.
    const fn best_prefix(&mut self, from: usize) -> Change {
        let (mut best, mut at) = (Change::NONE, from);
        while at < self.changes.len() {
            let mut change = self.changes.get(at);
            change.count = self.explained_by_prefix(&change);
            if change.count > best.count
                || (change.count == best.count
                    && change.count > 0
                    && self.is_before(&change, &best))
            {
                best = change;
            }
            at += 1;
        }
        best
    }

    const fn is_before(&self, one: &Change, other: &Change) -> bool {
        match self.order(one.written, other.written) {
            0 => self.order(one.found, other.found) < 0,
            order => order < 0,
        }
    }

    /// Compares two texts.
    const fn order(&self, one: Span, other: Span) -> i8 {
        let (one, other) = (self.texts.part(one).as_bytes(), self.texts.part(other).as_bytes());
        let mut at = 0;
        while at < one.len() && at < other.len() {
            if one[at] != other[at] {
                return if one[at] < other[at] { -1 } else { 1 };
            }
            at += 1;
        }
        (one.len() > at) as i8 - (other.len() > at) as i8
    }

    /// The number of missing variables that exist after a change of prefix.
    const fn explained_by_prefix(&mut self, change: &Change) -> usize {
        let (mut count, mut at) = (0, 0);
        while at < self.findings.len() {
            if self.is_missing(at) {
                let Finding { item, frame, .. } = self.findings.get(at);
                self.spell_at(item, frame);
                let written = self.texts.part(change.written).as_bytes();
                if starts(self.spelled.bytes(), 0, written) {
                    let found = Hash::of(self.texts.part(change.found).as_bytes());
                    let rest = self.spelled.bytes().split_at(written.len()).1;
                    if let Some((variable, _)) =
                        find(self.input.manifest.slots, found.then(Hash::of(rest)))
                        && variable < self.input.manifest.variables
                    {
                        count += (self.taken[variable].by == NONE) as usize;
                    }
                }
            }
            at += 1;
        }
        count
    }

    /// Reports a different prefix of all paths.
    const fn tell_prefix_of(&mut self, change: &Change) {
        let mut at = 0;
        while at < self.findings.len() {
            if self.is_missing(at) {
                self.findings.at(at).told = true;
            }
            at += 1;
        }
        let moved = self.explain_change(change, 0, self.input.outline.items.len());
        let count = if moved > change.count { moved } else { change.count };
        self.explain_prefix(change);
        let start = self.out.len();
        let sentence = match (change.written.len, change.found.len) {
            (0, _) => say::UNDER_PREFIX,
            (_, 0) => say::WITHOUT_PREFIX,
            _ => say::OTHER_PREFIX,
        };
        let mut rest = self.out.before(sentence);
        self.out.number(count as u64, 1);
        if change.found.len > 0 {
            rest = self.out.before(rest);
            self.out.push_bytes(self.texts.part(change.found).as_bytes());
        }
        if change.written.len > 0 {
            rest = self.out.before(rest);
            self.out.push_bytes(self.texts.part(change.written).as_bytes());
        }
        self.out.push(rest);
        self.write_way_to_prefix(change);
        self.tell(ProblemKind::Prefix, count, start);
    }

    /// Writes how to change the prefix of the root.
    const fn write_way_to_prefix(&mut self, change: &Change) {
        let Holder { owner, prefix, .. } = self.input.outline.structs[0];
        if !self.input.outline.prefix.is_empty() {
            return self.out.push(say::CHANGE_OPTION);
        }
        // The attribute does not move absolute paths.
        if change.written.len == 0 && self.has_absolute_paths() {
            return self.write_option(change);
        }
        // The new prefix: the found text, and the rest of the old one.
        let own = text_of(prefix);
        let (start, written) = (self.texts.len(), change.written.len);
        self.texts.repeat(change.found);
        if written < own.len() {
            self.texts.push(own.split_at(written).1);
        }
        let prefix = self.without_separator(self.texts.since(start));
        if prefix.len == 0 {
            self.out.fill(say::REMOVE_PREFIX, &[owner.name]);
        } else {
            let rest = self.out.before(say::WRITE_PREFIX);
            self.out.push_bytes(self.texts.part(prefix).as_bytes());
            let rest = self.out.before(rest);
            self.out.push(owner.name);
            self.out.push(rest);
        }
        if written == 0 {
            self.out.push(", or ");
            self.write_option(change);
        }
        self.texts.truncate(start);
    }

    /// Writes the option of a load with the found prefix.
    const fn write_option(&mut self, change: &Change) {
        let rest = self.out.before(say::LOAD_WITH);
        let option = self.without_separator(change.found);
        self.out.push_bytes(self.texts.part(option).as_bytes());
        self.out.push(rest);
    }

    /// True if any path or any prefix of a nested struct is absolute.
    const fn has_absolute_paths(&self) -> bool {
        let (items, structs) = (self.input.outline.items, self.input.outline.structs);
        let mut at = 0;
        while at < items.len() {
            let paths = items[at].field.paths;
            let mut path = 0;
            while path < paths.len() && !lacks(items[at].field) {
                if paths[path].absolute {
                    return true;
                }
                path += 1;
            }
            at += 1;
        }
        let mut nested = 1;
        while nested < structs.len() {
            if structs[nested].prefix.absolute {
                return true;
            }
            nested += 1;
        }
        false
    }

    const fn without_separator(&self, text: Span) -> Span {
        let bytes = self.texts.part(text).as_bytes();
        let mut len = bytes.len();
        while len > 0 && matches!(bytes[len - 1], b'/' | b'.') {
            len -= 1;
        }
        Span { len, ..text }
    }

    /// Marks variables as explained by a change of prefix: those under the found prefix, and those that fields would take with the
    /// written prefix.
    const fn explain_prefix(&mut self, change: &Change) {
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let mut variable = own.first;
            while variable < own.first + own.count {
                if self.taken[variable].unmapped && self.is_of_prefix(change, family, variable) {
                    self.taken[variable].unmapped = false;
                }
                variable += 1;
            }
            family += 1;
        }
    }

    const fn is_of_prefix(&mut self, change: &Change, family: usize, variable: usize) -> bool {
        let own = &self.input.manifest.families[family];
        self.spelled.truncate(0);
        if change.found.len == 0 {
            self.spelled.push_bytes(self.texts.part(change.written).as_bytes());
        }
        write_member(own, variable - own.first, &mut self.spelled);
        if change.found.len > 0 {
            return starts(self.spelled.bytes(), 0, self.texts.part(change.found).as_bytes());
        }
        let mut item = 0;
        while item < self.input.outline.items.len() {
            let pieces = part(self.input.outline.pieces, self.item(item).pieces);
            if invert(pieces, self.spelled.bytes(), true, self.found).is_some() {
                return true;
            }
            item += 1;
        }
        false
    }

    /// Reports the word that differs between nearly all missing variables and variables without a field. There must be several
    /// fields with this difference. Marks those variables as explained.
    pub(crate) const fn tell_renamed(&mut self) {
        let (texts, changes) = (self.texts.len(), self.changes.len());
        let (mut missing, mut at) = (0, 0);
        while at < self.findings.len() {
            if self.is_missing(at) {
                if missing < LOOKED_FOR {
                    self.add_words(at);
                }
                missing += 1;
            }
            at += 1;
        }
        let best = self.best_word(changes);
        if best.count * 10 >= missing * 9 && best.count > 0 && self.is_of_several(&best) {
            self.tell_word(&best);
        }
        self.changes.truncate(changes);
        self.texts.truncate(texts);
    }

    /// Adds the words that differ between the name of a missing variable and the names of variables without a field.
    const fn add_words(&mut self, finding: usize) {
        let name = self.text_missing(finding);
        let mut family = 0;
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let may_differ = may_differ_in_word(own, self.texts.part(name).as_bytes());
            let mut variable = own.first;
            while may_differ && variable < own.first + own.count {
                if self.taken[variable].unmapped {
                    self.spelled.truncate(0);
                    write_member(own, variable - own.first, &mut self.spelled);
                    let words = words(self.texts.part(name).as_bytes(), self.spelled.bytes());
                    if let Some((start, written, found)) = words {
                        let written = Span { at: name.at + start, len: written };
                        let other = self.spelled.bytes().split_at(start).1.split_at(found).0;
                        let start = self.texts.len();
                        self.texts.push_bytes(other);
                        let found = self.texts.since(start);
                        self.add_change(written, found);
                    }
                }
                variable += 1;
            }
            family += 1;
        }
    }

    /// The changed word that explains most missing variables. Only the most frequent ones are tried.
    const fn best_word(&mut self, from: usize) -> Change {
        let (mut best, mut tried) = (Change::NONE, 0);
        while tried < TRIED {
            let (mut most, mut at) = (NONE, from);
            while at < self.changes.len() {
                let count = self.changes.get(at).count;
                if count > 0 && (most == NONE || count > self.changes.get(most).count) {
                    most = at;
                }
                at += 1;
            }
            if most == NONE {
                return best;
            }
            let mut change = self.changes.get(most);
            self.changes.at(most).count = 0;
            change.count = self.explained_by_word(&change, false);
            if change.count > best.count {
                best = change;
            }
            tried += 1;
        }
        best
    }

    /// The number of missing variables that exist with another word and have no field. Marks these findings as reported if `told`.
    const fn explained_by_word(&mut self, change: &Change, told: bool) -> usize {
        let (mut count, mut at) = (0, 0);
        while at < self.findings.len() {
            if self.is_missing(at) && self.meant_by_word(at, change).is_some() {
                count += 1;
                if told {
                    self.findings.at(at).told = true;
                }
            }
            at += 1;
        }
        count
    }

    /// The family of the variable with the other word, if no field takes that.
    const fn meant_by_word(&mut self, finding: usize, change: &Change) -> Option<usize> {
        let Finding { item, frame, .. } = self.findings.get(finding);
        self.spell_at(item, frame);
        let (written, found) = (self.texts.part(change.written), self.texts.part(change.found));
        let Some(at) = word_at(self.spelled.bytes(), written.as_bytes()) else { return None };
        let bytes = self.spelled.bytes();
        let hash = Hash::of(bytes.split_at(at).0)
            .then(Hash::of(found.as_bytes()))
            .then(Hash::of(bytes.split_at(at + written.len()).1));
        match find(self.input.manifest.slots, hash) {
            Some((variable, family))
                if variable < self.input.manifest.variables && self.taken[variable].unmapped =>
            {
                Some(family)
            }
            _ => None,
        }
    }

    /// True if the missing variables that a word explains belong to several fields, or have several dtypes or shapes.
    const fn is_of_several(&mut self, change: &Change) -> bool {
        let (mut item, mut family, mut at) = (NONE, NONE, 0);
        while at < self.findings.len() {
            if self.is_missing(at)
                && let Some(other) = self.meant_by_word(at, change)
            {
                let own = self.findings.get(at).item;
                if (item != NONE && own != item)
                    || (family != NONE && !self.same_spec(family, other))
                {
                    return true;
                }
                (item, family) = (own, other);
            }
            at += 1;
        }
        false
    }

    /// Reports a changed word, for all variables that it explains.
    const fn tell_word(&mut self, change: &Change) {
        let (mut count, mut family) = (0, 0);
        while family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            let mut variable = own.first;
            while variable < own.first + own.count {
                if self.taken[variable].unmapped && self.is_of_word(change, family, variable) {
                    self.taken[variable].allowed = true;
                    count += 1;
                }
                variable += 1;
            }
            family += 1;
        }
        let _ = self.explained_by_word(change, true);
        let mut variable = 0;
        while variable < self.input.manifest.variables {
            if self.taken[variable].unmapped && self.taken[variable].allowed {
                (self.taken[variable].unmapped, self.taken[variable].allowed) = (false, false);
            }
            variable += 1;
        }
        let start = self.out.len();
        let rest = self.out.before(say::RENAMED);
        self.out.number(count as u64, 1);
        let rest = self.out.before(rest);
        self.out.push_bytes(self.texts.part(change.found).as_bytes());
        let rest = self.out.before(rest);
        self.out.push_bytes(self.texts.part(change.written).as_bytes());
        self.out.push(rest);
        self.tell(ProblemKind::Renamed, count, start);
    }

    /// True if a missing variable's field would match a variable after the change of word, at any index. In a list without bounds,
    /// only the first element is missing.
    const fn is_of_word(&mut self, change: &Change, family: usize, variable: usize) -> bool {
        let own = &self.input.manifest.families[family];
        self.spelled.truncate(0);
        write_member(own, variable - own.first, &mut self.spelled);
        let name = self.spelled.since(0);
        let (written, found) = (self.texts.part(change.written), self.texts.part(change.found));
        let Some(at) = word_at(self.spelled.bytes(), found.as_bytes()) else { return false };
        let rest = Span { at: at + found.len(), len: name.len - at - found.len() };
        self.spelled.repeat(Span { at: 0, len: at });
        self.spelled.push_bytes(written.as_bytes());
        self.spelled.repeat(rest);
        let changed = self.spelled.since(name.len);
        let mut finding = 0;
        while finding < self.findings.len() {
            if self.is_missing(finding) {
                let pieces = part(
                    self.input.outline.pieces,
                    self.item(self.findings.get(finding).item).pieces,
                );
                let text = part(self.spelled.bytes(), changed);
                if invert(pieces, text, true, self.found).is_some() {
                    return true;
                }
            }
            finding += 1;
        }
        false
    }
}

/// The ends of the texts and problems, before those that may be combined.
#[derive(Clone, Copy)]
struct Marks {
    told: usize,
    out: usize,
    near: usize,
}

/// The text of a path, up to its first index.
const fn text_of(path: &Path) -> &str {
    match path.pieces {
        [template::Piece::Text(text), ..] => text,
        _ => "",
    }
}

/// Compares two names that differ in a single word. Returns the start of the word, and its length in each name.
pub(crate) const fn words(name: &[u8], other: &[u8]) -> Option<(usize, usize, usize)> {
    let (mut start, mut end) = (0, 0);
    while start < name.len() && start < other.len() && name[start] == other[start] {
        start += 1;
    }
    let shorter = if name.len() < other.len() { name.len() } else { other.len() };
    while start + end < shorter && name[name.len() - 1 - end] == other[other.len() - 1 - end] {
        end += 1;
    }
    if differs(name, start, name.len() - end) || differs(other, start, other.len() - end) {
        return None;
    }
    // The word starts with its segment, and extends to the last letter.
    let mut from = start;
    while from > 0 && name[from - 1] != b'/' {
        from -= 1;
    }
    while end > 0 && is_letter(name[name.len() - end]) {
        end -= 1;
    }
    let (one, two) = (name.len() - end - from, other.len() - end - from);
    if one == 0 || two == 0 || (one == two && start >= name.len() - end) {
        return None;
    }
    Some((from, one, two))
}

/// True if the range contains more than a single word.
const fn differs(name: &[u8], start: usize, end: usize) -> bool {
    let mut at = start;
    while at < end {
        if name[at] == b'/' || name[at].is_ascii_digit() {
            return true;
        }
        at += 1;
    }
    false
}

/// The start of the first segment that begins with a word.
pub(crate) const fn word_at(name: &[u8], word: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < name.len() {
        if (at == 0 || name[at - 1] == b'/') && starts(name, at, word) {
            let end = at + word.len();
            if end == name.len() || !is_letter(name[end]) {
                return Some(at);
            }
        }
        at += 1;
    }
    None
}

/// False if no name of a family differs from a name in a single word: then its first or its last text is the same.
const fn may_differ_in_word(family: &Family<'_>, name: &[u8]) -> bool {
    match family.pieces {
        [FamilyPiece::Text(first), .., FamilyPiece::Text(last)] => {
            let (first, last) = (first.as_bytes(), last.as_bytes());
            matches!(rests(name, first), Some((_, []))) || ends(name, last)
        }
        _ => true,
    }
}

/// False if no name of a family ends with a text.
const fn may_end(family: &Family<'_>, end: &[u8]) -> bool {
    let [.., FamilyPiece::Text(text)] = family.pieces else { return true };
    let text = text.as_bytes();
    if text.len() < end.len() {
        family.pieces.len() > 1 && ends(end, text)
    } else {
        ends(text, end)
    }
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

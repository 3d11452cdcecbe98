//! Reports missing variables; those of an absent struct together.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::names::write_family;
use crate::fit::near::COMPARED;
use crate::fit::outline::{Item, Role};
use crate::fit::records::{Folded, Instance, Kind, Told};
use crate::fit::shown::{Axes, write_variable};
use crate::fit::stack::{NONE, Span};
use crate::fit::text::same_lens;
use crate::fit::words::Word::{Again, Count, Kept, Spec, Variable};
use crate::model::description::Indices;
use crate::model::text::{ends, equal, starts};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

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
        let marks = Marks { told: self.told.len(), out: self.out.len(), near: self.nears.len() };
        let is_alone = self.folded.get(first).top == NONE || self.count_whole(first) == 1;
        each!(first..self.folded.len(), |at| {
            if at == first || self.same_whole(first, at) {
                self.tell_missing(at, is_alone);
                self.folded.at(at).told = true;
            }
        });
        if self.told.len() > marks.told + 1 {
            self.sum_up(first, &marks);
        }
        self.nears.truncate(marks.near);
    }

    /// The number of missing variables of the same absent struct at the same places, counted from the first.
    const fn count_whole(&self, first: usize) -> usize {
        let mut count = 1;
        each!(first + 1..self.folded.len(), |at| {
            count += self.same_whole(first, at) as usize;
        });
        count
    }

    /// True if another missing variable that is not reported belongs to the same absent struct at the same places.
    const fn same_whole(&self, one: usize, other: usize) -> bool {
        // Without calls, since every missing variable is compared with every other.
        let (one, other) = (&self.folded.cells[one], &self.folded.cells[other]);
        if other.told || one.top == NONE || one.top != other.top {
            return false;
        }
        if !matches!(self.findings.get(other.finding).kind, Kind::Missing) {
            return false;
        }
        let (depth, mut at) = (self.item(one.top).depth, 0);
        while at < depth && at < one.axes.len && at < other.axes.len {
            let (own, same) =
                (self.boxes.get(one.axes.at + at), self.boxes.get(other.axes.at + at));
            if !same_lens(self.values.part(own), self.values.part(same)) {
                return false;
            }
            at += 1;
        }
        true
    }

    const fn tell_missing(&mut self, folded: usize, is_alone: bool) {
        let Folded { finding, axes, .. } = self.folded.get(folded);
        let item = self.findings.get(finding).item;
        let told = self.begin_field(ProblemKind::Missing, item, axes, true);
        let start = self.texts.len();
        self.text_quoted("`", item, axes);
        let Item { field, end, next, .. } = *self.item(item);
        let mut at = item + 1;
        while at < end {
            if matches!(self.item(at).role, Role::Tied) {
                self.text_quoted(" or `", at, axes);
            }
            at += 1;
        }
        // The field's alternative paths.
        while !field.joins_paths() && at < next && self.item(at).path > 0 {
            let end = self.item(at).end;
            self.text_quoted(if end == next { " or `" } else { ", `" }, at, axes);
            at = end;
        }
        self.write(say::NO_VARIABLE, &[Kept(self.texts.since(start))]);
        self.texts.truncate(start);
        self.may_be(item, axes, say::MAY_BE_ABSENT, is_alone);
        self.end(told);
    }

    /// Appends text, and the name of an item's variable in quotes, to the memory for texts.
    pub(crate) const fn text_quoted(&mut self, before: &str, item: usize, axes: Span) {
        self.texts.push(before);
        let _ = self.text_variable(item, axes);
        self.texts.push("`");
    }

    /// Writes a suggestion for a path, or the way to fix the field. Less similar names are suggested only for variables that are
    /// missing alone, not with their struct.
    pub(crate) const fn may_be(&mut self, item: usize, axes: Span, way_out: &str, is_alone: bool) {
        let near = if self.compared <= COMPARED && self.has_room() {
            self.nearest(item, axes, is_alone)
        } else {
            None
        };
        let Some((family, name)) = near else {
            let _ = self.nears.push(Span::EMPTY);
            return self.out.push(way_out);
        };
        if !self.is_part(item, axes, name) {
            let _ = self.nears.push(name);
            return self.write(say::DID_YOU_MEAN, &[Kept(name), Spec(family)]);
        }
        let _ = self.nears.push(Span::EMPTY);
        let (start, parts) = (self.texts.len(), &self.input.manifest.families[family]);
        write_family(parts, &mut self.texts);
        self.write(say::PARTS, &[Kept(self.texts.since(start)), Spec(family)]);
        self.texts.truncate(start);
        self.explain_family(parts);
    }

    /// True if a name is a part of an item's variable, such as `w/part_0`.
    const fn is_part(&mut self, item: usize, axes: Span, name: Span) -> bool {
        let own = self.text_variable(item, axes);
        let (text, name) = (self.texts.bytes_of(own), self.texts.bytes_of(name));
        let is_part = starts(name, 0, text) && starts(name, text.len(), b"/part_");
        self.texts.truncate(own.at);
        is_part
    }

    /// Replaces the reports of all variables of an absent struct by a single one, if possible.
    const fn sum_up(&mut self, first: usize, marks: &Marks) {
        let Folded { finding, top, axes, .. } = self.folded.get(first);
        let (depth, members) = (self.item(top).depth, self.told.len() - marks.told);
        let place = Span { len: if depth < axes.len { depth } else { axes.len }, ..axes };
        let location = self.text_variable(top, place);
        // The text that all similar names have in place of the location.
        let mut found = Span::EMPTY;
        let (mut any, mut same, mut at) = (false, location.len > 0, 0);
        while at < members {
            let (near, told) = (self.nears.get(marks.near + at), self.told.get(marks.told + at));
            any |= near.len > 0;
            match self.prefix_of(near, told.variable, location) {
                Some(prefix) if at == 0 || self.same_text(prefix, found) => found = prefix,
                _ => same = false,
            }
            at += 1;
        }
        if any && !same {
            return;
        }
        self.told.truncate(marks.told);
        self.out.truncate(marks.out);
        let kind = if same { ProblemKind::Elsewhere } else { ProblemKind::Absent };
        let told = self.begin_field(kind, top, place, location.len > 0);
        if same {
            self.write(say::ELSEWHERE, &[Again(told.variable), Kept(found)]);
        } else {
            let example = self.first_place(axes);
            let item = self.findings.get(finding).item;
            self.write(say::ABSENT, &[Count(members), Variable(item, example)]);
            self.boxes.truncate(example.at);
            self.out.push(match self.item(top).field.indices {
                Indices::Listed(_) => say::CHANGE_LIST,
                _ if self.is_bounded(top, finding) => say::CHANGE_BOUNDS,
                _ => say::MAY_BE_ABSENT,
            });
        }
        self.end(Told { count: told.count * members, ..told });
    }

    /// The text that a similar name has in place of the location of a struct. The name must end as the variable does.
    const fn prefix_of(&self, near: Span, variable: Span, location: Span) -> Option<Span> {
        let (name, own) = (self.texts.bytes_of(near), self.out.bytes_of(variable));
        let place = self.texts.bytes_of(location);
        if !starts(own, 0, place) || near.len == 0 {
            return None;
        }
        let rest = own.split_at(place.len()).1;
        if ends(name, rest) { Some(Span { len: near.len - rest.len(), ..near }) } else { None }
    }

    pub(crate) const fn same_text(&self, one: Span, other: Span) -> bool {
        equal(self.texts.bytes_of(one), self.texts.bytes_of(other))
    }

    /// Appends the name of an item's variable, at places, to the memory for texts.
    pub(crate) const fn text_variable(&mut self, item: usize, axes: Span) -> Span {
        let start = self.texts.len();
        let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
        write_variable(&self.input.outline, item, axes, &mut self.texts);
        self.texts.since(start)
    }

    /// True if the struct around a finding is an element within the bounds of its list.
    const fn is_bounded(&self, item: usize, finding: usize) -> bool {
        let own = self.item(item);
        if own.field.repeat.is_none() {
            return false;
        }
        let frame = self.frame_of(self.findings.get(finding).frame, own.around);
        let list = self.list_at(item, frame);
        list != NONE && !self.lists.get(list).counted
    }
}

/// The ends of the problems, their text, and the similar names, before those that may be combined.
struct Marks {
    told: usize,
    out: usize,
    near: usize,
}

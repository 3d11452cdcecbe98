//! Reports all problems in order: symbols, common causes, fields, variables without a field.

use crate::each::each;
use crate::fit::fold::boxes;
use crate::fit::memory::State;
use crate::fit::records::{Finding, Folded, Instance, Kind, Site, Spare, Told, Want};
use crate::fit::stack::{NONE, Span};
use crate::fit::words::Word::{Again, Count, Field, Member, Text, Variable};
use crate::model::description::Cast;
use crate::model::dialect::lacks;
use crate::model::text::{equal, same};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The number of fields from which a dtype mismatch is reported once.
pub(crate) const MANY: usize = 3;

impl State<'_, '_> {
    /// Finds all problems beyond those of the walk and the arrays: numbers of elements, symbols, parts, unexpected variables.
    pub(crate) const fn find_rest(&mut self) {
        self.find_elements();
        self.find_undivided_defaults();
        self.find_dims();
        self.find_contradictions();
        self.compare_parts();
        self.find_ignored();
        self.find_copies();
    }

    /// Finds `copy` fields whose variable no other field takes.
    const fn find_copies(&mut self) {
        let mut any = false;
        each!(0..self.input.outline.items.len(), |item| {
            any |= self.item(item).field.copy;
        });
        let instances = if any { self.instances.len() } else { 0 };
        each!(0..instances, |at| {
            let Instance { item, frame, scope, variable, family, .. } = self.instances.get(at);
            if self.item(item).field.copy
                && variable < self.input.manifest.variables
                && self.taken[variable].by == NONE
            {
                self.taken[variable].spare = Some(Spare::Copy);
                let kind = Kind::Copy;
                self.find(Finding { kind, item, frame, scope, family, ..Finding::NONE });
            }
        });
    }

    /// True if there is any problem.
    pub(crate) const fn is_wrong(&self) -> bool {
        each!(0..self.findings.len(), |at| {
            if !self.findings.get(at).told {
                return true;
            }
        });
        let mut at = 0;
        while self.takes < self.input.manifest.variables && at < self.taken.len() {
            if self.taken[at].unmapped {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Reports all problems.
    pub(crate) const fn tell_all(&mut self) {
        self.tell_symbols();
        self.tell_object_keys();
        self.tell_averages();
        let prefix = self.tell_prefix();
        if !prefix {
            self.tell_renamed();
            self.tell_other_model();
        }
        self.fold_findings();
        self.tell_dtypes();
        self.tell_folded();
        // Globs in `ignore` include the struct's prefix. So if that is wrong, nothing can be reported about the remaining variables.
        if !prefix {
            self.find_beyond();
            self.fold_findings();
            self.tell_folded();
            self.tell_unexpected();
        }
    }

    /// Folds the findings that are not reported yet.
    const fn fold_findings(&mut self) {
        each!(0..self.findings.len(), |at| {
            if !self.findings.get(at).told {
                let top = self.top(at);
                self.fold_alike(at, top);
            }
        });
    }

    const fn fold_alike(&mut self, first: usize, top: usize) {
        let finding = self.findings.get(first);
        let rank = self.depth_of_site(&finding);
        let start = self.tuples.len();
        each!(first..self.findings.len, |at| {
            let other = &self.findings.cells[at];
            // The items first, without calls: every finding is compared with every other.
            if other.item == finding.item
                && !other.told
                && self.alike(&finding, other)
                && self.depth_of_site(other) == rank
                && self.top(at) == top
            {
                self.add_tuple(self.findings.cells[at].frame, rank);
                self.findings.cells[at].told = true;
            }
        });
        let first_box = self.fold_tuples(start, rank);
        let mut at = first_box;
        loop {
            let axes = Span { at, len: rank };
            let _ = self.folded.push(Folded { finding: first, axes, top, told: false });
            at += rank;
            if rank == 0 || at >= self.boxes.len() {
                return;
            }
        }
    }

    /// The number of indices at the place of a finding.
    const fn depth_of_site(&self, finding: &Finding<'_>) -> usize {
        let (depth, own) = (self.depth_at(finding.frame), self.item(finding.item).depth);
        if depth < own { depth } else { own }
    }

    /// Adds the indices of a frame as a tuple.
    pub(crate) const fn add_tuple(&mut self, frame: usize, rank: usize) {
        each!(0..rank, |index| {
            let value = match self.index_at(frame, index) {
                Some(value) => value as u64,
                None => 0,
            };
            let _ = self.tuples.push(value);
        });
    }

    /// Folds the tuples from `start` on. Returns the first range of the boxes.
    pub(crate) const fn fold_tuples(&mut self, start: usize, rank: usize) -> usize {
        let first = self.boxes.len();
        let tuples = self.tuples.since(start);
        boxes(self.tuples.part_mut(tuples), rank, &mut self.values, &mut self.boxes, self.prefix);
        self.tuples.truncate(start);
        first
    }

    /// Reports the dtype mismatches shared by many fields, in the order of the dtypes' numbers.
    const fn tell_dtypes(&mut self) {
        let mut last = 0;
        loop {
            let mut next = usize::MAX;
            each!(0..self.folded.len(), |at| {
                let pair = self.dtypes_of(at);
                next = if pair > last && pair < next { pair } else { next };
            });
            if next == usize::MAX {
                return;
            }
            self.tell_dtypes_of(next);
            last = next;
        }
    }

    /// The dtypes of a dtype mismatch, as one number; 0 for other findings.
    const fn dtypes_of(&self, folded: usize) -> usize {
        let folded = self.folded.get(folded);
        let finding = self.findings.get(folded.finding);
        if !matches!(finding.kind, Kind::DType) || folded.told {
            return 0;
        }
        match self.other_dtype(finding.item, finding.family) {
            Some(wanted) => (self.spec(finding.family).0 as usize) << 8 | wanted as usize,
            None => 0,
        }
    }

    const fn tell_dtypes_of(&mut self, dtypes: usize) {
        let (mut many, mut places, mut first) = (0, 0, NONE);
        let mut one = true;
        each!(0..self.folded.len(), |at| {
            if self.dtypes_of(at) == dtypes {
                first = if first == NONE { at } else { first };
                one = one && self.same_field(first, at);
                many += 1;
                places += self.places_in(self.folded.get(at).axes);
            }
        });
        if many < MANY {
            return;
        }
        each!(first..self.folded.len(), |at| {
            if self.dtypes_of(at) == dtypes {
                self.folded.at(at).told = true;
            }
        });
        let Folded { finding, axes, .. } = self.folded.get(first);
        let Finding { item, family, .. } = self.findings.get(finding);
        let (Some(wanted), (found, _)) = (self.other_dtype(item, family), self.spec(family)) else {
            return;
        };
        let mut told = Told { family, ..self.begin(ProblemKind::DTypes, places) };
        told.wanted = Want::DType(wanted);
        let place = self.first_place(axes);
        let (fields, places) = (Count(many), Count(places));
        let (own, other) = (Text(wanted.short()), Text(found.short()));
        let (name, field) = (Variable(item, place), Field(item, place));
        if one {
            told.field = self.written(Member(item));
            told.message = self.out.since(self.out.len());
            self.write(say::DTYPES_OF, &[Again(told.field), fields, places, other, name, own]);
        } else {
            self.write(say::DTYPES, &[places, other, name, field, own]);
        }
        self.boxes.truncate(place.at);
        if Cast::Lossless.allows(found, wanted) {
            self.write(say::WRITE_CAST, &[Text(Cast::Lossless.word())]);
        } else if Cast::Any.allows(found, wanted) {
            self.write(say::WRITE_CAST, &[Text(Cast::Any.word())]);
        }
        self.write(if one { say::GIVE_FIELD } else { say::GIVE_FIELDS }, &[other]);
        self.end(told);
    }

    /// True if two folded findings are of the same field of the same struct, at any places.
    const fn same_field(&self, one: usize, other: usize) -> bool {
        let one = self.findings.get(self.folded.get(one).finding).item;
        self.are_of_one_field(one, self.findings.get(self.folded.get(other).finding).item)
    }

    /// True if two items are of the same field of the same struct.
    pub(crate) const fn are_of_one_field(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.item(one), self.item(other));
        same(one.owner.name, other.owner.name) && same(one.field.name, other.field.name)
    }

    /// Adds the first of some places to the boxes.
    pub(crate) const fn first_place(&mut self, axes: Span) -> Span {
        let start = self.boxes.len();
        each!(axes.at..axes.end(), |at| {
            let first = Span { len: 1, ..self.boxes.get(at) };
            let _ = self.boxes.push(first);
        });
        self.boxes.since(start)
    }

    /// Reports the folded findings in order; those of an absent struct together.
    const fn tell_folded(&mut self) {
        each!(0..self.folded.len(), |at| {
            let folded = self.folded.get(at);
            if !folded.told {
                let finding = self.findings.get(folded.finding);
                if matches!(finding.kind, Kind::Missing) {
                    self.tell_missing_group(at);
                } else if !self.is_told_of_symbol(&finding) {
                    self.folded.at(at).told = true;
                    let more = self.more_places(at);
                    self.tell_finding(&finding, folded.axes, more);
                }
                self.folded.at(at).told = true;
            }
        });
    }

    /// The number of further fields with the same mistake in the same struct; 0 if they are few. Many are reported together with
    /// the first.
    const fn more_places(&mut self, first: usize) -> usize {
        let (mut more, mut at) = (0, first + 1);
        while at < self.folded.len() {
            more += self.is_same_mistake(first, at) as usize;
            at += 1;
        }
        at = first + 1;
        while more >= MANY && at < self.folded.len() {
            if self.is_same_mistake(first, at) {
                self.folded.at(at).told = true;
            }
            at += 1;
        }
        if more >= MANY { more } else { 0 }
    }

    /// True if two folded findings have the same kind, and are of the same field of the same struct.
    const fn is_same_mistake(&self, one: usize, other: usize) -> bool {
        let kind = self.findings.get(self.folded.get(one).finding).kind;
        let own = self.findings.get(self.folded.get(other).finding).kind;
        kind as u8 == own as u8
            && (kind.is_step() || matches!(kind, Kind::Shape | Kind::Rank | Kind::Undivided))
            && !self.folded.get(other).told
            && self.same_field(one, other)
    }

    /// True if the missing value of this symbol is already reported.
    const fn is_told_of_symbol(&self, finding: &Finding<'_>) -> bool {
        let mut at = 0;
        while matches!(finding.kind, Kind::NoValue) && at < self.folded.len() {
            let other = self.folded.get(at);
            let before = self.findings.get(other.finding);
            if other.told
                && matches!(before.kind, Kind::NoValue)
                && equal(before.word().as_bytes(), finding.word().as_bytes())
            {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Finds optional fields that are in no manifest.
    pub(crate) const fn find_never_there(&mut self) {
        each!(0..self.input.outline.items.len(), |item| {
            if self.memos[item].absent && self.is_never_there(item) {
                self.find_absent(item);
            }
        });
    }

    const fn find_absent(&mut self, item: usize) {
        each!(0..self.absent.len(), |at| {
            let Site { item: absent, frame, scope } = self.absent.get(at);
            if absent == item {
                let kind = Kind::NeverThere;
                self.find(Finding { kind, item, frame, scope, ..Finding::NONE });
            }
        });
    }

    /// True if an optional field is in no manifest, at any place of its struct. It may have a wrong path.
    const fn is_never_there(&self, item: usize) -> bool {
        if lacks(self.item(item).field) {
            return false;
        }
        each!(0..self.input.outline.items.len(), |at| {
            if self.there[at] && self.are_of_one_field(item, at) {
                return false;
            }
        });
        true
    }
}

//! Reports all problems in order: symbols, common causes, fields, variables without a field.

use crate::fit::fold::boxes;
use crate::fit::memory::State;
use crate::fit::names::{count, nth, write_family, write_member};
use crate::fit::outline::{Holder, Term};
use crate::fit::records::{
    Failed, Finding, Folded, HolderSite, Instance, Kind, Origin, Outside, Spare, Told, Vote, Want,
};
use crate::fit::shown::Axes;
use crate::fit::stack::{NONE, Span};
use crate::manifest::{Family, FamilyPiece};
use crate::model::description::{Cast, Indices, Node, Op, Preset};
use crate::model::dialect::lacks;
use crate::model::expression::{Assertion, AxisLength, Expression};
use crate::model::text::equal;
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The number of fields from which a dtype mismatch is reported once.
pub(crate) const MANY: usize = 3;

impl<'a> State<'_, 'a> {
    /// Finds all problems beyond those of the walk and the arrays: numbers of elements, symbols, parts, unexpected variables.
    pub(crate) const fn find_rest(&mut self) {
        self.find_elements();
        self.find_undivided_defaults();
        self.find_dims();
        self.find_failed();
        self.compare_parts();
        self.find_ignored();
        self.find_copies();
    }

    /// Finds `copy` fields whose variable no other field takes.
    const fn find_copies(&mut self) {
        let (mut any, mut item) = (false, 0);
        while item < self.input.outline.items.len() {
            any |= self.item(item).field.copy;
            item += 1;
        }
        let mut at = 0;
        while any && at < self.instances.len() {
            let Instance { item, frame, scope, variable, family, .. } = self.instances.get(at);
            at += 1;
            if variable >= self.input.manifest.variables
                || !self.item(item).field.copy
                || self.taken[variable].by != NONE
            {
                continue;
            }
            self.taken[variable].spare = Some(Spare::Copy);
            let kind = Kind::Copy;
            self.find(Finding { kind, item, frame, scope, family, ..Finding::NONE });
        }
    }

    /// True if there is any problem.
    pub(crate) const fn is_wrong(&self) -> bool {
        self.any_untold()
            || self.failed.len() > 0
            || self.any_symbol_is_wrong()
            || self.any_unmapped()
    }

    const fn any_untold(&self) -> bool {
        let mut at = 0;
        while at < self.findings.len() {
            if !self.findings.get(at).told {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn any_unmapped(&self) -> bool {
        let mut at = 0;
        while self.takes < self.input.manifest.variables && at < self.taken.len() {
            if self.taken[at].unmapped {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn any_symbol_is_wrong(&self) -> bool {
        let mut at = 0;
        while at < self.symbols.len() {
            let twice = at < self.input.outline.symbols.len()
                && self.input.outline.symbols[at].other.is_some();
            if twice || self.symbols.get(at).contradicted.is_some() || self.is_varied(at) {
                return true;
            }
            at += 1;
        }
        let mut at = 0;
        while at < self.input.bound.len() {
            if self.bound_otherwise(at).is_some() {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The fixed value of a symbol, if the options bind it to a different one.
    const fn bound_otherwise(&self, number: usize) -> Option<u64> {
        let (symbol, value) = self.input.bound[number];
        match self.input.outline.symbols[symbol].value {
            Some(fixed) if fixed != value => Some(fixed),
            _ => None,
        }
    }

    /// Finds lists whose number of elements differs from the value of their bound.
    const fn find_elements(&mut self) {
        let mut at = 0;
        while at < self.lists.len() {
            let list = self.lists.get(at);
            at += 1;
            if list.says == NONE {
                continue;
            }
            let term = self.input.outline.roots[list.says].term;
            if let Some(wanted) = self.value(term, list.scope)
                && wanted != list.end as u64
            {
                let numbers = [list.end as u64, wanted, list.says as u64, 0];
                let (kind, item, frame, scope) =
                    (Kind::Elements, list.item, list.frame, list.scope);
                self.find(Finding { kind, item, frame, scope, numbers, ..Finding::NONE });
            }
        }
    }

    /// Finds fields that store a symbol without a value.
    const fn find_dims(&mut self) {
        let mut at = 0;
        while at < self.dims.len() {
            let site = self.dims.get(at);
            let own = self.item(site.item);
            let root = self.input.outline.roots[own.roots];
            if self.value(root.term, site.scope).is_none()
                && let Node::Dim(word) = own.field.node
            {
                let (kind, item, frame, scope) = (Kind::NoValue, site.item, site.frame, site.scope);
                let numbers = [0; 4];
                self.find(Finding {
                    kind,
                    item,
                    frame,
                    scope,
                    numbers,
                    word: Some(word),
                    ..Finding::NONE
                });
            }
            at += 1;
        }
    }

    /// Finds failed assertions, each once.
    const fn find_failed(&mut self) {
        let mut at = 0;
        while at < self.places.len() {
            let HolderSite { holder, scope, .. } = self.places.get(at);
            let Holder { owner, roots, .. } = self.input.outline.structs[holder];
            let mut number = 0;
            while number < owner.asserts.len() {
                let failed = Failed { holder, number, roots: roots + 2 * number, scope };
                if self.fails(&failed) && !self.has_failed(&failed) {
                    let _ = self.failed.push(failed);
                }
                number += 1;
            }
            at += 1;
        }
    }

    const fn fails(&self, failed: &Failed) -> bool {
        let roots = self.input.outline.roots;
        let (left, right) = (roots[failed.roots].term, roots[failed.roots + 1].term);
        // Symbols without values are reported elsewhere.
        if !self.is_known(left, failed.scope) || !self.is_known(right, failed.scope) {
            return false;
        }
        match (self.value(left, failed.scope), self.value(right, failed.scope)) {
            (Some(left), Some(right)) => !self.assertion(failed).relation.holds(left, right),
            _ => true,
        }
    }

    const fn assertion(&self, failed: &Failed) -> &'a Assertion {
        &self.input.outline.structs[failed.holder].owner.asserts[failed.number]
    }

    /// True if the same assertion already failed with the same values.
    const fn has_failed(&self, failed: &Failed) -> bool {
        let mut at = 0;
        while at < self.failed.len() {
            let other = self.failed.get(at);
            if other.roots == failed.roots && self.same_values(failed, other.scope) {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn same_values(&self, failed: &Failed, scope: usize) -> bool {
        let mut side = 0;
        while side < 2 {
            let term = self.input.outline.roots[failed.roots + side].term;
            let mut number = 0;
            while let (Some(one), Some(other)) =
                (self.symbol_of(term, failed.scope, number), self.symbol_of(term, scope, number))
            {
                if one != other
                    && !same_value(self.symbols.get(one).value, self.symbols.get(other).value)
                {
                    return false;
                }
                number += 1;
            }
            side += 1;
        }
        true
    }

    /// Marks findings as reported if they follow from problems with symbols, or from missing variables.
    pub(crate) const fn explain_findings(&mut self) {
        self.note_unsaid();
        let has_cause = self.has_cause();
        let mut at = 0;
        while at < self.findings.len() {
            let finding = self.findings.get(at);
            let explained = match finding.kind {
                Kind::NoValue | Kind::Shapeless => {
                    let bound = self.input.may_be_bound && !finding.word().is_empty();
                    bound || has_cause && self.waits(&finding)
                }
                Kind::Shape => self.is_of_varied(&finding) || self.is_of_failed(&finding),
                Kind::Elements => self.is_of_hole(&finding),
                Kind::NoNumber | Kind::OtherElements | Kind::NoMultiple => {
                    self.is_of_failed(&finding)
                }
                _ => false,
            };
            if explained {
                self.findings.at(at).told = true;
            }
            at += 1;
        }
    }

    /// Marks the symbols of a `shape` of the wrong rank: the rank is reported, not the missing values.
    const fn note_unsaid(&mut self) {
        let mut at = 0;
        while at < self.findings.len() {
            let finding = self.findings.get(at);
            let mut axis = 0;
            while matches!(finding.kind, Kind::Shape)
                && finding.at.len != finding.other.len
                && axis < finding.other.len
            {
                let root = finding.numbers[1] as usize + axis;
                self.unsaid(self.input.outline.roots[root].term, finding.scope);
                axis += 1;
            }
            at += 1;
        }
    }

    /// True if there is a problem besides symbols without values. The variables of an empty list may be absent without one, by
    /// `default`.
    const fn has_cause(&self) -> bool {
        let mut at = 0;
        while at < self.findings.len() {
            if !matches!(self.findings.get(at).kind, Kind::NoValue | Kind::Shapeless) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// True if a symbol lacks a value only because a variable is missing.
    const fn waits(&self, finding: &Finding<'_>) -> bool {
        if finding.word().is_empty() {
            return false;
        }
        let Some(symbol) = self.symbol_named(finding) else { return false };
        self.symbols.get(symbol).unsaid
    }

    /// A symbol of the finding's item that lacks a value because a variable is missing.
    const fn symbol_named(&self, finding: &Finding<'_>) -> Option<usize> {
        let own = self.item(finding.item);
        let (mut root, end) = (own.roots, own.renamed);
        while root < end {
            let found = self.symbol_in(self.input.outline.roots[root].term, finding);
            if found.is_some() {
                return found;
            }
            root += 1;
        }
        None
    }

    const fn symbol_in(&self, term: usize, finding: &Finding<'_>) -> Option<usize> {
        let mut number = 0;
        while let Some(symbol) = self.symbol_of(term, finding.scope, number) {
            if symbol != NONE
                && self.symbols.get(symbol).value.is_none()
                && self.symbols.get(symbol).unsaid
            {
                return Some(symbol);
            }
            number += 1;
        }
        None
    }

    /// True if each symbol of the mismatched axes has several values, which is reported once.
    const fn is_of_varied(&self, finding: &Finding<'_>) -> bool {
        let (mut axis, mut any) = (0, false);
        while axis < finding.other.len {
            let wanted = self.lens.get(finding.other.at + axis);
            if axis < finding.at.len && self.lens.get(finding.at.at + axis) != wanted {
                let term = self.input.outline.roots[finding.numbers[1] as usize + axis].term;
                let mut number = 0;
                while let Some(symbol) = self.symbol_of(term, finding.scope, number) {
                    if symbol == NONE || !self.is_varied(symbol) {
                        return false;
                    }
                    any = true;
                    number += 1;
                }
            }
            axis += 1;
        }
        any
    }

    /// True if a step fails because the symbols of a failed assertion are inconsistent.
    const fn is_of_failed(&self, finding: &Finding<'_>) -> bool {
        let mut at = 0;
        while at < self.failed.len() {
            let failed = self.failed.get(at);
            let explains = match finding.kind {
                Kind::NoNumber => {
                    match self.input.outline.roots[finding.numbers[0] as usize].expression {
                        Some(expression) => shares_symbol(expression, self.assertion(&failed)),
                        None => false,
                    }
                }
                Kind::OtherElements | Kind::NoMultiple => {
                    match self.item(finding.item).field.ops[finding.numbers[0] as usize] {
                        Op::Reshape(axes) => any_shares_symbol(axes, self.assertion(&failed)),
                        _ => false,
                    }
                }
                _ => false,
            };
            if explains {
                return true;
            }
            at += 1;
        }
        false
    }

    /// True if a list has a hole, which ended the count of its elements early.
    const fn is_of_hole(&self, finding: &Finding<'_>) -> bool {
        let mut at = 0;
        while at < self.findings.len() {
            let hole = self.findings.get(at);
            if matches!(hole.kind, Kind::Hole)
                && hole.item == finding.item
                && self.frame_of(hole.frame, self.depth_at(finding.frame)) == finding.frame
            {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Reports all problems.
    pub(crate) const fn tell_all(&mut self, is_last: bool) {
        self.tell_declared();
        self.tell_contradicted();
        self.tell_failed();
        self.tell_varied();
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
        if is_last {
            self.tell_never_there();
        }
        if prefix {
            // Globs in `ignore` include the struct's prefix, so nothing can be reported about the remaining variables yet.
            return;
        }
        self.tell_outside();
        self.tell_slots();
        self.tell_left();
    }

    /// True if another problem can be reported in full. Further ones are only counted.
    pub(crate) const fn has_room(&self) -> bool {
        self.told.len() < self.input.limit
    }

    const fn tell_declared(&mut self) {
        let mut at = 0;
        while at < self.input.outline.symbols.len() {
            let symbol = self.input.outline.symbols[at];
            if let (Some(first), Some(other)) = (symbol.value, symbol.other) {
                let start = self.out.len();
                let rest = self.out.before(say::FIXED_TWICE);
                self.out.push(symbol.name);
                self.numbers(rest, &[first, other]);
                self.tell(ProblemKind::Declared, 1, start);
            }
            at += 1;
        }
        let mut at = 0;
        while at < self.input.bound.len() {
            let (symbol, value) = self.input.bound[at];
            if let Some(fixed) = self.bound_otherwise(at) {
                let start = self.out.len();
                let rest = self.out.before(say::BOUND_AND_FIXED);
                self.out.push(self.input.outline.symbols[symbol].name);
                self.numbers(rest, &[value, fixed]);
                self.tell(ProblemKind::Declared, 1, start);
            }
            at += 1;
        }
    }

    const fn tell_contradicted(&mut self) {
        let mut at = 0;
        while at < self.symbols.len() {
            let symbol = self.symbols.get(at);
            at += 1;
            let (Some((given, origin, variables)), Some(found)) =
                (symbol.contradicted, symbol.value)
            else {
                continue;
            };
            let start = self.out.len();
            let bound = matches!(origin, Origin::Bound);
            let rest = self.out.before(if bound { say::SYMBOL_BOUND } else { say::SYMBOL });
            self.out.push(symbol.name());
            self.numbers(rest, &[given, found]);
            match self.vote_for(at - 1, found) {
                Some(Vote { last, .. }) if variables > 0 => {
                    let rest = self.out.before(say::AGREE);
                    self.out.number(variables as u64, 1);
                    let rest = self.write_voter(rest, last);
                    self.out.push(rest);
                }
                _ => self.out.push(say::SO_MANY),
            }
            self.out.push(if bound { say::BIND_THAT } else { say::CHANGE });
            self.tell(ProblemKind::Symbol, 1, start);
        }
    }

    const fn tell_failed(&mut self) {
        let mut at = 0;
        while at < self.failed.len() {
            let failed = self.failed.get(at);
            let start = self.out.len();
            let rest = self.out.before(say::ASSERTS);
            self.out.push(self.input.outline.structs[failed.holder].owner.name);
            let rest = self.out.before(rest);
            self.out.assertion(self.assertion(&failed));
            self.out.push(rest);
            self.values_of(&failed);
            self.out.push(say::ANOTHER_MODEL);
            self.tell(ProblemKind::Assertion, 1, start);
            at += 1;
        }
    }

    /// Writes the values of the symbols in an assertion: `` `n_embd` is 768 and `n_head` is 13 ``.
    const fn values_of(&mut self, failed: &Failed) {
        let Assertion { left, right, .. } = self.assertion(failed);
        let roots = self.input.outline.roots;
        let all = names(left) + names(right);
        let mut told = 0;
        self.write_values_of(left, roots[failed.roots].term, failed.scope, &mut told, all);
        self.write_values_of(right, roots[failed.roots + 1].term, failed.scope, &mut told, all);
    }

    const fn write_values_of(
        &mut self,
        expression: &Expression,
        term: usize,
        scope: usize,
        told: &mut usize,
        all: usize,
    ) {
        match (expression, self.input.outline.terms[term]) {
            (Expression::Pair(_, [left, right]), Term::Pair(_, one, other)) => {
                self.write_values_of(left, one, scope, told, all);
                self.write_values_of(right, other, scope, told, all);
            }
            (Expression::Symbol(name), _) => {
                self.out.push(match *told {
                    0 => "",
                    _ if *told + 1 == all => " and ",
                    _ => ", ",
                });
                let rest = self.out.before(say::SYMBOL_IS);
                self.out.push(name);
                let value = match self.value(term, scope) {
                    Some(value) => value,
                    None => 0,
                };
                self.numbers(rest, &[value]);
                *told += 1;
            }
            _ => {}
        }
    }

    const fn tell_varied(&mut self) {
        let mut at = 0;
        while at < self.symbols.len() {
            if self.is_varied(at) {
                self.tell_varied_one(at);
            }
            at += 1;
        }
    }

    const fn tell_varied_one(&mut self, symbol: usize) {
        let own = self.symbols.get(symbol);
        let name = own.name();
        let lens = self.lens.len();
        let mut vote = own.votes;
        while vote != NONE {
            let value = self.votes.get(vote).value;
            let mut at = self.lens.push(value);
            while at > lens && self.lens.get(at - 1) > value {
                *self.lens.at(at) = self.lens.get(at - 1);
                at -= 1;
            }
            *self.lens.at(at) = value;
            vote = self.votes.get(vote).next;
        }
        let values = self.lens.since(lens);
        let start = self.out.len();
        let rest = self.out.before(say::VARIED);
        self.out.push(name);
        let rest = self.out.before(rest);
        self.out.number(values.len as u64, 1);
        self.out.push(rest);
        let mut at = 0;
        while at < values.len && at < 8 {
            self.out.push(if at > 0 { ", " } else { "" });
            let value = self.lens.get(values.at + at);
            match self.vote_for(symbol, value) {
                Some(Vote { last, .. }) if last != NONE && at < MANY => {
                    let rest = self.out.before(say::VALUE_IN);
                    self.out.number(value, 1);
                    let rest = self.out.before(rest);
                    self.write_field_of(last);
                    self.out.push(rest);
                }
                _ => self.out.number(value, 1),
            }
            at += 1;
        }
        self.out.push(if values.len > 8 { ", ...; " } else { "; " });
        self.out.fill(say::WRITE_LOCAL, &[name]);
        self.lens.truncate(lens);
        self.tell(ProblemKind::Varied, 1, start);
    }

    /// Folds the findings that are not reported yet.
    const fn fold_findings(&mut self) {
        let mut at = 0;
        while at < self.findings.len() {
            if !self.findings.get(at).told {
                let top = self.top(at);
                self.fold_alike(at, top);
            }
            at += 1;
        }
    }

    const fn fold_alike(&mut self, first: usize, top: usize) {
        let finding = self.findings.get(first);
        let rank = self.depth_of_site(&finding);
        let (start, mut at) = (self.tuples.len(), first);
        while at < self.findings.len() {
            let other = self.findings.get(at);
            if !other.told
                && self.alike(&finding, &other)
                && self.depth_of_site(&other) == rank
                && self.top(at) == top
            {
                self.add_tuple(other.frame, rank);
                self.findings.at(at).told = true;
            }
            at += 1;
        }
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
        let mut index = 0;
        while index < rank {
            let value = match self.index_at(frame, index) {
                Some(value) => value as u64,
                None => 0,
            };
            let _ = self.tuples.push(value);
            index += 1;
        }
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
            let (mut next, mut at) = (usize::MAX, 0);
            while at < self.folded.len() {
                let pair = self.dtypes_of(at);
                next = if pair > last && pair < next { pair } else { next };
                at += 1;
            }
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
        let (mut many, mut places, mut first, mut at) = (0, 0, NONE, 0);
        let mut one = true;
        while at < self.folded.len() {
            if self.dtypes_of(at) == dtypes {
                first = if first == NONE { at } else { first };
                one = one && self.same_field(first, at);
                many += 1;
                places += self.places_in(self.folded.get(at).axes);
            }
            at += 1;
        }
        if many < MANY {
            return;
        }
        let mut at = first;
        while at < self.folded.len() {
            if self.dtypes_of(at) == dtypes {
                self.folded.at(at).told = true;
            }
            at += 1;
        }
        let start = self.out.len();
        let finding = self.findings.get(self.folded.get(first).finding);
        let (Some(wanted), (found, _)) =
            (self.other_dtype(finding.item, finding.family), self.spec(finding.family))
        else {
            return;
        };
        let mut rest = self.out.before(if one { say::DTYPES_OF } else { say::DTYPES });
        let mut field = Span::EMPTY;
        if one {
            field = self.write_member_of(finding.item);
            rest = self.out.before(rest);
            self.out.number(many as u64, 1);
            rest = self.out.before(rest);
        }
        self.out.number(places as u64, 1);
        let rest = self.out.before(rest);
        self.out.push(found.short());
        let rest = self.out.before(rest);
        self.write_first(first, false);
        let mut rest = self.out.before(rest);
        if !one {
            self.write_first(first, true);
            rest = self.out.before(rest);
        }
        self.out.push(wanted.short());
        self.out.push(rest);
        if Cast::Lossless.allows(found, wanted) {
            self.out.fill(say::WRITE_CAST, &[Cast::Lossless.word()]);
        } else if Cast::Any.allows(found, wanted) {
            self.out.fill(say::WRITE_CAST, &[Cast::Any.word()]);
        }
        self.out.fill(if one { say::GIVE_FIELD } else { say::GIVE_FIELDS }, &[found.short()]);
        let (message, family) = (self.out.since(start), finding.family);
        let (kind, count, wanted) = (ProblemKind::DTypes, places, Want::DType(wanted));
        let told = Told { kind, field, message, count, family, wanted, ..Told::NONE };
        let _ = self.told.push(told);
    }

    /// True if two folded findings are of the same field of the same struct, at any places.
    const fn same_field(&self, one: usize, other: usize) -> bool {
        let one = self.item(self.findings.get(self.folded.get(one).finding).item);
        let other = self.item(self.findings.get(self.folded.get(other).finding).item);
        equal(one.owner.name.as_bytes(), other.owner.name.as_bytes())
            && equal(one.field.name.as_bytes(), other.field.name.as_bytes())
    }

    /// Writes a field with its struct: `Conv.weights`.
    pub(crate) const fn write_member_of(&mut self, item: usize) -> Span {
        let (own, start) = (self.item(item), self.out.len());
        self.out.push(own.owner.name);
        self.out.push(".");
        self.out.push(own.field.name);
        self.out.since(start)
    }

    /// Writes the variable or the field at the first place of a folded finding.
    pub(crate) const fn write_first(&mut self, folded: usize, field: bool) {
        let Folded { finding, axes, .. } = self.folded.get(folded);
        let item = self.findings.get(finding).item;
        let start = self.boxes.len();
        let mut at = axes.at;
        while at < axes.end() {
            let first = Span { len: 1, ..self.boxes.get(at) };
            let _ = self.boxes.push(first);
            at += 1;
        }
        let axes = self.boxes.since(start);
        if field {
            self.put_field(item, axes);
        } else {
            self.put_variable(item, axes);
        }
        self.boxes.truncate(start);
    }

    /// Reports the folded findings in order; those of an absent struct together.
    const fn tell_folded(&mut self) {
        let mut at = 0;
        while at < self.folded.len() {
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
            at += 1;
        }
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

    /// Reports the elements that are excluded only by the bounds of a list.
    const fn tell_outside(&mut self) {
        let mut at = 0;
        while at < self.outside.len() {
            if let Some((count, spec)) = self.element_outside(at) {
                self.tell_elements_outside(at, count, spec);
            }
            at += 1;
        }
    }

    /// The number of excluded variables of an element, and the family of the first. `None` if this is not the first of them.
    const fn element_outside(&self, first: usize) -> Option<(usize, usize)> {
        let own = self.outside.get(first);
        let (mut at, mut count) = (0, 0);
        while at < self.outside.len() {
            let other = self.outside.get(at);
            if self.same_element(&own, &other) && self.taken[other.variable].unmapped {
                if at < first {
                    return None;
                }
                count += 1;
            }
            at += 1;
        }
        if self.taken[own.variable].unmapped { Some((count, own.family)) } else { None }
    }

    const fn same_element(&self, one: &Outside, other: &Outside) -> bool {
        let (one_frame, other_frame) =
            (self.frames.get(one.element), self.frames.get(other.element));
        one.list == other.list
            && one_frame.outer == other_frame.outer
            && one_frame.index == other_frame.index
    }

    /// Reports all elements excluded by the same list with the same variables.
    const fn tell_elements_outside(&mut self, first: usize, count: usize, family: usize) {
        let own = self.outside.get(first);
        let rank = self.depth_at(own.element);
        let (start, mut at) = (self.tuples.len(), first);
        while at < self.outside.len() {
            let other = self.outside.get(at);
            if other.list == own.list
                && other.item == own.item
                && matches!(self.element_outside(at), Some((others, spec))
                    if others == count && self.same_spec(spec, family))
            {
                self.add_tuple(other.element, rank);
                self.told_outside(at);
            }
            at += 1;
        }
        let mut at = self.fold_tuples(start, rank);
        while at < self.boxes.len() {
            self.tell_box_outside(&own, Span { at, len: rank }, count);
            at += rank;
        }
    }

    /// Marks the variables of an excluded element as reported.
    const fn told_outside(&mut self, first: usize) {
        let (own, mut at) = (self.outside.get(first), 0);
        while at < self.outside.len() {
            let other = self.outside.get(at);
            if self.same_element(&own, &other) {
                self.taken[other.variable].unmapped = false;
            }
            at += 1;
        }
    }

    const fn tell_box_outside(&mut self, own: &Outside, axes: Span, count: usize) {
        let variable = self.out.len();
        self.put_variable(own.item, axes);
        let variable = self.out.since(variable);
        let start = self.out.len();
        let listed = matches!(self.item(own.list).field.indices, Indices::Listed(_));
        let mut rest = self.out.before(match (listed, count) {
            (false, 1) => say::BEYOND_ONE,
            (false, _) => say::BEYOND,
            (true, 1) => say::UNLISTED_ONE,
            (true, _) => say::UNLISTED,
        });
        if count > 1 {
            self.out.number((count * self.places_in(axes)) as u64, 1);
            rest = self.out.before(rest);
        }
        self.out.repeat(variable);
        rest = self.out.before(rest);
        if count == 1 {
            self.write_spec(own.family);
            rest = self.out.before(rest);
        }
        self.put_field(own.list, Span { len: axes.len - 1, ..axes });
        self.out.push(rest);
        let (kind, message, family) = (ProblemKind::Beyond, self.out.since(start), own.family);
        let count = self.places_in(axes);
        let _ = self.told.push(Told { kind, variable, message, count, family, ..Told::NONE });
    }

    /// The number of unexplained variables without a field.
    const fn left(&self) -> usize {
        let (mut left, mut at) = (0, 0);
        while at < self.input.manifest.variables {
            left += self.taken[at].unmapped as usize;
            at += 1;
        }
        left
    }

    pub(crate) const fn left_of(&self, family: &Family<'_>) -> usize {
        let (mut left, mut at) = (0, family.first);
        while at < family.first + family.count {
            left += self.taken[at].unmapped as usize;
            at += 1;
        }
        left
    }

    /// Reports the remaining variables of each preset in one sentence, if there are several.
    const fn tell_slots(&mut self) {
        let of = self.left();
        self.tell_preset(Preset::Bookkeeping, of);
        self.tell_preset(Preset::Ema, of);
        self.tell_preset(Preset::Optimizer, of);
    }

    const fn tell_preset(&mut self, preset: Preset, of: usize) {
        let (families, mut at, mut count, mut first) = (self.input.manifest.families, 0, 0, NONE);
        while at < families.len() {
            if is_of(&families[at], preset) {
                let here = self.left_of(&families[at]);
                first = if first == NONE && here > 0 { at } else { first };
                count += here;
            }
            at += 1;
        }
        if count < 2 {
            return;
        }
        let start = self.out.len();
        let what = preset.description();
        let (sentence, counts) = if count == of {
            (say::ALL_UNMAPPED, [of as u64, 0])
        } else {
            (say::SOME_UNMAPPED, [count as u64, of as u64])
        };
        let mut rest = self.out.before(sentence);
        self.out.number(counts[0], 1);
        rest = self.out.before(rest);
        if counts[1] > 0 {
            self.out.number(counts[1], 1);
            rest = self.out.before(rest);
        }
        self.out.push(what);
        rest = self.out.before(rest);
        let mut member = families[first].first;
        while !self.taken[member].unmapped {
            member += 1;
        }
        write_member(&families[first], member - families[first].first, &mut self.out);
        self.out.push(rest);
        self.out.fill(say::WRITE_IGNORE, &[preset.word()]);
        self.tell(ProblemKind::Slots, count, start);
        let mut at = 0;
        while at < families.len() {
            if is_of(&families[at], preset) {
                self.explain_family(&families[at]);
            }
            at += 1;
        }
    }

    /// Marks the variables of a family as explained by another problem.
    pub(crate) const fn explain_family(&mut self, family: &Family<'_>) {
        let mut at = family.first;
        while at < family.first + family.count {
            self.taken[at].unmapped = false;
            at += 1;
        }
    }

    /// Reports the remaining variables one by one. Those that match a preset come first.
    const fn tell_left(&mut self) {
        let (families, mut at) = (self.input.manifest.families, 0);
        while at < families.len() {
            if families[at].preset.is_some() && self.left_of(&families[at]) > 0 {
                self.tell_family(at);
            }
            at += 1;
        }
        let mut at = 0;
        while at < families.len() {
            if families[at].preset.is_none() && self.left_of(&families[at]) > 0 {
                self.tell_family(at);
            }
            at += 1;
        }
    }

    /// Reports the remaining variables of a family.
    const fn tell_family(&mut self, number: usize) {
        let family = &self.input.manifest.families[number];
        let left = self.left_of(family);
        if left == family.count {
            let start = self.out.len();
            write_family(family, &mut self.out);
            let variable = self.out.since(start);
            return self.tell_unmapped(number, variable, left);
        }
        let rank = numbers(family);
        let (start, mut member) = (self.tuples.len(), 0);
        while member < family.count {
            if self.taken[family.first + member].unmapped {
                self.add_numbers(family, member);
            }
            member += 1;
        }
        let mut at = self.fold_tuples(start, rank);
        while at < self.boxes.len() && rank > 0 {
            let axes =
                Axes { spans: self.boxes.part(Span { at, len: rank }), values: self.values.all() };
            let count = axes.count();
            let start = self.out.len();
            write_some(family, axes, &mut self.out);
            let variable = self.out.since(start);
            self.tell_unmapped(number, variable, count);
            at += rank;
        }
    }

    const fn tell_unmapped(&mut self, family: usize, variable: Span, count: usize) {
        let start = self.out.len();
        let rest = self.out.before(say::UNMAPPED);
        self.out.repeat(variable);
        let rest = self.out.before(rest);
        self.write_spec(family);
        self.out.push(rest);
        match self.input.manifest.families[family].preset {
            Some(preset) => self.out.fill(say::WRITE_IGNORE, &[preset.word()]),
            None => self.out.push(say::NAME_IN_IGNORE),
        }
        let (kind, message) = (ProblemKind::Unmapped, self.out.since(start));
        let _ = self.told.push(Told { kind, variable, message, count, family, ..Told::NONE });
    }

    /// Adds the numbers in the name of a variable of a family as a tuple.
    const fn add_numbers(&mut self, family: &Family<'_>, member: usize) {
        let (mut at, mut left, mut inner) = (0, member, family.count);
        while at < family.pieces.len() {
            if let FamilyPiece::Number { values, .. } = family.pieces[at] {
                inner /= count(values);
                let _ = self.tuples.push(nth(values, left / inner) as u64);
                left %= inner;
            }
            at += 1;
        }
    }

    /// Writes the name of a variable, as displayed.
    pub(crate) const fn write_name(&mut self, variable: usize) {
        let (families, mut at) = (self.input.manifest.families, 0);
        while at < families.len() {
            let family = &families[at];
            if variable >= family.first && variable < family.first + family.count {
                return write_member(family, variable - family.first, &mut self.out);
            }
            at += 1;
        }
    }

    /// True if an optional field is in no manifest.
    pub(crate) const fn any_never_there(&self) -> bool {
        let mut item = 0;
        while item < self.input.outline.items.len() {
            if self.memos[item].absent && self.is_never_there(item) {
                return true;
            }
            item += 1;
        }
        false
    }

    /// True if an optional field is in no manifest, at any place of its struct. It may have a wrong path.
    const fn is_never_there(&self, item: usize) -> bool {
        let own = self.item(item);
        if lacks(own.field) {
            return false;
        }
        let mut at = 0;
        while at < self.input.outline.items.len() {
            let other = self.item(at);
            if self.there[at]
                && equal(own.owner.name.as_bytes(), other.owner.name.as_bytes())
                && equal(own.field.name.as_bytes(), other.field.name.as_bytes())
            {
                return false;
            }
            at += 1;
        }
        true
    }

    /// Reports optional fields that are in no manifest.
    const fn tell_never_there(&mut self) {
        let mut item = 0;
        while item < self.input.outline.items.len() {
            if self.memos[item].absent && self.is_never_there(item) {
                self.tell_absent(item);
            }
            item += 1;
        }
    }

    /// Reports an optional item that is in no manifest, for all places of its struct.
    const fn tell_absent(&mut self, item: usize) {
        let own = self.item(item);
        let (start, mut at, rank) = (self.tuples.len(), 0, self.depth_at(self.first_absent(item)));
        while at < self.absent.len() {
            let site = self.absent.get(at);
            if site.item == item {
                self.add_tuple(site.frame, rank);
            }
            at += 1;
        }
        let axes = Span { at: self.fold_tuples(start, rank), len: rank };
        let mut told =
            Told { kind: ProblemKind::NeverThere, count: self.places_in(axes), ..Told::NONE };
        let message = self.about(item, axes, &mut told, true);
        let one = match &own.field.node {
            Node::Optional(inner) => matches!(**inner, Node::Tensor(_) | Node::Split(_)),
            _ => false,
        };
        let rest =
            self.out.before(if one { say::NO_MANIFEST_HAS } else { say::NO_MANIFEST_HAS_ANY });
        self.out.repeat(told.variable);
        self.out.push(rest);
        if one {
            self.may_be(item, axes, say::NEVER_THERE, true);
        } else {
            self.out.push(say::NEVER_THERE);
        }
        told.message = self.out.since(message);
        let _ = self.told.push(told);
    }

    const fn first_absent(&self, item: usize) -> usize {
        let mut at = 0;
        while self.absent.get(at).item != item {
            at += 1;
        }
        self.absent.get(at).frame
    }
}

/// The number of numbers that differ in the names of a family.
const fn numbers(family: &Family<'_>) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < family.pieces.len() {
        count += matches!(family.pieces[at], FamilyPiece::Number { .. }) as usize;
        at += 1;
    }
    count
}

/// Writes some names of a family as one.
const fn write_some(family: &Family<'_>, axes: Axes<'_>, out: &mut crate::fit::text::Text<'_>) {
    let (mut axis, mut at) = (0, 0);
    while at < family.pieces.len() {
        match &family.pieces[at] {
            FamilyPiece::Text(text) => out.push(text),
            FamilyPiece::Number { digits, .. } => {
                match axes.of(axis) {
                    Some([value]) => out.number(*value, *digits),
                    Some(values) => {
                        out.push("<");
                        crate::fit::names::write_values(values, 0, out);
                        if *digits > 1 {
                            out.push(":0");
                            out.number(*digits as u64, 1);
                        }
                        out.push(">");
                    }
                    None => {}
                }
                axis += 1;
            }
        }
        at += 1;
    }
}

const fn is_of(family: &Family<'_>, preset: Preset) -> bool {
    match family.preset {
        Some(other) => other as u8 == preset as u8,
        None => false,
    }
}

const fn same_value(one: Option<u64>, other: Option<u64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        (None, None) => true,
        _ => false,
    }
}

/// The number of names in an expression.
const fn names(expression: &Expression) -> usize {
    match expression {
        Expression::Number(_) => 0,
        Expression::Symbol(_) => 1,
        Expression::Pair(_, [left, right]) => names(left) + names(right),
    }
}

/// True if a symbol of an expression is also in an assertion.
const fn shares_symbol(expression: &Expression, assertion: &Assertion) -> bool {
    match expression {
        Expression::Number(_) => false,
        Expression::Symbol(name) => {
            has_name(&assertion.left, name) || has_name(&assertion.right, name)
        }
        Expression::Pair(_, [left, right]) => {
            shares_symbol(left, assertion) || shares_symbol(right, assertion)
        }
    }
}

const fn has_name(expression: &Expression, name: &str) -> bool {
    match expression {
        Expression::Number(_) => false,
        Expression::Symbol(other) => equal(other.as_bytes(), name.as_bytes()),
        Expression::Pair(_, [left, right]) => has_name(left, name) || has_name(right, name),
    }
}

const fn any_shares_symbol(axes: &[AxisLength], assertion: &Assertion) -> bool {
    let mut at = 0;
    while at < axes.len() {
        if let AxisLength::Is(expression) = &axes[at]
            && shares_symbol(expression, assertion)
        {
            return true;
        }
        at += 1;
    }
    false
}

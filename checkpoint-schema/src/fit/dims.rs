//! Finds and reports problems of symbols: values that contradict one another, failed assertions, missing values.

use crate::each::each;
use crate::fit::fold::sort_tuples;
use crate::fit::memory::State;
use crate::fit::outline::{Holder, Item};
use crate::fit::problems::MANY;
use crate::fit::records::{Finding, HolderSite, Kind, Origin, Site, Vote};
use crate::fit::sentences::kind_of;
use crate::fit::stack::NONE;
use crate::fit::words::Word::{Assertion as Asserted, Count, Name, Number, Taker, Text};
use crate::fit::words::before_word;
use crate::model::description::Node;
use crate::model::expression::Assertion;
use crate::problem::wording as say;

impl<'a> State<'_, 'a> {
    /// Finds symbols with several values.
    pub(crate) const fn find_contradictions(&mut self) {
        each!(0..self.input.outline.symbols.len(), |at| {
            let symbol = self.input.outline.symbols[at];
            if let (Some(first), Some(other)) = (symbol.value, symbol.other) {
                self.find_symbol(Kind::FixedTwice, at, [first, other]);
            }
        });
        each!(0..self.input.bound.len(), |at| {
            let (symbol, value) = self.input.bound[at];
            if let Some(fixed) = self.input.outline.symbols[symbol].value
                && fixed != value
            {
                self.find_symbol(Kind::BoundAndFixed, symbol, [value, fixed]);
            }
        });
        each!(0..self.symbols.len(), |at| {
            let symbol = self.symbols.get(at);
            if let (Some((given, ..)), Some(found)) = (symbol.contradicted, symbol.value) {
                self.find_symbol(Kind::Contradicted, at, [given, found]);
            }
        });
        self.find_failed();
        each!(0..self.symbols.len(), |at| {
            if self.is_varied(at) {
                self.find_symbol(Kind::Varied, at, [0; 2]);
            }
        });
    }

    const fn find_symbol(&mut self, kind: Kind, symbol: usize, [first, second]: [u64; 2]) {
        let numbers = [symbol as u64, first, second, 0];
        self.find(Finding { kind, numbers, ..Finding::NONE });
    }

    /// Finds lists whose number of elements differs from the value of their bound.
    pub(crate) const fn find_elements(&mut self) {
        each!(0..self.lists.len(), |at| {
            let list = self.lists.get(at);
            if list.says != NONE
                && let Some(wanted) =
                    self.value(self.input.outline.roots[list.says].term, list.scope)
                && wanted != list.end as u64
            {
                let numbers = [list.end as u64, wanted, list.says as u64, 0];
                let (kind, item, frame, scope) =
                    (Kind::Elements, list.item, list.frame, list.scope);
                self.find(Finding { kind, item, frame, scope, numbers, ..Finding::NONE });
            }
        });
    }

    /// Finds fields that store a symbol without a value.
    pub(crate) const fn find_dims(&mut self) {
        each!(0..self.dims.len(), |at| {
            let Site { item, frame, scope } = self.dims.get(at);
            let own = self.item(item);
            if let Node::Dim(word) = own.field.node
                && self.value(self.input.outline.roots[own.roots].term, scope).is_none()
            {
                let (kind, word) = (Kind::NoValue, Some(word));
                self.find(Finding { kind, item, frame, scope, word, ..Finding::NONE });
            }
        });
    }

    /// Finds failed assertions, each once.
    const fn find_failed(&mut self) {
        each!(0..self.places.len(), |at| {
            let HolderSite { holder, scope, .. } = self.places.get(at);
            let Holder { owner, roots, .. } = self.input.outline.structs[holder];
            each!(0..owner.asserts.len(), |number| {
                let numbers = [holder as u64, number as u64, (roots + 2 * number) as u64, 0];
                let failed = Finding { kind: Kind::Failed, scope, numbers, ..Finding::NONE };
                if self.fails(&failed) && !self.has_failed(&failed) {
                    self.find(failed);
                }
            });
        });
    }

    const fn fails(&self, failed: &Finding<'_>) -> bool {
        let (roots, at, scope) = (self.input.outline.roots, first_root(failed), failed.scope);
        let (left, right) = (roots[at].term, roots[at + 1].term);
        // Symbols without values are reported elsewhere.
        if !self.is_known(left, scope) || !self.is_known(right, scope) {
            return false;
        }
        match (self.value(left, scope), self.value(right, scope)) {
            (Some(left), Some(right)) => !self.assertion(failed).relation.holds(left, right),
            _ => true,
        }
    }

    const fn assertion(&self, failed: &Finding<'_>) -> &'a Assertion {
        let [holder, number, ..] = failed.numbers;
        &self.input.outline.structs[holder as usize].owner.asserts[number as usize]
    }

    /// The failed assertion after so many others.
    const fn failed(&self, number: usize) -> Option<Finding<'a>> {
        let mut left = number;
        each!(0..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            if matches!(finding.kind, Kind::Failed) {
                if left == 0 {
                    return Some(finding);
                }
                left -= 1;
            }
        });
        None
    }

    /// True if the same assertion already failed with the same values.
    const fn has_failed(&self, failed: &Finding<'_>) -> bool {
        let mut number = 0;
        while let Some(other) = self.failed(number) {
            if first_root(&other) == first_root(failed) && self.same_values(failed, other.scope) {
                return true;
            }
            number += 1;
        }
        false
    }

    const fn same_values(&self, failed: &Finding<'_>, scope: usize) -> bool {
        let mut number = 0;
        while let (Some((_, one)), Some((_, other))) = (
            self.written_in(first_root(failed), failed.scope, number),
            self.written_in(first_root(failed), scope, number),
        ) {
            match (one, other) {
                (Some(one), Some(other)) if one == other => number += 1,
                _ => return false,
            }
        }
        true
    }

    /// A symbol of an assertion, as written, and its value.
    const fn written_in(
        &self,
        roots: usize,
        scope: usize,
        number: usize,
    ) -> Option<(&'a str, Option<u64>)> {
        let mut left = number;
        let mut symbol = self.written_symbol(roots, &mut left);
        if symbol.is_none() {
            symbol = self.written_symbol(roots + 1, &mut left);
        }
        match symbol {
            Some((name, term)) => Some((name, self.value(term, scope))),
            None => None,
        }
    }

    /// Reports the problems of symbols.
    pub(crate) const fn tell_symbols(&mut self) {
        each!(0..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            if finding.kind.is_of_symbol() {
                self.findings.at(at).told = true;
                let told = self.begin(kind_of(finding.kind), 1);
                self.tell_symbol(&finding);
                self.end(told);
            }
        });
    }

    const fn tell_symbol(&mut self, finding: &Finding<'_>) {
        let [number, first, second, _] = finding.numbers;
        let number = number as usize;
        if let Kind::Failed = finding.kind {
            return self.tell_failed(finding);
        }
        let symbol = self.symbols.get(number);
        let words = [Text(symbol.name()), Number(first), Number(second)];
        match finding.kind {
            Kind::FixedTwice => self.write(say::FIXED_TWICE, &words),
            Kind::BoundAndFixed => self.write(say::BOUND_AND_FIXED, &words),
            Kind::Varied => self.tell_varied(number),
            _ => {
                let bound = matches!(symbol.contradicted, Some((_, Origin::Bound, _)));
                self.write(if bound { say::SYMBOL_BOUND } else { say::SYMBOL }, &words);
                match (symbol.contradicted, self.vote_for(number, second)) {
                    (Some((.., variables)), Some(Vote { last, .. })) if variables > 0 => {
                        self.write(say::AGREE, &[Count(variables), Name(last), Taker(last)]);
                    }
                    _ => self.out.push(say::SO_MANY),
                }
                self.out.push(if bound { say::BIND_THAT } else { say::CHANGE });
            }
        }
    }

    /// Reports a failed assertion, with the values of its symbols: `` `n_embd` is 768 and `n_head` is 13 ``.
    const fn tell_failed(&mut self, failed: &Finding<'_>) {
        let owner = self.input.outline.structs[failed.numbers[0] as usize].owner;
        self.write(say::ASSERTS, &[Text(owner.name), Asserted(self.assertion(failed))]);
        let (roots, mut all, mut number) = (first_root(failed), 0, 0);
        while self.written_in(roots, failed.scope, all).is_some() {
            all += 1;
        }
        while let Some((name, Some(value))) = self.written_in(roots, failed.scope, number) {
            self.out.push(before_word(number, all));
            self.write(say::SYMBOL_IS, &[Text(name), Number(value)]);
            number += 1;
        }
        self.out.push(say::ANOTHER_MODEL);
    }

    const fn tell_varied(&mut self, symbol: usize) {
        let own = self.symbols.get(symbol);
        let (name, lens) = (Text(own.name()), self.lens.len());
        let mut vote = own.votes;
        while vote != NONE {
            let Vote { value, next, .. } = self.votes.get(vote);
            let _ = self.lens.push(value);
            vote = next;
        }
        let values = self.lens.since(lens);
        let _ = sort_tuples(self.lens.part_mut(values), 1);
        self.write(say::VARIED, &[name, Count(values.len)]);
        let mut at = 0;
        while at < values.len && at < 8 {
            self.out.push(if at > 0 { ", " } else { "" });
            let value = self.lens.get(values.at + at);
            match self.vote_for(symbol, value) {
                Some(Vote { last, .. }) if last != NONE && at < MANY => {
                    self.write(say::VALUE_IN, &[Number(value), Taker(last)]);
                }
                _ => self.out.number(value, 1),
            }
            at += 1;
        }
        self.out.push(if values.len > 8 { ", ...; " } else { "; " });
        self.write(say::WRITE_LOCAL, &[name]);
        self.lens.truncate(lens);
    }

    /// Marks findings as reported if they follow from problems with symbols, or from missing variables.
    pub(crate) const fn explain_findings(&mut self) {
        self.note_unsaid();
        let has_cause = self.has_cause();
        each!(0..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            let explained = match finding.kind {
                Kind::NoValue | Kind::Shapeless if finding.word().is_empty() => false,
                Kind::NoValue | Kind::Shapeless => {
                    self.input.may_be_bound || has_cause && self.waits(&finding)
                }
                Kind::Shape => self.is_of_varied(&finding),
                Kind::Elements => self.is_of_hole(&finding),
                Kind::NoNumber | Kind::OtherElements | Kind::NoMultiple => {
                    self.is_of_failed(&finding)
                }
                _ => false,
            };
            if explained {
                self.findings.at(at).told = true;
            }
        });
    }

    /// Marks the symbols of a `shape` of the wrong rank: the rank is reported, not the missing values.
    const fn note_unsaid(&mut self) {
        each!(0..self.findings.len(), |at| {
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
        });
    }

    /// True if there is a problem besides symbols without values. The variables of an empty list may be absent without one, by
    /// `default`.
    const fn has_cause(&self) -> bool {
        each!(0..self.findings.len(), |at| {
            if !matches!(self.findings.get(at).kind, Kind::NoValue | Kind::Shapeless) {
                return true;
            }
        });
        false
    }

    /// True if a symbol of a field lacks a value only because a variable is missing.
    const fn waits(&mut self, finding: &Finding<'_>) -> bool {
        let Item { roots, renamed, .. } = *self.item(finding.item);
        let start = self.collect(roots, renamed, finding.scope);
        let mut waits = false;
        each!(start..self.symbols_said.len(), |at| {
            let symbol = self.symbols.get(self.symbols_said.get(at));
            waits |= symbol.value.is_none() && symbol.unsaid;
        });
        self.symbols_said.truncate(start);
        waits
    }

    /// True if each symbol of the mismatched axes has several values, which is reported once.
    const fn is_of_varied(&mut self, finding: &Finding<'_>) -> bool {
        let start = self.collect_mismatched(finding);
        let (mut all, mut at) = (self.symbols_said.len() > start, start);
        while at < self.symbols_said.len() {
            all &= self.is_varied(self.symbols_said.get(at));
            at += 1;
        }
        self.symbols_said.truncate(start);
        all
    }

    /// True if an expression of a finding has a symbol of a failed assertion, which may be inconsistent with others.
    const fn is_of_failed(&mut self, finding: &Finding<'_>) -> bool {
        let first = finding.numbers[0] as usize;
        let (root, end) = match finding.kind {
            Kind::NoNumber => (first, first + 1),
            _ => (self.root_of(finding.item, first), self.root_of(finding.item, first + 1)),
        };
        let start = self.collect(root, end, finding.scope);
        let (end, mut shares, mut number) = (self.symbols_said.len(), false, 0);
        while let Some(failed) = self.failed(number) {
            let roots = first_root(&failed);
            let _ = self.collect(roots, roots + 2, failed.scope);
            shares |= self.is_repeated(start, end);
            self.symbols_said.truncate(end);
            number += 1;
        }
        self.symbols_said.truncate(start);
        shares
    }

    /// True if a collected symbol is both before and after a position.
    const fn is_repeated(&self, start: usize, middle: usize) -> bool {
        each!(start..middle, |at| {
            each!(middle..self.symbols_said.len(), |other| {
                if self.symbols_said.get(at) == self.symbols_said.get(other) {
                    return true;
                }
            });
        });
        false
    }

    /// True if a list has a hole, which ended the count of its elements early.
    const fn is_of_hole(&self, finding: &Finding<'_>) -> bool {
        each!(0..self.findings.len(), |at| {
            let hole = self.findings.get(at);
            if matches!(hole.kind, Kind::Hole)
                && hole.item == finding.item
                && self.frame_of(hole.frame, self.depth_at(finding.frame)) == finding.frame
            {
                return true;
            }
        });
        false
    }

    /// Collects the symbols of expressions, in order and without duplicates. Returns the position of the first.
    const fn collect(&mut self, from: usize, end: usize, scope: usize) -> usize {
        let start = self.symbols_said.len();
        each!(from..end, |root| {
            self.collect_in(root, scope, start);
        });
        start
    }

    /// Collects the symbols of the axes whose lengths differ from a `shape`.
    pub(crate) const fn collect_mismatched(&mut self, finding: &Finding<'_>) -> usize {
        let (start, mut axis) = (self.symbols_said.len(), 0);
        while axis < finding.other.len && axis < finding.at.len {
            if self.lens.get(finding.at.at + axis) != self.lens.get(finding.other.at + axis) {
                self.collect_in(finding.numbers[1] as usize + axis, finding.scope, start);
            }
            axis += 1;
        }
        start
    }

    const fn collect_in(&mut self, root: usize, scope: usize, start: usize) {
        let (term, mut number) = (self.input.outline.roots[root].term, 0);
        while let Some(symbol) = self.symbol_of(term, scope, number) {
            let mut at = start;
            while at < self.symbols_said.len() && self.symbols_said.get(at) < symbol {
                at += 1;
            }
            let known = at < self.symbols_said.len() && self.symbols_said.get(at) == symbol;
            if symbol != NONE && !known {
                let mut last = self.symbols_said.push(symbol);
                while last > at {
                    *self.symbols_said.at(last) = self.symbols_said.get(last - 1);
                    last -= 1;
                }
                *self.symbols_said.at(at) = symbol;
            }
            number += 1;
        }
    }

    /// Writes the values of the symbols of an expression.
    pub(crate) const fn say_symbols_of(&mut self, root: usize, scope: usize) {
        let start = self.collect(root, root + 1, scope);
        self.say_symbols(start);
    }

    /// Writes the values of symbols: `; n_embd is 768, as other variables say`.
    pub(crate) const fn say_symbols(&mut self, start: usize) {
        each!(start..self.symbols_said.len(), |at| {
            self.say_symbol(self.symbols_said.get(at));
        });
        self.symbols_said.truncate(start);
    }

    const fn say_symbol(&mut self, symbol: usize) {
        let own = self.symbols.get(symbol);
        let Some(value) = own.value else { return };
        let (name, is) = (Text(own.name()), Number(value));
        match (own.origin, self.vote_for(symbol, value)) {
            (Origin::Struct, _) => self.write(say::AS_THE_STRUCT_SAYS, &[name, is]),
            (Origin::Bound, _) => self.write(say::AS_IT_IS_BOUND, &[name, is]),
            (Origin::Variables, Some(Vote { variables: 1, last, .. })) if last != NONE => {
                self.write(say::AS_ONE_SAYS, &[name, is, Name(last), Taker(last)]);
            }
            (Origin::Variables, Some(Vote { variables, last, .. })) if last != NONE => {
                let variables = Count(variables);
                self.write(say::AS_MANY_SAY, &[name, is, variables, Name(last), Taker(last)]);
            }
            (Origin::Variables, _) => self.write(say::AS_OTHERS_SAY, &[name, is]),
        }
    }
}

/// The root of the left side of a failed assertion. The right side follows.
const fn first_root(failed: &Finding<'_>) -> usize {
    failed.numbers[2] as usize
}

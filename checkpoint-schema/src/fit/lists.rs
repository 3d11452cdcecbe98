//! The values of the indices of lists: those of a range, listed ones, or all that the checkpoint has.

use crate::each::each;
use crate::fit::fold::sort_tuples;
use crate::fit::invert::invert;
use crate::fit::memory::State;
use crate::fit::names::write_member;
use crate::fit::outline::Item;
use crate::fit::records::ListElements;
use crate::fit::stack::{Span, part};
use crate::model::description::{Indices, Node};
use crate::model::positions::position_of;

/// The number of indices to try where a variable can have names that are not listed.
const TRIED: usize = 4096;

impl State<'_, '_> {
    /// True if a list has an element with this index.
    pub(crate) const fn has_element(&self, list: &ListElements, index: usize) -> bool {
        match self.item(list.item).field.indices {
            Indices::Listed(values) if !list.stacked => position_of(values, index).is_some(),
            Indices::Any if !list.stacked => {
                let (there, mut at) = (self.here.part(list.met), 0);
                while at < there.len() && there[at] != index {
                    at += 1;
                }
                at < there.len()
            }
            _ => list.start <= index && index < list.end,
        }
    }

    /// The index of the element at a position of a list.
    pub(crate) const fn index_of(&self, list: &ListElements, position: usize) -> usize {
        match self.item(list.item).field.indices {
            Indices::Range => list.start.saturating_add(position),
            Indices::Listed(values) => values[position],
            Indices::Any => self.here.get(list.met.at + position),
        }
    }

    /// True if any element of a list with these indices exists.
    pub(crate) const fn any_listed_is_present(
        &mut self,
        item: usize,
        element: &Node,
        values: &[usize],
    ) -> bool {
        each!(0..values.len(), |at| {
            if self.element_is_present(item, element, values[at]) {
                return true;
            }
        });
        false
    }

    /// The indices of all elements that exist, in ascending order, or only the first of them. They are in the stack `here`.
    pub(crate) const fn elements_there(
        &mut self,
        item: usize,
        element: &Node,
        only_first: bool,
    ) -> Span {
        let met = self.meet(item);
        let rank = self.item(item).around + 1;
        let start = self.here.len();
        let mut index = 0;
        while self.tries_indices() && index < TRIED && !(only_first && self.here.len() > start) {
            if self.element_is_present(item, element, index) {
                let _ = self.here.push(index);
            }
            index += 1;
        }
        let mut at = self.first_met(met, rank);
        while at < met.end() && self.compare_met(at, rank) == 0 {
            let index = self.met.get(at + rank - 1) as usize;
            at += rank;
            if only_first && self.here.len() > start {
                break;
            }
            if (!self.tries_indices() || index >= TRIED)
                && self.element_is_present(item, element, index)
            {
                let _ = self.here.push(index);
            }
        }
        self.here.since(start)
    }

    /// True if any element of a list that takes those that exist does exist.
    pub(crate) const fn any_element_is_there(&mut self, item: usize, element: &Node) -> bool {
        let there = self.elements_there(item, element, true);
        self.here.truncate(there.at);
        there.len > 0
    }

    /// True if a name can lead to a variable without being listed, as in a manifest of object paths.
    const fn tries_indices(&self) -> bool {
        !self.input.are_keys && self.input.names.is_empty()
    }

    /// The indices in all names that match an item or those within it: sorted tuples of the indices around the item and its own.
    const fn meet(&mut self, item: usize) -> Span {
        if let Some(met) = self.memos[item].met {
            return met;
        }
        let (start, rank) = (self.met.len(), self.item(item).around + 1);
        each!(0..self.input.names.len(), |name| {
            self.spelled.truncate(0);
            self.spelled.push_bytes(self.input.names[name]);
            self.meet_spelled(item);
        });
        let mut family = 0;
        while self.input.names.is_empty() && family < self.input.manifest.families.len() {
            let own = &self.input.manifest.families[family];
            each!(0..own.count, |member| {
                self.spelled.truncate(0);
                write_member(own, member, &mut self.spelled);
                self.meet_spelled(item);
            });
            family += 1;
        }
        let all = self.met.since(start);
        let count = sort_tuples(self.met.part_mut(all), rank);
        self.met.truncate(start + count * rank);
        let met = self.met.since(start);
        self.memos[item].met = Some(met);
        met
    }

    /// Records the indices for which an item, or one within it, has the spelled name.
    const fn meet_spelled(&mut self, item: usize) {
        each!(item..self.last_name(item), |at| {
            let pieces = part(self.input.outline.pieces, self.item(at).pieces);
            if invert(pieces, self.spelled.bytes(), true, self.found).is_some() {
                self.add_met(item);
            }
        });
    }

    /// The item after those of the names within an item. They include those that are joined.
    const fn last_name(&self, item: usize) -> usize {
        let Item { field, end, next, .. } = *self.item(item);
        if field.joins_paths() { next } else { end }
    }

    /// Records the found indices.
    const fn add_met(&mut self, item: usize) {
        let mut number = 0;
        while number <= self.item(item).around {
            let _ = self.met.push(self.found[number] as u64);
            number += 1;
        }
    }

    /// The first tuple with the indices of the walk, or the one that would follow them.
    const fn first_met(&self, met: Span, rank: usize) -> usize {
        let (mut first, mut count) = (met.at, met.len / rank);
        while count > 0 {
            let half = count / 2;
            let middle = first + half * rank;
            if self.compare_met(middle, rank) < 0 {
                first = middle + rank;
                count -= half + 1;
            } else {
                count = half;
            }
        }
        first
    }

    /// Compares the first indices of a tuple with those of the walk: below 0, 0 or above 0.
    const fn compare_met(&self, at: usize, rank: usize) -> i8 {
        let mut number = 0;
        while number + 1 < rank {
            let (one, other) = (self.met.get(at + number), self.indices[number] as u64);
            if one != other {
                return if one < other { -1 } else { 1 };
            }
            number += 1;
        }
        0
    }
}

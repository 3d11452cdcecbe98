//! Checks that the parts of a variable taken by fields do not overlap, and that they cover the whole variable.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::records::{Finding, Instance, Kind, Part};
use crate::fit::stack::{NONE, Span};
use crate::fit::view::View;

impl State<'_, '_> {
    /// Records the elements that arrays take from their variables. The arrays begin with an instance; each variable has one view.
    pub(crate) const fn take(&mut self, first: usize, views: Span) {
        let Instance { item, pieces, .. } = self.instances.get(first);
        // Another field takes the elements of a copy.
        if self.item(item).field.copy {
            return;
        }
        each!(0..views.len, |at| {
            let instance = if at < pieces { first + at } else { first };
            let view = self.views.get(views.at + at);
            self.take_part(instance, &view);
        });
    }

    const fn take_part(&mut self, instance: usize, view: &View) {
        let Instance { variable, family, .. } = self.instances.get(instance);
        let elements = view.elements(&self.factors);
        let all = elements == self.elements_of(family);
        let taken = &mut self.taken[variable];
        if all && taken.whole == NONE && taken.parts == NONE {
            taken.whole = instance;
            return;
        }
        if taken.whole != NONE {
            let whole = Part {
                variable,
                instance: taken.whole,
                first: 0,
                elements: self.elements_of(family),
                factors: Span::EMPTY,
                next: NONE,
            };
            self.taken[variable].whole = NONE;
            self.add_part(whole);
        }
        let (first, factors) = (view.first, view.factors);
        self.add_part(Part { variable, instance, first, elements, factors, next: NONE });
    }

    /// The number of elements of the variables of a family.
    pub(crate) const fn elements_of(&self, family: usize) -> u64 {
        let (shape, mut product) = (self.spec(family).1, 1_u64);
        each!(0..shape.len(), |axis| {
            product = product.saturating_mul(shape[axis]);
        });
        product
    }

    /// Adds a part after those of earlier arrays.
    const fn add_part(&mut self, part: Part) {
        let own = self.parts.push(part);
        let first = self.taken[part.variable].parts;
        if first == NONE {
            self.taken[part.variable].parts = own;
            return;
        }
        let mut at = first;
        while self.parts.get(at).next != NONE {
            at = self.parts.get(at).next;
        }
        if at < own {
            self.parts.at(at).next = own;
        }
    }

    /// Finds variables whose parts overlap, or have elements that no field takes.
    pub(crate) const fn compare_parts(&mut self) {
        let mut variable = 0;
        while variable < self.input.manifest.variables && self.parts.len() > 0 {
            if self.taken[variable].parts != NONE {
                self.parts_of(variable);
            }
            variable += 1;
        }
    }

    const fn parts_of(&mut self, variable: usize) {
        let first = self.taken[variable].parts;
        let Instance { family, .. } = self.instances.get(self.parts.get(first).instance);
        let all = self.elements_of(family);
        let (mut taken, mut at) = (0_u64, first);
        while at != NONE {
            let part = self.parts.get(at);
            taken = taken.saturating_add(part.elements);
            let mut before = first;
            while before != at && !self.overlap(before, at, all) {
                before = self.parts.get(before).next;
            }
            if before != at {
                self.find_overlap(before, at, all);
            }
            at = part.next;
        }
        let is_gap = taken < all && !self.taken[variable].broken;
        if is_gap && (self.input.whole || !self.allows(variable, family)) {
            let part = self.parts.get(first);
            self.find_part(Kind::Gap, &part, [all - taken, 0]);
        }
    }

    const fn find_overlap(&mut self, before: usize, part: usize, all: u64) {
        let (before, part) = (self.parts.get(before), self.parts.get(part));
        let (one, other) = (self.instances.get(before.instance), self.instances.get(part.instance));
        let by = one.item as u64;
        if before.elements == all && part.elements == all {
            let renamed = !self.same_name(&one, &other);
            self.find_part(Kind::Taken, &part, [by, renamed as u64]);
        } else {
            self.find_part(Kind::Overlap, &part, [by, 0]);
        }
    }

    const fn find_part(&mut self, kind: Kind, part: &Part, numbers: [u64; 2]) {
        let instance = self.instances.get(part.instance);
        let (family, numbers) = (instance.family, [numbers[0], numbers[1], 0, 0]);
        self.find(Finding { family, numbers, ..Finding::at(kind, instance.site()) });
    }

    /// True if two parts of a variable with this number of elements share an element. Parts with unrelated strides are assumed to
    /// overlap.
    const fn overlap(&mut self, first: usize, second: usize, elements: u64) -> bool {
        let (first, second) = (self.parts.get(first), self.parts.get(second));
        if first.elements == 0 || second.elements == 0 {
            return false;
        }
        if first.elements == elements || second.elements == elements {
            return true;
        }
        let lens = self.lens.len();
        let strides = self.strides(&first, &second);
        let one = self.digits(&first, strides, elements);
        let other = self.digits(&second, strides, elements);
        let overlap = match (one, other) {
            (Some(one), Some(other)) if !self.lens.is_full() => self.ranges_meet(one, other),
            _ => true,
        };
        self.lens.truncate(lens);
        overlap
    }

    /// The distinct strides of two parts in descending order, including 1.
    const fn strides(&mut self, first: &Part, second: &Part) -> Span {
        let start = self.lens.len();
        self.add_strides(first.factors);
        self.add_strides(second.factors);
        let _ = self.lens.push(1);
        let all = self.lens.since(start);
        let lens = self.lens.part_mut(all);
        each!(1..lens.len(), |at| {
            let mut before = at;
            while before > 0 && lens[before - 1] < lens[before] {
                lens.swap(before - 1, before);
                before -= 1;
            }
        });
        let (mut kept, mut at) = (1, 1);
        while at < lens.len() {
            if lens[at] != lens[kept - 1] {
                lens[kept] = lens[at];
                kept += 1;
            }
            at += 1;
        }
        self.lens.truncate(start + kept);
        Span { at: start, len: kept }
    }

    const fn add_strides(&mut self, factors: Span) {
        each!(factors.at..factors.end(), |at| {
            let _ = self.lens.push(self.factors.get(at).stride);
        });
    }

    /// The elements of a part as ranges of digits: start and end of each. Element numbers are written with one digit for each stride.
    /// `None` if the part is not the product of such ranges.
    const fn digits(&mut self, part: &Part, strides: Span, elements: u64) -> Option<Span> {
        let (start, mut outer, mut digit) = (self.lens.len(), elements, 0);
        while digit < strides.len && !self.lens.is_full() {
            let stride = self.lens.get(strides.at + digit);
            let radix = outer / stride;
            if radix * stride != outer {
                return None;
            }
            let first = part.first / stride % if radix == 0 { 1 } else { radix };
            let _ = self.lens.push(first);
            let _ = self.lens.push(first + 1);
            outer = stride;
            digit += 1;
        }
        each!(part.factors.at..part.factors.end(), |at| {
            if self.lens.is_full() || !self.widen(start, strides, elements, at) {
                return None;
            }
        });
        Some(self.lens.since(start))
    }

    /// Widens the ranges of digits by a factor. Returns false if the factor crosses a digit partly.
    const fn widen(&mut self, start: usize, strides: Span, elements: u64, factor: usize) -> bool {
        let factor = self.factors.get(factor);
        let mut digit = 0;
        while self.lens.get(strides.at + digit) != factor.stride {
            digit += 1;
        }
        let mut len = factor.len;
        // A factor longer than its digit continues in the next larger digit.
        while len > 1 {
            let outer = if digit == 0 { elements } else { self.lens.get(strides.at + digit - 1) };
            let radix = outer / self.lens.get(strides.at + digit);
            let from = self.lens.get(start + 2 * digit);
            let here = if from + len <= radix { len } else { radix };
            if here < len && (from > 0 || !len.is_multiple_of(here)) {
                return false;
            }
            *self.lens.at(start + 2 * digit + 1) = from + here;
            len /= here;
            if len > 1 && digit == 0 {
                return false;
            }
            digit = if len > 1 { digit - 1 } else { digit };
        }
        true
    }

    const fn ranges_meet(&self, one: Span, other: Span) -> bool {
        let (one, other) = (self.lens.part(one), self.lens.part(other));
        let mut at = 0;
        while at < one.len() {
            if one[at] >= other[at + 1] || other[at] >= one[at + 1] {
                return false;
            }
            at += 2;
        }
        true
    }
}

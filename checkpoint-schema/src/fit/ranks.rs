//! Checks that ranks can have equal parts of arrays: `parallel`.

use crate::each::each;
use crate::fit::arrays::Steps;
use crate::fit::memory::State;
use crate::fit::records::{Finding, Kind, Ranks, Site};
use crate::fit::stack::{NONE, Span};
use crate::fit::view::View;
use crate::model::description::{Absent, Parallel};

impl State<'_, '_> {
    /// Finds the first number of ranks that cannot divide the arrays of a field.
    pub(crate) const fn find_undivided(&mut self, steps: &Steps) {
        let array = self.instances.get(steps.first);
        let Some(parallel) = self.item(array.item).field.parallel else { return };
        let mut number = 0;
        while let Some(ranks) = self.ranks(parallel, number) {
            if let Some(at) = self.undivided(steps, parallel.axis, ranks) {
                let (site, family) = (array.site(), array.family);
                return self.find_undivided_at(site, family, parallel.axis, ranks, at);
            }
            number += 1;
        }
    }

    /// The lengths of the first array that ranks cannot divide.
    const fn undivided(&mut self, steps: &Steps, axis: usize, ranks: u64) -> Option<Span> {
        if let Some((joint, whole)) = steps.joined
            && joint == axis
        {
            let divides = self.joint_divides(steps.views, whole, joint, ranks);
            return if divides { None } else { Some(whole) };
        }
        each!(0..steps.views.len, |number| {
            let (lens, view) = (self.lens.len(), self.views.get(steps.views.at + number));
            let dims = self.dims_of(steps, number);
            if !self.view_divides(&view, dims, axis, ranks) {
                return Some(dims);
            }
            self.lens.truncate(lens);
        });
        None
    }

    /// Finds absent fields whose `default` cannot be divided.
    pub(crate) const fn find_undivided_defaults(&mut self) {
        let mut at = 0;
        while at < self.absent.len() {
            let site = self.absent.get(at);
            at += 1;
            let field = self.item(site.item).field;
            let (Some(parallel), Absent::Function) = (field.parallel, field.absent) else {
                continue;
            };
            let Ok(view) = self.written_shape(site.item, site.scope) else { continue };
            let dims = view.dims(&self.factors, &mut self.lens);
            let mut number = 0;
            while let Some(ranks) = self.ranks(parallel, number) {
                if !self.view_divides(&view, dims, parallel.axis, ranks) {
                    self.find_undivided_at(site, NONE, parallel.axis, ranks, dims);
                    break;
                }
                number += 1;
            }
        }
    }

    /// Records that ranks cannot divide an axis of an array with these lengths.
    const fn find_undivided_at(
        &mut self,
        site: Site,
        family: usize,
        axis: usize,
        ranks: u64,
        dims: Span,
    ) {
        let numbers = [axis as u64, ranks, 0, 0];
        let finding = Finding::at(Kind::Undivided, site);
        self.find(Finding { family, at: dims, numbers, ..finding });
    }

    /// A number of ranks to check, counted from 0.
    const fn ranks(&self, parallel: Parallel, number: usize) -> Option<u64> {
        match self.input.ranks {
            Ranks::Named if number < parallel.of.len() => Some(parallel.of[number] as u64),
            Ranks::One(ranks) if number == 0 => Some(ranks as u64),
            Ranks::Named | Ranks::One(_) => None,
        }
    }

    /// True if ranks can have equal parts of a view with these lengths.
    const fn view_divides(&self, view: &View, dims: Span, axis: usize, ranks: u64) -> bool {
        axis < dims.len
            && self.lens.get(dims.at + axis).is_multiple_of(ranks)
            && view.divides(axis, ranks, &self.factors)
    }

    /// True if ranks can have equal parts of an array along the axis that joins its views.
    const fn joint_divides(&mut self, views: Span, whole: Span, axis: usize, ranks: u64) -> bool {
        let len = self.lens.get(whole.at + axis);
        if !len.is_multiple_of(ranks) {
            return false;
        }
        let (part, mut start, mut at) = (len / ranks, 0, views.at);
        while at < views.end() {
            let view = self.views.get(at);
            let end = start + view.len(axis, &self.factors);
            // Any range of a single factor can be taken.
            let mut rank = 0;
            while rank < ranks && view.factors_of(axis, &self.factors) > 1 {
                let (first, last) = (rank * part, (rank + 1) * part);
                let first = if first > start { first } else { start };
                let last = if last < end { last } else { end };
                let factors = self.factors.len();
                let divides = first >= last
                    || view.slice(axis, first - start, last - first, &mut self.factors).is_ok();
                self.factors.truncate(factors);
                if !divides {
                    return false;
                }
                rank += 1;
            }
            (start, at) = (end, at + 1);
        }
        true
    }
}

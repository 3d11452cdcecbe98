//! The values of the indices around a place, one after another.

use crate::check::manifest::place::{Axes, DEPTH};

/// The values after the last, for each axis, and for each combination of values of the axes before it by its number.
pub(super) type Ends<const VARIABLES: usize> = [[u32; VARIABLES]; DEPTH];

/// A combination of values of some axes.
#[derive(Clone, Copy)]
pub(super) struct Tuple {
    pub(super) values: [usize; DEPTH],
    /// For each number of axes, the number of the combination of values of so many.
    pub(super) numbers: [usize; DEPTH + 1],
    pub(super) len: usize,
}

impl Tuple {
    /// The combination of no values.
    pub(super) const NONE: Self = Self { values: [0; DEPTH], numbers: [0; DEPTH + 1], len: 0 };

    /// The first combination of values of the first axes, if there is any.
    pub(super) const fn first<const VARIABLES: usize>(
        axes: &Axes<'_>,
        len: usize,
        ends: &Ends<VARIABLES>,
    ) -> Option<Self> {
        let mut tuple = Self { len, ..Self::NONE };
        let mut at = 0;
        while at < len {
            tuple.values[at] = axes.all[at].start;
            at += 1;
        }
        tuple.settle(axes, ends)
    }

    /// The next one.
    pub(super) const fn next<const VARIABLES: usize>(
        mut self,
        axes: &Axes<'_>,
        ends: &Ends<VARIABLES>,
    ) -> Option<Self> {
        if self.len == 0 {
            return None;
        }
        let last = self.len - 1;
        let (value, number) = (self.values[last] + 1, self.numbers[last]);
        self.values[last] = value;
        self.numbers[self.len] += 1;
        // Most often only the last value changes.
        if value < ends[last][number] as usize { Some(self) } else { self.settle(axes, ends) }
    }

    const fn count(&mut self, axis: usize) {
        self.values[axis] += 1;
        self.numbers[axis + 1] += 1;
    }

    /// Goes on to a combination of which no value is after the last.
    const fn settle<const VARIABLES: usize>(
        mut self,
        axes: &Axes<'_>,
        ends: &Ends<VARIABLES>,
    ) -> Option<Self> {
        let mut at = 0;
        while at < self.len {
            let number = self.numbers[at];
            if number < VARIABLES && self.values[at] < ends[at][number] as usize {
                at += 1;
            } else if at == 0 {
                return None;
            } else {
                self.values[at] = axes.all[at].start;
                at -= 1;
                self.count(at);
            }
        }
        Some(self)
    }
}

//! Elements that are stored in another order than row-major.

use std::mem;

use crate::strided::{Axes, Axis, Block, Layout, is_nested, reach};

/// The stored order of an array: the element at an index is stored at `first` plus the sum of `index * stride` over its axes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The position of the first element, in elements.
    pub first: u64,
    /// The stride of each axis, in elements.
    pub strides: Box<[u64]>,
}

impl Order {
    /// The order of an array whose first axis is the innermost one, as in Fortran; `None` if it is too large.
    #[must_use]
    pub fn column_major(dims: &[u64]) -> Option<Self> {
        let mut stride = 1_u64;
        let next = |dim: &u64| {
            let outer = stride.checked_mul(*dim)?;
            Some(mem::replace(&mut stride, outer))
        };
        Some(Self { first: 0, strides: dims.iter().map(next).collect::<Option<_>>()? })
    }

    /// The axes of an array with these lengths, from its row-major numbers into the stored order.
    fn axes(&self, dims: &[u64]) -> Axes {
        let mut from = 1_u64;
        let axes = dims.iter().zip(&self.strides).rev().map(|(&len, &into)| {
            let step = from;
            from = from.saturating_mul(len);
            Axis { len, from: step, into }
        });
        axes.collect()
    }

    /// The whole array, from its row-major numbers to its stored positions.
    #[must_use]
    pub fn layout(&self, dims: &[u64]) -> Layout {
        Layout::new(0, self.first, self.axes(dims))
    }

    /// The block that copies the whole array to row-major order. Elements may share a position.
    #[must_use]
    pub fn block(&self, dims: &[u64]) -> Block {
        let numbers = Block::new((0, self.first), self.axes(dims).iter());
        numbers.inverse()
    }

    /// The number of positions up to the last element; `None` on overflow.
    #[must_use]
    pub fn span(&self, dims: &[u64]) -> Option<u64> {
        if dims.contains(&0) {
            return Some(0);
        }
        reach(&self.axes(dims), |axis| axis.into)?.checked_add(self.first)
    }

    /// True if no two elements share a position.
    #[must_use]
    pub fn is_distinct(&self, dims: &[u64]) -> bool {
        let stored = self.layout(dims).inverse();
        stored.elements() == 0 || is_nested(&stored.axes, |axis| axis.from)
    }

    /// Replaces the row-major numbers of an array in a layout by stored positions. `None` if strides cannot express the result.
    #[must_use]
    pub fn stored(&self, dims: &[u64], layout: &Layout) -> Option<Layout> {
        if layout.elements() == 0 {
            return Some(layout.clone());
        }
        let mut axes = Axes::new();
        for axis in &layout.axes {
            split(&mut axes, *axis, dims)?;
        }
        let mut carries = dims.iter().rev().scan(1_u64, |unit, &dim| {
            let digit =
                |number: u64| number.checked_div(*unit).and_then(|number| number.checked_rem(dim));
            let digits = axes.iter().map(|axis| (axis.len, digit(axis.from)));
            let most = digits.fold(digit(layout.from), |most, (len, digit)| {
                most?.checked_add(len.checked_sub(1)?.checked_mul(digit?)?)
            });
            *unit = unit.saturating_mul(dim);
            Some(most.is_none_or(|most| most >= dim))
        });
        if carries.any(|carries| carries) {
            return None;
        }
        let first = self.first.checked_add(self.steps(dims, layout.from)?)?;
        for axis in &mut axes {
            axis.from = self.steps(dims, axis.from)?;
        }
        Some(Layout::new(first, layout.into, axes))
    }

    /// The stored position of the element with this row-major number; `None` on overflow.
    #[must_use]
    pub fn position(&self, dims: &[u64], number: u64) -> Option<u64> {
        self.first.checked_add(self.steps(dims, number)?)
    }

    /// The stored distance of an element from the first one.
    fn steps(&self, dims: &[u64], number: u64) -> Option<u64> {
        let (mut rest, mut steps) = (number, 0_u64);
        for (&dim, &stride) in dims.iter().zip(&self.strides).rev() {
            steps = steps.checked_add(rest.checked_rem(dim)?.checked_mul(stride)?)?;
            rest = rest.checked_div(dim)?;
        }
        Some(steps)
    }

    /// Replaces the row-major numbers of an array in the axes of a view: the position of its first element, and the stride of each
    /// axis. `None` if strides cannot express the result.
    #[must_use]
    pub fn view(&self, dims: &[u64], first: u64, axes: &[Axis]) -> Option<(u64, Vec<u64>)> {
        let whole = self.stored(dims, &Layout::new(first, 0, axes.iter().copied()))?;
        let stride = |one: &Axis| {
            let stored = self.stored(dims, &Layout::new(0, 0, [Axis { into: 1, ..*one }]))?;
            match stored.axes[..] {
                [] => Some(1),
                [one] => Some(one.from),
                _ => None,
            }
        };
        Some((whole.from, axes.iter().map(stride).collect::<Option<_>>()?))
    }

    /// The row-major number of the element at a stored position; 0 if there is none.
    #[must_use]
    pub fn number(&self, dims: &[u64], position: u64) -> u64 {
        let stored = self.layout(dims).inverse();
        stored.place(stored.before(position)).1
    }
}

/// Splits an axis of row-major numbers where it crosses from one axis of the array to the next. `None` if it crosses in the middle
/// of a step.
fn split(axes: &mut Axes, whole: Axis, dims: &[u64]) -> Option<()> {
    let Axis { mut len, mut from, mut into } = whole;
    let mut unit = 1_u64;
    for &dim in dims.iter().rev() {
        unit = unit.checked_mul(dim)?;
        if from >= unit || from.checked_mul(len.checked_sub(1)?)? < unit {
            continue;
        }
        // For example, rows of 6 in steps of 3: two steps in each row.
        let count = unit.checked_div(from).filter(|_| unit.is_multiple_of(from))?;
        if !len.is_multiple_of(count) {
            return None;
        }
        axes.push(Axis { len: count, from, into });
        (len, from, into) = (len.checked_div(count)?, unit, into.checked_mul(count)?);
    }
    axes.push(Axis { len, from, into });
    Some(())
}

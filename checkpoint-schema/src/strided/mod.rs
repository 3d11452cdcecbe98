//! Strided copies: the elements of one array, and their positions in another one.
//!
//! Reading, saving, slices of variables, and stored orders all use this module. It counts elements (or bytes) and knows nothing
//! else about arrays. Strides come from files, so nothing here overflows.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

mod block;
mod order;
mod ranges;

pub use self::block::{Block, Row};
pub use self::order::Order;
pub use self::ranges::join;

use smallvec::{SmallVec, smallvec};

/// An axis of two arrays: its length, and its stride in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The number of indices.
    pub len: u64,
    /// The stride in the first array, in elements.
    pub from: u64,
    /// The stride in the second array, in elements.
    pub into: u64,
}

/// The axes of a layout: few, so that those of most variables need no memory of their own.
pub type Axes = SmallVec<[Axis; 1]>;

/// The positions of elements of one array in another one. For all indices of all axes, the element `from + index * axis.from` of
/// the first array belongs at `into + index * axis.into` of the second.
///
/// The elements are numbered in the order of the first array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The first element in the first array.
    pub from: u64,
    /// Its position in the second array.
    pub into: u64,
    /// The axes in the order of the first array: each `from` is at least the span of all axes after it. No axis has length 1, and no
    /// two axes can be merged. Without elements, the only axis has length 0.
    pub axes: Axes,
}

/// Elements that are contiguous in both arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first element in the first array.
    pub from: u64,
    /// Its position in the second array.
    pub into: u64,
    /// The number of elements.
    pub len: u64,
}

impl Layout {
    /// The layout of these axes, in any order: sorts and merges them.
    #[must_use]
    pub fn new(from: u64, into: u64, axes: impl IntoIterator<Item = Axis>) -> Self {
        let mut axes: Axes = axes.into_iter().filter(|axis| axis.len != 1).collect();
        if axes.iter().any(|axis| axis.len == 0) {
            axes = smallvec![Axis { len: 0, from: 1, into: 1 }];
        }
        axes.sort_by_key(|axis| std::cmp::Reverse(axis.from));
        axes.dedup_by(|axis, outer| {
            let is_one = outer.from == axis.from.saturating_mul(axis.len)
                && outer.into == axis.into.saturating_mul(axis.len);
            if is_one {
                *outer = Axis { len: outer.len.saturating_mul(axis.len), ..*axis };
            }
            is_one
        });
        Self { from, into, axes }
    }

    /// All elements of an array, in the same order.
    #[must_use]
    pub fn whole(elements: u64) -> Self {
        let all = Axis { len: elements, from: 1, into: 1 };
        let axes = if elements == 1 { Axes::new() } else { smallvec![all] };
        Self { from: 0, into: 0, axes }
    }

    /// The elements of a slice in the array that it is cut from. Each element has `width` units. `None` if the slice is out of
    /// bounds.
    #[must_use]
    pub fn slice(start: &[u64], lens: &[u64], dims: &[u64], width: u64) -> Option<Self> {
        if start.len() != dims.len() || lens.len() != dims.len() {
            return None;
        }
        let mut axes = Axes::from_slice(&[Axis { len: width, from: 1, into: 1 }]);
        let (mut at, mut from, mut into) = (0_u64, width, width);
        for ((&start, &len), &dim) in start.iter().zip(lens).zip(dims).rev() {
            start.checked_add(len).filter(|&end| end <= dim)?;
            at = at.checked_add(start.checked_mul(from)?)?;
            axes.push(Axis { len, from, into });
            (from, into) = (from.checked_mul(dim)?, into.checked_mul(len)?);
        }
        Some(Self::new(at, 0, axes))
    }

    /// The same positions, from the second array to the first.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let axes =
            self.axes.iter().map(|&Axis { len, from, into }| Axis { len, from: into, into: from });
        Self::new(self.into, self.from, axes)
    }

    /// The number of elements.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.axes.iter().fold(1, |product: u64, axis| product.saturating_mul(axis.len))
    }

    /// True if all elements are within arrays of these numbers of elements.
    #[must_use]
    pub fn is_within(&self, from: u64, into: u64) -> bool {
        let ends_within = |first: u64, step: fn(&Axis) -> u64, elements: u64| {
            let end = reach(&self.axes, step).and_then(|reach| first.checked_add(reach));
            end.is_some_and(|end| end <= elements)
        };
        let product =
            self.axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.len));
        product == Some(0)
            || product.is_some()
                && ends_within(self.from, |axis| axis.from, from)
                && ends_within(self.into, |axis| axis.into, into)
    }

    /// True if the elements are contiguous in both arrays, in the same order.
    #[must_use]
    pub fn is_run(&self) -> bool {
        match self.axes[..] {
            [] => true,
            [axis] => axis.len == 0 || (axis.from, axis.into) == (1, 1),
            _ => false,
        }
    }

    /// True if the elements have the same order in both arrays.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        is_nested(&self.axes, |axis| axis.into)
    }

    /// The number of these elements before element `at` of the first array.
    #[must_use]
    pub fn before(&self, at: u64) -> u64 {
        let Some(mut rest) = at.checked_sub(self.from) else { return 0 };
        let (mut before, mut count) = (0_u64, self.elements());
        for axis in &self.axes {
            count = count.checked_div(axis.len).unwrap_or(0);
            let index = rest.checked_div(axis.from).unwrap_or(0);
            if index >= axis.len {
                return before.saturating_add(axis.len.saturating_mul(count));
            }
            before = before.saturating_add(index.saturating_mul(count));
            rest = rest.saturating_sub(index.saturating_mul(axis.from));
        }
        before.saturating_add(u64::from(rest > 0))
    }

    /// An element: its index in the first array, and its position in the second.
    #[must_use]
    pub fn place(&self, number: u64) -> (u64, u64) {
        let Run { from, into, .. } = self.run(number);
        (from, into)
    }

    /// The elements from this number on that are contiguous in both arrays.
    #[must_use]
    pub fn run(&self, number: u64) -> Run {
        let mut run = Run { from: self.from, into: self.into, len: 1 };
        let (mut rest, mut count) = (number, self.elements());
        for axis in &self.axes {
            count = count.checked_div(axis.len).unwrap_or(0);
            let index = rest.checked_div(count).unwrap_or(0);
            rest = rest.checked_rem(count).unwrap_or(0);
            run.from = run.from.saturating_add(index.saturating_mul(axis.from));
            run.into = run.into.saturating_add(index.saturating_mul(axis.into));
            let is_run = (axis.from, axis.into) == (1, 1);
            run.len = if is_run { axis.len.saturating_sub(index) } else { 1 };
        }
        run
    }
}

/// The span from the first element to the last, both included; `None` on overflow.
#[must_use]
pub fn reach(axes: &[Axis], step: fn(&Axis) -> u64) -> Option<u64> {
    axes.iter().try_fold(1_u64, |reach, axis| {
        reach.checked_add(axis.len.saturating_sub(1).checked_mul(step(axis))?)
    })
}

/// True if each stride is at least the span of all axes after it: no two elements share a position.
fn is_nested(axes: &[Axis], step: fn(&Axis) -> u64) -> bool {
    let mut within = axes;
    while let [outer, inner @ ..] = within {
        if reach(inner, step).is_none_or(|reach| step(outer) < reach) {
            return false;
        }
        within = inner;
    }
    true
}

#[cfg(test)]
mod tests;

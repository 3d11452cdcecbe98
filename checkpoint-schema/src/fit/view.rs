//! The mapping from the elements of a variable to those of an array: a variable after the steps of a field.
//!
//! Each axis walks over the variable's elements with strides. A merged axis has several factors. So every step can be
//! expressed with strides, except cutting an axis across its factors.

use crate::each::each;
use crate::fit::stack::{NONE, Span, Stack};
use crate::model::positions::{below, contains};

/// A factor of an axis. Its length is not 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Factor {
    pub(crate) axis: usize,
    pub(crate) len: u64,
    pub(crate) stride: u64,
    /// The order of all its indices; empty for ascending order.
    pub(crate) order: &'static [usize],
}

impl Factor {
    pub(crate) const NONE: Self = Self::new(0, 0, 0);

    const fn new(axis: usize, len: u64, stride: u64) -> Self {
        Self { axis, len, stride, order: &[] }
    }
}

/// A variable after some steps of a field. Its factors are in a stack, ordered by axis; those of an axis start with the
/// outermost. An axis without factors has length 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) first: u64,
    pub(crate) rank: usize,
    pub(crate) factors: Span,
}

/// The error for elements that strides cannot reach in the requested order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotStrided;

impl View {
    pub(crate) const NONE: Self = Self { first: 0, rank: 0, factors: Span::EMPTY };

    /// A view of a whole variable with this shape.
    pub(crate) const fn whole(shape: &[u64], factors: &mut Stack<'_, Factor>) -> Self {
        let (start, rank, mut stride) = (factors.len, shape.len(), 1_u64);
        let mut axis = rank;
        while axis > 0 {
            axis -= 1;
            let len = shape[axis];
            if len != 1 {
                let _ = factors.push(Factor { axis, len, stride, order: &[] });
                stride = if stride == 1 { len } else { stride.saturating_mul(len) };
            }
        }
        if factors.len > start + 1 {
            reverse(factors, start);
        }
        Self { first: 0, rank, factors: Span { at: start, len: factors.len - start } }
    }

    /// The length of an axis.
    pub(crate) const fn len(&self, axis: usize, factors: &Stack<'_, Factor>) -> u64 {
        let mut len = 1_u64;
        each!(self.factors.at..self.factors.end(), |at| {
            let factor = &factors.cells[at];
            if factor.axis == axis {
                len = len.saturating_mul(factor.len);
            }
        });
        len
    }

    /// The number of elements.
    pub(crate) const fn elements(&self, factors: &Stack<'_, Factor>) -> u64 {
        let mut product = 1_u64;
        each!(self.factors.at..self.factors.end(), |at| {
            let len = factors.cells[at].len;
            product = if product == 1 { len } else { product.saturating_mul(len) };
        });
        product
    }

    /// Adds the lengths of all axes to a stack.
    pub(crate) const fn dims(
        &self,
        factors: &Stack<'_, Factor>,
        lens: &mut Stack<'_, u64>,
    ) -> Span {
        let (start, mut axis) = (lens.len(), 0);
        while axis < self.rank {
            let _ = lens.push(1);
            axis += 1;
        }
        let (mut at, end) = (self.factors.at, self.factors.end());
        while at < end && !lens.is_full {
            let Factor { axis, len, .. } = factors.cells[at];
            let all = &mut lens.cells[start + axis];
            *all = if *all == 1 { len } else { all.saturating_mul(len) };
            at += 1;
        }
        lens.since(start)
    }

    /// True if two views have the same lengths on all axes but one.
    pub(crate) const fn same_but(
        &self,
        other: &Self,
        axis: usize,
        factors: &Stack<'_, Factor>,
    ) -> bool {
        let mut at = 0;
        while at < self.rank && at < other.rank {
            if at != axis && self.len(at, factors) != other.len(at, factors) {
                return false;
            }
            at += 1;
        }
        self.rank == other.rank
    }

    /// The number of axes of length 1.
    pub(crate) const fn units(&self, factors: &Stack<'_, Factor>) -> usize {
        let (mut units, mut axis) = (0, 0);
        while axis < self.rank {
            units += (self.len(axis, factors) == 1) as usize;
            axis += 1;
        }
        units
    }

    /// Removes axes of length 1.
    pub(crate) const fn squeeze(&self, axes: &[usize], factors: &mut Stack<'_, Factor>) -> Self {
        let start = factors.len();
        each!(self.factors.at..self.factors.end(), |at| {
            let factor = factors.get(at);
            let axis = factor.axis - below(axes, factor.axis);
            let _ = factors.push(Factor { axis, ..factor });
        });
        let rank = self.rank - below(axes, NONE);
        Self { rank, factors: factors.since(start), ..*self }
    }

    /// Inserts axes of length 1 at these positions of the result.
    pub(crate) const fn expand(&self, axes: &[usize], factors: &mut Stack<'_, Factor>) -> Self {
        let start = factors.len();
        each!(self.factors.at..self.factors.end(), |at| {
            let factor = factors.get(at);
            let axis = factor.axis;
            let mut moved = axis + below(axes, axis);
            while contains(axes, moved) || moved.saturating_sub(below(axes, moved)) < axis {
                moved += 1;
            }
            let _ = factors.push(Factor { axis: moved, ..factor });
        });
        let rank = self.rank + below(axes, NONE);
        Self { rank, factors: factors.since(start), ..*self }
    }

    /// Reorders the axes; an empty order reverses them.
    pub(crate) const fn permute(&self, order: &[usize], factors: &mut Stack<'_, Factor>) -> Self {
        let (start, end) = (factors.len(), self.factors.end());
        each!(0..self.rank, |axis| {
            let from = if order.is_empty() { self.rank - 1 - axis } else { order[axis] };
            each!(self.factors.at..end, |at| {
                if factors.cells[at].axis == from {
                    let factor = factors.get(at);
                    let _ = factors.push(Factor { axis, ..factor });
                }
            });
        });
        Self { factors: factors.since(start), ..*self }
    }

    /// Changes the axes to `dims`, with the same number of elements in the same order.
    pub(crate) const fn reshape(
        &self,
        dims: &[u64],
        factors: &mut Stack<'_, Factor>,
    ) -> Result<Self, NotStrided> {
        let (start, mut axis) = (factors.len(), dims.len());
        let empty = contains_number(dims, 0);
        // From the innermost axis: each axis takes factors until it is long enough. It may take the last factor in part.
        let (mut next, mut part) = (self.factors.end(), Factor::NONE);
        while axis > 0 {
            axis -= 1;
            if empty {
                let _ = factors.push(Factor::new(axis, dims[axis], 1));
                continue;
            }
            let mut left = dims[axis];
            while left > 1 {
                if part.len == 0 {
                    if next == self.factors.at {
                        return Err(NotStrided);
                    }
                    next -= 1;
                    part = merged(self.factors.at, &mut next, factors);
                }
                let Factor { len, stride, order, .. } = part;
                if left.is_multiple_of(len) {
                    let _ = factors.push(Factor { axis, ..part });
                    left /= len;
                    part = Factor::NONE;
                } else if len % left == 0 && order.is_empty() {
                    let _ = factors.push(Factor::new(axis, left, stride));
                    part = Factor::new(axis, len / left, stride.saturating_mul(left));
                    left = 1;
                } else {
                    return Err(NotStrided);
                }
            }
        }
        reverse(factors, start);
        Ok(Self { rank: dims.len(), factors: factors.since(start), ..*self })
    }

    /// A range of an axis. The range must be within the axis.
    pub(crate) const fn slice(
        &self,
        axis: usize,
        start: u64,
        count: u64,
        factors: &mut Stack<'_, Factor>,
    ) -> Result<Self, NotStrided> {
        let mut inner = self.len(axis, factors);
        if start == 0 && count == inner {
            return Ok(*self);
        }
        let (begin, mut view, mut start) = (factors.len(), *self, start);
        let (mut at, mut done) = (self.factors.at, count == 0);
        while at < self.factors.end() {
            let factor = factors.get(at);
            at += 1;
            if factor.axis != axis || (done && count > 0) {
                let _ = factors.push(factor);
            } else if !factor.order.is_empty() {
                return Err(NotStrided);
            } else if !done {
                inner /= factor.len;
                let skipped = (start / inner).saturating_mul(factor.stride);
                view.first = view.first.saturating_add(skipped);
                start %= inner;
                if start == 0 && count.is_multiple_of(inner) {
                    // Whole rows of the inner factors.
                    let rows = Factor { len: count / inner, ..factor };
                    if rows.len > 1 {
                        let _ = factors.push(rows);
                    }
                    done = true;
                } else if start.saturating_add(count) > inner {
                    return Err(NotStrided);
                }
            }
        }
        if count == 0 {
            // Without elements, the order of factors has no meaning.
            let _ = factors.push(Factor::new(axis, 0, 1));
        }
        view.factors = factors.since(begin);
        Ok(view)
    }

    /// True if strides can express each of several equal parts of an axis. The axis must be divisible.
    pub(crate) const fn divides(
        &self,
        axis: usize,
        parts: u64,
        factors: &Stack<'_, Factor>,
    ) -> bool {
        if self.len(axis, factors) == 0 {
            return true;
        }
        let (mut left, mut at) = (parts, self.factors.at);
        while at < self.factors.end() && left > 1 {
            let factor = factors.get(at);
            at += 1;
            if factor.axis != axis {
                continue;
            }
            if !factor.order.is_empty() {
                return false;
            }
            if factor.len.is_multiple_of(left) {
                return true;
            }
            if !left.is_multiple_of(factor.len) {
                return false;
            }
            left /= factor.len;
        }
        true
    }

    /// The number of factors of an axis; more than one if an order changes.
    pub(crate) const fn factors_of(&self, axis: usize, factors: &Stack<'_, Factor>) -> usize {
        let (all, mut count) = (factors.part(self.factors), 0);
        each!(0..all.len(), |at| {
            if all[at].axis == axis {
                count += if all[at].order.is_empty() { 1 } else { 2 };
            }
        });
        count
    }

    /// Cuts an axis into equal blocks, and reorders the blocks. The axis must be divisible.
    pub(crate) const fn reorder(
        &self,
        axis: usize,
        order: &'static [usize],
        factors: &mut Stack<'_, Factor>,
    ) -> Result<Self, NotStrided> {
        let (begin, mut at, mut done) = (factors.len(), self.factors.at, false);
        while at < self.factors.end() {
            let factor = factors.get(at);
            at += 1;
            // The blocks are cut from the outermost factor.
            if factor.axis != axis || done || factor.len == 0 {
                let _ = factors.push(factor);
                continue;
            }
            let blocks = order.len() as u64;
            if !factor.len.is_multiple_of(blocks) || !factor.order.is_empty() {
                return Err(NotStrided);
            }
            let block = factor.len / blocks;
            let stride = factor.stride.saturating_mul(block);
            let _ = factors.push(Factor { axis, len: blocks, stride, order });
            if block > 1 {
                let _ = factors.push(Factor { len: block, ..factor });
            }
            done = true;
        }
        Ok(Self { factors: factors.since(begin), ..*self })
    }
}

/// The factor before this position, merged with the outer factors that it continues.
const fn merged(first: usize, next: &mut usize, factors: &Stack<'_, Factor>) -> Factor {
    let mut inner = factors.get(*next);
    while *next > first {
        let outer = factors.get(*next - 1);
        let ordered = !outer.order.is_empty() || !inner.order.is_empty();
        if ordered || outer.stride != inner.stride.saturating_mul(inner.len) {
            break;
        }
        inner.len = inner.len.saturating_mul(outer.len);
        *next -= 1;
    }
    inner
}

/// Reverses all values from an index on.
const fn reverse(factors: &mut Stack<'_, Factor>, start: usize) {
    let (mut one, mut other) = (start, factors.len());
    while one + 1 < other {
        other -= 1;
        let swapped = factors.get(one);
        *factors.at(one) = factors.get(other);
        *factors.at(other) = swapped;
        one += 1;
    }
}

/// True if a list has a number.
pub(crate) const fn contains_number(lens: &[u64], len: u64) -> bool {
    each!(0..lens.len(), |at| {
        if lens[at] == len {
            return true;
        }
    });
    false
}

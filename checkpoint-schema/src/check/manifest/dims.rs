//! The lengths of axes, and what steps do to them.

use crate::description::{Op, Squeeze};

/// How many axes an array may have to be looked at.
pub(super) const RANK: usize = 12;

/// The lengths of the axes of an array.
#[derive(Clone, Copy)]
pub(super) struct Dims {
    lens: [u64; RANK],
    rank: usize,
}

/// Why a step cannot be done.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    NoAxis(usize),
    NotUnit(usize),
    NoAxisToSqueeze(usize),
    Ambiguous(Dims, Dims),
    Axes(usize),
    Elements(u64),
    Multiple(u64),
    Indivisible { axis: usize, parts: u64 },
    Sizes { axis: usize, sum: u64 },
    Range { axis: usize, start: u64, end: u64 },
    Joined(Dims),
}

impl Dims {
    pub(super) const NONE: Self = Self { lens: [0; RANK], rank: 0 };

    /// `None` if there are too many axes.
    pub(super) const fn of(lens: &[u64]) -> Option<Self> {
        if lens.len() > RANK {
            return None;
        }
        let mut dims = Self::NONE;
        let mut at = 0;
        while at < lens.len() {
            dims.push(lens[at]);
            at += 1;
        }
        Some(dims)
    }

    pub(super) const fn all(&self) -> &[u64] {
        self.lens.split_at(self.rank).0
    }

    pub(super) const fn rank(&self) -> usize {
        self.rank
    }

    pub(super) const fn push(&mut self, len: u64) {
        if self.rank < RANK {
            self.lens[self.rank] = len;
            self.rank += 1;
        }
    }

    pub(super) const fn set(&mut self, axis: usize, len: u64) {
        if axis < self.rank {
            self.lens[axis] = len;
        }
    }

    /// The length of an axis; 0 if there is none.
    pub(super) const fn len(&self, axis: usize) -> u64 {
        if axis < self.rank { self.lens[axis] } else { 0 }
    }

    pub(super) const fn elements(&self) -> u64 {
        let (mut product, mut at) = (1_u64, 0);
        while at < self.rank {
            product = product.saturating_mul(self.lens[at]);
            at += 1;
        }
        product
    }

    pub(super) const fn same(&self, other: &Self) -> bool {
        let mut at = 0;
        while at < self.rank && at < other.rank && self.lens[at] == other.lens[at] {
            at += 1;
        }
        at == self.rank && at == other.rank
    }

    /// How many axes are of length 1.
    pub(super) const fn units(&self) -> usize {
        let (mut units, mut at) = (0, 0);
        while at < self.rank {
            if self.lens[at] == 1 {
                units += 1;
            }
            at += 1;
        }
        units
    }

    pub(super) const fn reversed(&self) -> Self {
        let mut dims = Self::NONE;
        let mut at = self.rank;
        while at > 0 {
            at -= 1;
            dims.push(self.lens[at]);
        }
        dims
    }

    /// Without the axes of length 1 from the one of this number on (counting these alone), as many.
    const fn without(&self, first: usize, count: usize) -> Self {
        let (mut dims, mut units, mut at) = (Self::NONE, 0, 0);
        while at < self.rank {
            let unit = self.lens[at] == 1;
            if !(unit && units >= first && units < first + count) {
                dims.push(self.lens[at]);
            }
            if unit {
                units += 1;
            }
            at += 1;
        }
        dims
    }

    /// After `squeeze`, for the rank that is wanted afterwards.
    pub(super) const fn squeezed(
        &self,
        squeeze: Squeeze,
        rank: Option<usize>,
    ) -> Result<Self, Fault> {
        match squeeze {
            Squeeze::Axes(axes) => self.without_axes(axes),
            Squeeze::ToRank => {
                let units = self.units();
                let excess = match rank {
                    Some(rank) => self.rank.saturating_sub(rank),
                    None => units,
                };
                if excess > units {
                    return Ok(*self);
                }
                let (first, last) = (self.without(0, excess), self.without(units - excess, excess));
                if first.same(&last) { Ok(first) } else { Err(Fault::Ambiguous(first, last)) }
            }
        }
    }

    const fn without_axes(&self, axes: &[usize]) -> Result<Self, Fault> {
        let mut at = 0;
        while at < axes.len() {
            if axes[at] >= self.rank {
                return Err(Fault::NoAxisToSqueeze(axes[at]));
            }
            if self.lens[axes[at]] != 1 {
                return Err(Fault::NotUnit(axes[at]));
            }
            at += 1;
        }
        let (mut dims, mut at) = (Self::NONE, 0);
        while at < self.rank {
            if !contains(axes, at) {
                dims.push(self.lens[at]);
            }
            at += 1;
        }
        Ok(dims)
    }

    /// After `expand`.
    pub(super) const fn expanded(&self, axes: &[usize]) -> Result<Self, Fault> {
        let rank = self.rank + axes.len();
        let mut at = 0;
        while at < axes.len() {
            if axes[at] >= rank {
                return Err(Fault::NoAxis(axes[at]));
            }
            at += 1;
        }
        let (mut dims, mut at, mut own) = (Self::NONE, 0, 0);
        while at < rank {
            if contains(axes, at) {
                dims.push(1);
            } else {
                dims.push(self.len(own));
                own += 1;
            }
            at += 1;
        }
        Ok(dims)
    }

    /// After `permute`.
    pub(super) const fn permuted(&self, order: &[usize]) -> Result<Self, Fault> {
        if order.len() != self.rank {
            return Err(Fault::Axes(order.len()));
        }
        let (mut dims, mut at) = (Self::NONE, 0);
        while at < order.len() {
            if order[at] >= self.rank {
                return Err(Fault::NoAxis(order[at]));
            }
            dims.push(self.lens[order[at]]);
            at += 1;
        }
        Ok(dims)
    }

    /// The length of each of so many equal parts of an axis.
    pub(super) const fn equal(&self, axis: usize, parts: u64) -> Result<u64, Fault> {
        if axis >= self.rank {
            return Err(Fault::NoAxis(axis));
        }
        match self.lens[axis].checked_rem(parts) {
            Some(0) => Ok(self.lens[axis] / parts),
            _ => Err(Fault::Indivisible { axis, parts }),
        }
    }

    /// With as long an axis.
    pub(super) const fn with(&self, axis: usize, len: u64) -> Self {
        let mut dims = *self;
        dims.set(axis, len);
        dims
    }

    /// Whether all axes but one are as long.
    pub(super) const fn same_but(&self, other: &Self, axis: usize) -> bool {
        self.with(axis, 0).same(&other.with(axis, 0))
    }
}

const fn contains(axes: &[usize], axis: usize) -> bool {
    let mut at = 0;
    while at < axes.len() {
        if axes[at] == axis {
            return true;
        }
        at += 1;
    }
    false
}

/// The rank after the step of this number, where it follows from that of the field.
pub(super) const fn rank_after(ops: &[Op], number: usize, field: Option<usize>) -> Option<usize> {
    let (mut rank, mut at) = (field, ops.len());
    while at > number {
        at -= 1;
        let here = match ops[at] {
            Op::Shape(axes) | Op::Reshape(axes) => Some(axes.len()),
            _ => rank,
        };
        if at == number {
            return here;
        }
        rank = match (&ops[at], here) {
            (Op::Squeeze(Squeeze::ToRank) | Op::Reshape(_), _) | (_, None) => None,
            (Op::Squeeze(Squeeze::Axes(axes)), Some(rank)) => Some(rank + axes.len()),
            (Op::Expand(axes), Some(rank)) => rank.checked_sub(axes.len()),
            (Op::Stack { .. }, Some(rank)) => rank.checked_sub(1),
            (_, Some(rank)) => Some(rank),
        };
    }
    rank
}

//! The order of a matrix's elements in the dialects of a field.
//!
//! The shape of a square matrix does not show if a `transpose` is missing. So the steps of all dialects are compared.

use crate::model::description::{Field, Node, Op, Squeeze};
use crate::model::dialect::lacks;
use crate::model::expression::{AxisLength, Expression};
use crate::model::positions::{below, contains};
use crate::model::text::same;

/// The order of a matrix's elements in the variables of several dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orders {
    /// One order in all dialects: each of them transposes the matrix, or none.
    Same,
    /// Some dialect has the other order.
    Differ,
    /// The steps do not show it, or the field is in one dialect only.
    Unknown,
}

/// A matrix among the steps of a field: before the step `op`, with these axes.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    op: usize,
    axes: [usize; 2],
    rank: usize,
}

impl Matrix {
    /// The matrix of a field: its array, if it has two axes, or the last `shape` with two axes that are not 1.
    pub(crate) const fn of(field: &Field) -> Option<Self> {
        let ops = field.ops;
        if let Some(2) = rank(&field.node) {
            return if takes_whole(ops, ops.len()) {
                Some(Self { op: ops.len(), axes: [0, 1], rank: 2 })
            } else {
                None
            };
        }
        let mut at = ops.len();
        while at > 0 {
            at -= 1;
            if let Op::Shape(lens) = ops[at]
                && let Some(axes) = two_axes(lens)
                && takes_whole(ops, at)
            {
                return Some(Self { op: at, axes, rank: lens.len() });
            }
        }
        None
    }

    /// The lengths of its axes, if a `shape` says them.
    pub(crate) const fn lens(self, field: &Field) -> Option<[&Expression; 2]> {
        let (ops, [first, second]) = (field.ops, self.axes);
        let shape = if self.op < ops.len() {
            &ops[self.op]
        } else if self.op > 0 {
            &ops[self.op - 1]
        } else {
            return None;
        };
        match shape {
            Op::Shape(lens) => match (&lens[first], &lens[second]) {
                (AxisLength::Is(first), AxisLength::Is(second)) => Some([first, second]),
                _ => None,
            },
            _ => None,
        }
    }

    /// True if the steps before the matrix exchange its axes; `None` if they do not show it.
    const fn is_turned(self, ops: &[Op]) -> Option<bool> {
        let [mut first, mut second] = self.axes;
        let (mut rank, mut at) = (self.rank, self.op);
        while at > 0 {
            at -= 1;
            match &ops[at] {
                Op::Transpose => {
                    (first, second) = (rank - 1 - first, rank - 1 - second);
                }
                Op::Permute(order) if first < order.len() && second < order.len() => {
                    (first, second) = (order[first], order[second]);
                }
                Op::Squeeze(Squeeze::Axes(axes)) => {
                    (first, second) = (behind(axes, first), behind(axes, second));
                    rank += axes.len();
                }
                Op::Expand(axes) => {
                    let (Some(one), Some(other)) = (before(axes, first), before(axes, second))
                    else {
                        return None;
                    };
                    (first, second) = (one, other);
                    rank -= axes.len();
                }
                Op::Squeeze(Squeeze::ToRank) | Op::Reshape(_) if moves(ops, 0, at) => return None,
                Op::Squeeze(Squeeze::ToRank) | Op::Reshape(_) => break,
                Op::Shape(_) | Op::Reorder { .. } => {}
                _ => return None,
            }
        }
        Some(first > second)
    }
}

/// Compares the orders of elements in the dialects of a field that has a matrix. `dialects` is the number of all dialects.
pub(crate) const fn orders(field: &Field, dialects: usize) -> Orders {
    let Some(matrix) = Matrix::of(field) else { return Orders::Unknown };
    let Some(first) = matrix.is_turned(field.ops) else { return Orders::Unknown };
    let (mut lacking, mut known, mut at) = (0, true, 0);
    while at < field.dialects.len() {
        let own = &field.dialects[at].field;
        at += 1;
        if lacks(own) {
            lacking += 1;
            continue;
        }
        let turned = match Matrix::of(own) {
            Some(other) if same_moves(field.ops, matrix.op, own.ops, other.op) => {
                other.is_turned(own.ops)
            }
            _ => None,
        };
        match turned {
            Some(turned) if turned != first => return Orders::Differ,
            Some(_) => {}
            None => known = false,
        }
    }
    if known && lacking + 1 < dialects { Orders::Same } else { Orders::Unknown }
}

/// The rank of a field's arrays, if its type has one.
const fn rank(node: &Node) -> Option<usize> {
    match node.innermost() {
        Node::Tensor(tensor) => tensor.rank,
        _ => None,
    }
}

/// True if the steps before this one take a whole variable, and one only.
const fn takes_whole(ops: &[Op], end: usize) -> bool {
    let mut at = 0;
    while at < end {
        if let Op::Split { .. }
        | Op::Chunk { .. }
        | Op::Slice { .. }
        | Op::Concat { .. }
        | Op::Stack { .. } = ops[at]
        {
            return false;
        }
        at += 1;
    }
    true
}

/// The two axes of a `shape` that are not 1, if there are two.
const fn two_axes(lens: &[AxisLength]) -> Option<[usize; 2]> {
    let (mut axes, mut count, mut at) = ([0; 2], 0, 0);
    while at < lens.len() {
        if !matches!(lens[at], AxisLength::Is(Expression::Number(1))) {
            if count < 2 {
                axes[count] = at;
            }
            count += 1;
        }
        at += 1;
    }
    if count == 2 { Some(axes) } else { None }
}

/// The position of an axis before these axes were removed.
const fn behind(removed: &[usize], axis: usize) -> usize {
    let (mut at, mut kept) = (0, 0);
    loop {
        let is_removed = contains(removed, at);
        if !is_removed && kept == axis {
            return at;
        }
        kept += !is_removed as usize;
        at += 1;
    }
}

/// The position of an axis before these axes were inserted; `None` for an inserted one.
const fn before(inserted: &[usize], axis: usize) -> Option<usize> {
    if contains(inserted, axis) { None } else { Some(axis - below(inserted, axis)) }
}

/// True if any of these steps reorders axes.
const fn moves(ops: &[Op], start: usize, end: usize) -> bool {
    let mut at = start;
    while at < end {
        if matches!(ops[at], Op::Transpose | Op::Permute(_)) {
            return true;
        }
        at += 1;
    }
    false
}

/// True if the steps after two matrices reorder axes in the same way.
const fn same_moves(ops: &[Op], at: usize, others: &[Op], other: usize) -> bool {
    let (mut at, mut other) = (at, other);
    loop {
        while at < ops.len() && !moves(ops, at, at + 1) {
            at += 1;
        }
        while other < others.len() && !moves(others, other, other + 1) {
            other += 1;
        }
        if at == ops.len() || other == others.len() {
            return at == ops.len() && other == others.len();
        }
        let is_same = match (&ops[at], &others[other]) {
            (Op::Transpose, Op::Transpose) => true,
            (Op::Permute(order), Op::Permute(other)) => same_order(order, other),
            _ => false,
        };
        if !is_same {
            return false;
        }
        (at, other) = (at + 1, other + 1);
    }
}

const fn same_order(one: &[usize], other: &[usize]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// True if two expressions are written alike.
pub(crate) const fn is_alike(one: &Expression, other: &Expression) -> bool {
    match (one, other) {
        (Expression::Number(one), Expression::Number(other)) => *one == *other,
        (Expression::Symbol(one), Expression::Symbol(other)) => same(one, other),
        (Expression::Pair(one, [left, right]), Expression::Pair(other, [start, end])) => {
            *one as u8 == *other as u8 && is_alike(left, start) && is_alike(right, end)
        }
        _ => false,
    }
}

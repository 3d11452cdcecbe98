//! Random steps, from the last to the first. Each determines the shape before it.

use checkpoint_schema::model::description::{Op, Squeeze};
use checkpoint_schema::model::expression::{AxisLength, Expression, Operator};

use crate::keep::{keep_all, pair};
use crate::structs::{Around, Writer};

/// The maximum rank of a variable.
const RANK: usize = 5;

impl Writer {
    /// Generates at most `count` steps whose result has these lengths. Returns them with the lengths before them.
    pub(crate) fn steps(
        &mut self,
        around: &Around,
        mut dims: Vec<Expression>,
        count: usize,
    ) -> (Vec<Op>, Vec<Expression>) {
        let mut ops = Vec::new();
        for _ in 0..count {
            ops.extend(self.before(around, &mut dims));
        }
        ops.reverse();
        (ops, dims)
    }

    /// The same with steps that only reorder axes, or assert a shape.
    pub(crate) fn steps_of_same_rank(
        &mut self,
        mut dims: Vec<Expression>,
        count: usize,
    ) -> (Vec<Op>, Vec<Expression>) {
        let mut ops = Vec::new();
        for _ in 0..count {
            ops.extend(self.maybe_shape(&dims));
            if dims.iter().all(|dim| dim == &dims[0]) && self.chance.percent(20) {
                dims.reverse();
                ops.push(Op::Transpose);
            }
        }
        ops.reverse();
        (ops, dims)
    }

    /// Generates a step whose result has these lengths. They are replaced by the lengths before it.
    fn before(&mut self, around: &Around, dims: &mut Vec<Expression>) -> Option<Op> {
        match self.chance.weighted(&[45, 10, 10, 8, 10, 7, 10, 6]) {
            0 => self.maybe_shape(dims),
            1 => {
                let units = self.insert_units(dims)?;
                Some(Op::Squeeze(Squeeze::Axes(keep_all(units))))
            }
            2 => {
                self.insert_units(dims)?;
                Some(Op::Squeeze(Squeeze::ToRank))
            }
            3 => {
                let is_unit = |at: &usize| dims[*at] == Expression::Number(1);
                let axis = (0..dims.len()).find(is_unit)?;
                dims.remove(axis);
                Some(Op::Expand(keep_all(vec![axis])))
            }
            4 => {
                dims.reverse();
                Some(Op::Transpose)
            }
            5 => self.permute(dims),
            6 => self.reshape(around, dims),
            _ => self.reorder(dims),
        }
    }

    /// Generates a `shape` of all or some of the lengths.
    pub(crate) fn maybe_shape(&mut self, dims: &[Expression]) -> Option<Op> {
        if dims.is_empty() || self.chance.percent(15) {
            return None;
        }
        let axis = |dim: &Expression| {
            if self.chance.percent(15) { AxisLength::Any } else { AxisLength::Is(*dim) }
        };
        Some(Op::Shape(keep_all(dims.iter().map(axis).collect())))
    }

    /// Inserts axes of length 1, and returns their numbers.
    fn insert_units(&mut self, dims: &mut Vec<Expression>) -> Option<Vec<usize>> {
        let count = 1 + self.chance.below(2);
        if dims.len() + count > RANK {
            return None;
        }
        let mut axes: Vec<usize> = Vec::new();
        while axes.len() < count {
            let at = self.chance.below(dims.len() + count);
            if !axes.contains(&at) {
                axes.push(at);
            }
        }
        axes.sort_unstable();
        for &axis in &axes {
            dims.insert(axis, Expression::Number(1));
        }
        Some(axes)
    }

    fn permute(&mut self, dims: &mut Vec<Expression>) -> Option<Op> {
        let rank = dims.len();
        if rank < 2 {
            return None;
        }
        let turn = 1 + self.chance.below(rank - 1);
        let order: Vec<usize> = (0..rank).map(|at| (at + turn) % rank).collect();
        let mut before = dims.clone();
        for (after, &axis) in order.iter().enumerate() {
            before[axis] = dims[after];
        }
        *dims = before;
        Some(Op::Permute(keep_all(order)))
    }

    /// Generates a reorder of blocks. Most of the time, the axis can be divided into them.
    fn reorder(&mut self, dims: &[Expression]) -> Option<Op> {
        let blocks = |dim: &Expression| match dim {
            Expression::Pair(Operator::Multiply, [Expression::Number(blocks), _])
            | Expression::Number(blocks) => Some(*blocks),
            _ => None,
        };
        let axis = (!dims.is_empty()).then(|| self.chance.below(dims.len()))?;
        let blocks = blocks(&dims[axis]).filter(|blocks| (2..6).contains(blocks));
        let blocks = blocks.or_else(|| self.chance.percent(20).then_some(2))?;
        let turn = 1 + self.chance.below(blocks - 1);
        let order = (0..blocks).map(|block| (block + turn) % blocks).collect();
        Some(Op::Reorder { axis, order: keep_all(order) })
    }

    /// Splits one axis into two, or merges two into one.
    fn reshape(&mut self, around: &Around, dims: &mut Vec<Expression>) -> Option<Op> {
        if dims.is_empty() {
            return None;
        }
        let open = self.chance.percent(40).then(|| self.chance.below(dims.len()));
        let length = |(at, dim): (usize, &Expression)| {
            if Some(at) == open { AxisLength::Any } else { AxisLength::Is(*dim) }
        };
        let axes: Vec<AxisLength> = dims.iter().enumerate().map(length).collect();
        if dims.len() > 1 && self.chance.percent(60) {
            let at = self.chance.below(dims.len() - 1);
            let second = dims.remove(at + 1);
            dims[at] = pair(Operator::Multiply, dims[at], second);
        } else if dims.len() < RANK {
            let at = self.chance.below(dims.len());
            match dims[at] {
                Expression::Pair(Operator::Multiply, [left, right]) => {
                    dims[at] = *left;
                    dims.insert(at + 1, *right);
                }
                whole => {
                    let part = self.expression(around);
                    dims[at] = pair(Operator::Divide, whole, part);
                    dims.insert(at + 1, part);
                }
            }
        }
        Some(Op::Reshape(keep_all(axes)))
    }
}

//! What the steps of a field do to the shape of a variable.

use std::fmt;

use crate::description::{Op, Squeeze};
use crate::expression::{Axis, Expression};
use crate::plan::layout::{NotStrided, View};
use crate::plan::squeeze::{SqueezeError, squeezed_axes};
use crate::problem::wording::{self as say, fill};
use crate::shape::Shape;

/// Why a step cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum TransformError {
    /// Axes cannot be removed.
    Squeeze(SqueezeError),
    /// The shape has no such axis.
    NoAxis(usize),
    /// The step names as many axes, and the shape has others.
    Axes(usize),
    /// The axes that are given have as many elements.
    Elements(u64),
    /// The axes that are given have as many elements at each index of the one that is left open.
    Multiple(u64),
    /// The axis cannot be cut into as many equal parts.
    Indivisible {
        /// The axis.
        axis: usize,
        /// The number of parts.
        parts: u64,
    },
    /// The parts of an axis are so long together.
    Sizes {
        /// The axis.
        axis: usize,
        /// The sum of the parts.
        sum: u64,
    },
    /// The axis does not have the range.
    Range {
        /// The axis.
        axis: usize,
        /// The first index.
        start: u64,
        /// The index after the last.
        end: u64,
    },
    /// The elements are not in strides in that order.
    NotStrided,
    /// The first of the variables that are joined has another shape.
    Joined(Shape),
}

impl From<NotStrided> for TransformError {
    fn from(_: NotStrided) -> Self {
        Self::NotStrided
    }
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The symbol has no value.
    Unknown(&'static str),
    /// The symbols have values, but the expression has none: it is below 0, beyond a `u64`, or divides with a rest.
    NoNumber(Expression),
    /// It cannot be done.
    Error(TransformError),
}

impl<E: Into<TransformError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The part of a sentence that follows the shape: what is wrong with a step, and the way out.
pub(crate) struct Sentence<'a> {
    pub(crate) op: &'a str,
    pub(crate) at: &'a Shape,
    pub(crate) error: &'a TransformError,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, at, error } = self;
        let len = |axis: &usize| at.dims().get(*axis).copied().unwrap_or_default();
        match error {
            TransformError::Squeeze(error) => error.fmt(f),
            TransformError::NoAxis(axis) => fill(f, say::NO_AXIS, &[axis, op]),
            TransformError::Axes(axes) => fill(f, say::NAMES_AXES, &[op, axes, &at.rank()]),
            TransformError::Elements(elements) => {
                fill(f, say::OTHER_ELEMENTS, &[&at.elements(), op, elements])
            }
            TransformError::Multiple(elements) => {
                fill(f, say::NO_MULTIPLE, &[&at.elements(), op, elements])
            }
            TransformError::Indivisible { axis, parts } => {
                fill(f, say::INDIVISIBLE, &[op, axis, &len(axis), parts])
            }
            TransformError::Sizes { axis, sum } => {
                fill(f, say::OTHER_SIZES, &[axis, &len(axis), op, sum])
            }
            TransformError::Range { axis, start, end } => {
                fill(f, say::NO_RANGE, &[axis, &len(axis), op, start, end])
            }
            TransformError::NotStrided => write!(
                f,
                "whose elements `{op}` would tear apart; load it as it is, and change it with `map`"
            ),
            TransformError::Joined(first) => fill(f, say::NOT_JOINED, &[op, first]),
        }
    }
}

/// What the expressions of a step are worth at its place.
pub(super) type Value<'v> = &'v dyn Fn(&Expression) -> Result<u64, Stop>;

/// Does a step that makes one array of one array, whose rank has to be `rank` afterwards if that is known. A step that cannot
/// be done leaves the lengths of the axes as they are.
pub(super) fn apply(
    view: &mut View,
    op: &Op,
    rank: Option<usize>,
    value: Value<'_>,
) -> Result<(), Stop> {
    let dims = view.dims();
    match *op {
        Op::Squeeze(which) => {
            let axes = squeezed_axes(&dims, which, rank).map_err(TransformError::Squeeze)?;
            view.squeeze(&axes);
        }
        Op::Expand(axes) => {
            let rank = dims.len() + axes.len();
            if let Some(&axis) = axes.iter().find(|&&axis| axis >= rank) {
                return Err(TransformError::NoAxis(axis).into());
            }
            view.expand(axes);
        }
        Op::Transpose => view.permute(&(0..dims.len()).rev().collect::<Vec<_>>()),
        Op::Permute(order) => {
            if order.len() != dims.len() {
                return Err(TransformError::Axes(order.len()).into());
            }
            if let Some(&axis) = order.iter().find(|&&axis| axis >= dims.len()) {
                return Err(TransformError::NoAxis(axis).into());
            }
            view.permute(order);
        }
        Op::Reshape(axes) => view.reshape(&reshaped(&dims, axes, value)?)?,
        Op::Chunk { axis, index, of } => {
            let (part, of) = (equal(&dims, axis, of as u64)?, index as u64);
            view.slice(axis, part.saturating_mul(of), part)?;
        }
        Op::Slice { axis, start, end } => {
            let len = *dims.get(axis).ok_or(TransformError::NoAxis(axis))?;
            let start = value(&start)?;
            let end = end.map_or(Ok(len), |end| value(&end))?;
            match end.checked_sub(start) {
                Some(count) if end <= len => view.slice(axis, start, count)?,
                _ => return Err(TransformError::Range { axis, start, end }.into()),
            }
        }
        Op::Shape(_) | Op::Split { .. } | Op::Concat { .. } | Op::Stack { .. } => {}
    }
    Ok(())
}

/// The length of each part when an axis is cut into equal ones.
fn equal(dims: &[u64], axis: usize, parts: u64) -> Result<u64, TransformError> {
    let len = *dims.get(axis).ok_or(TransformError::NoAxis(axis))?;
    match len.checked_rem(parts) {
        Some(0) => Ok(len / parts),
        _ => Err(TransformError::Indivisible { axis, parts }),
    }
}

/// The lengths that `reshape` gives, with that of `_`.
fn reshaped(dims: &[u64], axes: &[Axis], value: Value<'_>) -> Result<Vec<u64>, Stop> {
    let elements = dims.iter().fold(1, |product: u64, dim| product.saturating_mul(*dim));
    let len = |axis: &Axis| match axis {
        Axis::Any => Ok(None),
        Axis::Is(expression) => value(expression).map(Some),
    };
    let lens = axes.iter().map(len).collect::<Result<Vec<_>, Stop>>()?;
    let known = lens.iter().flatten().fold(1, |product: u64, len| product.saturating_mul(*len));
    let inferred = elements.checked_div(known).unwrap_or(0);
    let lens: Vec<u64> = lens.into_iter().map(|len| len.unwrap_or(inferred)).collect();
    let asked = lens.iter().fold(1, |product: u64, len| product.saturating_mul(*len));
    match asked == elements {
        true => Ok(lens),
        false if axes.contains(&Axis::Any) => Err(TransformError::Multiple(known).into()),
        false => Err(TransformError::Elements(known).into()),
    }
}

/// The parts of an axis.
pub(super) fn split(
    view: &View,
    axis: usize,
    sizes: Option<&[Expression]>,
    parts: usize,
    value: Value<'_>,
) -> Result<Vec<View>, Stop> {
    let dims = view.dims();
    let sizes = match sizes {
        None => vec![equal(&dims, axis, parts as u64)?; parts],
        Some(sizes) => sizes.iter().map(value).collect::<Result<_, Stop>>()?,
    };
    let len = *dims.get(axis).ok_or(TransformError::NoAxis(axis))?;
    let sum = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
    if sum != len || sizes.len() != parts {
        return Err(TransformError::Sizes { axis, sum }.into());
    }
    let mut start = 0;
    let part = |size: u64| {
        let mut part = view.clone();
        part.slice(axis, start, size)?;
        start += size;
        Ok(part)
    };
    sizes.into_iter().map(part).collect()
}

/// The ranks that an array has after each step, where they are known from that of the field.
pub(super) fn ranks(ops: &[Op], field: Option<usize>) -> Vec<Option<usize>> {
    let mut rank = field;
    let mut after: Vec<_> = ops
        .iter()
        .rev()
        .map(|op| {
            let here = match op {
                Op::Shape(axes) | Op::Reshape(axes) => Some(axes.len()),
                _ => rank,
            };
            rank = match op {
                Op::Squeeze(Squeeze::ToRank) | Op::Reshape(_) => None,
                Op::Squeeze(Squeeze::Axes(axes)) => here.map(|rank| rank + axes.len()),
                Op::Expand(axes) => here.and_then(|rank| rank.checked_sub(axes.len())),
                Op::Stack { .. } => here.and_then(|rank| rank.checked_sub(1)),
                _ => here,
            };
            here
        })
        .collect();
    after.reverse();
    after
}

/// As it is written: `permute(1, 0, 2)`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Squeeze(Squeeze::ToRank) => f.write_str("squeeze"),
            Self::Squeeze(Squeeze::Axes(axes)) => write!(f, "squeeze({})", joined(axes)),
            Self::Expand(axes) => write!(f, "expand({})", joined(axes)),
            Self::Transpose => f.write_str("transpose"),
            Self::Permute(axes) => write!(f, "permute({})", joined(axes)),
            Self::Reshape(axes) => write!(f, "reshape[{}]", joined(axes)),
            Self::Shape(axes) => write!(f, "shape = [{}]", joined(axes)),
            Self::Split { axis, sizes: None } => write!(f, "split(axis = {axis})"),
            Self::Split { axis, sizes: Some(sizes) } => {
                write!(f, "split(axis = {axis}, sizes = [{}])", joined(sizes))
            }
            Self::Chunk { axis, index, of } => {
                write!(f, "chunk(axis = {axis}, index = {index}, of = {of})")
            }
            Self::Slice { axis, start, end } => {
                write!(f, "slice(axis = {axis}, range = {start}..")?;
                end.iter().try_for_each(|end| write!(f, "{end}"))?;
                f.write_str(")")
            }
            Self::Concat { axis } => write!(f, "concat(axis = {axis})"),
            Self::Stack { axis, repeat } => write!(f, "stack({}, axis = {axis})", repeat.index),
        }
    }
}

fn joined(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

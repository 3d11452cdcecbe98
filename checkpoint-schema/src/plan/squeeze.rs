//! What `squeeze` does to a shape.

use std::fmt;

use crate::description::Squeeze;
use crate::problem::wording::{self as say, fill};
use crate::shape::Shape;

/// Why axes cannot be removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SqueezeError {
    /// The shape has no such axis.
    NoAxis(usize),
    /// The axis is longer than 1.
    NotUnit(usize),
    /// The rank can be reached in several ways: these are two of them.
    Ambiguous(Shape, Shape),
}

/// The part of a sentence that follows the variable: what is wrong, and the way out.
impl fmt::Display for SqueezeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAxis(axis) => fill(f, say::SQUEEZE_NO_AXIS, &[axis]),
            Self::NotUnit(axis) => fill(f, say::SQUEEZE_NOT_UNIT, &[axis]),
            Self::Ambiguous(first, second) => fill(f, say::SQUEEZE_AMBIGUOUS, &[first, second]),
        }
    }
}

/// The axes that `squeeze` removes, for a rank that is wanted (`None`: any).
///
/// With fewer unit axes than would have to go none is removed: the rank does not fit then.
pub(super) fn squeezed_axes(
    dims: &[u64],
    squeeze: Squeeze,
    rank: Option<usize>,
) -> Result<Vec<usize>, SqueezeError> {
    let units: Vec<usize> = (0..dims.len()).filter(|&axis| dims[axis] == 1).collect();
    match squeeze {
        Squeeze::Axes(axes) => {
            for &axis in axes {
                match dims.get(axis) {
                    None => return Err(SqueezeError::NoAxis(axis)),
                    Some(1) => {}
                    Some(_) => return Err(SqueezeError::NotUnit(axis)),
                }
            }
            Ok(axes.to_vec())
        }
        Squeeze::ToRank => {
            let excess = rank.map_or(units.len(), |rank| dims.len().saturating_sub(rank));
            let (Some(first), Some(start)) = (units.get(..excess), units.len().checked_sub(excess))
            else {
                return Ok(Vec::new());
            };
            if start == 0 {
                return Ok(units);
            }
            let (left, other) = (without(dims, first), without(dims, &units[start..]));
            // Taking the first ones and the last ones comes to the same only if every choice does.
            if left == other {
                Ok(first.to_vec())
            } else {
                Err(SqueezeError::Ambiguous(left, other))
            }
        }
    }
}

fn without(dims: &[u64], axes: &[usize]) -> Shape {
    let left: Vec<u64> =
        (0..dims.len()).filter(|axis| !axes.contains(axis)).map(|axis| dims[axis]).collect();
    // Fewer axes and as many elements: it fits if the whole did.
    Shape::new(left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dims: &[u64], how: Squeeze, rank: Option<usize>, expected: &str) {
        let shown = match squeezed_axes(dims, how, rank) {
            Ok(axes) => without(dims, &axes).to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn as_many_axes_go_as_the_field_has_fewer() {
        check(&[1, 4, 12], Squeeze::ToRank, Some(2), "[4, 12]");
        check(&[1, 1, 12], Squeeze::ToRank, Some(2), "[1, 12]");
        check(&[4, 12], Squeeze::ToRank, Some(2), "[4, 12]");
        check(&[1, 12], Squeeze::ToRank, Some(2), "[1, 12]");
        check(&[1], Squeeze::ToRank, Some(0), "[]");
        check(&[2, 3, 4], Squeeze::ToRank, Some(2), "[2, 3, 4]");
        check(&[1, 3, 1], Squeeze::ToRank, None, "[3]");
        check(
            &[1, 5, 1],
            Squeeze::ToRank,
            Some(2),
            "which `squeeze` can make [5, 1] or [1, 5]; write the axis, as in `squeeze(0)`",
        );
    }

    #[test]
    fn the_axes_that_are_written_go() {
        check(&[1, 5, 1], Squeeze::Axes(&[2]), Some(2), "[1, 5]");
        check(&[1, 5, 1], Squeeze::Axes(&[0, 2]), Some(1), "[5]");
        check(
            &[1, 5],
            Squeeze::Axes(&[2]),
            Some(1),
            "which has no axis 2 to squeeze; axes are counted from 0",
        );
        check(
            &[2, 5],
            Squeeze::Axes(&[0]),
            Some(1),
            "of which `squeeze` cannot remove axis 0; only axes of length 1 can be removed",
        );
    }
}

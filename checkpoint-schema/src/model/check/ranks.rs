//! Checks of a field's steps against its rank.

use crate::each::each;
use crate::model::check::Level;
use crate::model::check::sentence::Word::{Number, Text};
use crate::model::check::sentence::{Check, Sentence};
use crate::model::check::wording as say;
use crate::model::description::{Field, Node, Op, Squeeze};

/// The attribute that divides arrays among ranks.
const PARALLEL: &str = "parallel";

/// Checks that the steps of a field produce its type, given the ranks.
pub(super) const fn steps_fit(level: &Level<'_>) -> Check {
    let field = level.field;
    let rank = match field.node.innermost() {
        Node::Tensor(tensor) => tensor.rank,
        Node::Constant(_) => None,
        Node::Split(parts) => return split_fits(level, parts),
        _ => return has_no_steps(level),
    };
    if let Some(split) = split(field) {
        return Err(Sentence::of(level, say::SEVERAL_ARRAYS, &[Text(word(split))]));
    }
    ranks_fit(level, rank)
}

/// Checks that a field without variables of its own has no steps.
const fn has_no_steps(level: &Level<'_>) -> Check {
    let done = match (level.field.ops, level.field.parallel) {
        ([op, ..], _) => word(op),
        ([], Some(_)) => PARALLEL,
        ([], None) => return Ok(()),
    };
    Err(Sentence::of(level, say::NO_VARIABLES, &[Text(done)]))
}

const fn split(field: &Field) -> Option<&'static Op> {
    each!(0..field.ops.len(), |at| {
        if matches!(field.ops[at], Op::Split { .. }) {
            return Some(&field.ops[at]);
        }
    });
    None
}

/// Checks that `split` has as many parts as the field, and that they have the same rank.
const fn split_fits(level: &Level<'_>, parts: &[Node]) -> Check {
    let Some(split) = split(level.field) else {
        return Err(Sentence::of(level, say::NO_SOURCE, &[Number(parts.len())]));
    };
    if let Op::Split { sizes: Some(sizes), .. } = split
        && sizes.len() != parts.len()
    {
        return Err(Sentence::of(
            level,
            say::OTHER_SIZES,
            &[Number(sizes.len()), Number(parts.len())],
        ));
    }
    each!(0..parts.len(), |at| {
        match &parts[at] {
            Node::Tensor(tensor) => {
                if let Err(wrong) = ranks_fit(level, tensor.rank) {
                    return Err(wrong);
                }
            }
            _ => {
                return Err(Sentence::of(level, say::NO_ARRAY, &[Number(at)]));
            }
        }
    });
    Ok(())
}

/// Walks the steps backwards with the rank that each must produce.
const fn ranks_fit(level: &Level<'_>, of_field: Option<usize>) -> Check {
    if let (Some(parallel), Some(rank)) = (level.field.parallel, of_field)
        && let Err(wrong) = axes_are_there(level, PARALLEL, &[parallel.axis], rank)
    {
        return Err(wrong);
    }
    let mut rank = of_field;
    let mut at = level.field.ops.len();
    while at > 0 {
        at -= 1;
        let op = &level.field.ops[at];
        if let Err(wrong) = names_axes(level, op, rank) {
            return Err(wrong);
        }
        rank = op.rank_before(rank);
    }
    Ok(())
}

/// Checks that the axes of a step exist, given its output rank.
const fn names_axes(level: &Level<'_>, op: &Op, rank: Option<usize>) -> Check {
    let Some(rank) = rank else { return Ok(()) };
    match op {
        Op::Transpose | Op::Squeeze(Squeeze::ToRank) => Ok(()),
        Op::Squeeze(Squeeze::Axes(axes)) => {
            axes_are_there(level, word(op), axes, rank + axes.len())
        }
        Op::Expand(axes) => axes_are_there(level, word(op), axes, rank),
        Op::Permute(axes) => as_many(level, op, axes.len(), rank),
        Op::Shape(axes) | Op::Reshape(axes) => as_many(level, op, axes.len(), rank),
        Op::Split { axis, .. }
        | Op::Chunk { axis, .. }
        | Op::Slice { axis, .. }
        | Op::Reorder { axis, .. }
        | Op::Concat { axis, .. }
        | Op::Stack { axis, .. } => axes_are_there(level, word(op), &[*axis], rank),
    }
}

const fn as_many(level: &Level<'_>, op: &Op, axes: usize, rank: usize) -> Check {
    if rank == axes {
        return Ok(());
    }
    Err(Sentence::of(
        level,
        say::OTHER_AXES,
        &[
            Text(word(op)),
            Number(axes),
            Text(if axes == 1 { "axis" } else { "axes" }),
            Number(rank),
        ],
    ))
}

const fn axes_are_there(level: &Level<'_>, word: &str, axes: &[usize], rank: usize) -> Check {
    each!(0..axes.len(), |at| {
        if axes[at] >= rank {
            return Err(Sentence::of(
                level,
                say::NO_AXIS,
                &[Text(word), Number(axes[at]), Number(rank)],
            ));
        }
    });
    Ok(())
}

/// The attribute of a step.
const fn word(op: &Op) -> &'static str {
    match op {
        Op::Squeeze(_) => "squeeze",
        Op::Expand(_) => "expand",
        Op::Transpose => "transpose",
        Op::Permute(_) => "permute",
        Op::Reshape(_) => "reshape",
        Op::Shape(_) => "shape",
        Op::Split { .. } => "split",
        Op::Chunk { .. } => "chunk",
        Op::Slice { .. } => "slice",
        Op::Reorder { .. } => "reorder",
        Op::Concat { .. } => "concat",
        Op::Stack { .. } => "stack",
    }
}

//! Checks of a field's steps against its rank.

use crate::model::check::Level;
use crate::model::check::sentence::{Check, Sentence};
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
        return Err(Sentence::of(level).text("`").text(word(split)).text(
            "` makes several arrays, but the field holds one; make it an array `[T; N]` or a tuple",
        ));
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
    Err(Sentence::of(level).text("`").text(done).text(
        "` applies to variables, but the field has none of its own; write it on the nested fields",
    ))
}

const fn split(field: &Field) -> Option<&'static Op> {
    let mut at = 0;
    while at < field.ops.len() {
        if matches!(field.ops[at], Op::Split { .. }) {
            return Some(&field.ops[at]);
        }
        at += 1;
    }
    None
}

/// Checks that `split` has as many parts as the field, and that they have the same rank.
const fn split_fits(level: &Level<'_>, parts: &[Node]) -> Check {
    let Some(split) = split(level.field) else {
        return Err(Sentence::of(level)
            .text("its ")
            .number(parts.len())
            .text(" values have no source; write `split(axis = 0)` for parts of one variable, or `repeat(i)` for \
                   several variables"));
    };
    if let Op::Split { sizes: Some(sizes), .. } = split
        && sizes.len() != parts.len()
    {
        return Err(Sentence::of(level)
            .text("`sizes` lists ")
            .number(sizes.len())
            .text(" lengths, but the field has ")
            .number(parts.len())
            .text(" parts; list one length for each part"));
    }
    let mut at = 0;
    while at < parts.len() {
        match &parts[at] {
            Node::Tensor(tensor) => {
                if let Err(wrong) = ranks_fit(level, tensor.rank) {
                    return Err(wrong);
                }
            }
            _ => {
                return Err(Sentence::of(level)
                    .text("the parts that `split` makes are arrays, and part ")
                    .number(at)
                    .text(" holds something else; write arrays"));
            }
        }
        at += 1;
    }
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
        rank = before(op, rank);
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

/// The input rank of a step, given its output rank, if its axes exist.
const fn before(op: &Op, after: Option<usize>) -> Option<usize> {
    match (op, after) {
        (Op::Permute(axes), _) => Some(axes.len()),
        (Op::Shape(axes), _) => Some(axes.len()),
        (Op::Squeeze(Squeeze::ToRank) | Op::Reshape(_), _) | (_, None) => None,
        (Op::Squeeze(Squeeze::Axes(axes)), Some(after)) => Some(after + axes.len()),
        (Op::Expand(axes), Some(after)) => Some(after - axes.len()),
        (Op::Stack { .. }, Some(after)) => Some(after - 1),
        (
            Op::Transpose
            | Op::Split { .. }
            | Op::Chunk { .. }
            | Op::Slice { .. }
            | Op::Reorder { .. }
            | Op::Concat { .. },
            after,
        ) => after,
    }
}

const fn as_many(level: &Level<'_>, op: &Op, axes: usize, rank: usize) -> Check {
    if rank == axes {
        return Ok(());
    }
    Err(Sentence::of(level)
        .text("`")
        .text(word(op))
        .text("` lists ")
        .number(axes)
        .text(if axes == 1 { " axis" } else { " axes" })
        .text(", but the array has rank ")
        .number(rank)
        .text(" at this step; change the list, or the type of the field"))
}

const fn axes_are_there(level: &Level<'_>, word: &str, axes: &[usize], rank: usize) -> Check {
    let mut at = 0;
    while at < axes.len() {
        if axes[at] >= rank {
            return Err(Sentence::of(level)
                .text("`")
                .text(word)
                .text("` refers to axis ")
                .number(axes[at])
                .text(", but the array has rank ")
                .number(rank)
                .text("; axes are numbered from 0"));
        }
        at += 1;
    }
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

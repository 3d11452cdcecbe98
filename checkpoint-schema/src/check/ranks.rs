//! The steps of a field against the axes that it has.

use crate::check::Level;
use crate::check::sentence::Sentence;
use crate::description::{Field, Node, Op, Squeeze, Tensor};

/// The steps of a field make what it holds, as far as the ranks say.
#[track_caller]
pub(super) const fn steps_fit(level: &Level<'_>) {
    let field = level.field;
    match leaf(&field.node) {
        Leaf::Tensor(tensor) => {
            if let Some(split) = split(field) {
                Sentence::of(level)
                    .text("`")
                    .text(word(split))
                    .text("` makes several arrays, but the field holds one; make it an array `[T; N]` or a tuple")
                    .panic()
            }
            ranks_fit(level, tensor.rank);
        }
        Leaf::Split(parts) => split_fits(level, parts),
        Leaf::None => {
            if let [op, ..] = field.ops {
                Sentence::of(level)
                    .text("`")
                    .text(word(op))
                    .text("` is done to variables, and the field holds none of its own; write it on the fields within")
                    .panic()
            }
        }
    }
}

/// What a field holds, once or several times.
enum Leaf<'n> {
    Tensor(&'n Tensor),
    Split(&'n [Node]),
    None,
}

const fn leaf(node: &Node) -> Leaf<'_> {
    match node {
        Node::Tensor(tensor) => Leaf::Tensor(tensor),
        Node::Split(parts) => Leaf::Split(parts),
        Node::Optional(inner) => leaf(inner),
        Node::List(list) => leaf(&list.element),
        Node::Struct(_) | Node::Dim(_) => Leaf::None,
    }
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

/// As many parts as the field holds, all of one rank.
#[track_caller]
const fn split_fits(level: &Level<'_>, parts: &[Node]) {
    let Some(split) = split(level.field) else {
        Sentence::of(level)
            .text("nothing says how its ")
            .number(parts.len())
            .text(" values come from the checkpoint; write `split(axis = 0)` for parts of one variable, or `repeat(i)` for \
                   several variables")
            .panic()
    };
    if let Op::Split { sizes: Some(sizes), .. } = split
        && sizes.len() != parts.len()
    {
        Sentence::of(level)
            .text("`split` names ")
            .number(sizes.len())
            .text(" sizes, but the field holds ")
            .number(parts.len())
            .text(" parts; make the two agree")
            .panic()
    }
    let mut at = 0;
    while at < parts.len() {
        match leaf(&parts[at]) {
            Leaf::Tensor(tensor) if !matches!(parts[at], Node::List(_) | Node::Optional(_)) => {
                ranks_fit(level, tensor.rank);
            }
            _ => Sentence::of(level)
                .text("the parts that `split` makes are arrays, and part ")
                .number(at)
                .text(" holds something else; write arrays")
                .panic(),
        }
        at += 1;
    }
}

/// Goes through the steps from the last, with the rank that each has to give.
#[track_caller]
const fn ranks_fit(level: &Level<'_>, of_field: Option<usize>) {
    let mut rank = of_field;
    let mut at = level.field.ops.len();
    while at > 0 {
        at -= 1;
        let op = &level.field.ops[at];
        rank = before(level, op, rank);
    }
}

/// The rank that a step is given, if it has to give this one.
#[track_caller]
const fn before(level: &Level<'_>, op: &Op, rank: Option<usize>) -> Option<usize> {
    match op {
        Op::Transpose => rank,
        Op::Squeeze(Squeeze::ToRank) => None,
        Op::Squeeze(Squeeze::Axes(axes)) => {
            let Some(after) = rank else { return None };
            let before = after + axes.len();
            axes_are_there(level, op, axes, before);
            Some(before)
        }
        Op::Expand(axes) => {
            let Some(after) = rank else { return None };
            axes_are_there(level, op, axes, after);
            Some(after - axes.len())
        }
        Op::Permute(axes) => {
            as_many(level, op, axes.len(), rank);
            Some(axes.len())
        }
        Op::Shape(axes) => {
            as_many(level, op, axes.len(), rank);
            Some(axes.len())
        }
        Op::Reshape(axes) => {
            as_many(level, op, axes.len(), rank);
            None
        }
        Op::Split { axis, .. }
        | Op::Chunk { axis, .. }
        | Op::Slice { axis, .. }
        | Op::Concat { axis } => {
            if let Some(rank) = rank {
                axes_are_there(level, op, &[*axis], rank);
            }
            rank
        }
        Op::Stack { axis, .. } => {
            let Some(after) = rank else { return None };
            axes_are_there(level, op, &[*axis], after);
            Some(after - 1)
        }
    }
}

#[track_caller]
const fn as_many(level: &Level<'_>, op: &Op, axes: usize, rank: Option<usize>) {
    if let Some(rank) = rank
        && rank != axes
    {
        Sentence::of(level)
            .text("`")
            .text(word(op))
            .text("` names ")
            .number(axes)
            .text(if axes == 1 { " axis" } else { " axes" })
            .text(", but the array has ")
            .number(rank)
            .text(" there; make the two agree")
            .panic()
    }
}

#[track_caller]
const fn axes_are_there(level: &Level<'_>, op: &Op, axes: &[usize], rank: usize) {
    let mut at = 0;
    while at < axes.len() {
        if axes[at] >= rank {
            Sentence::of(level)
                .text("`")
                .text(word(op))
                .text("` names axis ")
                .number(axes[at])
                .text(", but the array has ")
                .number(rank)
                .text(" there; axes are counted from 0")
                .panic()
        }
        at += 1;
    }
}

/// The word of a step.
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
        Op::Concat { .. } => "concat",
        Op::Stack { .. } => "stack",
    }
}

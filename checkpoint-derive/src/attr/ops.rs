//! Steps on the variable of a field: attributes whose order matters.

mod join;
mod part;

pub(crate) use self::join::{concat, stack};
pub(crate) use self::part::{chunk, reorder, slice, split};

use proc_macro2::{Group, Ident};

use crate::attr::expression::{Expression, Length, lengths};
use crate::attr::keyed::brackets;
use crate::attr::repeat::Repeat;
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::value;
use crate::diag::Diag;

/// An attribute with a step.
pub(crate) struct Step {
    /// The attribute name, as written.
    pub(crate) word: Ident,
    /// The step.
    pub(crate) op: Op,
}

/// A step from the variable to the field; see [`checkpoint_schema::model::description::Op`].
pub(crate) enum Op {
    /// Removes these axes, or as many as needed for the rank of the field.
    Squeeze(Option<Vec<usize>>),
    Expand(Vec<usize>),
    Transpose,
    Permute(Vec<usize>),
    Reshape(Vec<Length>),
    Shape(Vec<Length>),
    Split {
        axis: usize,
        sizes: Option<Vec<Expression>>,
    },
    Chunk {
        axis: usize,
        index: usize,
        of: usize,
    },
    Slice {
        axis: usize,
        start: Expression,
        end: Option<Expression>,
    },
    Reorder {
        axis: usize,
        order: Vec<usize>,
    },
    /// Joins the variables of these paths, or those of an index.
    Concat {
        axis: usize,
        repeat: Option<Repeat>,
    },
    Stack {
        axis: usize,
        repeat: Repeat,
    },
}

impl Op {
    /// The index of the joined variables, if there is one.
    pub(crate) fn counts(&self) -> Option<&Repeat> {
        match self {
            Self::Stack { repeat, .. } | Self::Concat { repeat: Some(repeat), .. } => Some(repeat),
            _ => None,
        }
    }

    /// True if it joins several variables.
    pub(crate) fn joins(&self) -> bool {
        matches!(self, Self::Concat { .. } | Self::Stack { .. })
    }

    /// True if it leaves parts of a variable to other fields.
    pub(crate) fn takes_a_part(&self) -> bool {
        matches!(self, Self::Chunk { .. } | Self::Slice { .. })
    }
}

pub(crate) fn squeeze(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::List(list) = &written.argument else { return Some(Op::Squeeze(None)) };
    let axes = axes(diag, list)?;
    if axes.is_empty() {
        diag.error(list, "`squeeze` lists no axis; write `squeeze(0)`, or `squeeze` alone");
    }
    Some(Op::Squeeze(Some(axes)))
}

pub(crate) fn expand(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::List(list) = &written.argument else { return None };
    let axes = axes(diag, list)?;
    if axes.is_empty() {
        diag.error(list, "`expand` lists no axis; write `expand(0)`");
    }
    Some(Op::Expand(axes))
}

/// A permutation of all axes.
pub(crate) fn permute(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::List(list) = &written.argument else { return None };
    let axes = axes(diag, list)?;
    if axes.is_empty() {
        diag.error(list, "`permute` lists no axis; write all, as in `permute(1, 0, 2)`");
    }
    if let Some(missing) = (0..axes.len()).find(|axis| !axes.contains(axis)) {
        let way_out = "write all, as in `permute(1, 0, 2)`";
        diag.error(list, format!("`permute` leaves out axis {missing}; {way_out}"));
    }
    Some(Op::Permute(axes))
}

/// Parses a list of axes without duplicates; `None` if an item is not an axis.
fn axes(diag: &mut Diag, list: &Group) -> Option<Vec<usize>> {
    let (mut axes, mut wrong) = (Vec::new(), false);
    for item in items(diag, list.stream()) {
        match value::number(&item) {
            None => {
                diag.error(tokens(&item), "an axis is a whole number; the first one is 0");
                wrong = true;
            }
            Some(number) if axes.contains(&number) => {
                diag.error(tokens(&item), format!("axis {number} is named twice; remove it"));
                wrong = true;
            }
            Some(number) => axes.push(number),
        }
    }
    (!wrong).then_some(axes)
}

/// `shape = [n_embd, _]`
pub(crate) fn shape(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::Value(value) = &written.argument else { return None };
    let Some(list) = brackets(&value.clone().into_iter().collect::<Vec<_>>()) else {
        let way_out = "write `shape = [n_embd, _]`";
        diag.error(written, format!("`shape` is a list of lengths in brackets; {way_out}"));
        return None;
    };
    lengths(diag, list.stream()).map(Op::Shape)
}

/// `reshape[n_head, _, n_embd]`: the length `_` is inferred from the others.
pub(crate) fn reshape(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::Brackets(list) = &written.argument else { return None };
    let lengths = lengths(diag, list.stream())?;
    let unknown = items(diag, list.stream());
    let unknown = unknown.iter().zip(&lengths).filter(|(_, length)| length.is_none());
    for (item, _) in unknown.skip(1) {
        diag.error(tokens(item), "only one length can be `_`; write this one");
    }
    Some(Op::Reshape(lengths))
}

//! Steps on the variable of a field: attributes whose order matters.
//!
//! They are those of a description, which are `'static`. So their lists and names are leaked: some bytes for each attribute, until
//! the compiler ends.

mod join;
mod part;

pub(crate) use self::join::{concat, stack};
pub(crate) use self::part::{chunk, reorder, slice, split};

use checkpoint_schema::model::description::{Op, Squeeze};
use checkpoint_schema::model::expression::AxisLength;
use proc_macro2::{Group, Ident};

use crate::attr::expression::lengths;
use crate::attr::keyed::brackets;
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

pub(crate) fn squeeze(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::List(list) = &written.argument else { return Some(Op::Squeeze(Squeeze::ToRank)) };
    let axes = axes(diag, list)?;
    if axes.is_empty() {
        diag.error(list, "`squeeze` lists no axis; write `squeeze(0)`, or `squeeze` alone");
    }
    Some(Op::Squeeze(Squeeze::Axes(axes.leak())))
}

pub(crate) fn expand(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::List(list) = &written.argument else { return None };
    let axes = axes(diag, list)?;
    if axes.is_empty() {
        diag.error(list, "`expand` lists no axis; write `expand(0)`");
    }
    Some(Op::Expand(axes.leak()))
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
    Some(Op::Permute(axes.leak()))
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
    Some(Op::Shape(lengths(diag, list.stream())?.leak()))
}

/// `reshape[n_head, _, n_embd]`: the length `_` is inferred from the others.
pub(crate) fn reshape(diag: &mut Diag, written: &Written) -> Option<Op> {
    let Argument::Brackets(list) = &written.argument else { return None };
    let lengths = lengths(diag, list.stream())?;
    let unknown = items(diag, list.stream());
    let unknown = unknown.iter().zip(&lengths).filter(|(_, length)| **length == AxisLength::Any);
    for (item, _) in unknown.skip(1) {
        diag.error(tokens(item), "only one length can be `_`; write this one");
    }
    Some(Op::Reshape(lengths.leak()))
}

//! Indices with ranges: `repeat(i = 0..n_layer)` and `stack(e = 0..8, ...)`.

use proc_macro2::{Ident, TokenTree};

use crate::attr::expression::{self, Expression, ends};
use crate::attr::keyed::{pair, place};
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::value;
use crate::diag::Diag;

/// An index and its range.
pub(crate) struct Repeat {
    pub(crate) index: String,
    pub(crate) start: usize,
    pub(crate) end: Option<Expression>,
}

/// The index of a `repeat`.
pub(crate) enum Counted {
    /// The only index of the field's path.
    Only,
    /// A named index.
    Named(Repeat),
}

pub(crate) fn read(diag: &mut Diag, written: &Written) -> Option<Counted> {
    let Argument::List(list) = &written.argument else { return Some(Counted::Only) };
    let items = items(diag, list.stream());
    let [item] = items.as_slice() else {
        diag.error(list, "`repeat` counts one index; write `repeat(i)`");
        return None;
    };
    let way_out = "write `repeat(i)` or `repeat(i = 0..12)`";
    index(diag, written, item, way_out).map(Counted::Named)
}

/// `i` or `i = 0..n_layer`, in the list of an attribute.
pub(crate) fn index(
    diag: &mut Diag,
    written: &Written,
    item: &[TokenTree],
    way_out: &str,
) -> Option<Repeat> {
    if let [TokenTree::Ident(index)] = item {
        return Some(Repeat { index: value::name(index), start: 0, end: None });
    }
    match pair(item) {
        Some((index, range)) if !range.is_empty() => counted(diag, index, range),
        _ => {
            let word = &written.name;
            diag.error(tokens(item), format!("`{word}` names the index that it counts; {way_out}"));
            None
        }
    }
}

fn counted(diag: &mut Diag, index: &Ident, range: &[TokenTree]) -> Option<Repeat> {
    let place = place(index, range);
    let [start, end] = ends(diag, range, &place)?;
    if start.is_empty() {
        diag.error(place, "the range has no start; write `0..12` or `0..`");
        return None;
    }
    let number = value::number(start);
    if number.is_none() {
        diag.error(tokens(start), "the start of the range is a whole number; write `0..n_layer`");
    }
    let end = expression::end(diag, end, number, &place).ok();
    Some(Repeat { index: value::name(index), start: number?, end: end? })
}

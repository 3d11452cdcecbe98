//! Indices and their values: `repeat(i = 0..n_layer)`, `repeat(r in [8, 16])`, `repeat(r = any)` and `stack(e = 0..8, ...)`.

use checkpoint_schema::model::description::{Indices, Repeat};
use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::attr::expression::{self, ends};
use crate::attr::keyed::{brackets, pair, place};
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::value;
use crate::diag::Diag;

/// The index of a `repeat`.
pub(crate) enum Counted {
    /// The only index of the field's path.
    Only,
    /// A named index, and its values.
    Named(Repeat, Indices),
}

pub(crate) fn read(diag: &mut Diag, written: &Written) -> Option<Counted> {
    let Argument::List(list) = &written.argument else { return Some(Counted::Only) };
    let items = items(diag, list.stream());
    let [item] = items.as_slice() else {
        diag.error(list, "`repeat` counts one index; write `repeat(i)`");
        return None;
    };
    let way_out = "write `repeat(i)` or `repeat(i = 0..12)`";
    match item.as_slice() {
        [TokenTree::Ident(index), TokenTree::Ident(word), values @ ..] if word == "in" => {
            listed(diag, index, values, &place(word, values))
        }
        [TokenTree::Ident(index), TokenTree::Punct(equals), TokenTree::Ident(any)]
            if equals.as_char() == '=' && any == "any" =>
        {
            Some(Counted::Named(from_0(index), Indices::Any))
        }
        _ => {
            let repeat = self::index(diag, written, item, way_out)?;
            Some(Counted::Named(repeat, Indices::Range))
        }
    }
}

/// `r in [8, 16, 32]`
fn listed(
    diag: &mut Diag,
    index: &Ident,
    values: &[TokenTree],
    place: &TokenStream,
) -> Option<Counted> {
    let name = value::name(index);
    let Some(list) = brackets(values) else {
        let way_out = format!("write `{name} in [8, 16]`, or `{name} = 0..12` for a range");
        diag.error(place, format!("expected numbers in brackets; {way_out}"));
        return None;
    };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(place, format!("the list has no numbers; write `{name} in [8, 16]`"));
        return None;
    }
    let mut numbers = Vec::new();
    for item in &items {
        match value::number(item) {
            None => {
                let way_out = format!("write `{name} in [8, 16]`");
                diag.error(
                    tokens(item),
                    format!("the values of an index are whole numbers; {way_out}"),
                );
            }
            Some(number) if numbers.contains(&number) => {
                diag.error(tokens(item), format!("{number} is listed twice; remove it"));
            }
            Some(number) => numbers.push(number),
        }
    }
    let start = numbers.iter().min().copied()?;
    let repeat = Repeat { start, ..from_0(index) };
    Some(Counted::Named(repeat, Indices::Listed(numbers.leak())))
}

/// An index that counts from 0.
fn from_0(index: &Ident) -> Repeat {
    Repeat { index: value::name(index).leak(), start: 0, end: None }
}

/// `i` or `i = 0..n_layer`, in the list of an attribute.
pub(crate) fn index(
    diag: &mut Diag,
    written: &Written,
    item: &[TokenTree],
    way_out: &str,
) -> Option<Repeat> {
    if let [TokenTree::Ident(index)] = item {
        return Some(from_0(index));
    }
    match pair(item) {
        Some((index, [TokenTree::Group(_)])) if written.name == "repeat" => {
            let name = value::name(index);
            let way_out = format!("write `{name} in [8, 16]` for a list");
            diag.error(tokens(item), format!("`=` is for a range; {way_out}"));
            None
        }
        Some((index, range)) if !range.is_empty() => counted(diag, index, range),
        _ => {
            let word = &written.name;
            diag.error(tokens(item), format!("`{word}` needs an index; {way_out}"));
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
    Some(Repeat { start: number?, end: end?, ..from_0(index) })
}

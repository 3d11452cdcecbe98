//! `dialects` and `dialect`: names and layouts of another framework.

use proc_macro2::{Ident, TokenStream, TokenTree};

use crate::attr::Attributes;
use crate::attr::container::StructAttributes;
use crate::attr::field::FieldAttributes;
use crate::attr::syntax::{self, Argument, Written, items, tokens};
use crate::attr::table::{Entry, Table, alternatives};
use crate::diag::Diag;

/// The attributes of a dialect, on a struct or a field.
pub(crate) struct Dialect<W> {
    pub(crate) name: Ident,
    pub(crate) attributes: Attributes<W>,
}

/// The container attributes allowed in a dialect.
const OF_STRUCT: [&str; 5] = ["prefix", "prefix_alias", "separator", "ignore", "constant"];

/// The attributes allowed in a dialect of a constant.
const OF_CONSTANT: [&str; 2] = ["path", "absent"];

/// The field attributes allowed in a dialect.
const OF_FIELD: [&str; 14] = [
    "path",
    "alias",
    "tie",
    "absent",
    "shape",
    "squeeze",
    "expand",
    "transpose",
    "permute",
    "reshape",
    "split",
    "chunk",
    "slice",
    "reorder",
];

/// `dialects(tf, hf(separator = "."))`
pub(crate) fn declared(diag: &mut Diag, written: &Written) -> Vec<Dialect<StructAttributes>> {
    let Argument::List(list) = &written.argument else { return Vec::new() };
    let mut dialects: Vec<Dialect<StructAttributes>> = Vec::new();
    for item in items(diag, list.stream()) {
        let (name, list) = match &item[..] {
            [TokenTree::Ident(name)] => (name.clone(), TokenStream::new()),
            [TokenTree::Ident(name), TokenTree::Group(list)] => (name.clone(), list.stream()),
            _ => {
                let way_out = "write `dialects(tf, hf(separator = \".\"))`";
                diag.error(tokens(&item), format!("this is not a dialect; {way_out}"));
                continue;
            }
        };
        if dialects.iter().any(|dialect| dialect.name == name) {
            diag.error(&name, format!("`{name}` is declared already; remove it"));
            continue;
        }
        if let (true, Some(word)) = (dialects.is_empty(), list.clone().into_iter().next()) {
            let way_out = "write it on the struct itself";
            diag.error(
                word,
                format!("the first dialect takes its attributes from the struct; {way_out}"),
            );
        }
        let attributes = attributes(diag, list, &OF_STRUCT);
        dialects.push(Dialect { name, attributes });
    }
    if let [_] | [] = dialects[..] {
        let way_out = "write two at least, as in `dialects(tf, hf)`";
        diag.error(written, format!("one dialect needs no name; {way_out}"));
    }
    dialects
}

/// `dialect(hf, prefix = "...")` on a struct.
pub(crate) fn of_struct(diag: &mut Diag, written: &Written) -> Option<Dialect<StructAttributes>> {
    said(diag, written, &OF_STRUCT)
}

/// `dialect(hf, path = "weight", transpose)` on a field.
pub(crate) fn of_field(diag: &mut Diag, written: &Written) -> Option<Dialect<FieldAttributes>> {
    said(diag, written, &OF_FIELD)
}

/// `dialect(hf, absent)` of a constant.
pub(crate) fn of_constant(diag: &mut Diag, written: &Written) -> Option<Dialect<FieldAttributes>> {
    said(diag, written, &OF_CONSTANT)
}

fn said<W: Table>(diag: &mut Diag, written: &Written, known: &[&str]) -> Option<Dialect<W>> {
    let Argument::List(list) = &written.argument else { return None };
    let mut tokens = list.stream().into_iter();
    let name = match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(name)), None) => name,
        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(comma))) if comma.as_char() == ',' => {
            name
        }
        _ => {
            let way_out = "write it first, as in `dialect(hf, path = \"weight\")`";
            diag.error(list, format!("missing name of the dialect; {way_out}"));
            return None;
        }
    };
    Some(Dialect { name, attributes: attributes(diag, tokens.collect(), known) })
}

fn attributes<W: Table>(diag: &mut Diag, list: TokenStream, known: &[&str]) -> Attributes<W> {
    let mut written = syntax::listed(diag, list, known);
    written.retain(|word| {
        let is_known = known.iter().any(|known| word.name == known);
        let is_word = Entry::<W>::known().iter().any(|known| word.name == known);
        if is_word && !is_known {
            let (name, known) = (&word.name, alternatives(known));
            diag.error(
                name,
                format!("`{name}` cannot differ between dialects; a dialect can set {known}"),
            );
        }
        is_known || !is_word
    });
    Attributes::of(diag, written)
}

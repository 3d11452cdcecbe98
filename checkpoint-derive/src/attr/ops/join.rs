//! Attributes that join several variables.

use checkpoint_schema::model::description::{Op, Repeat};
use proc_macro2::TokenTree;
use syn::LitStr;

use crate::attr::keyed::{Keyed, pair};
use crate::attr::repeat;
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::value::{self, Path};
use crate::diag::Diag;

/// `concat(axis = 0, paths = ["a", "b"])` or `concat(p, axis = 0)`
pub(crate) fn concat(diag: &mut Diag, written: &Written) -> Option<(Op, Vec<Path>)> {
    if is_counted(diag, written) {
        let (axis, repeat) = counted(diag, written)?;
        return Some((Op::Concat { axis, repeat: Some(repeat) }, Vec::new()));
    }
    let example = "concat(axis = 0, paths = [\"a\", \"b\"])";
    let keys = Keyed::read(diag, written, &["axis", "paths"], example);
    let axis = keys.number(diag, "axis");
    let (key, value) = keys.need(diag, "paths")?;
    let list = keys.brackets(diag, key, value)?;
    let items = items(diag, list.stream());
    if items.len() < 2 {
        diag.error(&list, "`concat` joins several variables; write two paths at least");
    }
    let paths: Vec<_> = items.iter().map(|item| path(diag, item)).collect();
    let paths: Option<Vec<_>> = paths.into_iter().collect();
    Some((Op::Concat { axis: axis?, repeat: None }, paths?))
}

fn path(diag: &mut Diag, item: &[TokenTree]) -> Option<Path> {
    let Ok(literal) = syn::parse2::<LitStr>(tokens(item)) else {
        diag.error(tokens(item), "expected a path in quotes; write `paths = [\"a\", \"b\"]`");
        return None;
    };
    if literal.value().is_empty() {
        diag.error(&literal, "the path is empty; write the name of a variable");
        return None;
    }
    value::template(diag, &literal)
}

/// `stack(e = 0..8, axis = 0)`
pub(crate) fn stack(diag: &mut Diag, written: &Written) -> Option<Op> {
    counted(diag, written).map(|(axis, repeat)| Op::Stack { axis, repeat })
}

/// True if a `concat` names an index, by an item with a name other than its keys.
fn is_counted(diag: &mut Diag, written: &Written) -> bool {
    let Argument::List(list) = &written.argument else { return false };
    let is_index = |item: &Vec<TokenTree>| match (pair(item), &item[..]) {
        (Some((_, value)), _) => {
            value.iter().any(|token| matches!(token, TokenTree::Punct(dot) if dot.as_char() == '.'))
        }
        (None, [TokenTree::Ident(_)]) => true,
        (None, _) => false,
    };
    items(diag, list.stream()).iter().any(is_index)
}

/// `(e = 0..8, axis = 0)`
fn counted(diag: &mut Diag, written: &Written) -> Option<(usize, Repeat)> {
    let Argument::List(list) = &written.argument else { return None };
    let stacks = written.name == "stack";
    let example = if stacks { "stack(e, axis = 0)" } else { "concat(p, axis = 0)" };
    let is_axis = |item: &Vec<TokenTree>| pair(item).is_some_and(|(key, _)| key == "axis");
    let (keys, indices): (Vec<_>, Vec<_>) =
        items(diag, list.stream()).into_iter().partition(is_axis);
    let keys = Keyed::of(diag, written, &keys, &["axis"], example);
    let axis = keys.number(diag, "axis");
    let [index] = indices.as_slice() else {
        diag.error(list, format!("`{}` counts one index; write `{example}`", written.name));
        return None;
    };
    let way_out = if stacks {
        "write `stack(e, axis = 0)` or `stack(e = 0..8, axis = 0)`"
    } else {
        "write `concat(p, axis = 0)` or `concat(p = 0..4, axis = 0)`"
    };
    let repeat = repeat::index(diag, written, index, way_out);
    Some((axis?, repeat?))
}

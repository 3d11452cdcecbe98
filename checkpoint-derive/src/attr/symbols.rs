//! Attributes for symbols and dtype conversions.

use checkpoint_schema::model::description::{Cast, Dim, Renamed};
use checkpoint_schema::model::expression::Assertion;
use proc_macro2::TokenTree;

use crate::attr::expression::{assertion, expression};
use crate::attr::keyed::{pair, place};
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::table::instead;
use crate::attr::value;
use crate::diag::Diag;

/// `dims(n_embd, n_head = 12, local c_in)` on a struct.
pub(crate) fn declared(diag: &mut Diag, written: &Written) -> Vec<Dim> {
    let Argument::List(list) = &written.argument else { return Vec::new() };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(list, "`dims` declares no symbol; write `dims(n_embd)`, or remove it");
    }
    let mut dims: Vec<Dim> = Vec::new();
    for item in &items {
        let Some(dim) = dim(diag, item) else { continue };
        if dims.iter().any(|before| before.name == dim.name) {
            let name = &dim.name;
            diag.error(tokens(item), format!("`{name}` is declared twice; remove one of them"));
        }
        dims.push(dim);
    }
    dims
}

fn dim(diag: &mut Diag, item: &[TokenTree]) -> Option<Dim> {
    let (local, item) = match item {
        [TokenTree::Ident(local), rest @ ..]
            if local == "local" && matches!(rest, [TokenTree::Ident(_), ..]) =>
        {
            (true, rest)
        }
        item => (false, item),
    };
    if let [TokenTree::Ident(name)] = item {
        return Some(Dim { name: value::name(name).leak(), value: None, local });
    }
    let Some((name, written)) = pair(item) else {
        let way_out = "write `n_embd`, `n_head = 12` or `local c_in`";
        diag.error(tokens(item), format!("this declares no symbol; {way_out}"));
        return None;
    };
    let number = value::number(written);
    if number.is_none() {
        let way_out = format!("write `{name} = 12`, or `assert({name} == ...)` for more");
        let place = place(name, written);
        diag.error(place, format!("the value of a symbol is a whole number; {way_out}"));
    }
    Some(Dim { name: value::name(name).leak(), value: Some(number?), local })
}

/// `dims(n = d_model)` on a field.
pub(crate) fn renamed(diag: &mut Diag, written: &Written) -> Vec<Renamed> {
    let Argument::List(list) = &written.argument else { return Vec::new() };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(list, "`dims` lists no symbol; write `dims(n = d_model)`, or remove it");
    }
    let mut dims: Vec<Renamed> = Vec::new();
    for item in &items {
        let Some((name, written)) = pair(item) else {
            let way_out = "write `dims(n = d_model)`";
            diag.error(
                tokens(item),
                format!("`dims` of a field sets symbols of the nested struct; {way_out}"),
            );
            continue;
        };
        let Some(is) = expression(diag, written, &place(name, written)) else { continue };
        let name_within = value::name(name);
        if dims.iter().any(|before| before.name == name_within) {
            diag.error(name, format!("`{name}` is named twice; remove one of them"));
        }
        dims.push(Renamed { name: name_within.leak(), is });
    }
    dims
}

/// `assert(n_embd % n_head == 0)`
pub(crate) fn asserted(diag: &mut Diag, written: &Written) -> Vec<Assertion> {
    let Argument::List(list) = &written.argument else { return Vec::new() };
    let items = items(diag, list.stream());
    if items.is_empty() {
        diag.error(list, "`assert` is empty; write `assert(n_embd % n_head == 0)`");
    }
    items.iter().filter_map(|item| assertion(diag, item)).collect()
}

/// `cast` or `cast = "any"`
pub(crate) fn cast(diag: &mut Diag, written: &Written) -> Option<Cast> {
    if let Argument::None = written.argument {
        return Some(Cast::Lossless);
    }
    let literal = value::string(diag, written)?;
    let name = literal.value();
    let cast = Cast::ALL.into_iter().find(|cast| name == cast.word());
    if cast.is_none() {
        let way_out = instead(&name, &Cast::ALL.map(Cast::word));
        diag.error(&literal, format!("unknown kind of cast `{name}`; {way_out}"));
    }
    cast
}

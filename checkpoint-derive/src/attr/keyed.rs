//! Lists of `key = value`, such as that of `split(axis = 1, sizes = [a, b])`.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::table::{alternatives, instead};
use crate::attr::value;
use crate::diag::Diag;

/// The values of a list by key.
pub(crate) struct Keyed<'w> {
    written: &'w Written,
    /// An example of the whole attribute.
    example: &'static str,
    values: Vec<(Ident, Vec<TokenTree>)>,
    /// True if the list has an invalid item, which may be meant as a missing key.
    wrong: bool,
}

/// `key = value` in a list.
pub(crate) fn pair(item: &[TokenTree]) -> Option<(&Ident, &[TokenTree])> {
    match item {
        [TokenTree::Ident(key), TokenTree::Punct(equals), value @ ..]
            if equals.as_char() == '=' =>
        {
            Some((key, value))
        }
        _ => None,
    }
}

impl<'w> Keyed<'w> {
    /// Parses the list of an attribute with these keys.
    pub(crate) fn read(
        diag: &mut Diag,
        written: &'w Written,
        known: &[&str],
        example: &'static str,
    ) -> Self {
        let list = match &written.argument {
            Argument::List(list) => items(diag, list.stream()),
            _ => Vec::new(),
        };
        Self::of(diag, written, &list, known, example)
    }

    /// Parses some items of the list of an attribute.
    pub(crate) fn of(
        diag: &mut Diag,
        written: &'w Written,
        items: &[Vec<TokenTree>],
        known: &[&str],
        example: &'static str,
    ) -> Self {
        let mut values: Vec<(Ident, Vec<TokenTree>)> = Vec::new();
        let mut wrong = false;
        for item in items {
            let Some((key, value)) = pair(item) else {
                wrong = true;
                let keys = alternatives(known);
                diag.error(tokens(item), format!("expected {keys} and a value; write `{example}`"));
                continue;
            };
            if !known.iter().any(|known| key == known) {
                wrong = true;
                let way_out = instead(&key.to_string(), known);
                diag.error(key, format!("`{}` has no `{key}`; {way_out}", written.name));
            } else if values.iter().any(|(before, _)| before == key) {
                diag.error(key, format!("`{key}` is written twice; remove one of them"));
            } else {
                values.push((key.clone(), value.to_vec()));
            }
        }
        Self { written, example, values, wrong }
    }

    /// The key and its value, if present.
    pub(crate) fn get(&self, key: &str) -> Option<(&Ident, &[TokenTree])> {
        let found = self.values.iter().find(|(name, _)| name == key);
        found.map(|(name, value)| (name, value.as_slice()))
    }

    /// The key and its value. Reports an error if the key is missing.
    pub(crate) fn need(&self, diag: &mut Diag, key: &str) -> Option<(&Ident, &[TokenTree])> {
        let found = self.get(key);
        if found.is_none() && !self.wrong {
            let (written, example) = (self.written, self.example);
            let name = &written.name;
            diag.error(written, format!("`{name}` has no `{key}`; write `{example}`"));
        }
        found
    }

    /// Parses a required number.
    pub(crate) fn number(&self, diag: &mut Diag, key: &str) -> Option<usize> {
        let (name, written) = self.need(diag, key)?;
        let number = value::number(written);
        if number.is_none() {
            let place = place(name, written);
            diag.error(place, format!("`{key}` is a whole number; write `{}`", self.example));
        }
        number
    }

    /// Parses a value in brackets.
    pub(crate) fn brackets(
        &self,
        diag: &mut Diag,
        key: &Ident,
        value: &[TokenTree],
    ) -> Option<Group> {
        let group = brackets(value);
        if group.is_none() {
            let place = place(key, value);
            diag.error(place, format!("`{key}` is a list in brackets; write `{}`", self.example));
        }
        group
    }
}

/// The group, if the value is in square brackets.
pub(crate) fn brackets(value: &[TokenTree]) -> Option<Group> {
    match value {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => Some(group.clone()),
        _ => None,
    }
}

/// The location of a value, or of its key if the value is empty.
pub(crate) fn place(key: &Ident, value: &[TokenTree]) -> TokenStream {
    match value {
        [] => TokenTree::from(key.clone()).into(),
        value => tokens(value),
    }
}

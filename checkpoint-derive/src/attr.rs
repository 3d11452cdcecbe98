//! Parsing of `#[ckpt(...)]`.
//!
//! The attributes are rows of two tables, one in [`container`] and one in [`field`]. To add an attribute, write its parser and
//! add a row that names it. The lists in messages are made from the tables.

pub(crate) mod constant;
pub(crate) mod container;
pub(crate) mod custom;
pub(crate) mod dialect;
pub(crate) mod expression;
pub(crate) mod field;
mod keyed;
pub(crate) mod manifest;
pub(crate) mod ops;
pub(crate) mod parallel;
pub(crate) mod repeat;
pub(crate) mod symbols;
mod syntax;
mod table;
pub(crate) mod value;

use proc_macro2::Ident;
use syn::Attribute;

use crate::attr::table::{Entry, Table};
use crate::diag::Diag;

/// The attributes of a struct or field.
pub(crate) struct Attributes<W> {
    /// Their parsed values.
    pub(crate) values: W,
    /// Their names, as written, including those with an invalid value.
    names: Vec<Ident>,
}

impl<W> Attributes<W> {
    /// The name of an attribute as written, if it is present.
    pub(crate) fn name(&self, word: &str) -> Option<&Ident> {
        self.names.iter().find(|name| *name == word)
    }

    /// The names of all attributes, in the order written.
    pub(crate) fn names(&self) -> &[Ident] {
        &self.names
    }
}

impl<W: Table> Attributes<W> {
    /// Parses all `#[ckpt(...)]` of a struct or a field.
    pub(crate) fn read(diag: &mut Diag, attributes: &[Attribute]) -> Self {
        let written = syntax::written(diag, attributes, &Entry::<W>::known());
        Self::of(diag, written)
    }

    /// Parses a list of attributes.
    fn of(diag: &mut Diag, written: Vec<syntax::Written>) -> Self {
        let mut read = Self { values: W::default(), names: Vec::new() };
        for written in written {
            let Some((word, read_word)) = Entry::<W>::find(diag, &written.name) else { continue };
            if read.name(word.name).is_some() && !word.repeatable {
                let name = &written.name;
                diag.error(name, format!("`{name}` is written twice; remove one of them"));
            } else if word.has_form(diag, &written) {
                read_word(diag, &mut read.values, &written);
            }
            read.names.push(written.name);
        }
        read
    }
}

//! The tables of words.

use proc_macro2::Ident;

use crate::attr::syntax::{Argument, Written};
use crate::diag::Diag;

/// What a group of words says: those of a struct, or those of a field.
pub(crate) trait Words: Default + 'static {
    /// The words.
    const TABLE: &'static [Word<Self>];
    /// The kind of attribute: `container` or `field`.
    const KIND: &'static str;
    /// Where they are written.
    const PLACE: &'static str;
    /// The other group.
    type Elsewhere: Words;
}

/// A row of a table.
pub(crate) struct Word<W> {
    /// The word.
    pub(crate) name: &'static str,
    /// How it can be written.
    forms: &'static [Form],
    /// Whether it can be written more than once.
    pub(crate) repeatable: bool,
    /// Reads it; `None` if it is not supported yet.
    read: Option<Read<W>>,
}

/// Adds what is written to the words that are read already.
pub(crate) type Read<W> = fn(&mut Diag, &mut W, &Written);

/// How a word can be written, with an example of what follows it.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// `word`.
    Flag,
    /// `word = value`.
    Value(&'static str),
    /// `word(list)`.
    List(&'static str),
    /// `word[list]`.
    Brackets(&'static str),
}

impl<W: Words> Word<W> {
    /// A word that is written once at most.
    pub(crate) const fn new(name: &'static str, forms: &'static [Form], read: Read<W>) -> Self {
        Self { name, forms, repeatable: false, read: Some(read) }
    }

    /// A word that can be written more than once.
    pub(crate) const fn repeatable(
        name: &'static str,
        forms: &'static [Form],
        read: Read<W>,
    ) -> Self {
        Self { name, forms, repeatable: true, read: Some(read) }
    }

    /// A word that has a meaning, but not yet.
    pub(crate) const fn later(name: &'static str) -> Self {
        Self { name, forms: &[], repeatable: true, read: None }
    }

    /// Finds the row of a word, and how to read it.
    pub(crate) fn find(diag: &mut Diag, name: &Ident) -> Option<(&'static Self, Read<W>)> {
        let here = W::TABLE.iter().find(|word| name == word.name);
        if let Some((word, read)) = here.and_then(|word| Some((word, word.read?))) {
            return Some((word, read));
        }
        let elsewhere = W::Elsewhere::TABLE.iter().find(|word| name == word.name);
        if here.is_some() || elsewhere.is_some_and(|word| word.read.is_none()) {
            diag.error(name, format!("`{name}` is not supported yet"));
        } else if elsewhere.is_some() {
            let (kind, place) = (W::Elsewhere::KIND, W::Elsewhere::PLACE);
            diag.error(name, format!("`{name}` is a {kind} attribute; move it to {place}"));
        } else {
            let way_out = instead(&name.to_string(), &Self::known());
            diag.error(name, format!("unknown attribute `{name}`; {way_out}"));
        }
        None
    }

    /// The words that can be written.
    pub(crate) fn known() -> Vec<&'static str> {
        W::TABLE.iter().filter(|word| word.read.is_some()).map(|word| word.name).collect()
    }

    /// Whether the word is written in a form that it has.
    pub(crate) fn has_form(&self, diag: &mut Diag, written: &Written) -> bool {
        let has_form = self.forms.iter().any(|form| {
            matches!(
                (form, &written.argument),
                (Form::Flag, Argument::None)
                    | (Form::Value(_), Argument::Value(_))
                    | (Form::List(_), Argument::List(_))
                    | (Form::Brackets(_), Argument::Brackets(_))
            )
        });
        if !has_form {
            let name = self.name;
            let forms: Vec<_> = self.forms.iter().map(|form| form.of(name)).collect();
            let forms = alternatives(&forms);
            diag.error(written, format!("`{name}` is not written like this; write {forms}"));
        }
        has_form
    }
}

impl Form {
    fn of(self, name: &str) -> String {
        match self {
            Self::Flag => name.to_owned(),
            Self::Value(value) => format!("{name} = {value}"),
            Self::List(list) => format!("{name}({list})"),
            Self::Brackets(list) => format!("{name}[{list}]"),
        }
    }
}

/// The nearest of the words that are known, or all of them.
pub(crate) fn instead(name: &str, known: &[&str]) -> String {
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
    let nearest = near.filter(|(distance, known)| distance * 3 <= known.len().max(3)).min();
    match nearest {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => format!("expected {}", alternatives(known)),
    }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn alternatives(of: &[impl AsRef<str>]) -> String {
    let quoted: Vec<_> = of.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

//! The attribute tables.

use proc_macro2::Ident;

use crate::attr::syntax::{Argument, Written};
use crate::diag::Diag;

/// A set of attributes: of a struct, or of a field.
pub(crate) trait Table: Default + 'static {
    /// The table of attributes.
    const ENTRIES: &'static [Entry<Self>];
    /// The kind of attribute: `container` or `field`.
    const KIND: &'static str;
    /// The place where they can be written.
    const PLACE: &'static str;
    /// The other set, for hints about misplaced attributes.
    type Elsewhere: Table;
}

/// A row of a table.
pub(crate) struct Entry<W> {
    /// The name.
    pub(crate) name: &'static str,
    /// The allowed forms.
    forms: &'static [Form],
    /// True if it can be repeated.
    pub(crate) repeatable: bool,
    /// The parser; `None` if the attribute is not supported yet.
    read: Option<Read<W>>,
}

/// Parses an attribute, and adds its value to the others.
pub(crate) type Read<W> = fn(&mut Diag, &mut W, &Written);

/// A form of an attribute, with an example of its argument.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// `name`.
    Flag,
    /// `name = value`.
    Value(&'static str),
    /// `name(list)`.
    List(&'static str),
    /// `name[list]`.
    Brackets(&'static str),
}

impl<W: Table> Entry<W> {
    /// An attribute that can be written once.
    pub(crate) const fn new(name: &'static str, forms: &'static [Form], read: Read<W>) -> Self {
        Self { name, forms, repeatable: false, read: Some(read) }
    }

    /// An attribute that can be repeated.
    pub(crate) const fn repeatable(
        name: &'static str,
        forms: &'static [Form],
        read: Read<W>,
    ) -> Self {
        Self { name, forms, repeatable: true, read: Some(read) }
    }

    /// An attribute that is reserved for later.
    pub(crate) const fn later(name: &'static str) -> Self {
        Self { name, forms: &[], repeatable: true, read: None }
    }

    /// Finds the row of an attribute, and its parser.
    pub(crate) fn find(diag: &mut Diag, name: &Ident) -> Option<(&'static Self, Read<W>)> {
        let here = W::ENTRIES.iter().find(|word| name == word.name);
        if let Some((word, read)) = here.and_then(|word| Some((word, word.read?))) {
            return Some((word, read));
        }
        let elsewhere = W::Elsewhere::ENTRIES.iter().find(|word| name == word.name);
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

    /// The names of all supported attributes.
    pub(crate) fn known() -> Vec<&'static str> {
        W::ENTRIES.iter().filter(|word| word.read.is_some()).map(|word| word.name).collect()
    }

    /// True if the attribute is written in an allowed form.
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
            diag.error(written, format!("expected {forms}"));
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

/// The nearest known name, or all names.
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

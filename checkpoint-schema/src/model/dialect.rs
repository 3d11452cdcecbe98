//! Dialects: the same value with the names and layouts of another framework.
//!
//! A struct has attributes for each dialect that differs from the first one. The outline of a load or a save is that of one dialect.

use crate::model::check::sentence::Sentence;
use crate::model::check::sentence::Word::Text;
use crate::model::description::{Field, Ignore, Node, Path, Struct, StructDialect};
use crate::model::template::Piece;
use crate::model::text::same;

/// A dialect of a value, and one of the prefixes of its root.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The name of the dialect, also of the first one; empty if the value has no dialects.
    pub dialect: &'static str,
    /// The dialect and the prefix, for a load or a save.
    pub form: Dialect<'static>,
}

/// A dialect of a tree of structs, and one of the prefixes of its root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect<'a> {
    /// Its name; empty for the first dialect.
    pub name: &'a str,
    /// The number of the prefix, among those of the dialect.
    pub prefix: usize,
}

impl Dialect<'_> {
    /// The first dialect: the attributes of the structs themselves.
    pub const FIRST: Self = Self { name: "", prefix: 0 };

    pub(crate) const fn is_first(self) -> bool {
        self.name.is_empty()
    }

    /// True if both are the same dialect, with the same prefix.
    pub(crate) const fn is(self, other: Dialect<'_>) -> bool {
        self.prefix == other.prefix && same(self.name, other.name)
    }

    /// A field in this dialect.
    pub(crate) const fn field(self, field: &Field) -> &Field {
        let mut at = 0;
        while at < field.dialects.len() && !self.is_first() {
            if same(field.dialects[at].name, self.name) {
                return &field.dialects[at].field;
            }
            at += 1;
        }
        field
    }

    /// The differences of a struct in this dialect.
    pub(crate) const fn of(self, owner: &Struct) -> Option<&StructDialect> {
        let mut at = 0;
        while at < owner.dialects.len() && !self.is_first() {
            if same(owner.dialects[at].name, self.name) {
                return Some(&owner.dialects[at]);
            }
            at += 1;
        }
        None
    }

    /// The prefix of a struct. Only the root has a choice.
    pub(crate) const fn prefix(self, owner: &Struct, is_root: bool) -> &Path {
        let number = if is_root { self.prefix } else { 0 };
        match self.of(owner) {
            Some(said) if number < said.prefixes.len() => &said.prefixes[number],
            _ => &owner.prefix,
        }
    }

    /// The constants that a struct has in this dialect alone. They follow its fields.
    pub(crate) const fn constants(self, owner: &Struct) -> &'static [Field] {
        match self.of(owner) {
            Some(said) => said.constants,
            None => &[],
        }
    }

    /// The variables that a struct skips.
    pub(crate) const fn ignore(self, owner: &Struct) -> &'static [Ignore<'static>] {
        match self.of(owner) {
            Some(StructDialect { ignore: Some(ignore), .. }) => ignore,
            _ => owner.ignore,
        }
    }
}

/// The separators at a place of a tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Separators<'a> {
    /// The separator in the first dialect, which the paths of structs contain.
    pub(crate) written: &'a str,
    /// The separator of the dialect, if it has one.
    joiner: Option<&'a str>,
    /// True if they differ.
    replaced: bool,
}

impl<'a> Separators<'a> {
    pub(crate) const ROOT: Self = Self { written: "/", joiner: None, replaced: false };

    /// The separators within a struct.
    pub(crate) const fn within(self, owner: &'a Struct, dialect: Dialect<'_>) -> Self {
        let written = match owner.separator {
            Some(written) => written,
            None => self.written,
        };
        let joiner = match dialect.of(owner) {
            Some(StructDialect { separator: Some(joiner), .. }) => Some(*joiner),
            _ => self.joiner,
        };
        let replaced = match joiner {
            Some(joiner) => !same(written, joiner),
            None => false,
        };
        Self { written, joiner, replaced }
    }

    /// The separator that joins paths.
    pub(crate) const fn joiner(self) -> &'a str {
        match self.joiner {
            Some(joiner) => joiner,
            None => self.written,
        }
    }

    /// Splits text at the first written separator that the dialect replaces.
    pub(crate) const fn cut(self, text: &str) -> Option<(&str, &str)> {
        let (bytes, separator) = (text.as_bytes(), self.written.as_bytes());
        if !self.replaced || separator.is_empty() {
            return None;
        }
        let mut at = 0;
        while at + separator.len() <= bytes.len() {
            // The compiler evaluates constants step by step, so most letters take few steps.
            if bytes[at] == separator[0] {
                let mut equal = 1;
                while equal < separator.len() && bytes[at + equal] == separator[equal] {
                    equal += 1;
                }
                if equal == separator.len() {
                    let (before, rest) = text.split_at(at);
                    return Some((before, rest.split_at(equal).1));
                }
            }
            at += 1;
        }
        None
    }
}

/// True if a dialect lacks a field.
pub(crate) const fn lacks(field: &Field) -> bool {
    let mut at = 0;
    while at < field.paths.len() {
        if let [Piece::Text(text)] = field.paths[at].pieces
            && same(text, "\0absent")
        {
            return true;
        }
        at += 1;
    }
    false
}

/// True if a variable belongs to a field that the dialect lacks.
#[must_use]
pub fn is_absent(name: &[u8]) -> bool {
    name.windows(7).any(|window| window == b"\0absent")
}

/// Returns the dialects of a value. Those that only differ in the prefix follow one another. A value without dialects has only itself.
#[must_use]
pub fn variants(node: &Node) -> Vec<Variant> {
    let Node::Struct(root @ Struct { declared: [first, others @ ..], .. }) = node else {
        return vec![Variant { dialect: "", form: Dialect::FIRST }];
    };
    let mut variants = vec![Variant { dialect: first, form: Dialect::FIRST }];
    for &name in others {
        let prefixes = Dialect { name, prefix: 0 }.of(root).map_or(1, |own| own.prefixes.len());
        let form = |prefix| Variant { dialect: name, form: Dialect { name, prefix } };
        variants.extend((0..prefixes.max(1)).map(form));
    }
    variants
}

/// The names of dialects, without duplicates.
#[must_use]
pub fn names(variants: &[Variant]) -> Vec<&'static str> {
    let mut names: Vec<&str> = variants.iter().map(|variant| variant.dialect).collect();
    names.dedup();
    names.retain(|name| !name.is_empty());
    names
}

/// Checks that a tree only uses dialects declared by its root.
///
/// # Panics
/// Panics if it uses another dialect. In a constant, that is a compile error with the location.
#[track_caller]
pub const fn are_declared(root: &Node) {
    if let Node::Struct(owner) = root {
        within(root, owner.declared);
    }
}

#[track_caller]
const fn within(node: &Node, declared: &[&str]) {
    match node {
        Node::Struct(owner) => {
            let mut at = 0;
            while at < owner.dialects.len() {
                is_declared(owner, None, owner.dialects[at].name, declared);
                at += 1;
            }
            let mut at = 0;
            while at < owner.fields.len() {
                let field = &owner.fields[at];
                let mut said = 0;
                while said < field.dialects.len() {
                    is_declared(owner, Some(field), field.dialects[said].name, declared);
                    said += 1;
                }
                within(&field.node, declared);
                at += 1;
            }
        }
        Node::Optional(inner) => within(inner, declared),
        Node::List(list) => within(&list.element, declared),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => {}
    }
}

#[track_caller]
const fn is_declared(owner: &Struct, field: Option<&Field>, name: &str, declared: &[&str]) {
    let mut at = 0;
    while at < declared.len() {
        if same(declared[at], name) && at > 0 {
            return;
        }
        at += 1;
    }
    let start = Sentence::empty().add("`{}", &[Text(owner.name)]);
    let start = match field {
        Some(field) => start.add(".{}", &[Text(field.name)]),
        None => start,
    };
    let sentence = if !declared.is_empty() && same(declared[0], name) {
        "` has attributes of the dialect `{}`, which is the first; write that outside of \
         `dialect(...)`"
    } else {
        "` has attributes of a dialect `{}`, which the root does not declare; write it in \
         `dialects(...)` there, or correct the name"
    };
    start.add(sentence, &[Text(name)]).panic()
}

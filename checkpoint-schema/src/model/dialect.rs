//! Dialects: the same value with the names and layouts of another framework.
//!
//! A struct has attributes for each dialect that differs from the first one. They yield a separate description for each dialect,
//! so planning does not deal with dialects.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::check::sentence::Sentence;
use crate::model::check::sentence::Word::Text;
use crate::model::description::{Field, Ignore, List, Node, Path, Struct, StructDialect};
use crate::model::template::Piece;
use crate::model::text::same;

/// A description in one dialect.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The dialect.
    pub dialect: &'static str,
    /// The description.
    pub node: &'static Node,
}

/// A dialect of a tree of structs, and one of the prefixes of its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Returns the descriptions of a value in all dialects. Those that only differ in the prefix follow one another. A value without
/// dialects has only its own description.
///
/// They are made once and never freed.
#[must_use]
pub fn variants(node: &'static Node) -> &'static [Variant] {
    static KNOWN: Mutex<Option<HashMap<usize, &'static [Variant]>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = std::ptr::from_ref(node).addr();
    known.get_or_insert_default().entry(key).or_insert_with(|| made(node).leak())
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

fn made(node: &'static Node) -> Vec<Variant> {
    let Node::Struct(root) = node else { return vec![Variant { dialect: "", node }] };
    let Some((first, others)) = root.declared.split_first() else {
        return vec![Variant { dialect: "", node }];
    };
    let mut variants = vec![Variant { dialect: first, node }];
    for &name in others {
        let prefixes = Dialect { name, prefix: 0 }.of(root).map_or(1, |said| said.prefixes.len());
        variants.extend((0..prefixes.max(1)).map(|prefix| {
            let dialect = Dialect { name, prefix };
            let translation = Translation { dialect, separators: Separators::ROOT };
            let root = Struct { declared: &[], ..translation.of(root, true) };
            Variant { dialect: name, node: leak(Node::Struct(leak(root))) }
        }));
    }
    variants
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// A translation from the first dialect to another one, at a place of the tree.
#[derive(Clone, Copy)]
struct Translation {
    dialect: Dialect<'static>,
    separators: Separators<'static>,
}

impl Translation {
    /// Translates a struct.
    fn of(self, owner: &'static Struct, is_root: bool) -> Struct {
        let separators = self.separators.within(owner, self.dialect);
        let within = Self { separators, ..self };
        let fields = owner.fields.iter().chain(self.dialect.constants(owner));
        let fields: Vec<Field> = fields.map(|field| within.field(field)).collect();
        Struct {
            prefix: within.path(self.dialect.prefix(owner, is_root)),
            separator: separators.joiner.or(owner.separator),
            ignore: self.dialect.ignore(owner),
            fields: fields.leak(),
            shared: &[],
            dialects: &[],
            shadow: None,
            ..*owner
        }
    }

    fn field(self, field: &'static Field) -> Field {
        let own = self.dialect.field(field);
        let paths = |paths: &[Path]| -> &'static [Path] {
            paths.iter().map(|path| self.path(path)).collect::<Vec<_>>().leak()
        };
        Field {
            paths: paths(own.paths),
            ties: paths(own.ties),
            dialects: &[],
            node: self.node(&field.node),
            ..*own
        }
    }

    fn node(self, node: &'static Node) -> Node {
        match node {
            Node::Struct(owner) => Node::Struct(leak(self.of(owner, false))),
            Node::Optional(inner) => Node::Optional(leak(self.node(inner))),
            Node::List(list) => Node::List(leak(List {
                element: self.node(&list.element),
                len: list.len,
                is_keyed: list.is_keyed,
            })),
            Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => *node,
        }
    }

    /// Translates a path, with the separator of the dialect.
    fn path(self, path: &Path) -> Path {
        let piece = |piece: &Piece<'static>| match piece {
            Piece::Text(text) => Piece::Text(self.text(text)),
            index @ Piece::Index(_) => *index,
        };
        let pieces: Vec<Piece<'static>> = path.pieces.iter().map(piece).collect();
        Path { absolute: path.absolute, pieces: pieces.leak() }
    }

    fn text(self, text: &'static str) -> &'static str {
        let (mut joined, mut rest) = (String::new(), text);
        while let Some((before, after)) = self.separators.cut(rest) {
            joined.extend([before, self.separators.joiner()]);
            rest = after;
        }
        if joined.is_empty() { text } else { (joined + rest).leak() }
    }
}

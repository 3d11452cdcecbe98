//! Dialects: the same value with the names and layouts of another framework.
//!
//! A struct has attributes for each dialect that differs from the first one. They yield a separate description for each dialect,
//! so planning does not deal with dialects.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::check::sentence::{Sentence, same};
use crate::model::description::{Field, FieldDialect, List, Node, Op, Path, Struct, StructDialect};
use crate::model::template::Part;

/// A description in one dialect.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The dialect.
    pub dialect: &'static str,
    /// The description.
    pub node: &'static Node,
}

/// The path of a field that a dialect lacks. No checkpoint has this name.
const ABSENT: Path = Path { absolute: true, parts: &[Part::Text("\0absent")] };

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
    let sentence = Sentence::empty().text("`").text(owner.name);
    let sentence = match field {
        Some(field) => sentence.text(".").text(field.name),
        None => sentence,
    };
    if !declared.is_empty() && same(declared[0], name) {
        let sentence = sentence.text("` has attributes of the dialect `").text(name);
        sentence.text("`, which is the first; write that outside of `dialect(...)`").panic()
    }
    let sentence = sentence.text("` has attributes of a dialect `").text(name);
    sentence.text("`, which the root does not declare; write it in `dialects(...)` there, or correct the name").panic()
}

fn made(node: &'static Node) -> Vec<Variant> {
    let Node::Struct(root) = node else { return vec![Variant { dialect: "", node }] };
    let Some((first, others)) = root.declared.split_first() else {
        return vec![Variant { dialect: "", node }];
    };
    let mut variants = vec![Variant { dialect: first, node }];
    for dialect in others {
        let said = of_struct(root, dialect);
        let prefixes = said.map_or(&[][..], |said| said.prefixes);
        let joiner = said.and_then(|said| said.separator);
        let separator = root.separator.unwrap_or("/");
        let translation = Translation { dialect, separator, joiner };
        let prefixes = if prefixes.is_empty() {
            vec![translation.path(&root.prefix)]
        } else {
            prefixes.iter().map(|path| translation.path(path)).collect()
        };
        variants.extend(prefixes.into_iter().map(|prefix| {
            let root = Struct { prefix, declared: &[], ..translation.of(root) };
            Variant { dialect, node: leak(Node::Struct(leak(root))) }
        }));
    }
    variants
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn of_struct<'s>(owner: &'s Struct, dialect: &str) -> Option<&'s StructDialect> {
    owner.dialects.iter().find(|said| said.name == dialect)
}

/// A translation from the first dialect to another one, at a place of the tree.
#[derive(Clone, Copy)]
struct Translation {
    dialect: &'static str,
    /// The separator in the first dialect.
    separator: &'static str,
    /// The separator in the other dialect, if it differs.
    joiner: Option<&'static str>,
}

impl Translation {
    /// Translates a struct.
    fn of(self, owner: &'static Struct) -> Struct {
        let said = of_struct(owner, self.dialect);
        let separator = owner.separator.unwrap_or(self.separator);
        let joiner = said.and_then(|said| said.separator).or(self.joiner);
        let within = Self { separator, joiner, ..self };
        let prefix = said.and_then(|said| said.prefixes.first()).unwrap_or(&owner.prefix);
        let constants = said.map_or(&[][..], |said| said.constants);
        let fields = owner.fields.iter().chain(constants);
        let fields: Vec<Field> = fields.map(|field| within.field(field)).collect();
        Struct {
            prefix: within.path(prefix),
            separator: joiner.or(owner.separator),
            ignore: said.and_then(|said| said.ignore).unwrap_or(owner.ignore),
            fields: fields.leak(),
            shared: &[],
            dialects: &[],
            shadow: None,
            ..*owner
        }
    }

    fn field(self, field: &'static Field) -> Field {
        let said = field.dialects.iter().find(|said| said.name == self.dialect);
        let own = said.map(|said| said.paths).filter(|paths| !paths.is_empty());
        let paths = own.unwrap_or(field.paths).iter().map(|path| self.path(path));
        let mut paths: Vec<Path> = paths.collect();
        let own = said.map(|said| said.ties).filter(|ties| !ties.is_empty());
        let ties = own.unwrap_or(field.ties).iter().map(|path| self.path(path));
        let mut ties: Vec<Path> = ties.collect();
        if said.is_some_and(|said| said.absent) {
            (paths, ties) = (vec![ABSENT], Vec::new());
        }
        Field {
            paths: paths.leak(),
            ties: ties.leak(),
            ops: said.map_or(field.ops, |said| ops(field, said)),
            dialects: &[],
            node: self.node(&field.node),
            ..*field
        }
    }

    fn node(self, node: &'static Node) -> Node {
        match node {
            Node::Struct(owner) => Node::Struct(leak(self.of(owner))),
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
        let Some(joiner) = self.joiner.filter(|joiner| *joiner != self.separator) else {
            return *path;
        };
        let part = |part: &Part<'static>| match part {
            Part::Text(text) => Part::Text(text.replace(self.separator, joiner).leak()),
            index @ Part::Index(_) => *index,
        };
        let parts: Vec<Part<'static>> = path.parts.iter().map(part).collect();
        Path { absolute: path.absolute, parts: parts.leak() }
    }
}

/// The steps of a field: those of the dialect, and then the shape shared by all dialects.
fn ops(field: &Field, said: &FieldDialect) -> &'static [Op] {
    let shape = field.ops.last().filter(|op| matches!(op, Op::Shape(_)));
    match (shape, said.ops.last()) {
        (Some(shape), last) if !matches!(last, Some(Op::Shape(_))) => {
            [said.ops, &[*shape]].concat().leak()
        }
        _ => said.ops,
    }
}

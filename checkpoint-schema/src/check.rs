//! What can be said of a description without a checkpoint, in a constant: a mistake stops the build.
//!
//! All that can panic is `#[track_caller]`, so that the compiler points at the field in the user's program and not in
//! here.

mod manifest;
mod ranks;
mod sentence;
mod symbols;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use self::manifest::tests::problems as manifest_problems;
pub use self::manifest::{Checked, manifests};

use crate::check::sentence::{Sentence, same};
use crate::description::{Absent, Borrow, Field, Keys, Node, Op, Path, Struct};
use crate::expression::Expression;
use crate::template::Part;

/// Makes sure that a field of a struct, the one at this position, makes sense by itself.
///
/// # Panics
/// With the sentence that says what is wrong: evaluated in a constant, this is a compile error.
#[track_caller]
pub const fn field(node: &Node, at: usize) {
    if let Node::Struct(owner) = node
        && at < owner.fields.len()
    {
        step(&Level { owner, field: &owner.fields[at], outer: None }, false);
    }
}

/// Makes sure that two fields of a struct which have a path in common, those at these positions, do not both take the
/// variable of that name: structs take what is below it.
///
/// # Panics
/// As [`field`].
#[track_caller]
pub const fn variables_differ(node: &Node, first: usize, second: usize) {
    if let Node::Struct(owner) = node
        && first < owner.fields.len()
        && second < owner.fields.len()
        && is_variable(&owner.fields[first].node)
        && is_variable(&owner.fields[second].node)
        && !(takes_part(&owner.fields[first]) && takes_part(&owner.fields[second]))
    {
        Sentence::of(&Level { owner, field: &owner.fields[second], outer: None })
            .text("it takes the same variable as `")
            .text(owner.fields[first].name)
            .text("`; give one of them another path")
            .panic()
    }
}

/// Whether it takes a part of its variable, of which others may take other parts.
const fn takes_part(field: &Field) -> bool {
    let mut at = 0;
    while at < field.ops.len() {
        if matches!(field.ops[at], Op::Chunk { .. } | Op::Slice { .. }) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether it is one variable, or a list of which each element is one.
const fn is_variable(node: &Node) -> bool {
    match node {
        Node::Tensor(_) | Node::Split(_) => true,
        Node::Struct(_) | Node::Dim(_) => false,
        Node::Optional(inner) => is_variable(inner),
        Node::List(list) => is_variable(&list.element),
    }
}

/// Makes sure that a description can be loaded: besides [`field`], that every index is bound by a `repeat`.
///
/// # Panics
/// As [`field`].
#[track_caller]
pub const fn root(node: &Node) {
    walk(node, None, true);
}

/// A field on the way from the root to what is looked at.
#[derive(Clone, Copy)]
struct Level<'a> {
    owner: &'a Struct,
    field: &'a Field,
    outer: Option<&'a Self>,
}

#[track_caller]
const fn walk(node: &Node, level: Option<&Level<'_>>, root: bool) {
    match node {
        Node::Dim(_) => {}
        Node::Tensor(_) | Node::Split(_) => {
            if let Some(leaf) = level {
                every_index_is_used(leaf);
            }
        }
        Node::Optional(inner) => walk(inner, level, root),
        Node::List(list) => walk(&list.element, level, root),
        Node::Struct(owner) => {
            if let Some(level) = level {
                keys_agree(owner, level, root);
            }
            if root && !owner.fields.is_empty() {
                let any = Level { owner, field: &owner.fields[0], outer: level };
                symbols::of_asserts(&any, owner);
            }
            let mut at = 0;
            while at < owner.fields.len() {
                step(&Level { owner, field: &owner.fields[at], outer: level }, root);
                at += 1;
            }
        }
    }
}

#[track_caller]
const fn step(level: &Level<'_>, root: bool) {
    absent_has_a_meaning(level);
    repeat_fits(level);
    ranks::steps_fit(level);
    if root {
        indices_are_bound(level);
        symbols::of_field(level);
    }
    walk(&level.field.node, Some(level), root);
}

/// The paths of all structs call variables by the same kind of names: those of one would not continue those of another.
#[track_caller]
const fn keys_agree(inner: &Struct, level: &Level<'_>, root: bool) {
    let Some(keys) = inner.keys else { return };
    let (keys, around) = (keys.word(), declared(level));
    let has = match around.keys {
        Some(other) if same(keys, other.word()) => return,
        Some(other) => Some(other.word()),
        None if !root || same(keys, Keys::Name.word()) => return,
        None => None,
    };
    let start = Sentence::of(level).text("`").text(inner.name).text("` has `keys = \"").text(keys);
    let both = start.text("\"`, but `").text(around.name).text("` around it has ");
    match has {
        Some(other) => both
            .text("`keys = \"")
            .text(other)
            .text("\"`; all names of a model are of one kind, so take one of the two away")
            .panic(),
        None => both.text("none; write it there").panic(),
    }
}

/// The nearest struct around a place that says what its paths call variables; else the outermost.
const fn declared<'a>(level: &Level<'a>) -> &'a Struct {
    match level.outer {
        Some(outer) if level.owner.keys.is_none() => declared(outer),
        _ => level.owner,
    }
}

/// `default` needs to know the shape of its zeros, and adds nothing to an `Option`.
#[track_caller]
const fn absent_has_a_meaning(level: &Level<'_>) {
    match (level.field.absent, &level.field.node) {
        (Absent::Problem, _) => {}
        (_, Node::Optional(_)) => {
            Sentence::of(level).text("an `Option` is `None` when absent; take `default` away").panic()
        }
        (Absent::Function, _) => {}
        (Absent::Zero, Node::Tensor(tensor)) if matches!(tensor.borrow, Borrow::Must) => {
            Sentence::of(level)
                .text("the zeros of `default` cannot be borrowed; let the field be a `CowArray`")
                .panic()
        }
        (Absent::Zero, Node::Tensor(tensor))
            if matches!(tensor.rank, Some(0)) || has_shape(level.field) => {}
        (Absent::Zero, Node::Tensor(_)) => Sentence::of(level)
            .text("`default` cannot know the shape of its zeros; write `shape = [...]` too, or `default = \"a function\"` \
                   that makes the value")
            .panic(),
        (Absent::Zero, _) => Sentence::of(level)
            .text("`default` makes zeros of one array; write `default = \"a function\"` that makes the value")
            .panic(),
    }
}

const fn has_shape(field: &Field) -> bool {
    let mut at = 0;
    while at < field.ops.len() {
        if matches!(field.ops[at], Op::Shape(_)) {
            return true;
        }
        at += 1;
    }
    false
}

/// The bounds of `repeat` name as many elements as an array has, and its index is not bound already.
#[track_caller]
const fn repeat_fits(level: &Level<'_>) {
    let Some(repeat) = level.field.repeat else { return };
    let mut outer = level.outer;
    while let Some(bound) = outer {
        if let Some(other) = bound.field.repeat
            && same(other.index, repeat.index)
        {
            Sentence::of(level)
                .text("the index `")
                .text(repeat.index)
                .text("` is bound by a field around it already; name this one otherwise")
                .panic()
        }
        outer = bound.outer;
    }
    if let (Some(Expression::Number(end)), Some(len)) = (repeat.end, list_len(&level.field.node))
        && end.saturating_sub(repeat.start) != len
    {
        Sentence::of(level)
            .text("`repeat` names ")
            .number(end.saturating_sub(repeat.start))
            .text(" elements, but the array holds ")
            .number(len)
            .text("; make the two agree")
            .panic()
    }
}

const fn list_len(node: &Node) -> Option<usize> {
    match node {
        Node::List(list) => list.len,
        Node::Optional(inner) => list_len(inner),
        Node::Tensor(_) | Node::Struct(_) | Node::Split(_) | Node::Dim(_) => None,
    }
}

/// Every placeholder names an index that a field on the way binds.
#[track_caller]
const fn indices_are_bound(level: &Level<'_>) {
    unbound(level, &level.owner.prefix, level.outer);
    let mut at = 0;
    while at < level.field.paths.len() {
        unbound(level, &level.field.paths[at], Some(level));
        at += 1;
    }
}

#[track_caller]
const fn unbound(level: &Level<'_>, path: &Path, scope: Option<&Level<'_>>) {
    let mut at = 0;
    while at < path.parts.len() {
        if let Part::Index(placeholder) = path.parts[at]
            && !is_bound(scope, placeholder.index)
        {
            Sentence::of(level)
                .text("nothing binds `<")
                .text(placeholder.index)
                .text(">`; write `repeat(")
                .text(placeholder.index)
                .text(")` on the field that repeats")
                .panic()
        }
        at += 1;
    }
}

const fn is_bound(scope: Option<&Level<'_>>, index: &str) -> bool {
    let mut scope = scope;
    while let Some(level) = scope {
        if let Some(repeat) = level.field.repeat
            && same(repeat.index, index)
        {
            return true;
        }
        if let Some((_, repeat)) = level.field.stack()
            && same(repeat.index, index)
        {
            return true;
        }
        scope = level.outer;
    }
    false
}

/// Each element of a list takes variables of its own: the path of every tensor in it names the index.
#[track_caller]
const fn every_index_is_used(leaf: &Level<'_>) {
    let mut scope = Some(leaf);
    while let Some(level) = scope {
        let stacked = match level.field.stack() {
            Some((_, repeat)) => Some(repeat),
            None => None,
        };
        if let Some(repeat) = stacked
            && !is_used(leaf, repeat.index)
        {
            not_used(leaf, repeat.index, "that `stack` joins the same variable to itself");
        }
        if let Some(repeat) = level.field.repeat
            && !is_used(leaf, repeat.index)
        {
            not_used(leaf, repeat.index, "that all elements would take the same variable");
        }
        scope = level.outer;
    }
}

#[track_caller]
const fn not_used(leaf: &Level<'_>, index: &str, so: &str) {
    Sentence::of(leaf)
        .text("its path does not use `<")
        .text(index)
        .text(">`, so ")
        .text(so)
        .text("; write it where the number stands")
        .panic()
}

/// Whether the index is in the whole path of the field, whichever of its paths and aliases are taken.
const fn is_used(level: &Level<'_>, index: &str) -> bool {
    let around = uses(&level.owner.prefix, index)
        || match level.outer {
            Some(outer) if !level.owner.prefix.absolute => is_used(outer, index),
            _ => false,
        };
    let mut at = 0;
    while at < level.field.paths.len() {
        let path = &level.field.paths[at];
        if !(uses(path, index) || around && !path.absolute) {
            return false;
        }
        at += 1;
    }
    true
}

const fn uses(path: &Path, index: &str) -> bool {
    let mut at = 0;
    while at < path.parts.len() {
        if let Part::Index(placeholder) = path.parts[at]
            && same(placeholder.index, index)
        {
            return true;
        }
        at += 1;
    }
    false
}

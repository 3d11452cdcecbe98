//! Checks of a description without a checkpoint, in a constant. A mistake is a compile error.
//!
//! Every function that can panic is `#[track_caller]`, so that the compiler points at the field in the user's program.

#![expect(clippy::result_large_err, reason = "a constant has no heap")]

mod layouts;
mod ranks;
pub(crate) mod sentence;
mod symbols;
#[cfg(test)]
mod tests;
mod wording;

use crate::each::each;
use crate::model::check::sentence::Word::{Index, Number, Text};
use crate::model::check::sentence::{Check, Sentence};
use crate::model::check::wording as say;
use crate::model::description::{
    Absent, Borrow, Checks, Field, Indices, List, Naming, Node, Op, Path, Repeat, Struct,
};
use crate::model::dialect::{Dialect, lacks};
use crate::model::expression::Expression;
use crate::model::template::{Piece, Placeholder};
use crate::model::text::same;

/// Checks one field of a struct, given its position. Mistakes in a nested struct are left to the constants of that struct, if it
/// has any.
///
/// # Panics
/// Panics with a message on a mistake. In a constant, that is a compile error.
#[track_caller]
pub const fn field(node: &Node, at: usize) {
    if let Node::Struct(owner) = node
        && at < owner.fields.len()
    {
        let field = &owner.fields[at];
        let _ = step(owner, at, None, Dialect::FIRST, Scope::Field);
        each!(0..field.dialects.len(), |said| {
            let dialect = Dialect { name: field.dialects[said].name, prefix: 0 };
            let _ = step(owner, at, None, dialect, Scope::Field);
        });
    }
}

/// Checks that a description can be loaded: as [`field`], and every index needs a `repeat`.
///
/// # Panics
/// Panics if [`field`] does.
#[track_caller]
pub const fn root(node: &Node) {
    let _ = whole(node, Scope::Load);
}

/// Checks the square matrices of a root with dialects: no shape shows if a `transpose` is missing in one of them.
///
/// # Panics
/// Panics if [`field`] does.
#[track_caller]
pub const fn layouts(node: &Node) {
    let _ = layouts::differ(node, Scope::Field);
}

/// As [`root`], but skips mistakes that the constants of structs report. Returns true if there are no mistakes at all.
#[track_caller]
pub(crate) const fn makes_sense(node: &Node) -> bool {
    whole(node, Scope::Manifest)
}

/// Checks a root in all of its dialects.
#[track_caller]
const fn whole(node: &Node, scope: Scope) -> bool {
    let mut fits = walk(node, None, Dialect::FIRST, scope);
    if let Node::Struct(root) = node {
        each!(1..root.declared.len(), |at| {
            fits &= walk(node, None, Dialect { name: root.declared[at], prefix: 0 }, scope);
        });
    }
    fits & layouts::differ(node, scope)
}

/// The constant that runs a check. Only one constant should report each mistake.
#[derive(Clone, Copy)]
enum Scope {
    /// The constant of a field. It reports mistakes that no nested struct reports.
    Field,
    /// A load. It reports everything, but a program whose other constants fail does not get this far.
    Load,
    /// The check of a manifest. It reports mistakes that no struct reports.
    Manifest,
}

impl Scope {
    /// True if the whole load is in scope.
    const fn is_whole(self) -> bool {
        matches!(self, Self::Load | Self::Manifest)
    }

    /// True if it reports a mistake in the struct at a level, because no other struct with the mistake has its own constants.
    const fn says(self, level: &Level<'_>) -> bool {
        let own = matches!(level.owner.checks, Checks::Own);
        match (self, level.outer) {
            (Self::Load, _) | (Self::Field, None) => true,
            (Self::Manifest, None) => !own,
            (Self::Field | Self::Manifest, Some(outer)) => !own && self.says(outer),
        }
    }

    /// Panics with the mistake at a level if this scope reports it. Returns true if there is no mistake.
    #[track_caller]
    const fn tell(self, check: &Check, level: &Level<'_>) -> bool {
        match check {
            Ok(()) => true,
            Err(sentence) if self.says(level) => sentence.panic(),
            Err(_) => false,
        }
    }
}

/// A field on the path from the root to the checked node.
#[derive(Clone, Copy)]
struct Level<'a> {
    owner: &'a Struct,
    field: &'a Field,
    outer: Option<&'a Self>,
    dialect: Dialect<'a>,
}

impl Level<'_> {
    /// The prefix of the struct.
    const fn prefix(&self) -> &Path {
        self.dialect.prefix(self.owner, self.outer.is_none())
    }
}

/// Checks a node and everything in it. Returns true if there are no mistakes.
#[track_caller]
const fn walk(node: &Node, level: Option<&Level<'_>>, dialect: Dialect<'_>, scope: Scope) -> bool {
    match (node, level) {
        (Node::Dim(_), _) | (Node::Tensor(_) | Node::Split(_) | Node::Constant(_), None) => true,
        (Node::Tensor(_) | Node::Split(_) | Node::Constant(_), Some(leaf)) => {
            every_index_is_used(leaf, scope)
        }
        (Node::Optional(inner), _) => walk(inner, level, dialect, scope),
        (Node::List(list), _) => walk(&list.element, level, dialect, scope),
        (Node::Struct(owner), _) => fields(owner, level, dialect, scope),
    }
}

#[track_caller]
const fn fields(
    owner: &Struct,
    level: Option<&Level<'_>>,
    dialect: Dialect<'_>,
    scope: Scope,
) -> bool {
    let mut fits = !matches!(owner.checks, Checks::Refused);
    if let Some(level) = level {
        fits &= keys_agree(owner, level, scope);
    }
    if scope.is_whole() && !owner.fields.is_empty() {
        let any = Level { owner, field: &owner.fields[0], outer: level, dialect };
        symbols::of_asserts(&any, owner);
    }
    each!(0..owner.fields.len(), |at| {
        fits &= step(owner, at, level, dialect, scope);
    });
    fits
}

/// Checks a field of a struct, given its position.
#[track_caller]
const fn step(
    owner: &Struct,
    at: usize,
    outer: Option<&Level<'_>>,
    dialect: Dialect<'_>,
    scope: Scope,
) -> bool {
    let field = dialect.field(&owner.fields[at]);
    let level = &Level { owner, field, outer, dialect };
    if lacks(field) {
        return scope.tell(&may_be_lacking(level), level);
    }
    let fits = scope.tell(&variables_differ(level, at), level)
        & scope.tell(&absent_has_a_meaning(level), level)
        & scope.tell(&ties_are_of_a_variable(level), level)
        & indices_differ(level, scope)
        & numbers_are_not_negative(level, scope)
        & scope.tell(&bounds_fit(level), level)
        & scope.tell(&ranks::steps_fit(level), level)
        & scope.tell(&layouts::same_layout_fits(level), level);
    if scope.is_whole() {
        indices_are_bound(level);
        symbols::of_field(level);
    }
    fits & walk(&level.field.node, Some(level), dialect, scope)
}

/// Checks that all structs use the same kind of names. Otherwise paths of a nested struct could not continue those of the outer
/// one.
#[track_caller]
const fn keys_agree(inner: &Struct, level: &Level<'_>, scope: Scope) -> bool {
    let Some(naming) = inner.naming else { return true };
    let around = declared(level);
    let names = [Text(inner.name), Text(naming.word()), Text(around.owner.name)];
    let differ = match around.owner.naming {
        Some(other) if same(naming.word(), other.word()) => return true,
        None if !scope.is_whole() || same(naming.word(), Naming::Key.word()) => return true,
        None => Sentence::of(level, say::NAMING_ALONE, &names).panic(),
        Some(other) => Sentence::of(
            level,
            say::OTHER_NAMING,
            &[names[0], names[1], names[2], Text(other.word())],
        ),
    };
    scope.tell(&Err(differ), around)
}

/// The nearest enclosing struct with a `naming`, or the outermost one.
const fn declared<'a>(level: &'a Level<'a>) -> &'a Level<'a> {
    match level.outer {
        Some(outer) if level.owner.naming.is_none() => declared(outer),
        _ => level,
    }
}

/// Checks that two fields with the same path do not both take the variable of that name. Structs only take variables below it.
const fn variables_differ(level: &Level<'_>, position: usize) -> Check {
    let (fields, shared) = (level.owner.fields, level.owner.shared);
    let mut at = 0;
    while at < shared.len() && level.dialect.is_first() {
        let [first, second] = shared[at];
        if second == position
            && fields[first].node.is_variable()
            && fields[second].node.is_variable()
            && !fields[first].copy
            && !fields[second].copy
            && !(takes_part(&fields[first]) && takes_part(&fields[second]))
        {
            return Err(Sentence::of(level, say::SAME_VARIABLE, &[Text(fields[first].name)]));
        }
        at += 1;
    }
    Ok(())
}

/// Checks that `tie` is only on a field with one variable.
const fn ties_are_of_a_variable(level: &Level<'_>) -> Check {
    if level.field.ties.is_empty() || level.field.node.is_variable() {
        return Ok(());
    }
    Err(Sentence::of(level, say::TIE_OF_MANY, &[]))
}

/// True if the field takes a part of its variable, so that others can take other parts.
const fn takes_part(field: &Field) -> bool {
    each!(0..field.ops.len(), |at| {
        if matches!(field.ops[at], Op::Chunk { .. } | Op::Slice { .. }) {
            return true;
        }
    });
    false
}

/// Checks that a field that the dialect lacks has a value without variables.
const fn may_be_lacking(level: &Level<'_>) -> Check {
    match (level.field.absent, &level.field.node) {
        (Absent::Problem, Node::Optional(_) | Node::Constant(_))
        | (Absent::Zero | Absent::Function, _) => Ok(()),
        (Absent::Problem, _) => Err(Sentence::of(level, say::LACKING, &[])),
    }
}

/// Checks that the shape of `default` zeros is known, and that the field is not an `Option`.
const fn absent_has_a_meaning(level: &Level<'_>) -> Check {
    Err(match (level.field.absent, &level.field.node) {
        (Absent::Problem, _) => return Ok(()),
        (_, Node::Optional(_)) => Sentence::of(level, say::DEFAULT_OF_OPTION, &[]),
        (Absent::Function, _) => return Ok(()),
        (Absent::Zero, Node::Tensor(tensor)) if matches!(tensor.borrow, Borrow::Must) => {
            Sentence::of(level, say::BORROWED_ZEROS, &[])
        }
        (Absent::Zero, Node::Tensor(tensor))
            if matches!(tensor.rank, Some(0)) || has_shape(level.field) =>
        {
            return Ok(());
        }
        (Absent::Zero, Node::Tensor(_)) => Sentence::of(level, say::SHAPELESS_ZEROS, &[]),
        (Absent::Zero, _) => Sentence::of(level, say::ZEROS_OF_MANY, &[]),
    })
}

const fn has_shape(field: &Field) -> bool {
    each!(0..field.ops.len(), |at| {
        if matches!(field.ops[at], Op::Shape(_)) {
            return true;
        }
    });
    false
}

/// Checks that the index of a `repeat` is not already bound.
#[track_caller]
const fn indices_differ(level: &Level<'_>, scope: Scope) -> bool {
    let Some(repeat) = level.field.repeat else { return true };
    let mut outer = level.outer;
    while let Some(bound) = outer {
        if let Some(other) = bound.field.repeat
            && same(other.index, repeat.index)
        {
            let twice = Sentence::of(level, say::SAME_INDEX, &[Text(repeat.index)]);
            return scope.tell(&Err(twice), bound);
        }
        outer = bound.outer;
    }
    true
}

/// Checks that no name contains a negative number, such as that of `<i-1>` for `i = 0`.
#[track_caller]
const fn numbers_are_not_negative(level: &Level<'_>, scope: Scope) -> bool {
    is_not_negative(level, level.prefix(), level.outer, scope)
        & are_not_negative(level, level.field.paths, Some(level), scope)
}

#[track_caller]
const fn are_not_negative(
    level: &Level<'_>,
    paths: &[Path],
    from: Option<&Level<'_>>,
    scope: Scope,
) -> bool {
    let mut fits = true;
    each!(0..paths.len(), |at| {
        fits &= is_not_negative(level, &paths[at], from, scope);
    });
    fits
}

/// Checks a path at a level. Its indices are bound at another level or further outward.
#[track_caller]
const fn is_not_negative(
    level: &Level<'_>,
    path: &Path,
    from: Option<&Level<'_>>,
    scope: Scope,
) -> bool {
    let mut fits = true;
    each!(0..path.pieces.len(), |at| {
        if let Piece::Index(placeholder) = &path.pieces[at]
            && let Some((repeat, bound)) = binding(from, placeholder.index)
            && placeholder.number(repeat.start).is_none()
        {
            let negative = Sentence::of(
                level,
                say::NEGATIVE,
                &[Index(placeholder), Text(repeat.index), Number(repeat.start)],
            );
            let negative = way_out_of_negative(negative, repeat, bound, placeholder);
            fits &= scope.tell(&Err(negative), bound);
        }
    });
    fits
}

/// Adds the way out of a negative number: other values of the index, or other numbers in paths.
const fn way_out_of_negative(
    sentence: Sentence,
    repeat: &Repeat,
    bound: &Level<'_>,
    placeholder: &Placeholder<'_>,
) -> Sentence {
    let is_list = matches!(bound.field.repeat, Some(list) if same(list.index, repeat.index));
    let (index, first) = (Text(repeat.index), Number(placeholder.first()));
    match bound.field.indices {
        Indices::Listed(_) if is_list => sentence.add(say::LIST_FROM, &[first]),
        Indices::Any if is_list => sentence.add(say::WRITE_INDEX, &[index]),
        _ => sentence.add(say::START_AT, &[first, index, first]),
    }
}

/// Checks that `repeat` has as many values as the array has items, and that a list of any items keeps their indices.
const fn bounds_fit(level: &Level<'_>) -> Check {
    let Some(repeat) = level.field.repeat else { return Ok(()) };
    let named = match (level.field.indices, repeat.end) {
        (Indices::Any, _) if !is_keyed(&level.field.node) => {
            return Err(Sentence::of(level, say::ANY_NEEDS_MAP, &[Text(repeat.index)]));
        }
        (Indices::Listed(values), _) => values.len(),
        (_, Some(Expression::Number(end))) => end.saturating_sub(repeat.start),
        _ => return Ok(()),
    };
    if let Some(List { len: Some(len), .. }) = level.field.node.list()
        && named != *len
    {
        return Err(Sentence::of(level, say::OTHER_LENGTH, &[Number(named), Number(*len)]));
    }
    Ok(())
}

/// True if the items of a list have keys.
pub(crate) const fn is_keyed(node: &Node) -> bool {
    matches!(node.list(), Some(List { is_keyed: true, .. }))
}

/// Checks that an enclosing field binds the index of every placeholder.
#[track_caller]
const fn indices_are_bound(level: &Level<'_>) {
    unbound(level, level.prefix(), level.outer);
    each!(0..level.field.paths.len(), |at| {
        unbound(level, &level.field.paths[at], Some(level));
    });
    each!(0..level.field.ties.len(), |at| {
        unbound(level, &level.field.ties[at], Some(level));
    });
}

#[track_caller]
const fn unbound(level: &Level<'_>, path: &Path, scope: Option<&Level<'_>>) {
    each!(0..path.pieces.len(), |at| {
        if let Piece::Index(placeholder) = path.pieces[at]
            && binding(scope, placeholder.index).is_none()
        {
            Sentence::of(
                level,
                say::UNBOUND_INDEX,
                &[Text(placeholder.index), Text(placeholder.index)],
            )
            .panic()
        }
    });
}

/// The innermost `repeat` or `stack` that binds an index, and its level.
const fn binding<'a>(
    from: Option<&'a Level<'a>>,
    index: &str,
) -> Option<(&'a Repeat, &'a Level<'a>)> {
    let mut from = from;
    while let Some(level) = from {
        if let Some(repeat) = &level.field.repeat
            && same(repeat.index, index)
        {
            return Some((repeat, level));
        }
        if let Some((_, repeat)) = level.field.stack()
            && same(repeat.index, index)
        {
            return Some((repeat, level));
        }
        from = level.outer;
    }
    None
}

/// Checks that each item of a list has its own variables: the path of every tensor in it must contain the index.
#[track_caller]
const fn every_index_is_used(leaf: &Level<'_>, scope: Scope) -> bool {
    let (mut fits, mut at) = (true, Some(leaf));
    while let Some(level) = at {
        if let Some((_, repeat)) = level.field.stack()
            && !is_used(leaf, repeat.index)
        {
            let so = "the same variable would be joined to itself";
            fits &= scope.tell(&Err(not_used(leaf, repeat.index, so)), level);
        }
        if let Some(repeat) = level.field.repeat
            && !is_used(leaf, repeat.index)
        {
            let so = "all items would load the same variable";
            fits &= scope.tell(&Err(not_used(leaf, repeat.index, so)), level);
        }
        at = level.outer;
    }
    fits
}

const fn not_used(leaf: &Level<'_>, index: &str, so: &str) -> Sentence {
    Sentence::of(leaf, say::UNUSED_INDEX, &[Text(index), Text(so), Text(index)])
}

/// True if the index is in every combination of the field's paths and aliases.
const fn is_used(level: &Level<'_>, index: &str) -> bool {
    let around = uses(level.prefix(), index)
        || match level.outer {
            Some(outer) if !level.prefix().absolute => is_used(outer, index),
            _ => false,
        };
    each!(0..level.field.paths.len(), |at| {
        let path = &level.field.paths[at];
        if !(uses(path, index) || around && !path.absolute) {
            return false;
        }
    });
    true
}

const fn uses(path: &Path, index: &str) -> bool {
    each!(0..path.pieces.len(), |at| {
        if let Piece::Index(placeholder) = path.pieces[at]
            && same(placeholder.index, index)
        {
            return true;
        }
    });
    false
}

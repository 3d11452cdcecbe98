//! Checks that the dialects of a tree read its matrices in different orders, where shapes do not show a mistake.

use crate::each::each;
use crate::model::check::sentence::{Check, Sentence};
use crate::model::check::wording as say;
use crate::model::check::{Level, Scope};
use crate::model::description::{Field, Node, Struct};
use crate::model::dialect::Dialect;
use crate::model::expression::Expression;
use crate::model::layout::{Matrix, Orders, is_alike, orders};
use crate::model::text::same;
use crate::problem::wording::ONE_LAYOUT;

/// Checks the square matrices of a root with dialects. Returns true if there are no mistakes.
#[track_caller]
pub(super) const fn differ(node: &Node, scope: Scope) -> bool {
    match node {
        Node::Struct(root) if !root.declared.is_empty() => {
            within(root, root.declared.len(), None, scope)
        }
        _ => true,
    }
}

#[track_caller]
const fn within(owner: &Struct, dialects: usize, outer: Option<&Level<'_>>, scope: Scope) -> bool {
    let mut fits = true;
    each!(0..owner.fields.len(), |at| {
        let field = &owner.fields[at];
        let level = Level { owner, field, outer, dialect: Dialect::FIRST };
        fits &= scope.tell(&differs(&level, dialects), root(&level));
        if let Some(inner) = field.node.inner_struct() {
            fits &= within(inner, dialects, Some(&level), scope);
        }
    });
    fits
}

/// The outermost level, which has the dialects.
const fn root<'l>(level: &'l Level<'l>) -> &'l Level<'l> {
    match level.outer {
        Some(outer) => root(outer),
        None => level,
    }
}

/// Checks that a matrix whose axes have one symbol has several orders.
const fn differs(level: &Level<'_>, dialects: usize) -> Check {
    let field = level.field;
    if field.same_layout || !matches!(orders(field, dialects), Orders::Same) {
        return Ok(());
    }
    let lens = match Matrix::of(field) {
        Some(matrix) => matrix.lens(field),
        None => None,
    };
    match lens {
        Some([first, second]) if is_same(level, first, level, second) => {
            Err(Sentence::of(level, ONE_LAYOUT, &[]))
        }
        _ => Ok(()),
    }
}

/// Checks that `same_layout` is right, on a matrix.
pub(super) const fn same_layout_fits(level: &Level<'_>) -> Check {
    let field = level.field;
    if !field.same_layout || !level.dialect.is_first() {
        return Ok(());
    }
    if Matrix::of(field).is_none() {
        return Err(Sentence::of(level, say::LAYOUT_OF_NO_MATRIX, &[]));
    }
    // A field without dialects is the same in all of them.
    match orders(field, field.dialects.len() + 1) {
        Orders::Differ => Err(Sentence::of(level, say::LAYOUT_CONTRADICTED, &[])),
        Orders::Same | Orders::Unknown => Ok(()),
    }
}

/// True if two expressions have one value for all symbols, as far as their form shows it.
const fn is_same(
    level: &Level<'_>,
    one: &Expression,
    around: &Level<'_>,
    other: &Expression,
) -> bool {
    match (resolved(level, one), resolved(around, other)) {
        (Resolved::Local(depth, one), Resolved::Local(other_depth, other)) => {
            depth == other_depth && is_alike(one, other)
        }
        (Resolved::Shared(one), Resolved::Shared(other)) => is_alike(one, other),
        (Resolved::Pair(level, one), Resolved::Pair(around, other)) => match (one, other) {
            (
                Expression::Pair(operator, [left, right]),
                Expression::Pair(written, [start, end]),
            ) => {
                *operator as u8 == *written as u8
                    && is_same(level, left, around, start)
                    && is_same(level, right, around, end)
            }
            _ => false,
        },
        _ => false,
    }
}

/// An expression in the struct that gives its symbol a value.
enum Resolved<'l> {
    /// A local symbol, at this depth of structs.
    Local(usize, &'l Expression),
    /// A number, or a symbol of the whole tree.
    Shared(&'l Expression),
    Pair(&'l Level<'l>, &'l Expression),
}

const fn resolved<'l>(level: &'l Level<'l>, expression: &'l Expression) -> Resolved<'l> {
    let name = match expression {
        Expression::Number(_) => return Resolved::Shared(expression),
        Expression::Pair(..) => return Resolved::Pair(level, expression),
        Expression::Symbol(name) => name,
    };
    each!(0..level.owner.dims.len(), |at| {
        if level.owner.dims[at].local && same(level.owner.dims[at].name, name) {
            return Resolved::Local(depth(level), expression);
        }
    });
    let Some(outer) = level.outer else { return Resolved::Shared(expression) };
    match renamed(outer.field, name) {
        Some(is) => resolved(outer, is),
        None => resolved(outer, expression),
    }
}

/// The value that a field gives to a symbol of its struct.
const fn renamed<'f>(field: &'f Field, name: &str) -> Option<&'f Expression> {
    each!(0..field.dims.len(), |at| {
        if same(field.dims[at].name, name) {
            return Some(&field.dims[at].is);
        }
    });
    None
}

const fn depth(level: &Level<'_>) -> usize {
    match level.outer {
        Some(outer) => depth(outer) + 1,
        None => 0,
    }
}

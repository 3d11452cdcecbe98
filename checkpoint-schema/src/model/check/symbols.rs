//! Checks that symbols are declared in their struct or in an enclosing one.

use crate::each::each;
use crate::model::check::Level;
use crate::model::check::sentence::Sentence;
use crate::model::check::sentence::Word::Text;
use crate::model::check::wording as say;
use crate::model::description::{Node, Struct};
use crate::model::expression::{AxisLength, Expression};
use crate::model::text::same;

/// Checks that every symbol of a field is declared.
#[track_caller]
pub(super) const fn of_field(level: &Level<'_>) {
    let field = level.field;
    each!(0..field.ops.len(), |at| {
        let mut number = 0;
        while let Some(expression) = field.ops[at].expression(number) {
            if let AxisLength::Is(expression) = &expression {
                of_expression(level, expression);
            }
            number += 1;
        }
    });
    if let Some(repeat) = &field.repeat {
        of_option(level, repeat.end.as_ref());
    }
    each!(0..field.dims.len(), |at| {
        of_expression(level, &field.dims[at].is);
        is_not_local(level, field.dims[at].name);
    });
    if let Node::Dim(name) = field.node {
        of_expression(level, &Expression::Symbol(name));
    }
}

/// Checks that a renamed symbol of a nested struct is not `local`.
#[track_caller]
const fn is_not_local(level: &Level<'_>, name: &str) {
    let Some(inner) = level.field.node.inner_struct() else { return };
    each!(0..inner.dims.len(), |at| {
        if inner.dims[at].local && same(inner.dims[at].name, name) {
            Sentence::of(level, say::DIMS_OF_LOCAL, &[Text(name), Text(inner.name), Text(name)])
                .panic()
        }
    });
}

/// Checks that every symbol in the assertions of a struct is declared. The level can be any of its fields.
#[track_caller]
pub(super) const fn of_asserts(level: &Level<'_>, owner: &Struct) {
    each!(0..owner.asserts.len(), |at| {
        of_expression(level, &owner.asserts[at].left);
        of_expression(level, &owner.asserts[at].right);
    });
}

#[track_caller]
const fn of_option(level: &Level<'_>, expression: Option<&Expression>) {
    if let Some(expression) = expression {
        of_expression(level, expression);
    }
}

#[track_caller]
const fn of_expression(level: &Level<'_>, expression: &Expression) {
    match expression {
        Expression::Number(_) => {}
        Expression::Symbol(name) => {
            if !is_declared(level, name) {
                Sentence::of(level, say::UNDECLARED, &[Text(name), Text(name)]).panic()
            }
        }
        Expression::Pair(_, [left, right]) => {
            of_expression(level, left);
            of_expression(level, right);
        }
    }
}

/// True if a symbol is declared in the struct at a level or in an enclosing one, or if an enclosing field renames it.
const fn is_declared(level: &Level<'_>, name: &str) -> bool {
    each!(0..level.owner.dims.len(), |at| {
        if same(level.owner.dims[at].name, name) {
            return true;
        }
    });
    let Some(outer) = level.outer else { return false };
    each!(0..outer.field.dims.len(), |at| {
        if same(outer.field.dims[at].name, name) {
            return true;
        }
    });
    is_declared(outer, name)
}

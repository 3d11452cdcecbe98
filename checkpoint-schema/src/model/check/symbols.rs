//! Checks that symbols are declared in their struct or in an enclosing one.

use crate::model::check::Level;
use crate::model::check::sentence::Sentence;
use crate::model::description::{Node, Op, Struct};
use crate::model::expression::{AxisLength, Expression};
use crate::model::text::same;

/// Checks that every symbol of a field is declared.
#[track_caller]
pub(super) const fn of_field(level: &Level<'_>) {
    let field = level.field;
    let mut at = 0;
    while at < field.ops.len() {
        of_step(level, &field.ops[at]);
        at += 1;
    }
    if let Some(repeat) = &field.repeat {
        of_option(level, repeat.end.as_ref());
    }
    let mut at = 0;
    while at < field.dims.len() {
        of_expression(level, &field.dims[at].is);
        is_not_local(level, field.dims[at].name);
        at += 1;
    }
    if let Node::Dim(name) = field.node {
        of_expression(level, &Expression::Symbol(name));
    }
}

/// Checks that a renamed symbol of a nested struct is not `local`.
#[track_caller]
const fn is_not_local(level: &Level<'_>, name: &str) {
    let Some(inner) = level.field.node.inner_struct() else { return };
    let mut at = 0;
    while at < inner.dims.len() {
        if inner.dims[at].local && same(inner.dims[at].name, name) {
            Sentence::of(level)
                .text("`dims` says what `")
                .text(name)
                .text("` is, but `")
                .text(inner.name)
                .text("` declares it as `local`; write `dims(")
                .text(name)
                .text(")` there, and each field gives it a value")
                .panic()
        }
        at += 1;
    }
}

/// Checks that every symbol in the assertions of a struct is declared. The level can be any of its fields.
#[track_caller]
pub(super) const fn of_asserts(level: &Level<'_>, owner: &Struct) {
    let mut at = 0;
    while at < owner.asserts.len() {
        of_expression(level, &owner.asserts[at].left);
        of_expression(level, &owner.asserts[at].right);
        at += 1;
    }
}

#[track_caller]
const fn of_step(level: &Level<'_>, op: &Op) {
    match op {
        Op::Reshape(axes) | Op::Shape(axes) => {
            let mut at = 0;
            while at < axes.len() {
                if let AxisLength::Is(expression) = &axes[at] {
                    of_expression(level, expression);
                }
                at += 1;
            }
        }
        Op::Split { sizes: Some(sizes), .. } => {
            let mut at = 0;
            while at < sizes.len() {
                of_expression(level, &sizes[at]);
                at += 1;
            }
        }
        Op::Slice { start, end, .. } => {
            of_expression(level, start);
            of_option(level, end.as_ref());
        }
        Op::Stack { repeat, .. } => of_option(level, repeat.end.as_ref()),
        Op::Squeeze(_)
        | Op::Expand(_)
        | Op::Transpose
        | Op::Permute(_)
        | Op::Split { .. }
        | Op::Chunk { .. }
        | Op::Reorder { .. }
        | Op::Concat { .. } => {}
    }
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
                Sentence::of(level)
                    .text("undeclared symbol `")
                    .text(name)
                    .text("`; write `dims(")
                    .text(name)
                    .text(")` on the struct, or on one around it")
                    .panic()
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
    let mut at = 0;
    while at < level.owner.dims.len() {
        if same(level.owner.dims[at].name, name) {
            return true;
        }
        at += 1;
    }
    let Some(outer) = level.outer else { return false };
    let mut at = 0;
    while at < outer.field.dims.len() {
        if same(outer.field.dims[at].name, name) {
            return true;
        }
        at += 1;
    }
    is_declared(outer, name)
}

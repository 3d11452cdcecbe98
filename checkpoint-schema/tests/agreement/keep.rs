//! Memory for descriptions, which borrow for `'static`: it is never freed.
//!
//! Nothing else in the generator asks for that lifetime: with one of its own, these would be the methods of an arena.

use checkpoint_schema::model::expression::{Expression, Operator};

/// Keeps a value.
pub(crate) fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Keeps a list.
pub(crate) fn keep_all<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

/// Keeps a text.
pub(crate) fn keep_text(text: String) -> &'static str {
    text.leak()
}

/// Keeps the two sides of an expression.
pub(crate) fn pair(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Pair(operator, keep([left, right]))
}

//! Memory for descriptions, which borrow for `'static`. It is never freed.
//!
//! Only these functions need that lifetime. With another one, they would be the methods of an arena.

use checkpoint_schema::model::expression::{Expression, Operator};

/// Leaks a value.
pub(crate) fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Leaks a list.
pub(crate) fn keep_all<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

/// Leaks a text.
pub(crate) fn keep_text(text: String) -> &'static str {
    text.leak()
}

/// Leaks the two sides of an expression.
pub(crate) fn pair(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Pair(operator, keep([left, right]))
}

//! Expressions in symbols, such as `3 * n_embd`.
//!
//! They can be built and walked in a constant.

use std::fmt;

/// A number, given the values of its symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// A literal number.
    Number(usize),
    /// A symbol.
    Symbol(&'static str),
    /// Two expressions and an operator.
    Pair(Operator, &'static [Self; 2]),
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, without a remainder.
    Divide,
    /// `%`
    Remainder,
}

/// The length of an axis in `shape` and `reshape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AxisLength {
    /// `_`
    Any,
    /// An expression.
    Is(Expression),
}

/// `assert(n_embd % n_head == 0)`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Assertion {
    /// The left side.
    pub left: Expression,
    /// The relation.
    pub relation: Relation,
    /// The right side.
    pub right: Expression,
}

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// The sign of the operator.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// True if the operator has a higher precedence than `+` and `-`.
    pub(crate) const fn binds(self) -> bool {
        !matches!(self, Self::Add | Self::Subtract)
    }

    /// Applies the operator; `None` for a negative result, an overflow of `u64`, or a remainder.
    #[must_use]
    pub const fn apply(self, left: u64, right: u64) -> Option<u64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => match left.checked_rem(right) {
                Some(0) => left.checked_div(right),
                _ => None,
            },
            Self::Remainder => left.checked_rem(right),
        }
    }
}

impl Operator {
    /// Solves `left operator right == value` for `left`, if the solution is unique.
    pub(crate) const fn left(self, value: u64, right: u64) -> Option<u64> {
        match self {
            Self::Add => value.checked_sub(right),
            Self::Subtract => value.checked_add(right),
            Self::Multiply => Self::Divide.apply(value, right),
            Self::Divide => value.checked_mul(right),
            Self::Remainder => None,
        }
    }

    /// Solves `left operator right == value` for `right`, if the solution is unique.
    pub(crate) const fn right(self, left: u64, value: u64) -> Option<u64> {
        match self {
            Self::Add => value.checked_sub(left),
            Self::Subtract => left.checked_sub(value),
            Self::Multiply => Self::Divide.apply(value, left),
            Self::Divide => Self::Divide.apply(left, value),
            Self::Remainder => None,
        }
    }
}

impl Relation {
    /// All variants.
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::Unequal, Self::Less, Self::AtMost, Self::Greater, Self::AtLeast];

    /// The sign of the relation.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// True if the relation is satisfied.
    #[must_use]
    pub const fn holds(self, left: u64, right: u64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Expression {
    /// Its value, if it is a literal number.
    #[must_use]
    pub const fn number(&self) -> Option<usize> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Symbol(_) | Self::Pair(..) => None,
        }
    }

    /// True if it needs parentheses next to an operator with a higher precedence.
    pub(crate) const fn is_loose(&self) -> bool {
        matches!(self, Self::Pair(operator, _) if !operator.binds())
    }

    /// Evaluates the expression with the values from `symbol`. Returns `None` if one is missing, or if there is no such number.
    pub fn value(&self, symbol: &mut impl FnMut(&'static str) -> Option<u64>) -> Option<u64> {
        match self {
            Self::Number(number) => u64::try_from(*number).ok(),
            Self::Symbol(name) => symbol(name),
            Self::Pair(operator, [left, right]) => {
                operator.apply(left.value(symbol)?, right.value(symbol)?)
            }
        }
    }

    /// Calls `visit` with every symbol, in the order written.
    pub fn symbols(&self, visit: &mut impl FnMut(&'static str)) {
        match self {
            Self::Number(_) => {}
            Self::Symbol(name) => visit(name),
            Self::Pair(_, pair) => pair.iter().for_each(|side| side.symbols(visit)),
        }
    }
}

/// `3 * n_embd + 1`
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Symbol(name) => f.write_str(name),
            Self::Pair(operator, [left, right]) => {
                let parenthesis = |f: &mut fmt::Formatter<'_>, side: &Self, needed: bool| {
                    if needed { write!(f, "({side})") } else { write!(f, "{side}") }
                };
                parenthesis(f, left, operator.binds() && left.is_loose())?;
                write!(f, " {} ", operator.sign())?;
                let pair = matches!(right, Self::Pair(..));
                let regroups = !matches!(operator, Operator::Add);
                parenthesis(f, right, pair && regroups && (operator.binds() || right.is_loose()))
            }
        }
    }
}

/// `_` or the expression.
impl fmt::Display for AxisLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("_"),
            Self::Is(expression) => expression.fmt(f),
        }
    }
}

/// `n_embd % n_head == 0`
impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, self.relation.sign(), self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Expression::{Number, Pair, Symbol};
    use Operator::{Add, Divide, Multiply, Remainder, Subtract};

    const N: Expression = Symbol("n");
    const SUM: Expression = Pair(Add, &[N, Number(1)]);
    const TWICE: Expression = Pair(Multiply, &[Number(2), N]);

    fn at_12(expression: Expression) -> Option<u64> {
        expression.value(&mut |name| (name == "n").then_some(12))
    }

    #[test]
    fn an_expression_has_a_value_where_its_symbols_have() {
        assert_eq!(at_12(Pair(Multiply, &[SUM, TWICE])), Some(13 * 24));
        assert_eq!(at_12(Pair(Divide, &[N, Number(3)])), Some(4));
        assert_eq!(at_12(Pair(Remainder, &[N, Number(5)])), Some(2));
        assert_eq!(at_12(Pair(Add, &[N, Symbol("m")])), None);
    }

    #[test]
    fn what_is_no_length_has_no_value() {
        assert_eq!(at_12(Pair(Divide, &[N, Number(5)])), None);
        assert_eq!(at_12(Pair(Divide, &[N, Number(0)])), None);
        assert_eq!(at_12(Pair(Remainder, &[N, Number(0)])), None);
        assert_eq!(at_12(Pair(Subtract, &[Number(1), N])), None);
        assert_eq!(at_12(Pair(Multiply, &[N, Number(usize::MAX)])), None);
    }

    #[test]
    fn it_prints_with_the_parentheses_that_it_needs() {
        for (expression, shown) in [
            (Pair(Add, &[TWICE, Number(1)]), "2 * n + 1"),
            (Pair(Multiply, &[SUM, TWICE]), "(n + 1) * (2 * n)"),
            (Pair(Subtract, &[N, SUM]), "n - (n + 1)"),
            (Pair(Subtract, &[SUM, N]), "n + 1 - n"),
            (Pair(Add, &[N, SUM]), "n + n + 1"),
            (Pair(Subtract, &[N, TWICE]), "n - 2 * n"),
            (Pair(Divide, &[TWICE, SUM]), "2 * n / (n + 1)"),
        ] {
            assert_eq!(expression.to_string(), shown);
        }
    }
}

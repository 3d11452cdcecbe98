//! The values of symbols, as far as the arrays of a value say them.

use std::collections::{BTreeSet, HashMap};

use crate::model::description::{Dim, Renamed};
use crate::model::expression::Expression;

/// The number of a place where names of symbols mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope(usize);

impl Scope {
    /// The place that has only the symbols that all structs share.
    pub(super) const ROOT: Self = Self(0);
}

#[derive(Debug)]
enum Names {
    Shared,
    Local { outer: Scope, dims: &'static [Dim] },
    Renamed { outer: Scope, renamed: &'static [Renamed] },
}

/// Symbols, and their values.
#[derive(Debug)]
pub(super) struct Symbols {
    scopes: Vec<Names>,
    /// By the scope that a local symbol is of, and the name.
    values: HashMap<(usize, &'static str), u64>,
    /// The values that were known when that was asked last.
    told: usize,
    /// The shared symbols that only a step which makes axes says.
    stepped: BTreeSet<&'static str>,
}

impl Symbols {
    pub(super) fn new() -> Self {
        Self {
            scopes: vec![Names::Shared],
            values: HashMap::new(),
            told: 0,
            stepped: BTreeSet::new(),
        }
    }

    /// The place within a struct that declares symbols.
    pub(super) fn within(&mut self, outer: Scope, dims: &'static [Dim]) -> Scope {
        let has_locals = dims.iter().any(|dim| dim.local);
        let scope = if has_locals { self.add(Names::Local { outer, dims }) } else { outer };
        for dim in dims {
            if let Some(value) = dim.value.and_then(|value| u64::try_from(value).ok()) {
                self.set(scope, dim.name, value);
            }
        }
        scope
    }

    /// The place within a field that renames symbols.
    pub(super) fn renamed(&mut self, outer: Scope, renamed: &'static [Renamed]) -> Scope {
        if renamed.is_empty() { outer } else { self.add(Names::Renamed { outer, renamed }) }
    }

    fn add(&mut self, names: Names) -> Scope {
        self.scopes.push(names);
        Scope(self.scopes.len().saturating_sub(1))
    }

    /// True if a symbol has got a value since the last call.
    pub(super) fn has_news(&mut self) -> bool {
        std::mem::replace(&mut self.told, self.values.len()) < self.values.len()
    }

    /// Says the value of an expression that a step makes of a variable: a load cannot know it by the variable.
    pub(super) fn step(&mut self, scope: Scope, expression: &Expression, value: u64) {
        let is_known = |symbols: &Self, name| symbols.values.contains_key(&(0, name));
        let mut names = Vec::new();
        expression.symbols(&mut |name| names.push(name));
        names.retain(|name| !is_known(self, name));
        self.equate(scope, expression, value);
        names.retain(|name| is_known(self, name));
        self.stepped.extend(names);
    }

    /// The symbols that only a step which makes axes says, with their values.
    pub(super) fn stepped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.stepped.iter().filter_map(|name| Some((*name, *self.values.get(&(0, *name))?)))
    }

    /// Says the value of a symbol, unless it has one.
    pub(super) fn set(&mut self, scope: Scope, name: &'static str, value: u64) {
        match self.scopes.get(scope.0) {
            None | Some(Names::Shared) => {
                self.values.entry((0, name)).or_insert(value);
            }
            Some(Names::Local { dims, .. }) if is_local(dims, name) => {
                self.values.entry((scope.0, name)).or_insert(value);
            }
            Some(&Names::Local { outer, .. }) => self.set(outer, name, value),
            Some(&Names::Renamed { outer, renamed }) => match find(renamed, name) {
                Some(expression) => self.equate(outer, &expression, value),
                None => self.set(outer, name, value),
            },
        }
    }

    /// Says the value of an expression, which gives that of its only symbol without one.
    pub(super) fn equate(&mut self, scope: Scope, expression: &Expression, value: u64) {
        match expression {
            Expression::Number(_) => {}
            Expression::Symbol(name) => self.set(scope, name, value),
            Expression::Pair(operator, [left, right]) => {
                let (unknown, value) = match (self.value(scope, left), self.value(scope, right)) {
                    (None, Some(known)) => (left, operator.left(value, known)),
                    (Some(known), None) => (right, operator.right(known, value)),
                    (None, None) => return self.search(scope, expression, value),
                    (Some(_), Some(_)) => return,
                };
                if let Some(value) = value {
                    self.equate(scope, unknown, value);
                }
            }
        }
    }

    /// Solves for a symbol on both sides of an operator, as in `n * n`. It must be the only one without a value, and the expression
    /// must grow with it.
    fn search(&mut self, scope: Scope, expression: &Expression, value: u64) {
        let mut open = BTreeSet::new();
        expression.symbols(&mut |name| {
            if self.symbol(scope, name).is_none() {
                open.insert(name);
            }
        });
        let Some(first) = open.pop_first().filter(|_| open.is_empty()) else { return };
        let with = |given: u64| {
            expression.value(&mut |name| {
                if name == first { Some(given) } else { self.symbol(scope, name) }
            })
        };
        let (mut low, mut high) = (0, value);
        while low < high {
            let middle = low.midpoint(high);
            // An expression that overflows counts as too large.
            if with(middle).is_some_and(|found| found < value) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        if with(low) == Some(value) {
            self.set(scope, first, low);
        }
    }

    /// True if a name is that of a symbol that all structs share.
    pub(super) fn is_shared(&self, scope: Scope, name: &str) -> bool {
        match self.scopes.get(scope.0) {
            None | Some(Names::Shared) => true,
            Some(Names::Local { outer, dims }) => {
                !is_local(dims, name) && self.is_shared(*outer, name)
            }
            Some(Names::Renamed { outer, renamed }) => {
                find(renamed, name).is_none() && self.is_shared(*outer, name)
            }
        }
    }

    /// The value of an expression, if that of each symbol is known.
    pub(super) fn value(&self, scope: Scope, expression: &Expression) -> Option<u64> {
        expression.value(&mut |name| self.symbol(scope, name))
    }

    fn symbol(&self, scope: Scope, name: &'static str) -> Option<u64> {
        match self.scopes.get(scope.0)? {
            Names::Shared => self.values.get(&(0, name)).copied(),
            Names::Local { dims, .. } if is_local(dims, name) => {
                self.values.get(&(scope.0, name)).copied()
            }
            Names::Local { outer, .. } => self.symbol(*outer, name),
            Names::Renamed { outer, renamed } => match find(renamed, name) {
                Some(expression) => self.value(*outer, &expression),
                None => self.symbol(*outer, name),
            },
        }
    }
}

fn is_local(dims: &[Dim], name: &str) -> bool {
    dims.iter().any(|dim| dim.local && dim.name == name)
}

fn find(renamed: &[Renamed], name: &str) -> Option<Expression> {
    renamed.iter().find(|renamed| renamed.name == name).map(|renamed| renamed.is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::expression::Operator;

    const N: Expression = Expression::Symbol("n");
    const LOCAL: [Dim; 1] = [Dim { name: "n", value: None, local: true }];
    const TRIPLE: Expression = Expression::Pair(Operator::Multiply, &[Expression::Number(3), N]);

    #[test]
    fn an_equation_gives_its_only_unknown_symbol() {
        let mut symbols = Symbols::new();
        symbols.equate(Scope::ROOT, &TRIPLE, 12);
        assert_eq!(symbols.value(Scope::ROOT, &N), Some(4));
        assert!(symbols.has_news() && !symbols.has_news());
        // The first value stays.
        symbols.equate(Scope::ROOT, &N, 5);
        assert_eq!(symbols.value(Scope::ROOT, &TRIPLE), Some(12));
    }

    #[test]
    fn a_symbol_on_both_sides_is_searched() {
        const SQUARE: Expression = Expression::Pair(Operator::Multiply, &[N, N]);
        let mut symbols = Symbols::new();
        symbols.equate(Scope::ROOT, &SQUARE, 48);
        assert_eq!(symbols.value(Scope::ROOT, &N), None);
        symbols.equate(Scope::ROOT, &SQUARE, 49);
        assert_eq!(symbols.value(Scope::ROOT, &N), Some(7));
    }

    #[test]
    fn a_local_symbol_is_another_one_in_each_place() {
        let mut symbols = Symbols::new();
        let (first, second) =
            (symbols.within(Scope::ROOT, &LOCAL), symbols.within(Scope::ROOT, &LOCAL));
        symbols.set(first, "n", 1);
        symbols.set(second, "n", 2);
        assert_eq!(
            [first, second, Scope::ROOT].map(|at| symbols.value(at, &N)),
            [Some(1), Some(2), None]
        );
    }

    #[test]
    fn a_renamed_symbol_is_an_expression_around() {
        let mut symbols = Symbols::new();
        let inner = symbols.renamed(Scope::ROOT, &[Renamed { name: "m", is: TRIPLE }]);
        symbols.set(inner, "m", 6);
        assert_eq!(symbols.value(Scope::ROOT, &N), Some(2));
        assert_eq!(symbols.value(inner, &Expression::Symbol("m")), Some(6));
    }
}

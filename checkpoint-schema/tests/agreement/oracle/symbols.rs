//! The values of symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use checkpoint_schema::model::description::{Dim, Node, Renamed, Struct};
use checkpoint_schema::model::expression::{Assertion, Expression, Operator, Relation};

/// An expression with resolved symbols.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Number(u64),
    Symbol(String),
    Pair(Operator, Box<[Self; 2]>),
}

/// The meanings of names at a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope(Option<Rc<(Scope, Means)>>);

/// The meanings of some names, from a place on.
#[derive(Debug)]
enum Means {
    /// Symbols of the instance of a struct at a path.
    Local(&'static [Dim], String),
    Renamed(&'static [Renamed]),
}

impl Scope {
    /// Enters a struct at a path.
    pub(super) fn within(&self, dims: &'static [Dim], path: &str) -> Self {
        Self(Some(Rc::new((self.clone(), Means::Local(dims, path.to_owned())))))
    }

    /// Enters a field that renames symbols.
    pub(super) fn renamed(&self, renamed: &'static [Renamed]) -> Self {
        Self(Some(Rc::new((self.clone(), Means::Renamed(renamed)))))
    }

    /// Resolves an expression at this place.
    pub(super) fn term(&self, expression: &Expression) -> Term {
        match expression {
            Expression::Number(number) => Term::Number(*number as u64),
            Expression::Symbol(name) => self.symbol(name),
            Expression::Pair(operator, [left, right]) => {
                Term::Pair(*operator, Box::new([self.term(left), self.term(right)]))
            }
        }
    }

    /// Returns the symbols of an expression that no struct around this place declares.
    pub(super) fn undeclared(&self, expression: &Expression) -> Vec<&'static str> {
        match expression {
            Expression::Number(_) => Vec::new(),
            Expression::Symbol(name) if self.declares(name) => Vec::new(),
            Expression::Symbol(name) => vec![name],
            Expression::Pair(_, sides) => sides.iter().flat_map(|it| self.undeclared(it)).collect(),
        }
    }

    fn declares(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|inner| {
            let (outer, means) = &**inner;
            outer.declares(name)
                || match means {
                    Means::Local(dims, _) => dims.iter().any(|dim| dim.name == name),
                    Means::Renamed(all) => all.iter().any(|renamed| renamed.name == name),
                }
        })
    }

    fn symbol(&self, name: &str) -> Term {
        let Some(inner) = &self.0 else { return Term::Symbol(name.to_owned()) };
        let (outer, means) = &**inner;
        match means {
            Means::Local(dims, path) if dims.iter().any(|dim| dim.local && dim.name == name) => {
                Term::Symbol(local(name, path))
            }
            Means::Renamed(all) => match all.iter().find(|renamed| renamed.name == name) {
                Some(renamed) => outer.term(&renamed.is),
                None => outer.symbol(name),
            },
            Means::Local(..) => outer.symbol(name),
        }
    }
}

/// Returns the unique name of a `local` symbol in one instance of a struct.
pub(super) fn local(name: &str, path: &str) -> String {
    format!("{name} of {path}")
}

impl Term {
    fn symbols(&self) -> BTreeSet<&str> {
        match self {
            Self::Number(_) => BTreeSet::new(),
            Self::Symbol(name) => BTreeSet::from([name.as_str()]),
            Self::Pair(_, sides) => sides.iter().flat_map(Self::symbols).collect(),
        }
    }

    /// Returns the value, if `of` knows all symbols and if it is a whole number of at least 0.
    fn value(&self, of: &impl Fn(&str) -> Option<u64>) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Symbol(name) => of(name),
            Self::Pair(operator, sides) => {
                let (left, right) = (sides[0].value(of)?, sides[1].value(of)?);
                match operator {
                    Operator::Add => left.checked_add(right),
                    Operator::Subtract => left.checked_sub(right),
                    Operator::Multiply => left.checked_mul(right),
                    Operator::Divide if right > 0 && left % right == 0 => Some(left / right),
                    Operator::Remainder if right > 0 => Some(left % right),
                    Operator::Divide | Operator::Remainder => None,
                }
            }
        }
    }
}

/// The value of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Known(u64),
    /// A symbol is unknown.
    Unknown,
    /// All symbols are known, but the length is no valid number.
    None,
}

/// The values of symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    /// Symbols that structs fix.
    fixed: BTreeMap<String, u64>,
    /// All other known symbols.
    known: BTreeMap<String, u64>,
    /// The names of shared symbols.
    shared: BTreeSet<String>,
}

impl Values {
    /// Declares the symbols that all structs share. Returns the problems.
    pub(super) fn declare(&mut self, item: &Struct) -> Vec<String> {
        let mut wrong = Vec::new();
        for dim in item.dims.iter().filter(|dim| !dim.local) {
            self.shared.insert(dim.name.to_owned());
            let Some(value) = dim.value else { continue };
            let value = value as u64;
            if *self.fixed.entry(dim.name.to_owned()).or_insert(value) != value {
                wrong.push(format!("`{}` is fixed to several values", dim.name));
            }
        }
        for field in item.fields {
            wrong.extend(self.declare_node(&field.node));
        }
        self.known.clone_from(&self.fixed);
        wrong
    }

    fn declare_node(&mut self, node: &Node) -> Vec<String> {
        match node {
            Node::Struct(inner) => self.declare(inner),
            Node::Optional(inner) => self.declare_node(inner),
            Node::List(list) => self.declare_node(&list.element),
            Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => Vec::new(),
        }
    }

    /// Returns the value of a term.
    pub(super) fn of(&self, term: &Term) -> Length {
        length(term, |name| self.known.get(name).copied())
    }

    /// Returns the value of a term, using only symbols that structs fix.
    pub(super) fn fixed(&self, term: &Term) -> Length {
        length(term, |name| self.fixed.get(name).copied())
    }

    /// Adds the symbols that an instance of a struct fixes.
    pub(super) fn fix(&mut self, dims: &[Dim], path: &str) {
        for dim in dims.iter().filter(|dim| dim.local) {
            if let Some(value) = dim.value {
                self.fixed.insert(local(dim.name, path), value as u64);
                self.known.insert(local(dim.name, path), value as u64);
            }
        }
    }

    /// Returns the values after solving the equations, one after another.
    pub(super) fn solved(&self, equations: &[(Term, u64)]) -> Self {
        let mut solved = self.clone();
        loop {
            let before = solved.known.len();
            for (term, found) in equations {
                let symbols = term.symbols();
                let mut unknown = symbols.iter().filter(|it| !solved.known.contains_key(**it));
                if let (Some(symbol), None) = (unknown.next(), unknown.next())
                    && let Some(value) = solved.only(term, symbol, *found)
                {
                    solved.known.insert((*symbol).to_owned(), value);
                }
            }
            if solved.known.len() == before {
                return solved;
            }
        }
    }

    /// Returns the value of a symbol, if only one solves an equation.
    fn only(&self, term: &Term, symbol: &str, found: u64) -> Option<u64> {
        if let Term::Symbol(_) = term {
            return Some(found);
        }
        let known = |name: &str, value| {
            if name == symbol { Some(value) } else { self.known.get(name).copied() }
        };
        let solves = |value: &u64| term.value(&|name: &str| known(name, *value)) == Some(found);
        // Larger values would divide or subtract more than any length.
        let mut solutions = (0..found.saturating_mul(4).saturating_add(100)).filter(solves);
        solutions.next().filter(|_| solutions.next().is_none())
    }

    /// Returns the equations that do not hold.
    pub(super) fn disagree(&self, equations: &[(Term, u64)]) -> Vec<String> {
        let differs = |(term, found): &&(Term, u64)| match self.of(term) {
            Length::Known(value) => value != *found,
            Length::None => true,
            Length::Unknown => false,
        };
        let wrong = equations.iter().filter(differs);
        wrong.map(|(term, found)| format!("{term:?} is not {found}")).collect()
    }

    /// Returns the assertions that do not hold.
    pub(super) fn fail(&self, asserted: &[(Scope, Assertion)]) -> Vec<String> {
        let fails = |(scope, assertion): &&(Scope, Assertion)| {
            let sides = [&assertion.left, &assertion.right];
            match sides.map(|side| self.of(&scope.term(side))) {
                [Length::Unknown, _] | [_, Length::Unknown] => false,
                [Length::Known(left), Length::Known(right)] => {
                    !holds(assertion.relation, left, right)
                }
                _ => true,
            }
        };
        let failed = asserted.iter().filter(fails);
        failed.map(|(_, assertion)| format!("`{assertion}` does not hold")).collect()
    }

    /// Returns the known symbols that all structs share.
    pub(super) fn shared(&self) -> BTreeMap<String, u64> {
        let shared = self.known.iter().filter(|(name, _)| self.shared.contains(*name));
        shared.map(|(name, value)| (name.clone(), *value)).collect()
    }
}

fn length(term: &Term, of: impl Fn(&str) -> Option<u64>) -> Length {
    if term.symbols().into_iter().any(|name| of(name).is_none()) {
        return Length::Unknown;
    }
    term.value(&of).map_or(Length::None, Length::Known)
}

fn holds(relation: Relation, left: u64, right: u64) -> bool {
    match relation {
        Relation::Equal => left == right,
        Relation::Unequal => left != right,
        Relation::Less => left < right,
        Relation::AtMost => left <= right,
        Relation::Greater => left > right,
        Relation::AtLeast => left >= right,
    }
}

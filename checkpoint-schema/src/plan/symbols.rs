//! The symbols of a tree of structs, and their values.
//!
//! A symbol has a value because a struct fixes it, because the user binds it, or because variables say it: every
//! `shape` is an equation for each axis. What most variables say is taken; those that say something else are wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::description::{Dim, Renamed};
use crate::expression::Expression;

/// The number of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SymbolId(usize);

/// What names stand for at one place of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope(usize);

impl Scope {
    /// Where only the symbols are that all structs share.
    pub(super) const ROOT: Self = Self(0);
}

#[derive(Debug, Default)]
struct Names {
    outer: Option<Scope>,
    locals: HashMap<&'static str, SymbolId>,
    renamed: &'static [Renamed],
}

/// A symbol, and what is known of it.
#[derive(Debug)]
pub(super) struct Symbol {
    pub(super) name: &'static str,
    /// The value, and where it is from.
    pub(super) value: Option<(u64, Origin)>,
    /// The values that are said, with the variables that do; `None` for a list.
    said: BTreeMap<u64, BTreeSet<Option<usize>>>,
}

impl Symbol {
    /// The variable that says the value, if only one does.
    pub(super) fn only_variable(&self) -> Option<usize> {
        let mut say = self.said.get(&self.value?.0)?.iter();
        say.next().copied().flatten().filter(|_| say.next().is_none())
    }
}

/// Where the value of a symbol is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// A struct fixes it.
    Struct,
    /// The options of the load bind it.
    Bound,
    /// Variables say it.
    Variables,
}

/// `expression == found`, at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Equation {
    pub(super) scope: Scope,
    pub(super) expression: Expression,
    pub(super) found: u64,
    /// The number of the variable whose shape it is; `None` if it is the number of elements of a list.
    pub(super) variable: Option<usize>,
}

/// A symbol that has one value, while all variables say another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    pub(super) symbol: SymbolId,
    /// The value that it was given, and by what.
    pub(super) given: u64,
    pub(super) origin: Origin,
    /// The value that variables say.
    pub(super) found: u64,
    /// How many variables do; 0 if it is the number of elements of a list.
    pub(super) count: usize,
}

/// All symbols.
#[derive(Debug)]
pub(super) struct Symbols {
    all: Vec<Symbol>,
    shared: HashMap<&'static str, SymbolId>,
    scopes: Vec<Names>,
    /// The equations in which symbols have no value yet.
    open: Vec<Equation>,
}

impl Symbols {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            shared: HashMap::new(),
            scopes: vec![Names::default()],
            open: Vec::new(),
        }
    }

    /// The place within a field that renames symbols.
    pub(super) fn renamed(&mut self, outer: Scope, renamed: &'static [Renamed]) -> Scope {
        self.scope(Names { outer: Some(outer), renamed, ..Names::default() })
    }

    /// The place within a struct that declares symbols.
    pub(super) fn within(&mut self, outer: Scope, dims: &'static [Dim]) -> Scope {
        let mut locals = HashMap::new();
        for dim in dims.iter().filter(|dim| dim.local) {
            let value = dim.value.map(|value| (value as u64, Origin::Struct));
            locals.insert(dim.name, self.add(dim.name, value));
        }
        if locals.is_empty() {
            return outer;
        }
        self.scope(Names { outer: Some(outer), locals, ..Names::default() })
    }

    /// Declares a symbol that all structs share; the value that it has already, if that is another one.
    pub(super) fn declare(
        &mut self,
        name: &'static str,
        value: Option<u64>,
        origin: Origin,
    ) -> Option<(u64, Origin)> {
        let id = self.shared(name);
        let symbol = &mut self.all[id.0];
        match (symbol.value, value) {
            (Some((first, origin)), Some(second)) => {
                Some((first, origin)).filter(|_| first != second)
            }
            (_, None) => None,
            (None, Some(value)) => {
                symbol.value = Some((value, origin));
                None
            }
        }
    }

    /// The names of the symbols that all structs share.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.shared.keys().copied()
    }

    pub(super) fn get(&self, id: SymbolId) -> &Symbol {
        &self.all[id.0]
    }

    /// The symbols that all structs share and that have a value, in the order of their names.
    pub(super) fn solved(&self) -> Vec<(&'static str, u64)> {
        let value = |id: &SymbolId| Some((self.get(*id).name, self.get(*id).value?.0));
        let mut solved: Vec<_> = self.shared.values().filter_map(value).collect();
        solved.sort_unstable();
        solved
    }

    /// The symbols of which variables say several values, none of them most of the time, with these values: each instance
    /// of a struct seems to have its own.
    pub(super) fn varied(&self) -> Vec<(SymbolId, Vec<u64>)> {
        let varied = |symbol: &Symbol| {
            let counts = symbol.said.values().map(BTreeSet::len);
            let (most, all) = (counts.clone().max().unwrap_or(0), counts.sum::<usize>());
            let given = symbol.value.is_none_or(|(_, origin)| origin != Origin::Variables);
            !given && symbol.said.len() > 2 && most * 3 < all * 2
        };
        let ids = (0..self.all.len()).map(SymbolId).filter(|id| varied(self.get(*id)));
        ids.map(|id| (id, self.get(id).said.keys().copied().collect())).collect()
    }

    fn scope(&mut self, names: Names) -> Scope {
        self.scopes.push(names);
        Scope(self.scopes.len() - 1)
    }

    fn add(&mut self, name: &'static str, value: Option<(u64, Origin)>) -> SymbolId {
        self.all.push(Symbol { name, value, said: BTreeMap::new() });
        SymbolId(self.all.len() - 1)
    }

    fn shared(&mut self, name: &'static str) -> SymbolId {
        if let Some(&id) = self.shared.get(name) {
            return id;
        }
        let id = self.add(name, None);
        self.shared.insert(name, id);
        id
    }

    /// What a name stands for: a symbol, or an expression further out.
    fn find(&self, mut scope: Scope, name: &str) -> Found {
        loop {
            let names = &self.scopes[scope.0];
            if let Some(&id) = names.locals.get(name) {
                return Found::Symbol(id);
            }
            let Some(outer) = names.outer else {
                return self.shared.get(name).map_or(Found::Nothing, |&id| Found::Symbol(id));
            };
            if let Some(renamed) = names.renamed.iter().find(|renamed| renamed.name == name) {
                return Found::Expression(renamed.is, outer);
            }
            scope = outer;
        }
    }

    /// The value of an expression at a place, if all its symbols have one.
    pub(super) fn value(&self, scope: Scope, expression: &Expression) -> Option<u64> {
        expression.value(&mut |name| match self.find(scope, name) {
            Found::Symbol(id) => Some(self.get(id).value?.0),
            Found::Expression(expression, outer) => self.value(outer, &expression),
            Found::Nothing => None,
        })
    }

    /// The first symbol of an expression that has no value.
    pub(super) fn unknown(&self, scope: Scope, expression: &Expression) -> Option<&'static str> {
        let mut unknown = None;
        expression.symbols(&mut |name| {
            let known = self.value(scope, &Expression::Symbol(name)).is_some();
            if !known && unknown.is_none() {
                unknown = Some(name);
            }
        });
        unknown
    }

    /// Adds the symbols of an expression to `ids`.
    pub(super) fn of(&self, scope: Scope, expression: &Expression, ids: &mut Vec<SymbolId>) {
        expression.symbols(&mut |name| match self.find(scope, name) {
            Found::Symbol(id) => ids.push(id),
            Found::Expression(expression, outer) => self.of(outer, &expression, ids),
            Found::Nothing => {}
        });
    }

    /// Lets more equations say what the values of symbols are: first those with one symbol, then those, also of before, in
    /// which all symbols but one have a value.
    pub(super) fn solve(&mut self, equations: &[Equation]) -> Vec<Contradiction> {
        for equation in equations {
            // Without any value, only an equation of one symbol has a solution.
            let alone = |_: SymbolId| None;
            if let Some((id, value)) = self.invert(equation, &alone) {
                self.all[id.0].said.entry(value).or_default().insert(equation.variable);
            }
        }
        let ids = (0..self.all.len()).map(SymbolId);
        let contradictions = ids.filter_map(|id| self.decide(id)).collect();
        self.open.extend(equations);
        while self.solve_more() {}
        contradictions
    }

    /// Takes what most equations say, unless a value is given that one of them says too, or that only one contradicts.
    fn decide(&mut self, id: SymbolId) -> Option<Contradiction> {
        let symbol = &mut self.all[id.0];
        // Of two that as many say, the larger: more often something is missing than too much.
        let (&found, most) = symbol.said.iter().max_by_key(|(_, variables)| variables.len())?;
        let Some((given, origin)) = symbol.value else {
            symbol.value = Some((found, Origin::Variables));
            return None;
        };
        let several = most.len() > 1 || most.contains(&None);
        let count = most.iter().flatten().count();
        if origin == Origin::Variables || !several || symbol.said.contains_key(&given) {
            return None;
        }
        symbol.value = Some((found, Origin::Variables));
        Some(Contradiction { symbol: id, given, origin, found, count })
    }

    /// Solves the equations in which only one symbol has no value; whether there was any.
    fn solve_more(&mut self) -> bool {
        let mut more = false;
        let open = std::mem::take(&mut self.open);
        for equation in open {
            let known = |id: SymbolId| self.get(id).value.map(|(value, _)| value);
            match self.invert(&equation, &known) {
                Some((id, value)) => {
                    self.all[id.0].value = Some((value, Origin::Variables));
                    more = true;
                }
                None if self.value(equation.scope, &equation.expression).is_none() => {
                    self.open.push(equation);
                }
                None => {}
            }
        }
        more
    }

    /// The symbol without a value in an equation, if there is one, and what it has to be.
    fn invert(
        &self,
        equation: &Equation,
        known: &impl Fn(SymbolId) -> Option<u64>,
    ) -> Option<(SymbolId, u64)> {
        let Equation { scope, expression, found, .. } = equation;
        match expression {
            Expression::Number(_) => None,
            Expression::Symbol(name) => match self.find(*scope, name) {
                Found::Symbol(id) => known(id).is_none().then_some((id, *found)),
                Found::Expression(expression, scope) => {
                    self.invert(&Equation { scope, expression, ..*equation }, known)
                }
                Found::Nothing => None,
            },
            Expression::Pair(operator, [left, right]) => {
                let value = |side| self.value_with(*scope, side, known);
                let (side, found) = match (value(left), value(right)) {
                    (Some(left), None) => (right, operator.right(left, *found)?),
                    (None, Some(right)) => (left, operator.left(*found, right)?),
                    (None, None) => return self.search(equation, known),
                    (Some(_), Some(_)) => return None,
                };
                self.invert(&Equation { expression: *side, found, ..*equation }, known)
            }
        }
    }

    /// The symbol without a value that is on both sides of an operator, as in `n * n`, if it is the only one.
    fn search(
        &self,
        equation: &Equation,
        known: &impl Fn(SymbolId) -> Option<u64>,
    ) -> Option<(SymbolId, u64)> {
        let Equation { scope, expression, found, .. } = equation;
        let mut symbols = Vec::new();
        self.of(*scope, expression, &mut symbols);
        symbols.retain(|id| known(*id).is_none());
        symbols.dedup();
        let &[symbol] = &symbols[..] else { return None };
        let at = |value: u64| {
            self.value_with(*scope, expression, &|id| {
                if id == symbol { Some(value) } else { known(id) }
            })
        };
        // What is too large for a number is too large; what does not grow with the symbol is not found.
        let (mut low, mut high) = (0, *found);
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle).is_some_and(|value| value < *found) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (at(low) == Some(*found)).then_some((symbol, low))
    }

    fn value_with(
        &self,
        scope: Scope,
        expression: &Expression,
        known: &impl Fn(SymbolId) -> Option<u64>,
    ) -> Option<u64> {
        expression.value(&mut |name| match self.find(scope, name) {
            Found::Symbol(id) => known(id),
            Found::Expression(expression, outer) => self.value_with(outer, &expression, known),
            Found::Nothing => None,
        })
    }
}

/// What a name stands for.
enum Found {
    Symbol(SymbolId),
    Expression(Expression, Scope),
    Nothing,
}

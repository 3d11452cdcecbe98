//! The values of symbols, from three sources: structs, load options, and variables.
//!
//! Every axis of a `shape` is an equation, and so is the end of a list with a symbol as bound. An equation with only one symbol
//! is a vote of its variable for the value. The value with most votes is used. The other equations are solved one by one, when
//! only one of their symbols has no value.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::outline::{Root, Term};
use crate::fit::records::{Equation, Origin, Symbol, Vote};
use crate::fit::stack::NONE;
use crate::model::expression::Expression;

/// The symbol values that are used while an equation is solved.
#[derive(Clone, Copy)]
enum Known {
    /// The current values.
    Values,
    /// No values: votes come only from equations with one symbol.
    Nothing,
    /// The current values, and this value for another symbol.
    With(usize, u64),
}

impl<'a> State<'_, 'a> {
    pub(crate) const fn add_symbol(&mut self, name: &'a str, value: Option<usize>) {
        let value = match value {
            Some(value) => Some(value as u64),
            None => None,
        };
        let origin = if value.is_some() { Origin::Struct } else { Origin::Variables };
        let (votes, unsaid, contradicted) = (NONE, false, None);
        let _ = self.symbols.push(Symbol {
            name: Some(name),
            value,
            origin,
            votes,
            unsaid,
            contradicted,
        });
    }

    /// Adds the shared symbols, with their values from structs and load options.
    pub(crate) const fn add_shared(&mut self) {
        let (declared, bound) = (self.input.outline.symbols, self.input.bound);
        each!(0..declared.len(), |at| {
            self.add_symbol(declared[at].name, None);
            let symbol = self.symbols.at(at);
            if let Some(value) = declared[at].value {
                (symbol.value, symbol.origin) = (Some(value), Origin::Struct);
            }
        });
        each!(0..bound.len(), |at| {
            let (symbol, value) = bound[at];
            let symbol = self.symbols.at(symbol);
            (symbol.value, symbol.origin) = (Some(value), Origin::Bound);
        });
    }

    /// The scope this number of scopes further out.
    const fn further(&self, scope: usize, up: usize) -> usize {
        let (mut at, mut left) = (scope, up);
        while left > 0 && at != NONE {
            at = self.scopes.cells[at].outer;
            left -= 1;
        }
        at
    }

    /// The number of a struct instance's symbol.
    const fn local(&self, scope: usize, up: usize, number: usize) -> usize {
        let scope = if up == 0 { scope } else { self.further(scope, up) };
        if scope == NONE { NONE } else { self.scopes.cells[scope].first + number }
    }

    const fn known(&self, symbol: usize, known: Known) -> Option<u64> {
        match known {
            Known::Nothing => None,
            Known::With(other, value) if other == symbol => Some(value),
            Known::Values | Known::With(..) if symbol == NONE => None,
            Known::Values | Known::With(..) => self.symbols.get(symbol).value,
        }
    }

    /// The value of an expression in a scope. `None` if a symbol has no value, or the result is not a valid number.
    pub(crate) const fn value(&self, term: usize, scope: usize) -> Option<u64> {
        self.value_with(term, scope, Known::Values)
    }

    const fn value_with(&self, term: usize, scope: usize, known: Known) -> Option<u64> {
        match self.input.outline.terms[term] {
            Term::Any | Term::Unknown => None,
            Term::Number(number) => Some(number),
            Term::Shared(symbol) => self.known(symbol, known),
            Term::Local { up, number } => self.known(self.local(scope, up, number), known),
            Term::Renamed { up, term } => self.value_with(term, self.further(scope, up), known),
            Term::Pair(operator, left, right) => {
                let left = self.value_with(left, scope, known);
                match (left, self.value_with(right, scope, known)) {
                    (Some(left), Some(right)) => operator.apply(left, right),
                    _ => None,
                }
            }
        }
    }

    /// True if all symbols of an expression have values.
    pub(crate) const fn is_known(&self, term: usize, scope: usize) -> bool {
        match self.input.outline.terms[term] {
            Term::Pair(_, left, right) => self.is_known(left, scope) && self.is_known(right, scope),
            Term::Number(_) => true,
            Term::Any
            | Term::Unknown
            | Term::Shared(_)
            | Term::Local { .. }
            | Term::Renamed { .. } => self.value(term, scope).is_some(),
        }
    }

    /// The symbol at position `number` in an expression, in the order written. Repeated symbols count each time.
    pub(crate) const fn symbol_of(
        &self,
        term: usize,
        scope: usize,
        number: usize,
    ) -> Option<usize> {
        let mut left = number;
        self.nth_symbol(term, scope, &mut left)
    }

    const fn nth_symbol(&self, term: usize, scope: usize, left: &mut usize) -> Option<usize> {
        let symbol = match self.input.outline.terms[term] {
            Term::Any | Term::Number(_) | Term::Unknown => return None,
            Term::Shared(symbol) => symbol,
            Term::Local { up, number } => self.local(scope, up, number),
            Term::Renamed { up, term } => {
                return self.nth_symbol(term, self.further(scope, up), left);
            }
            Term::Pair(_, one, other) => {
                let found = self.nth_symbol(one, scope, left);
                return if found.is_some() { found } else { self.nth_symbol(other, scope, left) };
            }
        };
        if *left == 0 {
            return Some(symbol);
        }
        *left -= 1;
        None
    }

    /// The name of the first symbol without a value in an expression, as written; empty if all have values.
    pub(crate) const fn without_value(&self, root: usize, scope: usize) -> &'a str {
        let mut number = 0;
        while let Some((name, term)) = self.written_symbol(root, &mut { number }) {
            if self.lacks_value(term, scope) {
                return name;
            }
            number += 1;
        }
        ""
    }

    /// The symbol after `left` others in an expression, as written, and its term.
    pub(crate) const fn written_symbol(
        &self,
        root: usize,
        left: &mut usize,
    ) -> Option<(&'a str, usize)> {
        let Root { term, expression } = self.input.outline.roots[root];
        match expression {
            Some(expression) => self.nth_written(expression, term, left),
            None => None,
        }
    }

    const fn nth_written(
        &self,
        expression: &Expression,
        term: usize,
        left: &mut usize,
    ) -> Option<(&'a str, usize)> {
        match (expression, self.input.outline.terms[term]) {
            (Expression::Pair(_, [one, other]), Term::Pair(_, first, second)) => {
                let found = self.nth_written(one, first, left);
                if found.is_some() { found } else { self.nth_written(other, second, left) }
            }
            (Expression::Symbol(name), _) if *left == 0 => Some((name, term)),
            (Expression::Symbol(_), _) => {
                *left -= 1;
                None
            }
            _ => None,
        }
    }

    /// True if a symbol of a term has no value. A renamed symbol can be an expression that is no number, such as `1 / 3`.
    const fn lacks_value(&self, term: usize, scope: usize) -> bool {
        let mut number = 0;
        while let Some(symbol) = self.symbol_of(term, scope, number) {
            if symbol == NONE || self.symbols.get(symbol).value.is_none() {
                return true;
            }
            number += 1;
        }
        matches!(self.input.outline.terms[term], Term::Unknown)
    }

    /// Marks the symbols of an expression: a missing variable would have given more information.
    pub(crate) const fn unsaid(&mut self, term: usize, scope: usize) {
        let mut number = 0;
        while let Some(symbol) = self.symbol_of(term, scope, number) {
            if symbol != NONE {
                self.symbols.at(symbol).unsaid = true;
            }
            number += 1;
        }
    }

    /// Records the value of an expression, found by a variable, or by the number of elements of a list (no variable). The number of
    /// variables with this value is `weight`.
    pub(crate) const fn say(
        &mut self,
        term: usize,
        scope: usize,
        found: u64,
        variable: usize,
        weight: usize,
    ) {
        if let Some((symbol, value)) = self.invert(term, scope, found, Known::Nothing) {
            self.vote(symbol, value, variable, weight);
        } else if !matches!(self.input.outline.terms[term], Term::Number(_) | Term::Any) {
            let _ = self.equations.push(Equation { term, scope, found });
        }
    }

    const fn vote(&mut self, symbol: usize, value: u64, variable: usize, weight: usize) {
        let mut at = self.symbols.get(symbol).votes;
        while at != NONE && self.votes.get(at).value != value {
            at = self.votes.get(at).next;
        }
        if at == NONE {
            let next = self.symbols.get(symbol).votes;
            at = self.votes.push(Vote { value, variables: 0, last: NONE, list: false, next });
            self.symbols.at(symbol).votes = at;
        }
        let vote = self.votes.at(at);
        if variable == NONE {
            vote.list = true;
        } else if vote.last != variable {
            // The axes of one variable count as one vote.
            vote.variables += weight;
            vote.last = variable;
        }
    }

    /// The vote for a value of a symbol.
    pub(crate) const fn vote_for(&self, symbol: usize, value: u64) -> Option<Vote> {
        let mut at = self.symbols.get(symbol).votes;
        while at != NONE {
            let vote = self.votes.get(at);
            if vote.value == value {
                return Some(vote);
            }
            at = vote.next;
        }
        None
    }

    /// Sets each symbol to the value with most votes, then solves the other equations.
    pub(crate) const fn solve(&mut self) {
        each!(0..self.symbols.len(), |symbol| {
            self.decide(symbol);
        });
        while self.solve_more() {}
    }

    /// Uses the value with most votes. A given value is kept if any equation votes for it, or if only one contradicts it.
    const fn decide(&mut self, symbol: usize) {
        let Some(most) = self.most(symbol) else { return };
        let own = self.symbols.at(symbol);
        let Some(given) = own.value else {
            (own.value, own.origin) = (Some(most.value), Origin::Variables);
            return;
        };
        let several = most.variables > 1 || most.list;
        let origin = own.origin;
        if matches!(origin, Origin::Variables) || !several || self.vote_for(symbol, given).is_some()
        {
            return;
        }
        let own = self.symbols.at(symbol);
        own.contradicted = Some((given, origin, most.variables));
        (own.value, own.origin) = (Some(most.value), Origin::Variables);
    }

    /// The value with most votes; of equal ones, the larger: a missing variable is more likely than a superfluous one.
    const fn most(&self, symbol: usize) -> Option<Vote> {
        let (mut most, mut at): (Option<Vote>, _) = (None, self.symbols.get(symbol).votes);
        while at != NONE {
            let vote = self.votes.get(at);
            let more = match most {
                None => true,
                Some(most) => {
                    let (voices, others) = (voices(&vote), voices(&most));
                    voices > others || voices == others && vote.value > most.value
                }
            };
            if more {
                most = Some(vote);
            }
            at = vote.next;
        }
        most
    }

    /// True if variables imply more than two values of a symbol, none with a clear majority. Then each instance of a struct seems
    /// to have its own value.
    pub(crate) const fn is_varied(&self, symbol: usize) -> bool {
        let own = self.symbols.get(symbol);
        let given = own.value.is_some() && !matches!(own.origin, Origin::Variables);
        let (mut values, mut all, mut most, mut at) = (0, 0, 0, own.votes);
        while at != NONE {
            let vote = self.votes.get(at);
            let voices = voices(&vote);
            (values, all) = (values + 1, all + voices);
            most = if voices > most { voices } else { most };
            at = vote.next;
        }
        !given && values > 2 && most * 3 < all * 2
    }

    /// Solves the equations with only one unknown symbol. Returns true if there were any.
    const fn solve_more(&mut self) -> bool {
        let (mut left, mut more) = (0, false);
        each!(0..self.equations.len(), |at| {
            let equation = self.equations.get(at);
            let Equation { term, scope, found } = equation;
            if self.learn(term, scope, found).is_some() {
                more = true;
            } else if self.value(term, scope).is_none() {
                *self.equations.at(left) = equation;
                left += 1;
            }
        });
        self.equations.truncate(left);
        more
    }

    /// Solves an equation with only one unknown symbol. Returns that symbol.
    pub(crate) const fn learn(&mut self, term: usize, scope: usize, found: u64) -> Option<usize> {
        let Some((symbol, value)) = self.invert(term, scope, found, Known::Values) else {
            return None;
        };
        let own = self.symbols.at(symbol);
        (own.value, own.origin) = (Some(value), Origin::Variables);
        Some(symbol)
    }

    /// The only symbol without a value in an equation, and its solution.
    const fn invert(
        &self,
        term: usize,
        scope: usize,
        found: u64,
        known: Known,
    ) -> Option<(usize, u64)> {
        match self.input.outline.terms[term] {
            Term::Any | Term::Number(_) | Term::Unknown => None,
            Term::Shared(symbol) => self.open(symbol, found, known),
            Term::Local { up, number } => self.open(self.local(scope, up, number), found, known),
            Term::Renamed { up, term } => self.invert(term, self.further(scope, up), found, known),
            Term::Pair(operator, left, right) => {
                let one = self.value_with(left, scope, known);
                match (one, self.value_with(right, scope, known)) {
                    (Some(one), None) => match operator.right(one, found) {
                        Some(found) => self.invert(right, scope, found, known),
                        None => None,
                    },
                    (None, Some(other)) => match operator.left(found, other) {
                        Some(found) => self.invert(left, scope, found, known),
                        None => None,
                    },
                    (None, None) => self.search(term, scope, found, known),
                    (Some(_), Some(_)) => None,
                }
            }
        }
    }

    const fn open(&self, symbol: usize, found: u64, known: Known) -> Option<(usize, u64)> {
        match self.known(symbol, known) {
            None if symbol != NONE => Some((symbol, found)),
            _ => None,
        }
    }

    /// Solves for a symbol on both sides of an operator, as in `n * n`. It must be the only one without a value.
    const fn search(
        &self,
        term: usize,
        scope: usize,
        found: u64,
        known: Known,
    ) -> Option<(usize, u64)> {
        let (mut open, mut number) = (NONE, 0);
        while let Some(symbol) = self.symbol_of(term, scope, number) {
            if symbol != NONE && self.known(symbol, known).is_none() {
                if open != NONE && open != symbol {
                    return None;
                }
                open = symbol;
            }
            number += 1;
        }
        if open == NONE {
            return None;
        }
        // An expression that overflows counts as too large. No solution is found for one that does not grow with the symbol.
        let (mut low, mut high) = (0, found);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.value_with(term, scope, Known::With(open, middle)) {
                Some(value) if value < found => low = middle + 1,
                _ => high = middle,
            }
        }
        match self.value_with(term, scope, Known::With(open, low)) {
            Some(value) if value == found => Some((open, low)),
            _ => None,
        }
    }
}

/// The number of votes for a value.
const fn voices(vote: &Vote) -> usize {
    vote.variables + vote.list as usize
}

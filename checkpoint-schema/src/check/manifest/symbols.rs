//! What symbols are: as structs fix them, and as the shapes in a manifest say.

use crate::check::manifest::place::{Around, Place};
use crate::check::manifest::report::Line;
use crate::check::manifest::state::{LOCALS, Mode, SYMBOLS, State};
use crate::check::manifest::text::{Words, write_expression};
use crate::check::manifest::tuples::Tuple;
use crate::check::manifest::walk::line;
use crate::check::sentence::same;
use crate::description::{Field, Node, Struct};
use crate::expression::{Assertion, Expression};
use crate::problem::wording as say;

/// How many values of a symbol are told apart.
const VALUES: usize = 8;

/// A symbol that all structs share.
#[derive(Clone, Copy)]
pub(super) struct Shared {
    pub(super) name: &'static str,
    pub(super) value: Option<u64>,
    /// Whether a struct fixes the value.
    pub(super) fixed: bool,
    /// Another value that a struct fixes.
    pub(super) other: Option<u64>,
    /// The values that are said, how many variables do, and whether it is the number of elements of a list.
    pub(super) said: [(u64, usize, bool); VALUES],
    pub(super) values: usize,
    /// The value that it was given, where variables say another one, and how many do; none for a list.
    pub(super) contradicted: Option<(u64, u64, usize)>,
}

impl Shared {
    pub(super) const NONE: Self = Self {
        name: "",
        value: None,
        fixed: false,
        other: None,
        said: [(0, 0, false); VALUES],
        values: 0,
        contradicted: None,
    };

    /// The value that a struct fixes.
    const fn fixed_first(&self) -> Option<u64> {
        match self.contradicted {
            Some((given, ..)) => Some(given),
            None => self.value,
        }
    }

    const fn say(&mut self, value: u64, variables: usize) {
        let mut at = 0;
        while at < self.values && self.said[at].0 != value {
            at += 1;
        }
        if at == VALUES {
            return;
        }
        if at == self.values {
            self.said[at] = (value, 0, false);
            self.values += 1;
        }
        self.said[at].1 += variables;
        self.said[at].2 |= variables == 0;
    }

    /// The number of the value that most say; of two that as many say, the larger.
    pub(super) const fn most(&self) -> Option<usize> {
        let (mut most, mut at) = (None, 0);
        while at < self.values {
            let (value, count, _) = self.said[at];
            let more = match most {
                None => true,
                Some(most) => {
                    let (other, others, _) = self.said[most];
                    count > others || count == others && value > other
                }
            };
            if more {
                most = Some(at);
            }
            at += 1;
        }
        most
    }

    pub(super) const fn is_said(&self, value: u64) -> bool {
        let mut at = 0;
        while at < self.values {
            if self.said[at].0 == value {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Whether none of several values is said most of the time.
    pub(super) const fn is_varied(&self) -> bool {
        let (mut all, mut most, mut at) = (0, 0, 0);
        while at < self.values {
            let count = self.said[at].1 + self.said[at].2 as usize;
            all += count;
            if count > most {
                most = count;
            }
            at += 1;
        }
        !self.fixed && self.values > 2 && most * 3 < all * 2
    }
}

/// What a name stands for at a place.
#[derive(Clone, Copy)]
enum Meaning<'a> {
    Shared(usize),
    /// The number of a local symbol, and that of the axes around its struct.
    Local(usize, usize),
    /// An expression further out.
    Is(&'a Expression, &'a Place<'a>),
    Nothing,
}

/// Where an expression is looked at.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) place: &'a Place<'a>,
    pub(super) tuple: Tuple,
}

/// What has to have a value for an expression to have one.
#[derive(Clone, Copy)]
enum Target {
    Shared(usize),
    Local(usize, usize),
}

/// Declares the symbols of a tree.
pub(super) const fn declare<const VARIABLES: usize>(node: &Node, state: &mut State<'_, VARIABLES>) {
    match node {
        Node::Struct(owner) => {
            let mut at = 0;
            while at < owner.dims.len() {
                if !owner.dims[at].local {
                    fix(owner.dims[at].name, owner.dims[at].value, state);
                }
                at += 1;
            }
            let mut at = 0;
            while at < owner.fields.len() {
                let node = &owner.fields[at].node;
                if let Node::Struct(inner) = inner_struct(node)
                    && (inner.allow_unmapped || !inner.ignore.is_empty())
                {
                    state.lenient = true;
                }
                declare(node, state);
                at += 1;
            }
        }
        Node::Optional(inner) => declare(inner, state),
        Node::List(list) => declare(&list.element, state),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) => {}
    }
}

const fn fix<const VARIABLES: usize>(
    name: &'static str,
    value: Option<usize>,
    state: &mut State<'_, VARIABLES>,
) {
    let number = match shared(name, state) {
        Some(number) => number,
        None if state.symbols == SYMBOLS => return,
        None => {
            state.shared[state.symbols] = Shared { name, ..Shared::NONE };
            state.symbols += 1;
            state.symbols - 1
        }
    };
    let symbol = &mut state.shared[number];
    if let Some(value) = value {
        match symbol.value {
            Some(first) if first != value as u64 => symbol.other = Some(value as u64),
            _ => symbol.value = Some(value as u64),
        }
        symbol.fixed = true;
    }
}

/// The number of a symbol that all structs share.
pub(super) const fn shared<const VARIABLES: usize>(
    name: &str,
    state: &State<'_, VARIABLES>,
) -> Option<usize> {
    let mut at = 0;
    while at < state.symbols {
        if same(state.shared[at].name, name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// How many local symbols a struct declares.
pub(super) const fn locals(owner: &Struct) -> usize {
    let (mut locals, mut at) = (0, 0);
    while at < owner.dims.len() {
        if owner.dims[at].local {
            locals += 1;
        }
        at += 1;
    }
    locals
}

/// Whether anything at a place depends on local symbols.
pub(super) const fn has_locals(place: &Place<'_>) -> bool {
    locals(place.owner) > 0
        || match place.outer {
            Some(outer) => has_locals(outer),
            None => false,
        }
}

const fn find<'a, const VARIABLES: usize>(
    place: &'a Place<'a>,
    name: &str,
    state: &State<'_, VARIABLES>,
) -> Meaning<'a> {
    let (mut number, mut at) = (place.locals, 0);
    while at < place.owner.dims.len() {
        let dim = &place.owner.dims[at];
        if dim.local && same(dim.name, name) {
            return if number < LOCALS {
                Meaning::Local(number, place.around)
            } else {
                Meaning::Nothing
            };
        }
        if dim.local {
            number += 1;
        }
        at += 1;
    }
    let Some(outer) = place.outer else {
        return match shared(name, state) {
            Some(number) => Meaning::Shared(number),
            None => Meaning::Nothing,
        };
    };
    let mut at = 0;
    while at < outer.field.dims.len() {
        if same(outer.field.dims[at].name, name) {
            return Meaning::Is(&outer.field.dims[at].is, outer);
        }
        at += 1;
    }
    find(outer, name, state)
}

/// The value of an expression, if its symbols have one and there is such a number.
pub(super) const fn value<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<u64> {
    match expression {
        Expression::Number(number) => Some(*number as u64),
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Shared(number) => state.shared[number].value,
            Meaning::Local(number, around) => local(number, at.tuple.numbers[around], state),
            Meaning::Is(expression, place) => value(expression, &At { place, ..*at }, state),
            Meaning::Nothing => None,
        },
        Expression::Pair(operator, [left, right]) => {
            match (value(left, at, state), value(right, at, state)) {
                (Some(left), Some(right)) => operator.apply(left, right),
                _ => None,
            }
        }
    }
}

const fn local<const VARIABLES: usize>(
    number: usize,
    tuple: usize,
    state: &State<'_, VARIABLES>,
) -> Option<u64> {
    if tuple < VARIABLES { state.locals[number][tuple].checked_sub(1) } else { None }
}

/// Whether all symbols of an expression have values.
pub(super) const fn is_known<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> bool {
    match expression {
        Expression::Number(_) => true,
        Expression::Symbol(_) => value(expression, at, state).is_some(),
        Expression::Pair(_, [left, right]) => {
            is_known(left, at, state) && is_known(right, at, state)
        }
    }
}

/// Whether structs fix each symbol of an expression, and nothing contradicts them.
pub(super) const fn is_fixed<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> bool {
    match expression {
        Expression::Number(_) => true,
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Shared(number) => {
                state.shared[number].fixed && state.shared[number].contradicted.is_none()
            }
            Meaning::Is(expression, place) => is_fixed(expression, &At { place, ..*at }, state),
            Meaning::Local(..) | Meaning::Nothing => false,
        },
        Expression::Pair(_, [left, right]) => {
            is_fixed(left, at, state) && is_fixed(right, at, state)
        }
    }
}

/// Whether each symbol of an expression has several values, none of them most of the time; `None` if there is no symbol.
pub(super) const fn is_varied<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<bool> {
    match expression {
        Expression::Number(_) => None,
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Shared(number) => Some(state.shared[number].is_varied()),
            Meaning::Is(expression, place) => is_varied(expression, &At { place, ..*at }, state),
            Meaning::Local(..) | Meaning::Nothing => Some(false),
        },
        Expression::Pair(_, [left, right]) => {
            match (is_varied(left, at, state), is_varied(right, at, state)) {
                (Some(left), Some(right)) => Some(left && right),
                (None, varied) | (varied, None) => varied,
            }
        }
    }
}

/// The only symbol of an expression that all structs share, if there is one.
pub(super) const fn only<const VARIABLES: usize>(
    expression: &Expression,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<usize> {
    match expression {
        Expression::Number(_) => None,
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Shared(number) => Some(number),
            Meaning::Is(expression, place) => only(expression, &At { place, ..*at }, state),
            Meaning::Local(..) | Meaning::Nothing => None,
        },
        Expression::Pair(_, [left, right]) => match only(left, at, state) {
            Some(number) => Some(number),
            None => only(right, at, state),
        },
    }
}

/// Notes that an expression is what so many variables say; none for the number of elements of a list.
pub(super) const fn note<const VARIABLES: usize>(
    expression: &Expression,
    found: u64,
    variables: usize,
    at: &At<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    // What a variable says is counted only if nothing else has to be known for it.
    let alone = matches!(state.mode, Mode::Take);
    let Some((target, found)) = invert(expression, found, alone, at, state) else { return };
    match (target, state.mode) {
        (Target::Shared(number), Mode::Take) => state.shared[number].say(found, variables),
        (Target::Shared(number), Mode::Solve) => {
            state.shared[number].value = Some(found);
            state.news = true;
        }
        (Target::Local(number, tuple), _) if tuple < VARIABLES => {
            if state.locals[number][tuple] == 0 {
                state.locals[number][tuple] = found.saturating_add(1);
            }
        }
        (Target::Shared(_) | Target::Local(..), _) => {}
    }
}

/// The only symbol of an expression that has no value, and what it has to be.
const fn invert<const VARIABLES: usize>(
    expression: &Expression,
    found: u64,
    alone: bool,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<(Target, u64)> {
    match expression {
        Expression::Number(_) => None,
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Shared(number) if alone || state.shared[number].value.is_none() => {
                Some((Target::Shared(number), found))
            }
            Meaning::Local(number, around) => {
                let tuple = at.tuple.numbers[around];
                match local(number, tuple, state) {
                    Some(_) => None,
                    None => Some((Target::Local(number, tuple), found)),
                }
            }
            Meaning::Is(expression, place) => {
                invert(expression, found, alone, &At { place, ..*at }, state)
            }
            Meaning::Shared(_) | Meaning::Nothing => None,
        },
        Expression::Pair(operator, [left, right]) => {
            let (one, other) = (known(left, alone, at, state), known(right, alone, at, state));
            match (one, other) {
                (Some(one), None) => match operator.right(one, found) {
                    Some(found) => invert(right, found, alone, at, state),
                    None => None,
                },
                (None, Some(other)) => match operator.left(found, other) {
                    Some(found) => invert(left, found, alone, at, state),
                    None => None,
                },
                _ => None,
            }
        }
    }
}

/// The value of an expression, if it has one; `alone`: without any symbol's.
const fn known<const VARIABLES: usize>(
    expression: &Expression,
    alone: bool,
    at: &At<'_>,
    state: &State<'_, VARIABLES>,
) -> Option<u64> {
    if !alone {
        return value(expression, at, state);
    }
    match expression {
        Expression::Number(number) => Some(*number as u64),
        Expression::Symbol(name) => match find(at.place, name, state) {
            Meaning::Is(expression, place) => known(expression, alone, &At { place, ..*at }, state),
            Meaning::Shared(_) | Meaning::Local(..) | Meaning::Nothing => None,
        },
        Expression::Pair(operator, [left, right]) => {
            match (known(left, alone, at, state), known(right, alone, at, state)) {
                (Some(left), Some(right)) => operator.apply(left, right),
                _ => None,
            }
        }
    }
}

/// What a node holds once or several times.
const fn inner_struct(node: &Node) -> &Node {
    match node {
        Node::Optional(inner) => inner_struct(inner),
        Node::List(list) => inner_struct(&list.element),
        Node::Tensor(_) | Node::Split(_) | Node::Struct(_) | Node::Dim(_) => node,
    }
}

/// Takes what most variables say, unless a struct fixes a value that one of them says too, or that only one contradicts.
pub(super) const fn decide<const VARIABLES: usize>(state: &mut State<'_, VARIABLES>) {
    let mut at = 0;
    while at < state.symbols {
        let symbol = &mut state.shared[at];
        if let Some(most) = symbol.most() {
            let (found, count, list) = symbol.said[most];
            match symbol.value {
                None => symbol.value = Some(found),
                Some(given) if (count > 1 || list) && !symbol.is_said(given) => {
                    symbol.contradicted = Some((given, found, count));
                    symbol.value = Some(found);
                }
                Some(_) => {}
            }
        }
        state.news |= state.shared[at].value.is_none();
        at += 1;
    }
}

/// Says what is wrong with the symbols that all structs share.
pub(super) const fn tell<const VARIABLES: usize>(state: &mut State<'_, VARIABLES>) {
    let mut at = 0;
    while at < state.symbols {
        let symbol = state.shared[at];
        if let (Some(first), Some(other)) = (symbol.fixed_first(), symbol.other) {
            let (first, other) = (number(first), number(other));
            state
                .report
                .tell(&line(say::FIXED_TWICE, &[symbol.name, first.as_str(), other.as_str()]));
        }
        if let Some((given, found, count)) = symbol.contradicted {
            let (given, found) = (number(given), number(found));
            let mut line = line(say::SYMBOL, &[symbol.name, given.as_str(), found.as_str()]);
            match count {
                0 => line.push(say::SO_MANY),
                _ => line.fill(say::AGREE, &[number(count as u64).as_str()]),
            }
            line.push(say::CHANGE);
            state.report.tell(&line);
        }
        if symbol.is_varied() {
            tell_varied(&symbol, state);
        }
        at += 1;
    }
}

const fn tell_varied<const VARIABLES: usize>(symbol: &Shared, state: &mut State<'_, VARIABLES>) {
    let mut values = Words::EMPTY;
    // In their order.
    let (mut told, mut after) = (0, None);
    while told < symbol.values {
        let (mut least, mut at) = (u64::MAX, 0);
        while at < symbol.values {
            let (value, ..) = symbol.said[at];
            let is_after = match after {
                Some(after) => value > after,
                None => true,
            };
            if is_after && value < least {
                least = value;
            }
            at += 1;
        }
        values.push(if told > 0 { ", " } else { "" });
        values.number(least, 1);
        after = Some(least);
        told += 1;
    }
    let count = number(symbol.values as u64);
    let mut line = line(say::VARIED, &[symbol.name, count.as_str(), values.as_str()]);
    line.fill(say::WRITE_LOCAL, &[symbol.name]);
    state.report.tell(&line);
}

/// Says which assertions of a struct do not hold, each once.
pub(super) const fn tell_asserts<const VARIABLES: usize>(
    owner: &Struct,
    around: &Around<'_>,
    state: &mut State<'_, VARIABLES>,
) {
    let mut at = 0;
    while at < owner.asserts.len() {
        // Any field of the struct does: what symbols are does not depend on it.
        let place = Place::of(owner, &Field::EMPTY, 0, around);
        let mut next = Tuple::first(&around.axes, around.axes.len, &state.ends);
        while let Some(tuple) = next {
            if fails(owner, &owner.asserts[at], &At { place: &place, tuple }, state) {
                break;
            }
            next = if has_locals(&place) { tuple.next(&around.axes, &state.ends) } else { None };
        }
        at += 1;
    }
}

/// Whether an assertion does not hold, which is told.
const fn fails<const VARIABLES: usize>(
    owner: &Struct,
    assertion: &Assertion,
    at: &At<'_>,
    state: &mut State<'_, VARIABLES>,
) -> bool {
    // Of symbols without values there is nothing to say.
    if !is_known(&assertion.left, at, state) || !is_known(&assertion.right, at, state) {
        return false;
    }
    if let (Some(left), Some(right)) =
        (value(&assertion.left, at, state), value(&assertion.right, at, state))
        && assertion.relation.holds(left, right)
    {
        return false;
    }
    let mut written = Words::EMPTY;
    write_expression(&assertion.left, &mut written);
    written.push(" ");
    written.push(assertion.relation.sign());
    written.push(" ");
    write_expression(&assertion.right, &mut written);
    let mut line = line(say::ASSERTS, &[owner.name, written.as_str()]);
    let all = names(&assertion.left, 0) + names(&assertion.right, 0);
    let told = write_values(&assertion.left, 0, all, at, &mut line, state);
    let _ = write_values(&assertion.right, told, all, at, &mut line, state);
    line.push(say::ANOTHER_MODEL);
    state.report.tell(&line);
    true
}

/// How many names are in an expression, and before it.
const fn names(expression: &Expression, before: usize) -> usize {
    match expression {
        Expression::Number(_) => before,
        Expression::Symbol(_) => before + 1,
        Expression::Pair(_, [left, right]) => names(right, names(left, before)),
    }
}

/// `` `n_embd` is 768 and `n_head` is 13 ``
const fn write_values<const VARIABLES: usize>(
    expression: &Expression,
    told: usize,
    all: usize,
    at: &At<'_>,
    line: &mut Line,
    state: &State<'_, VARIABLES>,
) -> usize {
    match expression {
        Expression::Number(_) => told,
        Expression::Symbol(name) => {
            line.push(match told {
                0 => "",
                _ if told + 1 == all => " and ",
                _ => ", ",
            });
            if let Some(value) = value(expression, at, state) {
                line.fill(say::SYMBOL_IS, &[name, number(value).as_str()]);
            }
            told + 1
        }
        Expression::Pair(_, [left, right]) => {
            let told = write_values(left, told, all, at, line, state);
            write_values(right, told, all, at, line, state)
        }
    }
}

const fn number(number: u64) -> Words {
    let mut words = Words::EMPTY;
    words.number(number, 1);
    words
}

//! The lengths of axes as symbols.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::content::List;
use crate::places::{Occurrence, Places};
use crate::structs::{Field, Holds, Structs};
use crate::tree::Tree;
use checkpoint_schema::listing::catalog::Catalog;

/// The shortest length of a symbol.
const LONG: u64 = 8;

/// The maximum number of axes of a shape that are compared with one another.
const MAX_AXES: usize = 8;

/// The factors of multiples that are written as such.
const MULTIPLES: [u64; 3] = [2, 3, 4];

/// The lengths of all structs.
#[derive(Debug, Default)]
pub(super) struct Lengths {
    /// The lengths of each struct.
    pub(super) of_structs: Vec<Of>,
    /// The symbols of the root, by their values.
    pub(super) symbols: BTreeSet<u64>,
    /// The multiples of symbols: factor and symbol, by length.
    pub(super) multiples: BTreeMap<u64, (u64, u64)>,
}

/// The lengths in a struct.
#[derive(Debug, Default)]
pub(super) struct Of {
    /// Its own symbols.
    pub(super) symbols: Vec<Symbol>,
    /// The lengths, by position.
    pub(super) lengths: BTreeMap<Position, Length>,
    /// The values of the symbols, by place.
    values: HashMap<usize, Vec<Option<u64>>>,
}

/// A symbol of a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symbol {
    /// The position that names the symbol.
    pub(super) first: Position,
    /// True if each place has its own value, false if the struct around sets it.
    pub(super) is_local: bool,
}

/// The position of a length: an axis of a field, or a symbol of the struct in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Position {
    Axis { field: usize, axis: usize },
    Within { field: usize, symbol: usize },
}

/// The description of a length in a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// The same number everywhere.
    Is(u64),
    /// A symbol of the struct.
    Symbol(usize),
    /// Not described: `_`.
    Any,
}

/// A length at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum At {
    Absent,
    One(u64),
    /// The elements of a list have different lengths.
    Several,
}

impl At {
    fn of(mut lengths: impl Iterator<Item = Option<u64>>) -> Self {
        let Some(first) = lengths.next() else { return Self::Absent };
        let all_same = lengths.all(|length| length == first);
        match first {
            _ if !all_same => Self::Several,
            None => Self::Absent,
            Some(length) => Self::One(length),
        }
    }
}

impl Lengths {
    pub(super) fn of(structs: &Structs, places: &Places<'_>, catalog: &Catalog) -> Self {
        let mut lengths = Self::default();
        // Nested structs come first.
        for number in 0..structs.len() {
            let solver = Solver { structs, places, catalog, done: &lengths.of_structs };
            let of = solver.solve(number);
            lengths.of_structs.push(of);
        }
        lengths.name_symbols(&Shapes::of(structs, places, catalog));
        lengths
    }

    /// Finds the lengths that become symbols of the root.
    fn name_symbols(&mut self, shapes: &Shapes) {
        let mut said = BTreeSet::new();
        for length in self.of_structs.iter().flat_map(|of| of.lengths.values()) {
            if let Length::Is(length) = length {
                said.insert(*length);
            }
        }
        for length in said {
            // Window sizes are numbers, like short lengths.
            let is_long = length >= LONG && shapes.axes.contains_key(&length);
            if let Some(multiple) = shapes.multiple(length, &self.symbols).filter(|_| is_long) {
                self.multiples.insert(length, multiple);
            } else if is_long {
                self.symbols.insert(length);
            }
        }
    }

    /// Returns the lengths of a struct.
    pub(super) fn of_struct(&self, number: usize) -> Option<&Of> {
        self.of_structs.get(number)
    }
}

/// The shapes of loaded variables.
#[derive(Default)]
struct Shapes {
    /// The number of axes of each length, without those of windows.
    axes: BTreeMap<u64, usize>,
    /// Pairs of lengths in one shape, the shorter first.
    pairs: BTreeSet<(u64, u64)>,
}

impl Shapes {
    fn of(structs: &Structs, places: &Places<'_>, catalog: &Catalog) -> Self {
        let mut shapes = Self::default();
        for place in &places.all {
            for (field, elements) in structs.get(place.is).fields.iter().zip(&place.fields) {
                match joined(field, elements, catalog) {
                    Some(dims) => shapes.add(&dims),
                    None => each(elements, catalog).for_each(|dims| shapes.add(dims)),
                }
            }
        }
        shapes
    }

    fn add(&mut self, dims: &[u64]) {
        let dims = dims.get(..MAX_AXES).unwrap_or(dims);
        for &one in without_window(dims) {
            *self.axes.entry(one).or_default() += 1;
            let longer = dims.iter().filter(|&&two| two > one);
            self.pairs.extend(longer.map(|&two| (one, two)));
        }
    }

    /// Returns the length as a multiple of a symbol: the factor and the symbol.
    fn multiple(&self, length: u64, symbols: &BTreeSet<u64>) -> Option<(u64, u64)> {
        let axes = |length| self.axes.get(&length).copied().unwrap_or_default();
        MULTIPLES.into_iter().rev().find_map(|factor| {
            let base = length.is_multiple_of(factor).then_some(length / factor)?;
            let fits = symbols.contains(&base)
                && self.pairs.contains(&(base, length))
                && axes(base) > axes(length)
                && axes(length) > 1;
            fits.then_some((factor, base))
        })
    }
}

/// Returns the lengths of a kernel without its window. TensorFlow has the window first, and PyTorch last.
fn without_window(dims: &[u64]) -> &[u64] {
    match dims {
        [one, two, rest @ ..] if rest.len() == 2 && one == two => rest,
        [rest @ .., one, two] if rest.len() == 2 && one == two => rest,
        _ => dims,
    }
}

/// Returns the shapes of the variables in a field.
fn each<'c>(
    elements: &[(usize, &Tree<'_>)],
    catalog: &'c Catalog,
) -> impl Iterator<Item = &'c [u64]> {
    let variables = elements.iter().filter_map(|(_, tree)| catalog.variables().get(tree.variable?));
    variables.map(|variable| variable.shape.dims())
}

/// Returns the shape of a variable that a field joins of its parts.
fn joined(field: &Field, elements: &[(usize, &Tree<'_>)], catalog: &Catalog) -> Option<Vec<u64>> {
    let Some(List::Parts { axis }) = field.list else { return None };
    let mut dims = each(elements, catalog).next()?.to_vec();
    let lengths = each(elements, catalog).filter_map(|dims| dims.get(axis));
    let whole = lengths.fold(0, |sum: u64, length| sum.saturating_add(*length));
    dims.iter_mut().skip(axis).take(1).for_each(|length| *length = whole);
    Some(dims)
}

/// Finds the lengths of one struct.
struct Solver<'s> {
    structs: &'s Structs,
    places: &'s Places<'s>,
    catalog: &'s Catalog,
    /// The lengths of the structs before it.
    done: &'s [Of],
}

impl Solver<'_> {
    fn solve(&self, number: usize) -> Of {
        let mut of = Of::default();
        let mut symbols: BTreeMap<Vec<At>, Vec<Position>> = BTreeMap::new();
        for position in self.positions(number) {
            let at = self.at_places(number, position);
            match same(&at) {
                Some(length) => drop(of.lengths.insert(position, Length::Is(length))),
                None if at.contains(&At::Several) => {
                    of.lengths.insert(position, Length::Any);
                }
                None => symbols.entry(at).or_default().push(position),
            }
        }
        let mut symbols: Vec<_> = symbols
            .into_iter()
            .filter_map(|(at, positions)| Some((self.named(number, &positions)?, at, positions)))
            .collect();
        symbols.sort_by_key(|(first, ..)| *first);
        for (first, at, positions) in symbols {
            self.add(number, &mut of, first, &at, &positions);
        }
        of
    }

    /// Returns the position that names a symbol: the first of the positions with the most axes.
    fn named(&self, number: usize, positions: &[Position]) -> Option<Position> {
        let rank = |position: &&Position| self.rank(number, **position);
        positions.iter().rev().max_by_key(rank).copied()
    }

    /// Adds a symbol for lengths that differ between places.
    fn add(&self, number: usize, of: &mut Of, first: Position, at: &[At], positions: &[Position]) {
        let is_local = !self.is_said_around(number, at);
        if is_local && matches!(positions, [Position::Axis { .. }]) {
            of.lengths.insert(first, Length::Any);
            return;
        }
        let symbol = of.symbols.len();
        of.symbols.push(Symbol { first, is_local });
        of.lengths.extend(positions.iter().map(|&position| (position, Length::Symbol(symbol))));
        for ((place, _), at) in self.places.of_struct(number).zip(at) {
            let value = match at {
                At::One(length) => Some(*length),
                At::Absent | At::Several => None,
            };
            of.values.entry(place).or_default().push(value);
        }
    }

    /// The rank of the variable at a position, or 0.
    fn rank(&self, number: usize, position: Position) -> usize {
        let Position::Axis { field, .. } = position else { return 0 };
        match self.structs.get(number).fields.get(field).map(|field| field.holds) {
            Some(Holds::Variable(leaf)) => leaf.rank,
            _ => 0,
        }
    }

    /// True if the length is the same in all elements of each outer field, so that the outer struct can set it.
    fn is_said_around(&self, number: usize, at: &[At]) -> bool {
        let mut fields: HashMap<(usize, usize), At> = HashMap::new();
        self.places.of_struct(number).zip(at).all(|((_, place), at)| {
            let Some((outer, element)) = place.outer else { return false };
            let said = fields.entry((outer, element.field)).or_insert(*at);
            said == at
        })
    }

    /// Returns the positions of a struct.
    fn positions(&self, number: usize) -> Vec<Position> {
        let of_field = |(field, Field { holds, .. }): (usize, &Field)| match *holds {
            Holds::Variable(leaf) => {
                (0..leaf.rank).map(|axis| Position::Axis { field, axis }).collect::<Vec<_>>()
            }
            Holds::Struct(within) => {
                let symbols = self.done.get(within).map_or(&[][..], |of| &of.symbols);
                let said = symbols.iter().enumerate().filter(|(_, symbol)| !symbol.is_local);
                said.map(|(symbol, _)| Position::Within { field, symbol }).collect()
            }
        };
        self.structs.get(number).fields.iter().enumerate().flat_map(of_field).collect()
    }

    /// Returns the length at a position in all places of the struct.
    fn at_places(&self, number: usize, position: Position) -> Vec<At> {
        let places = self.places.of_struct(number);
        match position {
            Position::Axis { field, axis } => {
                places.map(|(_, place)| self.of_axis(place, field, axis)).collect()
            }
            Position::Within { field, symbol } => {
                let mut within = self.within(number, field, symbol);
                places.map(|(place, _)| within.remove(&place).unwrap_or(At::Absent)).collect()
            }
        }
    }

    fn of_axis(&self, place: &Occurrence<'_>, field: usize, axis: usize) -> At {
        let elements = place.fields.get(field).map_or(&[][..], Vec::as_slice);
        let is = self.structs.get(place.is).fields.get(field);
        match is.and_then(|field| joined(field, elements, self.catalog)) {
            Some(dims) => At::of([dims.get(axis).copied()].into_iter()),
            None => At::of(each(elements, self.catalog).map(|dims| dims.get(axis).copied())),
        }
    }

    /// Returns the values of a symbol of a nested struct, by outer place.
    fn within(&self, number: usize, field: usize, symbol: usize) -> HashMap<usize, At> {
        let mut said = HashMap::new();
        let Some(Holds::Struct(within)) =
            self.structs.get(number).fields.get(field).map(|field| field.holds)
        else {
            return said;
        };
        for (inner, place) in self.places.of_field(number, field) {
            let Some((outer, _)) = place.outer else { continue };
            let value = self.done.get(within).and_then(|of| *of.values.get(&inner)?.get(symbol)?);
            if let Some(value) = value {
                said.insert(outer, At::One(value));
            }
        }
        said
    }
}

/// Returns the length if it is the same everywhere.
fn same(at: &[At]) -> Option<u64> {
    let mut found = None;
    for at in at {
        match (at, found) {
            (At::Absent, _) => {}
            (At::One(length), None) => found = Some(*length),
            (At::One(length), Some(same)) if *length == same => {}
            (At::One(_) | At::Several, _) => return None,
        }
    }
    found
}

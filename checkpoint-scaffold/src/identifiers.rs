//! The names of structs, fields and symbols.

mod fields;
mod kinds;
mod types;
mod words;

use std::collections::HashMap;

pub(super) use self::fields::is_path;
use self::types::Types;
use self::words::{Words, words};
use crate::Options;
use crate::lengths::{Lengths, Position, Symbol};
use crate::numbers::Segment;
use crate::structs::{Field, Holds, Structs};

/// The names of all structs, by the numbers of the structs.
#[derive(Debug, Default)]
pub(super) struct Identifiers(Vec<Called>);

/// The names of a struct, its fields and its symbols.
#[derive(Clone, Debug, Default)]
pub(super) struct Called {
    pub(super) name: String,
    fields: Vec<String>,
    symbols: Vec<String>,
}

/// The prefix of symbols of the root.
pub(super) const SYMBOL: &str = "dim_";

/// The name of a struct without letters in its path.
const NAMELESS: &str = "part";

/// The name of an index that is a width and a height.
const RESOLUTION: &str = "resolution";

/// Names of types that have another meaning in the text.
const TYPES: [&str; 14] = [
    "Array1",
    "Array2",
    "Array3",
    "Array4",
    "Array5",
    "Array6",
    "ArrayD",
    "Debug",
    "FromCheckpoint",
    "Option",
    "Self",
    "String",
    "Tensor",
    "Vec",
];

/// True if the text uses this name for another type, so that no struct can have it.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    TYPES.contains(&name)
}

impl Identifiers {
    /// Chooses the names. The name and the path of the root are given.
    pub(super) fn of(
        structs: &Structs,
        lengths: &Lengths,
        options: Options<'_>,
        prefix: &[String],
    ) -> Self {
        let types = Types::of(structs, options.name, prefix);
        let called = |(number, (name, stem)): (usize, (&String, &Words))| Called {
            name: name.clone(),
            fields: fields::names(structs.get(number), stem, &types.names),
            symbols: Vec::new(),
        };
        let all = types.names.iter().zip(&types.stems).enumerate().map(called);
        let mut identifiers = Self(all.collect());
        // The symbols of nested structs are named first.
        for number in 0..structs.len() {
            let symbols = identifiers.symbols(structs, lengths, &types, options, number);
            if let Some(called) = identifiers.0.get_mut(number) {
                called.symbols = symbols;
            }
        }
        identifiers
    }

    /// Chooses the names of a struct's symbols.
    fn symbols(
        &self,
        structs: &Structs,
        lengths: &Lengths,
        types: &Types,
        options: Options<'_>,
        number: usize,
    ) -> Vec<String> {
        let mut used = Used::default();
        // Symbols of the root have these names.
        options.lengths.values().for_each(|name| used.take(name.clone()));
        let symbols = lengths.of_struct(number).map_or(&[][..], |of| &of.symbols);
        let names = symbols.iter().map(|symbol| {
            let candidates = self.symbol(structs, lengths, types, number, symbol).into_iter();
            // Names with this prefix are symbols of the root.
            let candidates = candidates
                .map(|name| if name.starts_with(SYMBOL) { format!("n_{name}") } else { name });
            used.first(candidates.collect(), "_")
        });
        names.collect()
    }

    /// The candidates for a symbol's name: from the meaning of its axis, or from its field.
    fn symbol(
        &self,
        structs: &Structs,
        lengths: &Lengths,
        types: &Types,
        number: usize,
        symbol: &Symbol,
    ) -> Vec<String> {
        let is = structs.get(number);
        let kind = types.kinds.get(number).copied().flatten();
        let name = |field| Words::of(self.get(number).field(field));
        match symbol.first {
            Position::Axis { field, axis } => {
                let of = lengths.of_struct(number);
                let meant = match kind {
                    Some(kind) if kind.is_norm() => Some("size"),
                    _ => of.and_then(|of| kinds::meaning(is, of, field, axis)),
                };
                let spelled = name(field).and(&axis.to_string()).identifier();
                meant.map(str::to_owned).into_iter().chain([spelled]).collect()
            }
            Position::Within { field, symbol } => {
                let Some(Holds::Struct(within)) = is.fields.get(field).map(|field| field.holds)
                else {
                    return Vec::new();
                };
                let inner = self.get(within).symbol(symbol).to_owned();
                let longer = name(field).and(&inner).without_repetition().identifier();
                vec![inner, longer]
            }
        }
    }

    pub(super) fn get(&self, number: usize) -> &Called {
        const NONE: &Called =
            &Called { name: String::new(), fields: Vec::new(), symbols: Vec::new() };
        self.0.get(number).unwrap_or(NONE)
    }
}

impl Called {
    pub(super) fn field(&self, number: usize) -> &str {
        self.fields.get(number).map_or("", String::as_str)
    }

    pub(super) fn symbol(&self, number: usize) -> &str {
        self.symbols.get(number).map_or("", String::as_str)
    }
}

/// Returns the words of a segment, without its index. An index as in `8x8` alone is a resolution.
fn words_of(segment: &Segment) -> Words {
    let around = words(&segment.before).and(&segment.after);
    let is_resolution = segment.between.as_deref() == Some("x") && !around.has_letters();
    if is_resolution { words(RESOLUTION) } else { around }
}

/// Returns the text of a path without letters.
fn number_of(field: &Field) -> String {
    field.path.iter().map(|segment| segment.before.as_str()).collect()
}

/// Used names, each with the number for its next use.
#[derive(Debug, Default)]
struct Used(HashMap<String, usize>);

/// The number for the second use of a name.
const FIRST: usize = 2;

impl Used {
    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn take(&mut self, name: String) {
        self.0.entry(name).or_insert(FIRST);
    }

    /// Returns the first free name, or the first name with a number.
    fn first(&mut self, names: Vec<String>, joiner: &str) -> String {
        let free = names.iter().find(|name| !self.has(name));
        if let Some(free) = free {
            self.take(free.clone());
            return free.clone();
        }
        let name = names.into_iter().next().unwrap_or_else(|| NAMELESS.to_owned());
        let mut number = self.0.get(&name).copied().unwrap_or(FIRST);
        loop {
            let found = format!("{}{joiner}{number}", name.trim_end_matches('_'));
            number += 1;
            if !self.has(&found) {
                self.take(found.clone());
                self.0.insert(name, number);
                return found;
            }
        }
    }
}

//! What structs, fields and symbols are called.

mod words;

use std::collections::HashMap;

use self::words::{Words, common, words};
use crate::lengths::{Lengths, Position};
use crate::numbers::Segment;
use crate::structs::{Field, Holds, Structs};

/// The names of all structs, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Identifiers(Vec<Called>);

/// The names of a struct and of what is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Called {
    pub(super) name: String,
    fields: Vec<String>,
    symbols: Vec<String>,
}

/// What symbols of the root begin with.
pub(super) const SYMBOL: &str = "dim_";

/// What a struct is called that has no letters to be called after.
const NAMELESS: &str = "part";

/// Names of types that the text uses for something else.
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

/// Whether the text uses a type of this name, so that no struct of it can have it.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    TYPES.contains(&name)
}

impl Identifiers {
    /// The names, of which that of the root is given, and so is the path that it is at.
    pub(super) fn of(structs: &Structs, lengths: &Lengths, root: &str, prefix: &[String]) -> Self {
        let mut identifiers = Self(vec![Called::default(); structs.len()]);
        identifiers.name_structs(structs, root, prefix);
        identifiers.name_symbols(structs, lengths);
        identifiers
    }

    /// Names structs and their fields.
    fn name_structs(&mut self, structs: &Structs, root: &str, prefix: &[String]) {
        let stems = stems(structs, prefix);
        let types = TYPES.into_iter().chain([root]);
        let mut used: Used = types.map(|name| (name.to_owned(), FIRST)).collect();
        for number in structs.in_order() {
            let (Some(called), Some(stem)) = (self.0.get_mut(number), stems.get(number)) else {
                continue;
            };
            called.name = match (number == structs.root(), stem.type_name()) {
                (true, _) => root.to_owned(),
                (false, name) if TYPES.contains(&name.as_str()) => {
                    unused(name + "Part", "", &mut used)
                }
                (false, name) => unused(name, "", &mut used),
            };
            called.fields = fields_of(&structs.get(number).fields, stem);
        }
    }

    /// Names the symbols of structs, the inner ones first.
    fn name_symbols(&mut self, structs: &Structs, lengths: &Lengths) {
        for number in 0..structs.len() {
            let mut used = Used::new();
            let symbols = lengths.of_struct(number).map_or(&[][..], |of| &of.symbols);
            let names = symbols.iter().map(|symbol| {
                let (field, end) = match symbol.first {
                    Position::Axis { field, axis } => (field, axis.to_string()),
                    Position::Within { field, symbol } => {
                        let held = structs.get(number).fields.get(field).map(|field| field.holds);
                        let Some(Holds::Struct(within)) = held else { return String::new() };
                        (field, self.get(within).symbol(symbol).to_owned())
                    }
                };
                let name = Words::of(self.get(number).field(field)).and(&end).identifier();
                // What begins so is a symbol of the root.
                let name = if name.starts_with(SYMBOL) { format!("n_{name}") } else { name };
                unused(name, "_", &mut used)
            });
            let names: Vec<String> = names.collect();
            if let Some(called) = self.0.get_mut(number) {
                called.symbols = names;
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

/// What structs are called after, by their numbers.
fn stems(structs: &Structs, prefix: &[String]) -> Vec<Words> {
    let mut found = vec![Vec::new(); structs.len()];
    let mut stems = vec![Words::default(); structs.len()];
    let root = stem(prefix.iter().map(|segment| words(segment)), &Words::of(NAMELESS));
    found.iter_mut().skip(structs.root()).for_each(|found| found.push(root.clone()));
    // What is around comes first.
    for number in (0..structs.len()).rev() {
        let around = found.get(number).map(|found| common(found)).unwrap_or_default();
        for field in &structs.get(number).fields {
            if let Holds::Struct(within) = field.holds
                && let Some(found) = found.get_mut(within)
            {
                found.push(stem(field.path.iter().map(words_of), &around));
            }
        }
        stems.iter_mut().skip(number).take(1).for_each(|stem| stem.clone_from(&around));
    }
    stems
}

/// The words of a segment without its index.
fn words_of(segment: &Segment) -> Words {
    words(&segment.before).and(&segment.after)
}

/// The words of the last segment that has letters, without numbers; or else those of one of what is around.
fn stem(segments: impl DoubleEndedIterator<Item = Words>, around: &Words) -> Words {
    let mut named = segments.rev().map(Words::without_numbers);
    named.find(|words| !words.is_empty()).unwrap_or_else(|| around.clone().singular())
}

/// The names of the fields of a struct. What can be called as in its path, is.
fn fields_of(fields: &[Field], around: &Words) -> Vec<String> {
    let natural: Vec<String> = fields.iter().map(|field| natural(field, around)).collect();
    let is_path = |(field, name): &(&Field, &String)| is_path(field, name);
    let paths = fields.iter().zip(&natural).filter(is_path);
    let mut used: Used = paths.map(|(_, name)| (name.clone(), FIRST)).collect();
    fields
        .iter()
        .zip(natural)
        .map(
            |(field, name)| {
                if is_path(&(field, &name)) { name } else { unused(name, "_", &mut used) }
            },
        )
        .collect()
}

/// Whether a name is the path of the field.
pub(super) fn is_path(field: &Field, name: &str) -> bool {
    matches!(&field.path[..], [only] if only.number.is_none() && only.before == name)
}

/// What a field is called after its path.
fn natural(field: &Field, around: &Words) -> String {
    if field.path.is_empty() {
        return "value".to_owned();
    }
    let all = field.path.iter().map(words_of).fold(Words::default(), Words::then);
    let all = if all.has_letters() { all } else { around.clone().singular().then(all) };
    let is_bare = |segment: &Segment| segment.number.is_none() || segment.after.is_empty();
    let all = match field.list {
        Some(_) if field.path.iter().all(is_bare) => all.plural(),
        _ => all,
    };
    all.identifier()
}

/// Names that are used, each with the number that the next one of it gets.
type Used = HashMap<String, usize>;

/// The number of the second that has a name.
const FIRST: usize = 2;

/// The name, or the name with the first number that makes it another one than those used.
fn unused(name: String, joiner: &str, used: &mut Used) -> String {
    let Some(&(mut number)) = used.get(&name) else {
        used.insert(name.clone(), FIRST);
        return name;
    };
    loop {
        let found = format!("{}{joiner}{number}", name.trim_end_matches('_'));
        number += 1;
        if !used.contains_key(&found) {
            used.insert(found.clone(), FIRST);
            used.insert(name, number);
            return found;
        }
    }
}

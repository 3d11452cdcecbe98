//! Names that differ only in their numbers, combined into one: `model/h<0..12>/ln_1/g`.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::listing::catalog::{Name, Spec, Variable, is_plain};
use crate::listing::fold::{IndexValues, boxes, combinations};
use crate::model::template::{self, Form, Placeholder};

/// The maximum number of varying numbers in a name. Later numbers are text.
const MAX_NUMBERS: usize = 64;

/// Variables of the same dtype and shape whose names differ only in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// The combined name: `model/h<0..12>/ln_1/g`.
    pub name: String,
    /// The dtype and shape of each variable.
    pub spec: Spec,
    /// The number of variables.
    pub count: usize,
    /// The total [`size`](Variable::size).
    pub size: u64,
    /// The positions among the given variables.
    pub members: Vec<usize>,
}

/// Groups variables into families, in the order of their first names.
pub fn families<'a>(variables: impl Iterator<Item = &'a Variable>) -> Vec<Family> {
    let mut groups: Vec<(Rc<Pattern>, Spec, Vec<Member>)> = Vec::new();
    let mut known: HashMap<(Rc<Pattern>, Spec), usize> = HashMap::new();
    for (position, variable) in variables.enumerate() {
        let (pattern, numbers) = cut(&variable.name.to_string());
        let key = (Rc::new(pattern), variable.spec());
        let group = *known.entry(key).or_insert_with_key(|(pattern, spec)| {
            groups.push((pattern.clone(), spec.clone(), Vec::new()));
            groups.len() - 1
        });
        groups[group].2.push((numbers, Entry { position, size: variable.size() }));
    }
    drop(known);
    let named = groups
        .into_iter()
        .flat_map(|(pattern, spec, all)| named(&pattern, &spec, &all.into_iter().collect()));
    named.map(|(_, family)| family).collect()
}

/// The family of a single variable.
pub fn family<'a>(variables: impl Iterator<Item = &'a Variable>, of: &Variable) -> Option<Family> {
    let (pattern, numbers) = cut(&of.name.to_string());
    let spec = of.spec();
    let alike = variables.enumerate().filter_map(|(position, variable)| {
        let (others, numbers) = cut(&variable.name.to_string());
        let entry = Entry { position, size: variable.size() };
        (others == pattern && variable.spec() == spec).then_some((numbers, entry))
    });
    let families = named(&pattern, &spec, &alike.collect());
    let mut own = families.into_iter().filter(|(axes, _)| {
        axes.iter()
            .zip(&numbers)
            .all(|(values, number)| values.iter().any(|value| value == *number))
    });
    own.next().map(|(_, family)| family)
}

/// One of the given variables.
#[derive(Clone, Copy)]
struct Entry {
    position: usize,
    size: u64,
}

/// The numbers in the name of a variable, and the variable.
type Member = (Vec<usize>, Entry);

/// Variables by the numbers in their names.
type Members = BTreeMap<Vec<usize>, Entry>;

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Text(String),
    Number(Form),
}

/// The common part of a family's names: the text, with a mark in place of each number. A mark is a character that displayed names
/// never contain. Its code is the number of digits if the number starts with 0, and 0 otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pattern(Box<str>);

/// The number of digits from which a number is text. Character codes below it are marks.
const DIGITS: usize = 19;

impl Pattern {
    /// The texts and the numbers.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = &*self.0;
        while let Some((at, mark)) = rest.char_indices().find(|(_, letter)| is_mark(*letter)) {
            let (text, tail) = rest.split_at(at);
            if !text.is_empty() {
                pieces.push(Piece::Text(text.to_owned()));
            }
            let digits = u32::from(mark) as usize;
            let form = if digits == 0 { Form::Plain } else { Form::Padded(digits) };
            pieces.push(Piece::Number(form));
            rest = &tail[mark.len_utf8()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        pieces
    }
}

fn is_mark(letter: char) -> bool {
    (letter as usize) < DIGITS
}

/// Splits a displayed name into its family pattern and its numbers.
pub(crate) fn cut(name: &str) -> (Pattern, Vec<usize>) {
    let (mut pattern, mut numbers) = (String::new(), Vec::new());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        match piece.parse() {
            Ok(number) if digits && piece.len() < DIGITS && numbers.len() < MAX_NUMBERS => {
                let padded = piece.len() > 1 && piece.starts_with('0');
                let mark = if padded { u8::try_from(piece.len()).unwrap_or(0) } else { 0 };
                pattern.push(char::from(mark));
                numbers.push(number);
            }
            _ => pattern.push_str(piece),
        }
    }
    (Pattern(pattern.into_boxed_str()), numbers)
}

/// The families, each with the numbers in its names.
fn named(pattern: &Pattern, spec: &Spec, all: &Members) -> Vec<(Vec<IndexValues>, Family)> {
    let pieces = pattern.pieces();
    // The names only need to be distinct.
    let names: Vec<String> = (0..pieces.len()).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut indices = names.iter();
    let template: Vec<template::Piece<'_>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => template::Piece::Text(text),
            Piece::Number(form) => template::Piece::Index(Placeholder {
                index: indices.next().copied().unwrap_or_default(),
                factor: 1,
                offset: 0,
                form: *form,
            }),
        })
        .collect();
    let boxes = boxes(all.keys().map(Vec::as_slice).collect());
    let family = |axes: &Vec<IndexValues>| {
        let found = combinations(axes);
        let entries: Vec<&Entry> = found.iter().filter_map(|numbers| all.get(numbers)).collect();
        Family {
            name: show(&template, &names, axes),
            spec: spec.clone(),
            count: axes.iter().map(IndexValues::len).product(),
            size: entries.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.size)),
            members: entries.iter().map(|entry| entry.position).collect(),
        }
    };
    boxes.into_iter().map(|axes| (axes.clone(), family(&axes))).collect()
}

/// Writes a template with the values of its indices: a single value as a number, several as `<0..12>`. Its text may come from a
/// checkpoint, so it is displayed like names.
fn show(template: &[template::Piece<'_>], names: &[&str], indices: &[IndexValues]) -> String {
    let mut out = String::with_capacity(64);
    for piece in template {
        match piece {
            template::Piece::Text(text) if is_plain(text) => out.push_str(text),
            template::Piece::Text(text) => out.push_str(&Name::from(*text).to_string()),
            template::Piece::Index(placeholder) => {
                let at = names.iter().rposition(|name| *name == placeholder.index);
                match at.and_then(|at| indices.get(at)) {
                    Some(values) => show_index(placeholder, values, &mut out),
                    None => out.push_str(&placeholder.to_string()),
                }
            }
        }
    }
    out
}

fn show_index(placeholder: &Placeholder<'_>, values: &IndexValues, out: &mut String) {
    if let Some(value) = values.single() {
        // The only index has a value, so this cannot fail.
        let _ = template::render(&[template::Piece::Index(*placeholder)], |_| Some(value), out);
        return;
    }
    let values = values.to_string();
    let plain = placeholder.factor == 1 && placeholder.offset == 0;
    let index = if plain { values } else { format!("({values})") };
    out.push_str(&Placeholder { index: &index, ..*placeholder }.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::catalog::{Extent, Name, Place};
    use crate::listing::dtype::DType;
    use crate::listing::shape::Shape;

    #[test]
    fn the_sizes_of_strings_are_those_in_the_data_files() {
        let variable = |name: &str, size| Variable {
            name: Name::from(name),
            dtype: DType::String,
            shape: Shape::default(),
            place: Place::Whole(Extent { size, ..Extent::default() }),
        };
        let variables =
            [("a_1_3", 1), ("a_1_4", 10), ("a_2_3", 100), ("a_2_4", 1000), ("a_3_4", 10_000)];
        let variables = variables.map(|(name, size)| variable(name, size));
        let sizes: Vec<(String, u64)> = families(variables.iter())
            .into_iter()
            .map(|family| (family.name, family.size))
            .collect();
        assert_eq!(sizes, [("a_<1..3>_<3..5>".to_owned(), 1111), ("a_3_4".to_owned(), 10_000)]);
    }

    #[test]
    fn what_is_behind_many_numbers_is_text() {
        let (pattern, numbers) = cut(&"1_".repeat(1000));
        assert_eq!(numbers, [1; MAX_NUMBERS]);
        let pieces = pattern.pieces();
        assert_eq!(pieces.len(), 2 * MAX_NUMBERS);
        let variable = |end: usize| Variable {
            name: Name::from(format!("{}{end}", "0_".repeat(30_000))),
            dtype: DType::Float32,
            shape: Shape::default(),
            place: Place::Opaque,
        };
        let variables = [1, 2].map(variable);
        let names: Vec<String> =
            families(variables.iter()).into_iter().map(|family| family.name).collect();
        assert_eq!(names, variables.map(|variable| variable.name.to_string()));
    }

    #[test]
    fn names_that_differ_in_numbers_are_one_family_if_they_hold_the_same() {
        let variable = |name: &str, dims: &[u64]| Variable {
            name: Name::from(name),
            dtype: DType::Float32,
            shape: Shape::new(dims).unwrap(),
            place: Place::Slices(Box::default()),
        };
        let variables = [
            variable("b_000/l_1/w", &[2]),
            variable("b_000/l_2/w", &[2]),
            variable("b_001/l_1/w", &[2]),
            variable("b_001/l_2/w", &[2]),
            variable("b_001/l_3/w", &[2]),
            variable("b_002/l_1/w", &[3]),
            variable("step", &[]),
        ];
        let shown: Vec<String> = families(variables.iter())
            .iter()
            .map(|family| {
                let Family { name, spec, count, size, members } = family;
                format!("{name} {} {count} {size} {members:?}", spec.shape)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "b_000/l_<1..3>/w [2] 2 16 [0, 1]",
                "b_001/l_<1..4>/w [2] 3 24 [2, 3, 4]",
                "b_002/l_1/w [3] 1 12 [5]",
                "step [] 1 4 [6]"
            ]
        );
    }
}

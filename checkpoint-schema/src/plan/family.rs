//! Names that differ only in their numbers, said as one: `model/h<0..12>/ln_1/g`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalog::{Spec, Variable};
use crate::fold::{Values, boxes, combinations};
use crate::plan::route::show;
use crate::template::{Form, Part, Placeholder};

/// The numbers of a name in which others may differ from it; those behind them are text.
const MAX_NUMBERS: usize = 64;

/// Variables that hold the same, and whose names differ only in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// Their names as one: `model/h<0..12>/ln_1/g`.
    pub name: String,
    /// What each of them holds.
    pub spec: Spec,
    /// How many there are.
    pub count: usize,
    /// The [`size`](Variable::size) of all together.
    pub size: u64,
}

/// The families of these variables, in the order of their first names.
pub fn families<'a>(variables: impl Iterator<Item = &'a Variable>) -> Vec<Family> {
    let mut groups: Vec<(Vec<Piece>, Spec, Sizes)> = Vec::new();
    let mut known: HashMap<(Vec<Piece>, Spec), usize> = HashMap::new();
    for variable in variables {
        let (pieces, numbers) = cut(&variable.name.to_string());
        let group = *known.entry((pieces, variable.spec())).or_insert_with_key(|(pieces, spec)| {
            groups.push((pieces.clone(), spec.clone(), Sizes::new()));
            groups.len() - 1
        });
        groups[group].2.insert(numbers, variable.size());
    }
    let named = groups.iter().flat_map(|(pieces, spec, sizes)| named(pieces, spec, sizes));
    named.map(|(_, family)| family).collect()
}

/// The family of one of these variables.
pub fn family<'a>(variables: impl Iterator<Item = &'a Variable>, of: &Variable) -> Option<Family> {
    let (pieces, numbers) = cut(&of.name.to_string());
    let spec = of.spec();
    let alike = variables.filter_map(|variable| {
        let (others, numbers) = cut(&variable.name.to_string());
        (others == pieces && variable.spec() == spec).then(|| (numbers, variable.size()))
    });
    let families = named(&pieces, &spec, &alike.collect());
    let mut own = families.into_iter().filter(|(axes, _)| {
        axes.iter()
            .zip(&numbers)
            .all(|(values, number)| values.iter().any(|value| value == *number))
    });
    own.next().map(|(_, family)| family)
}

/// The sizes of variables, by the numbers in their names.
type Sizes = BTreeMap<Vec<usize>, u64>;

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Text(String),
    Number(Form),
}

/// Cuts a name into text and numbers, and says what the numbers are.
pub(crate) fn cut(name: &str) -> (Vec<Piece>, Vec<usize>) {
    let (mut pieces, mut numbers) = (Vec::new(), Vec::new());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        match piece.parse() {
            Ok(number) if digits && piece.len() < 19 && numbers.len() < MAX_NUMBERS => {
                let padded = piece.len() > 1 && piece.starts_with('0');
                pieces.push(Piece::Number(if padded {
                    Form::Padded(piece.len())
                } else {
                    Form::Plain
                }));
                numbers.push(number);
            }
            _ => pieces.push(Piece::Text(piece.to_owned())),
        }
    }
    (pieces, numbers)
}

/// The families, each with the numbers in its names.
fn named(pieces: &[Piece], spec: &Spec, sizes: &Sizes) -> Vec<(Vec<Values>, Family)> {
    // Any names do, as long as they are different.
    let names: Vec<String> = (0..pieces.len()).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut indices = names.iter();
    let template: Vec<Part<'_>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Part::Text(text),
            Piece::Number(form) => Part::Index(Placeholder {
                index: indices.next().copied().unwrap_or_default(),
                factor: 1,
                offset: 0,
                form: *form,
            }),
        })
        .collect();
    let boxes = boxes(&sizes.keys().map(Vec::as_slice).collect::<BTreeSet<_>>());
    let family = |axes: &Vec<Values>| Family {
        name: show(&template, &names, axes),
        spec: spec.clone(),
        count: axes.iter().map(Values::len).product(),
        size: size(axes, sizes),
    };
    boxes.into_iter().map(|axes| (axes.clone(), family(&axes))).collect()
}

/// The sum of the sizes in a box.
fn size(axes: &[Values], sizes: &Sizes) -> u64 {
    combinations(axes)
        .iter()
        .filter_map(|numbers| sizes.get(numbers))
        .fold(0, |sum, &size| sum.saturating_add(size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Extent, Name, Place};
    use crate::dtype::DType;
    use crate::shape::Shape;

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
        let (pieces, numbers) = cut(&"1_".repeat(1000));
        assert_eq!(numbers, [1; MAX_NUMBERS]);
        assert_eq!(pieces.len(), 2000);
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
                let Family { name, spec, count, size } = family;
                format!("{name} {} {count} {size}", spec.shape)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "b_000/l_<1..3>/w [2] 2 16",
                "b_001/l_<1..4>/w [2] 3 24",
                "b_002/l_1/w [3] 1 12",
                "step [] 1 4"
            ]
        );
    }
}

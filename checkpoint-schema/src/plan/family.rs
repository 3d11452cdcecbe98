//! Names that differ only in their numbers, said as one: `model/h<0..12>/ln_1/g`.

use std::collections::{BTreeSet, HashMap};

use crate::catalog::{Spec, Variable};
use crate::fold::boxes;
use crate::plan::route::show;
use crate::template::{Form, Part, Placeholder};

/// Variables that hold the same, and whose names differ only in numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) spec: Spec,
    pub(super) count: usize,
}

/// The families of these variables, in the order of their first names.
pub(super) fn all<'a>(variables: impl Iterator<Item = &'a Variable>) -> Vec<Family> {
    let mut groups: Vec<(Vec<Piece>, Spec, BTreeSet<Vec<usize>>)> = Vec::new();
    let mut known: HashMap<(Vec<Piece>, Spec), usize> = HashMap::new();
    for variable in variables {
        let (pieces, numbers) = cut(&variable.name.to_string());
        let group = *known.entry((pieces, variable.spec())).or_insert_with_key(|(pieces, spec)| {
            groups.push((pieces.clone(), spec.clone(), BTreeSet::new()));
            groups.len() - 1
        });
        groups[group].2.insert(numbers);
    }
    let families =
        groups.into_iter().flat_map(|(pieces, spec, numbers)| named(&pieces, &spec, &numbers));
    families.collect()
}

/// A piece of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Text(String),
    Number(Form),
}

/// Cuts a name into text and numbers, and says what the numbers are.
fn cut(name: &str) -> (Vec<Piece>, Vec<usize>) {
    let (mut pieces, mut numbers) = (Vec::new(), Vec::new());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        match piece.parse() {
            Ok(number) if digits && piece.len() < 19 => {
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

fn named(pieces: &[Piece], spec: &Spec, numbers: &BTreeSet<Vec<usize>>) -> Vec<Family> {
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
    let boxes = boxes(numbers);
    let count = |axes: &[crate::fold::Values]| axes.iter().map(crate::fold::Values::len).product();
    boxes
        .iter()
        .map(|axes| Family {
            name: show(&template, &names, axes),
            spec: spec.clone(),
            count: count(axes),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Name, Place};
    use crate::dtype::DType;
    use crate::shape::Shape;

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
        let shown: Vec<String> = all(variables.iter())
            .iter()
            .map(|family| format!("{} {} {}", family.name, family.spec.shape, family.count))
            .collect();
        assert_eq!(
            shown,
            ["b_000/l_<1..3>/w [2] 2", "b_001/l_<1..4>/w [2] 3", "b_002/l_1/w [3] 1", "step [] 1"]
        );
    }
}

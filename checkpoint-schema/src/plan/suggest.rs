//! The variable that a wrong path may have meant.

use crate::catalog::Name;
use crate::dtype::DType;
use crate::fold::Values;
use crate::plan::ignored::Presets;
use crate::plan::names::Names;
use crate::plan::route::Route;
use crate::template::{self, Part, Placeholder};

/// The longest name of which near ones are looked for, in bytes: to compare two takes as long as the product of their lengths.
const LONGEST: usize = 256;

/// How near the name of a slot or a counter has to be.
const TYPO: usize = 2;

/// The variable among the candidates that has the nearest name, with that name, if one is near at all; of two, one of
/// this dtype, if that is known. What `w` has in a documented list, as `w/adam_m`, is not what was meant by `w`.
pub(super) fn nearest<'n>(
    name: &str,
    dtype: Option<DType>,
    names: &'n Names<'_>,
    presets: &Presets,
    candidates: impl Iterator<Item = usize>,
) -> Option<(usize, &'n str)> {
    let near = near(name, dtype, names, candidates);
    let near = near.filter(|near| {
        near.distance <= TYPO || presets.of(names.and_key(near.candidate)).is_none()
    });
    near.min().map(|near| (near.candidate, near.name))
}

/// The variables among the candidates that have a near name, the nearest first.
pub(super) fn by_distance(
    name: &str,
    names: &Names<'_>,
    candidates: impl Iterator<Item = usize>,
) -> Vec<usize> {
    let mut near: Vec<_> = near(name, None, names, candidates).collect();
    near.sort();
    near.into_iter().map(|near| near.candidate).collect()
}

/// All near names, the nearest first: the distance, the number of the variable, and the name.
pub(super) fn near_names<'n>(name: &str, names: &'n Names<'_>) -> Vec<(usize, usize, &'n str)> {
    let all = 0..names.catalog().variables().len();
    let mut near: Vec<_> = near(name, None, names, all).collect();
    near.sort();
    near.into_iter().map(|near| (near.distance, near.candidate, near.name)).collect()
}

/// A name near another; the nearest is the least.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Near<'n> {
    distance: usize,
    other_dtype: bool,
    candidate: usize,
    name: &'n str,
}

fn near<'n>(
    name: &str,
    dtype: Option<DType>,
    names: &'n Names<'_>,
    candidates: impl Iterator<Item = usize>,
) -> impl Iterator<Item = Near<'n>> {
    let most = (name.len() / 4).max(2);
    let is_short = name.len() <= LONGEST;
    let near = move |(candidate, other): (usize, &'n Name)| {
        let other = other.as_str().filter(|_| is_short)?;
        if other.len().abs_diff(name.len()) > most {
            return None;
        }
        let distance = strsim::osa_distance(name, other);
        let variable = &names.catalog().variables()[candidate];
        let other_dtype = dtype.is_some_and(|dtype| variable.dtype != dtype);
        let near = Near { distance, other_dtype, candidate, name: other };
        (distance <= most).then_some(near)
    };
    let of = |candidate| names.of(candidate).iter().map(move |name| (candidate, name));
    candidates.flat_map(of).filter_map(near)
}

/// The name of a variable as a template, with the indices of `route` where they are in it.
///
/// The name is like that of `route` at the last `indices`; a number in it is an index if the name with another value of
/// that index is there too.
pub(super) fn generalise<'n>(
    name: &'n str,
    route: &Route<'n>,
    indices: &[Values],
    names: &Names<'_>,
) -> Vec<Part<'n>> {
    let mut parts = vec![Part::Text(name)];
    for part in &route.template {
        let Part::Index(placeholder) = part else { continue };
        let Some(axis) = route.indices.iter().rposition(|index| *index == placeholder.index) else {
            continue;
        };
        let Some(values) = indices.get(axis) else { continue };
        let other = if values.single().is_some() {
            values.last().saturating_add(1)
        } else {
            values.first()
        };
        let value = |index: &str| {
            let at = route.indices.iter().rposition(|other| *other == index)?;
            if at == axis { Some(other) } else { indices.get(at).map(Values::last) }
        };
        let is_there = |parts: &[Part<'_>]| {
            let mut name = String::new();
            template::render(parts, value, &mut name).is_ok() && names.has(&name)
        };
        if let Some(found) = with_index(&parts, *placeholder, values.last(), is_there) {
            parts = found;
        }
    }
    parts
}

/// The template with a placeholder at the first place in its last text where the number stands, such that `accept`s.
fn with_index<'n>(
    parts: &[Part<'n>],
    placeholder: Placeholder<'n>,
    value: usize,
    accept: impl Fn(&[Part<'_>]) -> bool,
) -> Option<Vec<Part<'n>>> {
    let (Part::Text(text), before) = parts.split_last()? else { return None };
    let mut number = String::new();
    template::render(&[Part::Index(placeholder)], |_| Some(value), &mut number).ok()?;
    if number.is_empty() {
        return None;
    }
    text.match_indices(&number).find_map(|(at, _)| {
        let (head, tail) = (text.get(..at)?, text.get(at.checked_add(number.len())?..)?);
        let touches = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        if touches(head.chars().next_back()) || touches(tail.chars().next()) {
            return None;
        }
        let mut found = before.to_vec();
        found.extend([Part::Text(head), Part::Index(placeholder), Part::Text(tail)]);
        accept(&found).then_some(found)
    })
}

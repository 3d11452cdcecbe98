//! The names of fields: the shortest parts of their paths that tell siblings apart.

use std::collections::HashMap;

use super::words::{Words, words};
use super::{NAMELESS, Used, words_of};
use crate::numbers::Segment;
use crate::structs::{Field, Holds, Struct};

/// Segments without information about a variable.
const SILENT: [&str; 2] = [".ATTRIBUTES", "VARIABLE_VALUE"];

/// Names of the main variable of a layer.
const WEIGHTS: [&str; 9] = [
    "kernel",
    "weight",
    "weights",
    "w",
    "embedding",
    "embeddings",
    "embedding_weights",
    "variable",
    "value",
];

/// Returns the names of a struct's fields. A field without letters is named after `around`. If a name can equal the path, it
/// does.
pub(super) fn names(structure: &Struct, around: &Words, types: &[String]) -> Vec<String> {
    let tail = tail(structure);
    let candidates: Vec<Vec<Words>> = structure
        .fields
        .iter()
        .map(|field| candidates(field, around, types, tail.as_ref()))
        .collect();
    let shared = Shared::of(&candidates);
    let candidates: Vec<Vec<String>> = candidates
        .iter()
        .map(|words| words.iter().flat_map(|words| shared.spelled(words)).collect())
        .collect();
    let mut used = Used::default();
    let mut names: Vec<Option<String>> = vec![None; candidates.len()];
    for (name, (field, candidates)) in
        names.iter_mut().zip(structure.fields.iter().zip(&candidates))
    {
        *name = candidates.first().filter(|name| is_path(field, name)).cloned();
        if let Some(name) = name {
            used.take(name.clone());
        }
    }
    let most = candidates.iter().map(Vec::len).max().unwrap_or_default();
    for level in 0..most {
        let wanted: Vec<Option<&String>> = names
            .iter()
            .zip(&candidates)
            .map(|(name, candidates)| candidates.get(level).filter(|_| name.is_none()))
            .collect();
        let mut counts: HashMap<&String, usize> = HashMap::new();
        wanted.iter().flatten().for_each(|name| *counts.entry(name).or_default() += 1);
        // If several fields want a name, none gets it.
        let is_free = |name: &&String| counts.get(name) == Some(&1) && !used.has(name);
        let free: Vec<_> = wanted.iter().map(|name| name.filter(is_free)).collect();
        for (name, free) in names.iter_mut().zip(free) {
            if let Some(free) = free {
                used.take(free.clone());
                *name = Some(free.clone());
            }
        }
    }
    let last = |(name, candidates): (Option<String>, Vec<String>)| {
        name.unwrap_or_else(|| used.first(candidates.into_iter().rev().take(1).collect(), "_"))
    };
    names.into_iter().zip(candidates).map(last).collect()
}

/// True if a name equals the path of the field.
pub(crate) fn is_path(field: &Field, name: &str) -> bool {
    matches!(&field.path[..], [only] if only.number.is_none() && only.before == name)
}

/// Returns the last words of all paths with several segments, if they are equal.
fn tail(structure: &Struct) -> Option<Words> {
    let is_long =
        |field: &&Field| field.path.len() > 1 && matches!(field.holds, Holds::Variable(_));
    let mut tails = structure.fields.iter().filter(is_long).map(last);
    let first = tails.next()?;
    let second = tails.next()?;
    (first == second && tails.all(|tail| tail == first)).then_some(first)
}

/// Returns the last words of a field's path, without parts of variables.
fn last(field: &Field) -> Words {
    let says = |segment: &&Segment| {
        let words = words_of(segment).without_numbers();
        words.has_letters() && !words.is("part") && !is_silent(segment)
    };
    field.path.iter().rev().find(says).map_or_else(Words::default, words_of)
}

fn is_silent(segment: &Segment) -> bool {
    SILENT.contains(&segment.before.trim_start_matches('/'))
}

/// Returns the candidates for a field's name, the best first.
fn candidates(field: &Field, around: &Words, types: &[String], tail: Option<&Words>) -> Vec<Words> {
    if field.path.is_empty() {
        return vec![words("value")];
    }
    let is_part =
        |segment: &Segment| !field.is_list() && field.list.is_some() && segment.number.is_some();
    let says = |segment: &&Segment| !is_silent(segment) && !is_part(segment);
    let segments: Vec<&Segment> = field.path.iter().filter(says).collect();
    if segments.is_empty() {
        return vec![words("value")];
    }
    let around = if around.is_empty() { words(NAMELESS) } else { around.clone().singular() };
    let named = |segments: &[&Segment]| {
        let all = segments.iter().map(|segment| words_of(segment));
        let all = all.fold(Words::default(), Words::then);
        let all = if all.starts_with_letter() { all } else { around.clone().then(all) };
        // A word may occur twice in a name that is an identifier: `r_r_bias`.
        let all = if is_path(field, &all.identifier()) { all } else { all.without_repetition() };
        if field.is_list() { all.plural() } else { all }
    };
    let telling = telling(field, &segments, tail);
    let has_letters = segments.iter().any(|segment| words_of(segment).has_letters());
    let short = named(if has_letters { &telling } else { &segments });
    let whole = named(&segments);
    let mut found = vec![short.clone()];
    if let Holds::Struct(number) = field.holds
        && let Some(ty) = types.get(number)
    {
        // A number tells less than the type: `dense_0`.
        if !has_letters {
            let number: String = segments.iter().map(|segment| segment.before.as_str()).collect();
            let all = if ty.ends_with(&number) { words(ty) } else { words(ty).and(&number) };
            found.insert(0, if field.is_list() { all.plural() } else { all });
        }
        found.push(words(ty).then(short).without_repetition());
    }
    found.push(whole.clone());
    let number = segments.iter().find_map(|segment| segment.number);
    let number = number.filter(|number| number.factor > 1);
    found.extend(number.map(|number| whole.clone().and(&format!("from_{}", number.offset))));
    found.push(around.then(whole).without_repetition());
    found
}

/// Returns the segments that tell a field from its siblings: the first, the one with an index, and the last if it says more than
/// that the variable is a weight.
fn telling<'s>(field: &Field, segments: &[&'s Segment], tail: Option<&Words>) -> Vec<&'s Segment> {
    let end = last(field);
    let ends = matches!(field.holds, Holds::Variable(_))
        && !WEIGHTS.iter().any(|name| end.is(name))
        && tail != Some(&end);
    let first = segments.iter().position(|segment| words_of(segment).has_letters());
    let last = segments.iter().rposition(|segment| ends && words_of(segment) == end);
    let counted = segments.iter().position(|segment| segment.number.is_some());
    // An index alone is named by the segment before it: `layer/<i>`.
    let counted = counted.map(|counted| {
        let named =
            segments.iter().take(counted + 1).rposition(|segment| words_of(segment).has_letters());
        named.unwrap_or(counted)
    });
    let counted = counted.filter(|counted| first.is_none_or(|first| first < *counted));
    let is_told = |(at, _): &(usize, &&Segment)| [first, counted, last].contains(&Some(*at));
    segments.iter().enumerate().filter(is_told).map(|(_, segment)| *segment).collect()
}

/// The common first and last words of all long names.
#[derive(Debug, Default)]
struct Shared {
    start: usize,
    end: usize,
}

impl Shared {
    fn of(candidates: &[Vec<Words>]) -> Self {
        let long: Vec<&Words> = candidates
            .iter()
            .filter_map(|candidates| candidates.first())
            .filter(|words| words.is_long())
            .collect();
        let [first, others @ ..] = &long[..] else { return Self::default() };
        if others.is_empty() {
            return Self::default();
        }
        let shared = |from_end| others.iter().map(|other| first.shared(other, from_end)).min();
        Self { start: shared(false).unwrap_or_default(), end: shared(true).unwrap_or_default() }
    }

    /// Returns the identifiers for words: all of them if they are short, and the part that tells them from others.
    fn spelled(&self, words: &Words) -> Vec<String> {
        if !words.is_long() {
            return vec![words.identifier()];
        }
        let apart = words.clone().between(self.start, self.end);
        let apart = if apart.starts_with_letter() { apart } else { words.clone() };
        vec![apart.identifier(), apart.beginning(), words.identifier()]
    }
}

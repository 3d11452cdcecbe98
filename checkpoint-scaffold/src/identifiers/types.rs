//! The names of structs: from the kind of layer, or from their place.

use super::kinds::Kind;
use super::words::{Words, common, words};
use super::{NAMELESS, TYPES, Used, number_of, words_of};
use crate::structs::{Holds, Structs};

/// The place of a struct, in words.
#[derive(Clone, Debug, Default)]
struct Place {
    /// The last words of its path with letters.
    own: Words,
    /// The same with its numbers, if there is one place.
    numbered: Option<Words>,
    /// The words of its path before these, in the first struct that uses it.
    before: Words,
    /// The number of that struct.
    around: Option<usize>,
}

/// The names of structs, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) names: Vec<String>,
    /// The names for fields without letters, by struct.
    pub(super) stems: Vec<Words>,
    pub(super) kinds: Vec<Option<Kind>>,
}

impl Types {
    pub(super) fn of(structs: &Structs, root: &str, prefix: &[String]) -> Self {
        let places = places(structs, prefix);
        let kind = |(number, place): (usize, &Place)| Kind::of(structs.get(number), &place.own);
        let kinds: Vec<Option<Kind>> = places.iter().enumerate().map(kind).collect();
        let stems = places.iter().map(|place| place.own.clone()).collect();
        let mut used = Used::default();
        TYPES.into_iter().chain([root]).for_each(|name| used.take(name.to_owned()));
        let mut names = vec![String::new(); structs.len()];
        for number in structs.in_order() {
            let name = if number == structs.root() {
                root.to_owned()
            } else {
                let candidates = candidates(structs, &places, &kinds, number, root);
                let names = candidates.iter().map(Words::type_name);
                used.first(names.collect(), "")
            };
            names.iter_mut().skip(number).take(1).for_each(|old| old.clone_from(&name));
        }
        Self { names, stems, kinds }
    }
}

/// Returns the candidates for a struct's name, the best first.
fn candidates(
    structs: &Structs,
    places: &[Place],
    kinds: &[Option<Kind>],
    number: usize,
    root: &str,
) -> Vec<Words> {
    let Some(place) = places.get(number) else { return Vec::new() };
    let kind = kinds.get(number).copied().flatten();
    let own = place.own.clone().spelled_out();
    let name = match kind {
        Some(Kind::Attention) if own.has("attention") => own.clone(),
        // The projections within an attention layer, which has a name of its own.
        Some(Kind::Attention) if own.is("self") => words("self_attention"),
        Some(kind) => words(kind.name()),
        None if own.is_letters() && is_block(structs, number) => words("block"),
        None => own.clone(),
    };
    let mut found = Vec::new();
    if name.starts_with_letter() && !(kind.is_none() && name.is_letters()) {
        found.push(name.clone());
    }
    found.extend(place.numbered.clone().filter(|_| kind.is_none()));
    if kind.is_some() && own != name {
        found.push(own.then(name.clone()).without_repetition());
    }
    let mut longer = place.before.clone().spelled_out().then(name.clone()).without_repetition();
    found.extend(Some(longer.clone()).filter(Words::starts_with_letter));
    let mut around = place.around;
    while let Some(outer) = around.filter(|outer| *outer != structs.root()) {
        let Some(outer) = places.get(outer) else { break };
        longer = outer.own.clone().spelled_out().then(longer).without_repetition();
        found.push(longer.clone());
        around = outer.around;
    }
    found.push(name.clone());
    if name.type_name() == root {
        found.push(words("inner").then(name));
    }
    found
}

/// True if a struct has attention and another field, as the blocks of transformers do.
fn is_block(structs: &Structs, number: usize) -> bool {
    let fields = &structs.get(number).fields;
    let is_attention = |words: Words| words.spelled_out().has("attention");
    fields.len() > 1 && fields.iter().any(|field| field.path.iter().map(words_of).any(is_attention))
}

/// Returns the places of all structs.
fn places(structs: &Structs, prefix: &[String]) -> Vec<Place> {
    let mut found: Vec<Vec<(Words, Words)>> = vec![Vec::new(); structs.len()];
    let mut places = vec![Place::default(); structs.len()];
    let root = prefix.iter().rev().map(|segment| words(segment).without_numbers());
    let root = root.into_iter().find(Words::has_letters).unwrap_or_else(|| words(NAMELESS));
    found
        .iter_mut()
        .skip(structs.root())
        .for_each(|found| found.push((root.clone(), root.clone())));
    // Outer structs come first.
    for number in (0..structs.len()).rev() {
        let of = found.get(number).cloned().unwrap_or_default();
        let own: Vec<Words> = of.iter().map(|(own, _)| own.clone()).collect();
        let own = common(&own);
        for field in &structs.get(number).fields {
            let Holds::Struct(within) = field.holds else { continue };
            let stem = field.path.iter().rev().find(|segment| words_of(segment).has_letters());
            let (plain, numbered) = if let Some(stem) = stem {
                (words_of(stem).without_numbers(), words_of(stem))
            } else {
                let number = words(&number_of(field));
                (own.clone().singular(), own.clone().singular().then(number))
            };
            let (plain, numbered) = match field.is_list() {
                true => (plain.clone().singular(), plain.singular()),
                false => (plain, numbered),
            };
            if let Some(found) = found.get_mut(within) {
                found.push((plain, numbered));
            }
            if let Some(place) = places.get_mut(within)
                && place.around.is_none()
            {
                place.around = Some(number);
                place.before = field
                    .path
                    .iter()
                    .rev()
                    .skip(1)
                    .rev()
                    .map(words_of)
                    .fold(Words::default(), Words::then);
            }
        }
        if let Some(place) = places.get_mut(number) {
            place.own = own;
            place.numbered = match &of[..] {
                [(own, numbered)] if own != numbered => Some(numbered.clone()),
                _ => None,
            };
        }
    }
    places
}

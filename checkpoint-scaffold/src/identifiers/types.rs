//! The names of structs: from the kind of layer, or from their place.

use std::collections::HashMap;

use super::kinds::Kind;
use super::words::{Words, common, common_numbers, words};
use super::{NAMELESS, TYPES, Used, number_of, words_of};
use crate::structs::{Holds, Structs};

/// The name of an element of a list whose path is a number.
const BLOCK: &str = "block";

/// The place of a struct, in words.
#[derive(Clone, Debug, Default)]
struct StructWords {
    /// The last words of its path with letters.
    own: Words,
    /// The same with the numbers that all its places share.
    numbered: Option<Words>,
    /// True if the words of all its places say more than a kind.
    is_specific: bool,
    /// True if it is the element of lists only.
    is_element: bool,
    /// The words of its path before these, in the first struct that uses it.
    before: Words,
    /// The number of that struct.
    around: Option<usize>,
    /// True if other structs use it, too.
    is_shared: bool,
}

/// The need of a struct for a name that others want too, the greatest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    /// No single struct around it can give it a name.
    Shared,
    Single,
    /// A number tells it from the others.
    Numbered,
}

impl StructWords {
    fn claim(&self) -> Claim {
        match (&self.numbered, self.is_shared) {
            (Some(_), _) => Claim::Numbered,
            (None, true) => Claim::Shared,
            (None, false) => Claim::Single,
        }
    }
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
        let mut kinds: Vec<Option<Kind>> = Vec::new();
        // Nested structs come first.
        for (number, place) in places.iter().enumerate() {
            let kind = Kind::of(structs.get(number), &place.own, &kinds);
            kinds.push(kind.filter(|_| !place.is_specific));
        }
        let stems = places.iter().map(|place| place.own.clone()).collect();
        let mut used = Used::default();
        TYPES.into_iter().chain([root]).for_each(|name| used.take(name.to_owned()));
        let mut names = vec![String::new(); structs.len()];
        let candidates = |number: usize| -> Vec<String> {
            let candidates = candidates(structs, &places, &kinds, number, root);
            candidates.iter().map(Words::type_name).collect()
        };
        let is_kind = |number: &usize| kinds.get(*number).is_some_and(Option::is_some);
        let others = structs.in_order().into_iter().filter(|number| *number != structs.root());
        let (of_kinds, others): (Vec<usize>, Vec<usize>) = others.partition(is_kind);
        let mut wanted: Vec<(usize, Vec<String>)> =
            of_kinds.into_iter().chain(others).map(|number| (number, candidates(number))).collect();
        let claim = |number: usize| places.get(number).map_or(Claim::Single, StructWords::claim);
        let mut claims: HashMap<String, Vec<Claim>> = HashMap::new();
        for (number, candidates) in &wanted {
            let first = candidates.first().cloned().unwrap_or_default();
            claims.entry(first).or_default().push(claim(*number));
        }
        for (number, candidates) in &mut wanted {
            // If several places want a name, none gets it: `EncoderLayer` and `DecoderLayer`.
            let first = candidates.first().cloned().unwrap_or_default();
            let better = claims.get(&first).into_iter().flatten();
            let better = better.filter(|other| **other <= claim(*number)).count();
            if !is_kind(number) && better > 1 {
                candidates.retain(|name| *name != first);
                candidates.push(first);
            }
            let name = used.first(std::mem::take(candidates), "");
            names.iter_mut().skip(*number).take(1).for_each(|old| old.clone_from(&name));
        }
        names.iter_mut().skip(structs.root()).for_each(|name| root.clone_into(name));
        Self { names, stems, kinds }
    }
}

/// Returns the candidates for a struct's name, the best first.
fn candidates(
    structs: &Structs,
    places: &[StructWords],
    kinds: &[Option<Kind>],
    number: usize,
    root: &str,
) -> Vec<Words> {
    let Some(place) = places.get(number) else { return Vec::new() };
    let kind = kinds.get(number).copied().flatten();
    let own = place.own.clone().spelled_out();
    let name = match kind {
        // The projections within an attention layer, which has a name of its own.
        Some(Kind::Attention)
            if own.is("self") || (own.is("attention") && is_within_attention(places, place)) =>
        {
            words("self_attention")
        }
        Some(Kind::Attention) if own.has("attention") => own.clone(),
        Some(kind) => words(kind.name()),
        None if own.is_letters() && (place.is_element || is_block(structs, number)) => words(BLOCK),
        None => own.clone(),
    };
    let mut found = Vec::new();
    if name.starts_with_letter() && !(kind.is_none() && name.is_letters()) {
        found.push(name.clone());
    }
    found.extend(place.numbered.clone().filter(|_| kind.is_none()));
    let says_kind = kind.is_some_and(|kind| words(kind.name()).shared(&own, false) > 0);
    if kind.is_some() && own != name && !says_kind {
        found.push(own.then(name.clone()).without_repetition());
    }
    let mut longer = place.before.clone().spelled_out().then(name.clone()).without_repetition();
    found.extend(Some(longer.clone()).filter(Words::starts_with_letter));
    let mut numbered = place.numbered.clone().filter(|_| kind.is_none()).unwrap_or(name.clone());
    let mut around = place.around;
    while let Some(outer) = around.filter(|outer| *outer != structs.root()) {
        let Some(outer) = places.get(outer) else { break };
        let outer_name = outer.numbered.clone().unwrap_or_else(|| outer.own.clone());
        numbered = outer_name.spelled_out().then(numbered).without_repetition();
        longer = outer.own.clone().spelled_out().then(longer).without_repetition();
        found.extend([numbered.clone(), longer.clone()]);
        around = outer.around;
    }
    found.push(name.clone());
    if name.type_name() == root {
        found.push(words("inner").then(name));
    }
    found
}

/// True if the struct around a place is named after attention, too.
fn is_within_attention(places: &[StructWords], place: &StructWords) -> bool {
    let around = place.around.and_then(|around| places.get(around));
    around.is_some_and(|around| around.own.clone().spelled_out().has("attention"))
}

/// True if a struct has attention and another field, as the blocks of transformers do.
fn is_block(structs: &Structs, number: usize) -> bool {
    let fields = &structs.get(number).fields;
    let is_attention = |words: Words| words.spelled_out().has("attention");
    fields.len() > 1 && fields.iter().any(|field| field.path.iter().map(words_of).any(is_attention))
}

/// Returns the places of all structs.
fn places(structs: &Structs, prefix: &[String]) -> Vec<StructWords> {
    let mut found: Vec<Vec<(Words, Words)>> = vec![Vec::new(); structs.len()];
    let mut places = vec![StructWords::default(); structs.len()];
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
            let at = field.path.iter().rposition(|segment| words_of(segment).has_letters());
            let (plain, numbered) = if let Some(stem) = at.and_then(|at| field.path.get(at)) {
                (words_of(stem).without_numbers(), words_of(stem))
            } else if field.is_list() {
                let one = own.clone().singular();
                let name = if one == own { words(BLOCK) } else { one };
                (name.clone(), name)
            } else {
                let number = words(&number_of(field));
                (own.clone().singular(), own.clone().singular().then(number))
            };
            // A number after the name tells it from others: `attentions.0`.
            let is_one = field.is_list() || at.is_some_and(|at| at + 1 < field.path.len());
            let (plain, numbered) = if is_one {
                (plain.clone().singular(), plain.singular())
            } else {
                (plain, numbered)
            };
            let is_specific = Kind::is_specific(&plain);
            if let Some(found) = found.get_mut(within) {
                found.push((plain, numbered));
            }
            if let Some(place) = places.get_mut(within) {
                let is_first = place.around.is_none();
                place.is_specific = is_specific && (is_first || place.is_specific);
                place.is_element = field.is_list() && (is_first || place.is_element);
                place.is_shared |= place.around.is_some_and(|around| around != number);
            }
            if let Some(place) = places.get_mut(within)
                && place.around.is_none()
            {
                place.around = Some(number);
                let before = field.path.iter().take(at.unwrap_or_default());
                place.before = before.map(words_of).fold(Words::default(), Words::then);
            }
        }
        if let Some(place) = places.get_mut(number) {
            place.own = own;
            let numbered: Vec<Words> = of.into_iter().map(|(_, numbered)| numbered).collect();
            place.numbered = common_numbers(&numbered).filter(|words| *words != place.own);
        }
    }
    places
}

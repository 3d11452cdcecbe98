//! Coverage: each element is taken once, and each variable is taken, ignored or allowed.

use std::collections::BTreeSet;

use super::Variables;
use super::glob;
use super::presence::is_there;
use super::walk::{Elements, Lenient, Taker, Walk};

/// The number of indices after the end of a list that are checked for further elements.
const BEHIND: usize = 12;

/// Returns the variables with an element that is taken twice, or never.
pub(super) fn torn(walk: &Walk<'_>) -> Vec<String> {
    let is_torn = |(name, takers): &(&String, &Vec<Taker>)| {
        let all: u64 = walk.variables[*name].1.iter().product();
        let mut taken = 0;
        let mut different = BTreeSet::new();
        for taker in takers.iter().filter(|taker| !taker.copy) {
            match &taker.elements {
                Elements::Unknown => {}
                Elements::All => {
                    taken += all;
                    different.insert(None);
                }
                Elements::These(these) => {
                    taken += these.len() as u64;
                    different.extend(these.iter().map(Some));
                }
            }
        }
        let whole = different.contains(&None);
        let count = if whole { all } else { different.len() as u64 };
        let copies = takers.iter().all(|it| it.copy);
        let unknown =
            takers.iter().filter(|it| !it.copy).any(|it| matches!(it.elements, Elements::Unknown));
        count < taken || copies || (count < all && !unknown && !allowed(walk, name))
    };
    walk.taken.iter().filter(is_torn).map(|(name, _)| name.clone()).collect()
}

/// Returns variables that a field takes, and a struct around the field ignores, and the gaps in lists.
pub(super) fn wrong(walk: &Walk<'_>) -> Vec<String> {
    let is_ignored = |(name, takers): &(&String, &Vec<Taker>)| {
        let around = |lenient: &&Lenient<'_>| {
            let is_around = |taker: &Taker| {
                let rest = taker.field.strip_prefix(&lenient.path);
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            takers.iter().any(is_around)
        };
        walk.lenient.iter().filter(around).any(|lenient| ignores(lenient, name))
    };
    let taken = walk.taken.iter().filter(is_ignored).map(|(name, _)| name);
    taken.map(|name| format!("`{name}` is taken and ignored")).chain(holes(walk)).collect()
}

/// Returns the unexpected variables.
pub(super) fn left(walk: &Walk<'_>) -> Vec<String> {
    let free = walk.variables.keys().filter(|name| !walk.spare.contains(*name));
    free.filter(|name| !ignored(walk, name) && !allowed(walk, name)).cloned().collect()
}

/// Returns the lists and stacks with a gap before a later element.
fn holes(walk: &Walk<'_>) -> Vec<String> {
    let is_free = |name: &String| !walk.spare.contains(name) && !ignored(walk, name);
    let free: Variables = walk
        .variables
        .iter()
        .filter(|(name, _)| is_free(name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut wrong = Vec::new();
    for list in &walk.counted {
        let later = (list.end + 1..list.end + BEHIND).find(|&at| {
            let place = list.place.at(list.index, at);
            match list.element {
                Some(element) => is_there(&free, list.field, list.path, element, &place),
                None => {
                    place.names(list.field, 0, &free).iter().any(|name| free.contains_key(name))
                }
            }
        });
        wrong.extend(
            later.map(|at| format!("`{}` has {at}, but not {}", list.place.path, list.end)),
        );
    }
    wrong
}

fn ignored(walk: &Walk<'_>, name: &str) -> bool {
    walk.lenient.iter().any(|lenient| ignores(lenient, name))
}

fn ignores(lenient: &Lenient<'_>, name: &str) -> bool {
    let rest = name.strip_prefix(&lenient.start);
    rest.is_some_and(|rest| lenient.item.ignore.iter().any(|it| glob::ignores(it, rest, name)))
}

fn allowed(walk: &Walk<'_>, name: &str) -> bool {
    walk.lenient.iter().any(|it| it.item.allow_unmapped && name.starts_with(&it.start))
}

//! Whether each element is taken once, and each variable is taken, ignored or let pass.

use std::collections::BTreeSet;

use super::Variables;
use super::glob;
use super::presence::is_there;
use super::walk::Walk;

/// How far behind the end of a list another element is looked for.
const BEHIND: usize = 12;

/// The variables of which an element is taken twice, or by nobody; or that are taken and ignored; and holes in lists.
pub(super) fn torn(walk: &Walk<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, takers) in &walk.taken {
        let known: Vec<&Vec<u64>> = takers.iter().filter_map(|it| it.elements.as_ref()).collect();
        let taken: usize = known.iter().map(|elements| elements.len()).sum();
        let different: BTreeSet<&u64> = known.iter().copied().flatten().collect();
        let all: u64 = walk.variables[name].1.iter().product();
        if different.len() < taken {
            wrong.push(format!("an element of `{name}` is taken twice"));
        }
        if known.len() == takers.len() && (different.len() as u64) < all && !allowed(walk, name) {
            wrong.push(format!("an element of `{name}` is not taken"));
        }
        if ignored(walk, name) {
            wrong.push(format!("`{name}` is taken and ignored"));
        }
    }
    wrong.extend(holes(walk));
    wrong
}

/// The variables that are not taken, and should be.
pub(super) fn left(walk: &Walk<'_>) -> Vec<String> {
    let free = walk.variables.keys().filter(|name| !walk.taken.contains_key(*name));
    free.filter(|name| !ignored(walk, name) && !allowed(walk, name)).cloned().collect()
}

/// The lists of which a later element is there than the one after the last.
fn holes(walk: &Walk<'_>) -> Vec<String> {
    let is_free = |name: &String| !walk.taken.contains_key(name) && !ignored(walk, name);
    let free: Variables = walk
        .variables
        .iter()
        .filter(|(name, _)| is_free(name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let mut wrong = Vec::new();
    for list in &walk.counted {
        let Some(repeat) = list.field.repeat else { continue };
        let later = (list.end + 1..list.end + BEHIND).find(|&at| {
            is_there(&free, list.field, list.path, list.element, &list.place.at(repeat.index, at))
        });
        wrong.extend(
            later.map(|at| format!("`{}` has {at}, but not {}", list.place.path, list.end)),
        );
    }
    wrong
}

fn ignored(walk: &Walk<'_>, name: &str) -> bool {
    walk.lenient.iter().any(|lenient| {
        let rest = name.strip_prefix(&lenient.start);
        rest.is_some_and(|rest| lenient.item.ignore.iter().any(|it| glob::ignores(it, rest, name)))
    })
}

fn allowed(walk: &Walk<'_>, name: &str) -> bool {
    walk.lenient.iter().any(|it| it.item.allow_unmapped && name.starts_with(&it.start))
}

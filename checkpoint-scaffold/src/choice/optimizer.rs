//! What optimizers and metrics keep.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use checkpoint_schema::listing::catalog::Spec;

/// Numbers that an optimizer keeps beside all variables.
pub(super) const HYPERPARAMETERS: &[&str] = &["**/beta[12]_power", "**/beta[12]_power_[0-9]"];

/// What Keras keeps of its metrics.
pub(super) const METRICS: &[&str] = &["keras_api/metrics/**"];

/// The most segments of a name in which slots are looked for.
const MAX_SEGMENTS: usize = 16;

/// The scopes of optimizers. Several of one kind have a number behind it.
const OPTIMIZERS: [&str; 12] = [
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Momentum", "Nadam",
    "RMSProp", "RMSprop", "SGD",
];

/// Names that variables of models have, which are slots only where half of all variables have them.
const PARAMETERS: [&str; 8] =
    ["beta", "bias", "gamma", "kernel", "offset", "scale", "weight", "weights"];

/// `accumulator`: what several variables have beside them, of the same dtype and shape, and nothing else is called.
pub(super) fn suffixes<'a>(specs: &BTreeMap<&'a str, Spec>) -> Vec<&'a str> {
    let mut slots: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ends: HashMap<&str, usize> = HashMap::new();
    for (name, spec) in specs {
        *ends.entry(last_segment(name)).or_default() += 1;
        if let Some((variable, slot)) = name.rsplit_once('/')
            && specs.get(variable) == Some(spec)
        {
            *slots.entry(slot).or_default() += 1;
        }
    }
    let others = specs.len().saturating_sub(slots.values().sum());
    let named = |slot: &str| ends.get(slot).copied().unwrap_or_default();
    let is_slot = |(slot, count): &(&str, usize)| {
        let says = slot.len() > 1 && !PARAMETERS.contains(slot);
        let many = *count > 1 && (says || 2 * count >= others);
        (many || is_optimizer(slot)) && !slot.is_empty() && named(slot) == *count
    };
    slots.into_iter().filter(is_slot).map(|(slot, _)| slot).collect()
}

/// `training/Adagrad`: the scope of an optimizer. Or behind it the names of several variables are repeated, with more behind
/// them, and besides are numbers alone.
pub(super) fn roots<'a>(specs: &BTreeMap<&'a str, Spec>) -> Vec<&'a str> {
    let mut roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, spec) in specs {
        for root in mirrored(name, spec, specs) {
            roots.entry(root).or_default().insert(name);
        }
    }
    let repeats = |(root, slots): &(&'a str, BTreeSet<&str>)| {
        slots.len() > 1
            && within(root, specs)
                .all(|(name, spec)| slots.contains(name) || spec.shape.rank() == 0)
    };
    let mut found: BTreeSet<&str> =
        roots.into_iter().filter(repeats).map(|(root, _)| root).collect();
    let is_scope = |root: &&str| is_optimizer(last_segment(root));
    let scopes: BTreeSet<&str> =
        specs.keys().filter_map(|name| beginnings(name).find(is_scope)).collect();
    let taken = |name: &&str| !beginnings(name).any(|root| scopes.contains(root));
    // Else the checkpoint is about them.
    if specs.keys().any(taken) {
        found.extend(scopes);
    }
    let outermost = |root: &&str| !beginnings(root).any(|outer| found.contains(outer));
    found.iter().copied().filter(outermost).collect()
}

/// The names within a scope.
fn within<'s, 'a>(
    root: &str,
    specs: &'s BTreeMap<&'a str, Spec>,
) -> impl Iterator<Item = (&'s &'a str, &'s Spec)> {
    let within = format!("{root}/");
    let names = specs.range::<str, _>((Bound::Included(within.as_str()), Bound::Unbounded));
    names.take_while(move |(name, _)| name.starts_with(&within))
}

/// `Adam`, `Adam_2`
fn is_optimizer(segment: &str) -> bool {
    let bare = segment.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let bare =
        if bare.len() < segment.len() { bare.strip_suffix('_').unwrap_or(segment) } else { bare };
    OPTIMIZERS.contains(&bare)
}

/// All of a name after its last `/`.
pub(super) fn last_segment(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, end)| end)
}

/// What stands before each `/` of a name.
pub(super) fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let slashes = name.match_indices('/').take(MAX_SEGMENTS);
    slashes.filter_map(|(at, _)| name.get(..at))
}

/// The beginnings of a name behind which a whole other name stands, and then more.
fn mirrored<'n>(name: &'n str, spec: &Spec, specs: &BTreeMap<&str, Spec>) -> Vec<&'n str> {
    let slashes: Vec<usize> =
        name.match_indices('/').map(|(at, _)| at).take(MAX_SEGMENTS).collect();
    let mut roots = Vec::new();
    for (first, &start) in slashes.iter().enumerate() {
        for &end in slashes.iter().skip(first + 1) {
            let variable = name.get(start + 1..end).unwrap_or_default();
            if start > 0 && specs.get(variable) == Some(spec) {
                roots.extend(name.get(..start));
            }
        }
    }
    roots
}

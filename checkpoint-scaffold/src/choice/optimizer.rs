//! Variables of optimizers and metrics.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use checkpoint_schema::listing::catalog::Spec;

/// Variables for hyper-parameters of an optimizer, one for the whole model.
pub(super) const HYPERPARAMETERS: &[&str] = &["**/beta[12]_power", "**/beta[12]_power_[0-9]"];

/// Variables for the metrics of Keras.
pub(super) const METRICS: &[&str] = &["keras_api/metrics/**"];

/// The maximum number of segments of a name that are searched for slots.
const MAX_SEGMENTS: usize = 16;

/// The scopes of optimizers. Further ones of a kind have a number after the name.
const OPTIMIZERS: [&str; 12] = [
    "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Momentum", "Nadam",
    "RMSProp", "RMSprop", "SGD",
];

/// Names of model variables. They are slots only if half of all variables have them.
const PARAMETERS: [&str; 8] =
    ["beta", "bias", "gamma", "kernel", "offset", "scale", "weight", "weights"];

/// Returns the names of slots, such as `accumulator`. Several variables have such a child of the same dtype and shape, and no
/// other variable has this name.
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

/// Returns the scopes of optimizers, such as `training/Adagrad`. Either the scope is named after an optimizer, or it repeats the
/// names of several variables with a suffix, and has nothing else but scalars.
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
    // If all variables are in such scopes, the checkpoint is about them.
    if specs.keys().any(taken) {
        found.extend(scopes);
    }
    let outermost = |root: &&str| !beginnings(root).any(|outer| found.contains(outer));
    found.iter().copied().filter(outermost).collect()
}

/// Returns the scopes of optimizers of `PyTorch`. Their states have groups of parameters.
pub(super) fn states<'a>(specs: &BTreeMap<&'a str, Spec>) -> Vec<&'a str> {
    let scope = |name: &&'a str| Some(name.split_once(".param_groups.")?.0);
    let scopes: BTreeSet<&str> = specs.keys().filter_map(scope).collect();
    scopes.into_iter().collect()
}

/// Returns the names within a scope.
fn within<'s, 'a>(
    root: &str,
    specs: &'s BTreeMap<&'a str, Spec>,
) -> impl Iterator<Item = (&'s &'a str, &'s Spec)> {
    let within = format!("{root}/");
    let names = specs.range::<str, _>((Bound::Included(within.as_str()), Bound::Unbounded));
    names.take_while(move |(name, _)| name.starts_with(&within))
}

/// True for `Adam`, `Adam_2` and the like.
fn is_optimizer(segment: &str) -> bool {
    let bare = segment.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let bare =
        if bare.len() < segment.len() { bare.strip_suffix('_').unwrap_or(segment) } else { bare };
    OPTIMIZERS.contains(&bare)
}

/// Returns the part of a name after its last `/`.
pub(super) fn last_segment(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, end)| end)
}

/// Returns the part of a name before each `/`.
pub(super) fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let slashes = name.match_indices('/').take(MAX_SEGMENTS);
    slashes.filter_map(|(at, _)| name.get(..at))
}

/// Returns the prefixes of a name that are followed by a whole other name and a suffix.
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

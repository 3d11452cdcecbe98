//! The variables of a checkpoint as tables for [`fit`](crate::fit).
//!
//! A load without problems needs no families: each variable is its own family, which takes a fraction of the time. Names are
//! grouped into families, as in a manifest, only to report problems.

use std::collections::{BTreeMap, HashSet};

use crate::fit::{Input, NONE, Named, Outline, Outlined, Ranks};
use crate::listing::catalog::{Catalog, Defect, Name, Variable, is_plain};
use crate::manifest::{Family, FamilyPiece, Hash, Listing, Manifest, Slot, Table, called};
use crate::model::shadow::Shadow;
use crate::naming::{Names, ignored_globs};

/// A name, and the number of its variable. Numbers after all variables stand for several variables.
pub(super) type Entry<'n> = (&'n [u8], usize);

/// Names in the object graph that are not listed, and names shared by several variables.
pub(super) struct More {
    pub(super) found: Vec<(Name, usize)>,
    ambiguous: Vec<Vec<(String, String)>>,
    names: Vec<Name>,
}

impl More {
    /// The names that a description can ask for.
    pub(super) fn new(names: &Names<'_>, outlined: &Outlined<'_>) -> Self {
        let mut found =
            names.reachable(|name| outlined.admits(name), |name| outlined.asks_for(name));
        if !found.is_empty() {
            let all = 0..names.catalog().variables().len();
            let listed: HashSet<&Name> = all.flat_map(|number| names.of(number)).collect();
            found.retain(|(name, _)| !listed.contains(name));
        }
        let (ambiguous_names, ambiguous) = names.ambiguous().into_iter().unzip();
        Self { found, ambiguous, names: ambiguous_names }
    }

    /// The paths and keys behind each ambiguous name.
    fn named(&self) -> Vec<Vec<Named<'_>>> {
        let several = self.ambiguous.iter();
        several
            .map(|several| several.iter().map(|(path, key)| Named { path, key }).collect())
            .collect()
    }

    /// The ambiguous names, numbered from `variables` on.
    fn numbered(&self, variables: usize) -> impl Iterator<Item = (&Name, usize)> {
        self.names.iter().zip(variables..)
    }
}

/// The input of a load's check, beside the tables.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) outline: Outline<'a>,
    pub(super) bound: &'a [(usize, u64)],
    pub(super) allow_unmapped: bool,
    pub(super) whole: bool,
    pub(super) shadow: Shadow,
    pub(super) ranks: Ranks,
}

impl<'a> Asked<'a> {
    fn input(
        self,
        manifest: Manifest<'a>,
        names: &'a [&'a [u8]],
        ambiguous: &'a [&'a [Named<'a>]],
        called: &Names<'_>,
    ) -> Input<'a> {
        let Self { outline, bound, allow_unmapped, whole, shadow, ranks } = self;
        let (may_be_bound, limit, are_keys) = (false, usize::MAX, called.are_keys());
        let graph = (0..manifest.variables).find(|&number| called.come_from(number));
        let graph = graph.filter(|_| !names.is_empty()).unwrap_or(NONE);
        Input {
            outline,
            manifest,
            names,
            ambiguous,
            are_keys,
            graph,
            bound,
            may_be_bound,
            allow_unmapped,
            whole,
            shadow,
            ranks,
            limit,
        }
    }
}

/// Calls `then` with the variables. Each is its own family, numbered as in the catalog.
pub(super) fn with_each<'n, T>(
    names: &Names<'n>,
    more: &More,
    asked: Asked<'_>,
    then: impl FnOnce(&Input<'_>) -> T,
) -> T {
    let catalog = names.catalog();
    let shown = shown(catalog);
    let pieces: Vec<[FamilyPiece<'_>; 1]> = catalog
        .variables()
        .iter()
        .enumerate()
        .map(|(number, variable)| {
            let plain = || variable.name.as_str().unwrap_or_default();
            [FamilyPiece::Text(shown.get(&number).map_or_else(plain, String::as_str))]
        })
        .collect();
    let globs: Vec<_> = asked.outline.structs[0].ignore.iter().flat_map(ignored_globs).collect();
    let below = &below(asked.outline);
    let ignored = |number: usize| {
        if globs.is_empty() {
            return None;
        }
        let called = called(names.of(number), &catalog.variables()[number].name, below);
        let by = called.iter().find_map(|name| globs.iter().find(|rule| rule.glob.matches(name)));
        by.map(|labelled| labelled.label)
    };
    let defect = |(number, variable): (usize, &'n Variable)| {
        let defect = variable.defect()?;
        Some((number, (defect, said(defect))))
    };
    let defects: BTreeMap<usize, (&Defect, String)> =
        catalog.variables().iter().enumerate().filter_map(defect).collect();
    let families: Vec<Family<'_>> = catalog
        .variables()
        .iter()
        .enumerate()
        .zip(&pieces)
        .map(|((first, variable), pieces)| Family {
            pieces,
            dtype: variable.dtype,
            shape: variable.shape.dims(),
            first,
            count: 1,
            ignored: ignored(first),
            defect: defects.get(&first).map(|(defect, said)| (*defect, &**said)),
            ..Family::EMPTY
        })
        .collect();
    let listed = (0..families.len())
        .flat_map(|number| names.of(number).iter().map(move |name| (name.as_bytes(), number)));
    let found = more.found.iter().map(|(name, number)| (name.as_bytes(), *number));
    let behind = more.numbered(families.len()).map(|(name, number)| (name.as_bytes(), number));
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(families.len());
    entries.extend(listed.chain(found).chain(behind));
    let slots = slots(&entries);
    let spelled: Vec<&[u8]> = entries.iter().map(|(name, _)| *name).collect();
    drop(entries);
    let several = more.named();
    let several: Vec<&[Named<'_>]> = several.iter().map(Vec::as_slice).collect();
    let manifest =
        Manifest { file: "", families: &families, variables: families.len(), slots: &slots };
    then(&asked.input(manifest, &spelled, &several, names))
}

/// Calls `then` with the variables grouped into families, as in a manifest.
pub(super) fn with_families<T>(
    names: &Names<'_>,
    more: &More,
    listing: &Listing,
    asked: Asked<'_>,
    then: impl FnOnce(&Input<'_>) -> T,
) -> T {
    let catalog = names.catalog();
    let mut entries = listing.entries_below(asked.outline.structs[0].ignore, &below(asked.outline));
    for entry in &mut entries {
        let key = entry.names.first().cloned().unwrap_or_default();
        let number = names.number_of(&key);
        let defect = number.and_then(|number| catalog.variables()[number].defect());
        entry.defect = defect.map(|defect| (defect.clone(), said(defect)));
        let found = more.found.iter().filter(|(_, other)| Some(*other) == number);
        entry.names.extend(found.map(|(name, _)| name.clone()));
    }
    let table = Table::with_ambiguous(&entries, &more.names);
    let several = more.named();
    let several: Vec<&[Named<'_>]> = several.iter().map(Vec::as_slice).collect();
    table.with("", |manifest| then(&asked.input(manifest, &[], &several, names)))
}

/// The start of all names below the prefix from the load options.
fn below(outline: Outline<'_>) -> String {
    match outline.prefix {
        "" => String::new(),
        prefix => format!("{prefix}{}", outline.structs[0].separator),
    }
}

/// The message of a variable's defect.
fn said(defect: &Defect) -> String {
    format!("{}: {defect}", defect.word())
}

/// The displayed forms of names that cannot be displayed unchanged, by the number of the variable.
fn shown(catalog: &Catalog) -> BTreeMap<usize, String> {
    let names = catalog.variables().iter().map(|variable| &variable.name).enumerate();
    let others = names.filter(|(_, name)| !name.as_str().is_some_and(is_plain));
    others.map(|(number, name)| (number, name.to_string())).collect()
}

/// The hash slots of names: each contains the number of its variable, and the number of the name in place of a family.
#[expect(
    clippy::cast_possible_truncation,
    reason = "any bits of a hash do, and names are far fewer than a `u32`"
)]
fn slots(entries: &[Entry<'_>]) -> Vec<Slot> {
    let count = entries.len().saturating_mul(2).next_power_of_two();
    let mut slots: Vec<Slot> = vec![[0; 16]; count];
    for (number, (name, variable)) in entries.iter().enumerate() {
        let hash = Hash::of(name).mixed();
        let mut at = hash as usize & (count - 1);
        while slots[at] != [0; 16] {
            at = (at + 1) & (count - 1);
        }
        let (variable, number) = (*variable as u128 + 1, number as u128 + 1);
        slots[at] = (u128::from(hash) | variable << 64 | number << 96).to_le_bytes();
    }
    slots
}

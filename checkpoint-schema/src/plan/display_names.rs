//! Chooses the displayed name of a variable without a field, if it has several.

use std::collections::HashSet;

use crate::listing::catalog::{Name, Variable};
use crate::naming::Names;

/// The places of loaded variables: the beginnings of their names, up to each `/`.
#[derive(Debug, Default)]
pub(super) struct DisplayNames(HashSet<Vec<u8>>);

impl DisplayNames {
    /// Collects the places of variables loaded under these names.
    pub(super) fn new(loaded: impl Iterator<Item = String>) -> Self {
        let mut places = HashSet::new();
        for name in loaded {
            for place in places_of(name.as_bytes()) {
                // The outer places of a known place are known.
                if !places.insert(place.to_vec()) {
                    break;
                }
            }
        }
        Self(places)
    }

    /// The name of a variable that is nearest to the loaded names: a field for it would be next to the loaded ones.
    pub(super) fn name<'n>(&self, names: &'n Names<'_>, number: usize) -> &'n Name {
        let steps = |name: &&Name| {
            places_of(name.as_bytes()).take_while(|place| !self.0.contains(*place)).count()
        };
        let variable = &names.catalog().variables()[number];
        names.of(number).iter().min_by_key(steps).unwrap_or(&variable.name)
    }

    /// The variable, with that name.
    pub(super) fn variable(&self, names: &Names<'_>, number: usize) -> Variable {
        let variable = names.catalog().variables()[number].clone();
        Variable { name: self.name(names, number).clone(), ..variable }
    }
}

/// The beginnings of a name, up to each `/`, longest first.
fn places_of(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = (0..name.len()).rev().filter(|&at| name[at] == b'/');
    ends.map(|end| &name[..end])
}

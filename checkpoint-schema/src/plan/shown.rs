//! Which of its names a variable is called by, where no field calls it by one.

use std::collections::HashSet;

use crate::listing::catalog::{Name, Variable};
use crate::plan::names::Names;

/// The places of what is loaded: what the names of variables begin with, up to a `/`.
#[derive(Debug, Default)]
pub(super) struct Shown(HashSet<Vec<u8>>);

impl Shown {
    /// The places of variables that are loaded by these names.
    pub(super) fn new(loaded: impl Iterator<Item = String>) -> Self {
        let mut places = HashSet::new();
        for name in loaded {
            for place in places_of(name.as_bytes()) {
                // Those around a place that is known are known too.
                if !places.insert(place.to_vec()) {
                    break;
                }
            }
        }
        Self(places)
    }

    /// The name of a variable that is nearest to what is loaded, for there its field would be.
    pub(super) fn name<'n>(&self, names: &'n Names<'_>, number: usize) -> &'n Name {
        let steps = |name: &&Name| {
            places_of(name.as_bytes()).take_while(|place| !self.0.contains(*place)).count()
        };
        let variable = &names.catalog().variables()[number];
        names.of(number).iter().min_by_key(steps).unwrap_or(&variable.name)
    }

    /// A variable by that name.
    pub(super) fn variable(&self, names: &Names<'_>, number: usize) -> Variable {
        let variable = names.catalog().variables()[number].clone();
        Variable { name: self.name(names, number).clone(), ..variable }
    }
}

/// What a name begins with, up to each `/`, from the last.
fn places_of(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = (0..name.len()).rev().filter(|&at| name[at] == b'/');
    ends.map(|end| &name[..end])
}

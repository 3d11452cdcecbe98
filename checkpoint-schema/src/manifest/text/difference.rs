//! Differences between a manifest and a checkpoint.

use std::collections::BTreeMap;
use std::fmt;

use super::write::lines;
use crate::listing::catalog::Name;
use crate::manifest::{Listed, Listing};

/// The difference between the listings of a checkpoint before and now.
///
/// `Display` prints its lines: `- ` with the old line, `+ ` with the new line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The number of removed variables.
    pub gone: usize,
    /// The number of added variables.
    pub new: usize,
    /// The number of variables with another dtype, shape, key or other names.
    pub changed: usize,
    lines: Vec<String>,
}

impl Listing {
    /// Compares this listing, of the current checkpoint, with an earlier one. Returns `None` if they are equal.
    #[must_use]
    pub fn difference(&self, before: &Self) -> Option<Difference> {
        let (old, now) = (by_name(before), by_name(self));
        let other = |map: &BTreeMap<&Name, &Listed>, name: &Name, listed: &Listed| {
            self.naming() != before.naming() || map.get(name) != Some(&listed)
        };
        let removed: Vec<_> =
            old.iter().filter(|(name, listed)| other(&now, name, listed)).collect();
        let added: Vec<_> = now.iter().filter(|(name, listed)| other(&old, name, listed)).collect();
        let changed = removed.iter().filter(|(name, _)| now.contains_key(**name)).count();
        let removed_lines = lines(before.naming(), removed.iter().map(|(_, listed)| **listed));
        let added_lines = lines(self.naming(), added.iter().map(|(_, listed)| **listed));
        let removed_lines = removed_lines.into_iter().map(|(name, line)| (name, "- ", line));
        let added_lines = added_lines.into_iter().map(|(name, line)| (name, "+ ", line));
        let mut marked: Vec<_> = removed_lines.chain(added_lines).collect();
        marked.sort_by(|(name, mark, _), (other, than, _)| (name, *than).cmp(&(other, *mark)));
        (!marked.is_empty()).then(|| Difference {
            gone: removed.len().saturating_sub(changed),
            new: added.len().saturating_sub(changed),
            changed,
            lines: marked.into_iter().map(|(_, mark, line)| format!("{mark}{line}")).collect(),
        })
    }
}

fn by_name(listing: &Listing) -> BTreeMap<&Name, &Listed> {
    let variables = listing.variables().iter();
    variables.filter_map(|listed| Some((listed.names.first()?, listed))).collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}

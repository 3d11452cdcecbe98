//! A manifest, as text or an index. Its listing, written as text, reads as the same listing.

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::{Hash, Listing, Manifest, Table, find};
use checkpoint_schema::model::description::{Ignore, Preset};

use super::{check_message, small_limits};

/// Reads a manifest.
pub(super) fn manifest(bytes: &[u8]) {
    let listing = match Listing::read(bytes, &small_limits()) {
        Ok(listing) => listing,
        Err(error) => return check_message(&error),
    };
    let text = listing.to_string();
    let again = Listing::read(text.as_bytes(), &Limits::default());
    assert_eq!(again.as_ref(), Ok(&listing), "{text}");
    assert_eq!(listing.difference(&listing), None);
    every_name_is_found(&listing);
}

/// Checks that each name leads to a variable of its own in the table.
fn every_name_is_found(listing: &Listing) {
    let entries = listing.entries(&Preset::ALL.map(Ignore::Preset));
    let table = Table::of(&entries);
    let slots = Manifest::slots(&table.slots);
    let mut taken = vec![false; entries.len()];
    for entry in &entries {
        let found = entry.names.iter().map(|name| find(slots, Hash::of(name.as_bytes())));
        let found: Vec<(usize, usize)> = found.map(Option::unwrap).collect();
        let (number, family) = found[0];
        assert!(found.iter().all(|other| *other == (number, family)));
        assert!(!std::mem::replace(&mut taken[number], true), "{:?} is not alone", entry.names);
        assert_eq!(table.groups[family].spec, entry.spec);
    }
}

//! What is said of manifests is what planning says of checkpoints.

use crate::check::manifests;
use crate::description::Node;
use crate::manifest::{Family, FamilyPart, GroupPart, Listing, Manifest, Table};
use crate::plan::Names;

/// The problems between a description and what a checkpoint lists.
pub(crate) fn problems(node: &Node, names: &Names<'_>) -> String {
    let Node::Struct(root) = node else { return String::new() };
    let listing = Listing::of(names);
    let table = Table::of(&listing.entries(root.ignore));
    let mut all = String::new();
    with_manifest(&table, |manifest| {
        all = manifests::<4096, 1>(node, &[manifest]).problems().to_owned();
    });
    all
}

fn with_manifest(table: &Table, then: impl FnOnce(Manifest<'_>)) {
    let part = |part: &GroupPart| match part {
        GroupPart::Text(text) => FamilyPart::Text(text.clone().leak()),
        GroupPart::Number { digits, values } => {
            FamilyPart::Number { digits: *digits, values: values.clone().leak() }
        }
    };
    let parts: Vec<Vec<FamilyPart<'_>>> =
        table.groups.iter().map(|group| group.parts.iter().map(part).collect()).collect();
    let families: Vec<Family<'_>> = table
        .groups
        .iter()
        .zip(&parts)
        .map(|(group, parts)| Family {
            parts,
            dtype: group.spec.dtype,
            shape: group.spec.shape.dims(),
            first: group.first,
            count: group.count,
            ignored: group.ignored.as_deref(),
            preset: group.preset,
        })
        .collect();
    let variables = table.groups.iter().map(|group| group.count).sum();
    then(Manifest {
        file: "test",
        families: &families,
        variables,
        slots: Manifest::slots(&table.slots),
    });
}

//! Manifests as text read as they were written.

use std::collections::BTreeMap;

use checkpoint_core::Checkpoint;
use checkpoint_schema::format::Limits;
use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::manifest::{Listed, Listing};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_tests::corpus::{cases, real_cases};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// Names of pieces with a special meaning in a line, of numbers, and of any bytes.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let text = select(
        &[
            "h", "/", "_", " ", "<", "<0..2>", ">", "#", "=", "key", "naming", "\\", "\\u{20}",
            "\n", "ü",
        ][..],
    );
    let piece = prop_oneof![
        4 => text.prop_map(|text| text.as_bytes().to_vec()),
        4 => (0..12_usize, 1..4_usize).prop_map(|(number, digits)| format!("{number:0digits$}").into_bytes()),
        1 => any::<u64>().prop_map(|number| number.to_string().into_bytes()),
        1 => any::<char>().prop_map(|letter| letter.to_string().into_bytes()),
        1 => vec(any::<u8>(), 1..3),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn spec() -> impl Strategy<Value = Spec> {
    let dtype = select(DType::all().collect::<Vec<_>>());
    let dims = prop_oneof![Just(vec![]), Just(vec![2]), vec(0..9_u64, 0..4)];
    (prop_oneof![4 => Just(DType::Float32), 1 => dtype], dims)
        .prop_map(|(dtype, dims)| Spec { dtype, shape: Shape::new(dims).unwrap() })
}

/// Listings in which no two variables share a name.
fn listing() -> impl Strategy<Value = Listing> {
    let rest = (spec(), any::<prop::sample::Index>(), proptest::option::weighted(0.2, name()));
    let variables = btree_map(name(), rest, 0..40);
    (select(&Naming::ALL[..]), variables).prop_map(|(naming, variables)| {
        let mut listed: BTreeMap<usize, Listed> = BTreeMap::new();
        for (number, (name, (spec, group, key))) in variables.into_iter().enumerate() {
            let name = Name::from(name);
            let usual = Listed {
                names: vec![],
                key: Name::from(key.unwrap_or_else(|| name.as_bytes().to_vec())),
                spec,
            };
            // Some names are additional names of an earlier variable.
            let of = if number % 5 == 4 { group.index(number) } else { number };
            listed.entry(of).or_insert(usual).names.push(name);
        }
        Listing::new(naming, listed.into_values().collect())
    })
}

fn check(listing: &Listing) {
    let text = listing.to_string();
    let read = Listing::read(text.as_bytes(), &Limits::default());
    assert_eq!(read.as_ref(), Ok(listing), "{text}");
    assert_eq!(read.unwrap().to_string(), text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_listing_is_read_as_it_was_written(listing in listing()) {
        check(&listing);
    }

    #[test]
    fn a_text_is_read_or_refused(text in "[a-b0-2<>=#., \\[\\]:fi32\\n\"\\\\]{0,40}") {
        if let Ok(listing) = Listing::read(text.as_bytes(), &Limits::default()) {
            check(&listing);
        }
    }
}

#[test]
fn a_manifest_of_every_checkpoint_lists_what_it_holds() {
    let mut checked = 0;
    for case in cases().unwrap().into_iter().chain(real_cases().unwrap()) {
        let checkpoint = Checkpoint::open(&case.prefix).unwrap();
        let names = Names::of_keys(checkpoint.catalog());
        let listing = Listing::of(&names);
        assert_eq!(listing.variables().len(), case.truth.tensors.len(), "{}", case.name);
        check(&listing);
        let Some(graph) = checkpoint.object_graph().unwrap() else { continue };
        for naming in [Naming::ObjectPath, Naming::FullName] {
            let names = Names::new(naming, checkpoint.catalog(), Some(&graph)).unwrap();
            let listing = Listing::of(&names);
            // All but the graph itself.
            assert_eq!(listing.variables().len(), case.truth.tensors.len() - 1, "{}", case.name);
            check(&listing);
            checked += 1;
        }
    }
    assert!(checked > 1, "no checkpoint has an object graph");
}

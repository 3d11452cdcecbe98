//! Scaffolds of any names. The structs, parsed from their text, fit the checkpoint.

mod structs;

use checkpoint_scaffold::{Field, Options, Scaffold};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::model::check;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use self::structs::node;

/// The segments of names. Some differ in numbers, and some are no identifiers.
const SEGMENTS: [&str; 40] = [
    "h0", "h1", "h2", "h3", "h10", "l_000", "l_001", "l_010", "c", "c_1", "c_2", "d_x", "d_1_x",
    "d_2_x", "e1", "e2", "e3", "f0", "f2", "f4", "0", "1", "", "w", "b", "w_0", "w_1", "a<i>",
    "a.b", "{i}", "type", "Adam", "slot", "Ln", "8x8", "16x16", "32x32", "part_0", "part_1",
    "part_2",
];

/// A name with any lengths. Its dtype and rank mostly depend on its end.
fn variable() -> impl Strategy<Value = Variable> {
    let dtypes = select(&[DType::Float32, DType::Float32, DType::Int64, DType::Int4][..]);
    let lengths = select(&[1, 2, 3, 8, 8, 16, 24, 64][..]);
    let odd = (dtypes, 0..4_usize);
    let usual = Just((DType::Float32, usize::MAX));
    let kind = prop_oneof![9 => usual, 1 => odd];
    (vec(select(&SEGMENTS[..]), 1..5), kind, [(); 3].map(|()| lengths.clone())).prop_map(
        |(segments, (dtype, rank), lengths)| {
            let rank = rank.min(segments.last().map_or(0, |end| end.len() % 3));
            Variable {
                name: Name::from(segments.join("/")),
                dtype,
                shape: Shape::new(&lengths[..rank]).unwrap(),
                place: Place::Opaque,
            }
        },
    )
}

/// Layers with the same names, except that some lack one, and with numbers that continue from layer to layer.
fn layers() -> impl Strategy<Value = Vec<Variable>> {
    let runs = select(&[0, 0, 0, 1, 2, 3][..]);
    let names = vec((vec(select(&SEGMENTS[..]), 1..3), 0..3_usize, any::<bool>(), runs), 1..8);
    let lacking = vec((0..6_usize, 0..8_usize), 0..3);
    (names, 1..6_usize, lacking).prop_map(|(names, count, lacking)| {
        let mut variables = Vec::new();
        for layer in 0..count {
            for (number, (segments, rank, grows, runs)) in names.iter().enumerate() {
                if lacking.contains(&(layer, number)) {
                    continue;
                }
                let length = if *grows { 8 + layer } else { 16 } as u64;
                let mut name = format!("model/layer{layer}/{}", segments.join("/"));
                match (*runs, runs * layer + number % 2) {
                    (0, _) | (3, 0) => {}
                    (_, number) => name = format!("{name}_{number}/x"),
                }
                variables.push(Variable {
                    name: Name::from(name),
                    dtype: DType::Float32,
                    shape: Shape::new(vec![length; *rank]).unwrap(),
                    place: Place::Opaque,
                });
            }
        }
        variables
    })
}

fn fits(variables: Vec<Variable>) {
    let catalog = Catalog::new(variables, 1);
    let names = Names::of_keys(&catalog);
    let budget = &Budget::new(&Limits::default(), 0);
    let options = Options::new("Model", "a test", budget);
    let text = Scaffold::new(&names, options).unwrap().to_string();
    let node = node(&text);
    check::root(node);
    let plan = plan(node, &names, PlanOptions::default()).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", problems.join("\n"))
    });
    assert!(plan.idle.is_empty(), "{:?}\n{text}", plan.idle);
    let taken: Vec<bool> = (0..catalog.variables().len())
        .map(|number| plan.reads.iter().any(|read| read.variable == number))
        .collect();
    // The structs are generated again for each.
    for (number, taken) in taken.into_iter().enumerate().step_by(7) {
        let variable = &catalog.variables()[number].name;
        let field = Field::of(&names, options, number).unwrap();
        assert_eq!(field.is_some(), taken, "{variable}\n{text}");
    }
}

/// A glob without a match is a problem, so each name is ignored by one glob.
#[test]
fn a_name_that_no_path_can_be_is_ignored_once() {
    let variable = |(name, lengths): (&str, &[u64])| Variable {
        name: Name::from(name.to_owned()),
        dtype: DType::Float32,
        shape: Shape::new(lengths).unwrap(),
        place: Place::Opaque,
    };
    let names: [(&str, &[u64]); 6] = [
        ("w", &[2]),
        ("b", &[3]),
        ("slots/w/m", &[2]),
        ("slots/b/m", &[3]),
        ("slots/{i}", &[]),
        ("{i}", &[]),
    ];
    fits(names.map(variable).to_vec());
}

proptest! {
    #[test]
    fn a_scaffold_takes_all_variables_of_any_names(variables in vec(variable(), 0..60)) {
        fits(variables.into_iter().filter(|variable| !variable.name.as_bytes().is_empty()).collect());
    }

    #[test]
    fn a_scaffold_takes_all_variables_of_layers(variables in layers()) {
        fits(variables);
    }
}

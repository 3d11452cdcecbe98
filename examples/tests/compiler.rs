//! What the compiler says of a manifest is what a load says of a checkpoint: whether the struct fits, for the checkpoints of
//! all architectures and for hundreds that differ from them in one variable.

use checkpoint_core::FromCheckpoint;
use checkpoint_core::schema::check;
use checkpoint_core::schema::description::{Keys, Node};
use checkpoint_core::schema::dtype::DType;
use checkpoint_core::schema::manifest::{self, Table};
use checkpoint_core::schema::plan::{Names, PlanOptions, plan};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::minigo::MiniGo;
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::t5::T5;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::{albert, bert, minigo, mobilenet, t5};
use checkpoint_tests::gpt2::Hparams;

/// How many variables are changed, one after another.
const CHANGED: usize = 12;

/// More variables than any of these has.
const MOST: usize = 2048;

/// How many checkpoints fit, and how many do not.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    fit: usize,
    refused: usize,
}

/// The lines of what planning says, and of what the compiler says.
fn said(node: &'static Node, listing: &Listing) -> [Vec<String>; 2] {
    let (_folder, checkpoint) = listing.index().unwrap();
    let Node::Struct(root) = node else { panic!("a struct is loaded") };
    let names = Names::new(Keys::Name, checkpoint.catalog(), None).unwrap();
    let planned = plan(node, &names, PlanOptions::default()).err().unwrap_or_default();
    let table = Table::of(&manifest::Listing::of(&names).entries(root.ignore));
    let checked = table.with("manifest", |manifest| {
        check::manifests::<MOST, 1>(node, &[manifest]).problems().to_owned()
    });
    // That nothing of an `Option` is in any manifest is no problem of a load.
    let lines = checked.lines().skip(1).filter(|line| !line.contains("no manifest has"));
    [
        planned.iter().map(|problem| format!("- {problem}")).collect(),
        lines.map(str::to_owned).collect(),
    ]
}

impl Counts {
    fn add(&mut self, node: &'static Node, listing: &Listing, what: &str) {
        let [planned, checked] = said(node, listing);
        assert_eq!(planned.is_empty(), checked.is_empty(), "{what}: {planned:#?} {checked:#?}");
        if planned.is_empty() {
            self.fit += 1;
        } else {
            self.refused += 1;
        }
    }
}

fn agree<T: for<'c> FromCheckpoint<'c>>(listing: &Listing) -> Counts {
    let node = const { &T::NODE };
    let mut counts = Counts::default();
    counts.add(node, listing, "as it is");
    assert_eq!(counts, Counts { fit: 1, refused: 0 });
    let variables = listing.variables();
    let step = variables.len().div_ceil(CHANGED);
    for listed in variables.iter().step_by(step) {
        let (name, shape) = (&listed.name, &listed.shape);
        let is_it = |other: &str| other == name;
        let longer = [&shape[..], &[1]].concat();
        let mut other = shape.clone();
        other.iter_mut().last().into_iter().for_each(|len| *len += 1);
        let renamed =
            |other: &str| if other == name { format!("{other}x") } else { other.to_owned() };
        for (what, changed) in [
            ("left out", listing.clone().without(is_it)),
            ("renamed", listing.clone().renamed(renamed)),
            ("with an axis more", listing.clone().reshaped(name, &longer)),
            ("longer", listing.clone().reshaped(name, &other)),
            ("of 64 bits", listing.clone().retyped(DType::Float64, is_it)),
            ("of integers", listing.clone().retyped(DType::Int32, is_it)),
        ] {
            counts.add(node, &changed, &format!("{name} {what}"));
        }
    }
    let mut more = listing.clone();
    more.weight("one/more", &[2]);
    counts.add(node, &more, "with one more");
    counts
}

fn gpt2() -> Listing {
    let mut listing = Listing::default();
    for (name, shape) in Hparams::released("124M").unwrap().tensors() {
        listing.weight(name, &shape);
    }
    listing
}

#[test]
fn of_gpt2() {
    let counts = agree::<Gpt2>(&gpt2());
    assert!(counts.refused > 20, "{counts:?}");
}

#[test]
fn what_only_the_options_of_a_load_say_is_left_to_it() {
    let [planned, checked] = said(const { &Gpt2Heads::NODE }, &gpt2());
    assert!(planned[0].contains("nothing says what `n_head` is"), "{planned:?}");
    assert!(checked.is_empty(), "{checked:?}");
}

#[test]
fn of_bert() {
    let counts = agree::<PretrainedBert>(&bert::Bert::BASE.trained());
    assert!(counts.refused > 20, "{counts:?}");
    let counts = agree::<FineTunedBert>(&bert::Bert::BASE.fine_tuned(3));
    assert!(counts.refused > 20, "{counts:?}");
    let counts = agree::<PretrainedAlbert>(&albert::Albert::BASE.trained());
    assert!(counts.refused > 20, "{counts:?}");
}

#[test]
fn of_t5() {
    for size in [t5::T5::SMALL, t5::T5::SMALL_1_1] {
        let counts = agree::<T5>(&size.trained());
        assert!(counts.refused > 20, "{counts:?}");
    }
}

#[test]
fn of_networks_for_go_and_for_images() {
    let go = minigo::MiniGo { board: 19, planes: 17, filters: 256, blocks: 19, hidden: 256 };
    let counts = agree::<MiniGo>(&go.listing());
    assert!(counts.refused > 20, "{counts:?}");
    let counts = agree::<MobileNet>(&mobilenet::MobileNet { thinner: 1, classes: 1001 }.listing());
    assert!(counts.refused > 20, "{counts:?}");
}

//! The compiler's errors for a manifest match the errors of a load from a checkpoint. Both agree on whether the struct fits, and
//! on each sentence, unless the load sums up many problems as one. The tests use the checkpoints of all architectures, and
//! hundreds that differ in one variable or in many.

use std::collections::BTreeSet;

use checkpoint_core::{DType, FromCheckpoint, Node, Problem, ProblemKind};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::efficientnet::EfficientNet;
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::minigo::MiniGo;
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::t5::T5;
use checkpoint_schema::manifest::Table;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use checkpoint_schema::{fit, manifest};
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::{albert, bert, efficientnet, minigo, mobilenet, t5};

/// The number of variables that are changed, one after another.
const CHANGED: usize = 12;

/// The number of name parts that are changed.
const WORDS: usize = 6;

/// The kinds of problems that every architecture has with some of the changed checkpoints.
const KINDS: [&str; 5] = ["DType", "Missing", "ObjectBased", "Prefix", "Unmapped"];

/// The numbers of checkpoints that fit and do not fit.
#[derive(Debug, Default)]
struct Counts {
    fit: usize,
    refused: usize,
    kinds: BTreeSet<String>,
}

/// Returns the problems of a load, and the lines of the compiler's error.
fn said(node: &'static Node, listing: &Listing) -> (Vec<Problem>, Vec<String>) {
    let (_folder, checkpoint) = listing.index().unwrap();
    let Node::Struct(root) = node else { panic!("a struct is loaded") };
    let names = Names::new(Naming::Key, checkpoint.catalog(), None).unwrap();
    let mut planned = plan(node, &names, PlanOptions::default()).err().unwrap_or_default();
    let table = Table::of(&manifest::Listing::of(&names).entries(root.ignore));
    let said = table.with("manifest", |manifest| fit::check(node, &[manifest]));
    let lines = said.into_iter().flat_map(|said| said.problems).map(|problem| problem.message);
    // A load accepts an `Option` without variables in any manifest. There, variables of similar names are unexpected instead.
    let (never, mut checked): (Vec<String>, Vec<String>) =
        lines.partition(|line| line.contains("no manifest has"));
    if never.iter().any(|line| line.contains("did you mean")) {
        planned.retain(|problem| problem.kind != ProblemKind::Unmapped);
        checked.retain(|line| !line.starts_with("unexpected variable"));
    }
    (planned, checked)
}

/// Returns the name of a problem's kind.
fn kind(problem: &Problem) -> String {
    format!("{:?}", problem.kind)
}

impl Counts {
    /// Adds a checkpoint.
    fn add(&mut self, node: &'static Node, listing: &Listing, what: &str) {
        let (planned, mut checked) = said(node, listing);
        assert_eq!(planned.is_empty(), checked.is_empty(), "{what}: {planned:#?} {checked:#?}");
        if planned.is_empty() {
            self.fit += 1;
            return;
        }
        self.refused += 1;
        self.kinds.extend(planned.iter().map(kind));
        let mut planned: Vec<String> = planned.iter().map(ToString::to_string).collect();
        planned.sort();
        checked.sort();
        assert_eq!(planned, checked, "{what}");
    }
}

/// Checkpoints that differ in many variables at once.
fn changed(listing: &Listing) -> Vec<(String, Listing)> {
    let names = || listing.variables().iter().map(|listed| listed.name.as_str());
    let all = |_: &str| true;
    let mut changed = vec![
        ("under a prefix", listing.clone().renamed(|name| format!("module/{name}"))),
        (
            "of objects",
            listing.clone().renamed(|name| format!("{name}/.ATTRIBUTES/VARIABLE_VALUE")),
        ),
        ("of 64 bits", listing.clone().retyped(DType::Float64, all)),
        ("of 16 bits", listing.clone().retyped(DType::BFloat16, all)),
    ];
    let mut slots = listing.clone();
    slots.twins(&["Ftrl"], |listed| listed.dtype != DType::Int64);
    changed.push(("with slots", slots));
    let mut changed: Vec<(String, Listing)> =
        changed.into_iter().map(|(what, listing)| (what.to_owned(), listing)).collect();
    // Parts at the start, in the middle and at the end of names.
    let words: BTreeSet<&str> = names().flat_map(|name| name.split('/')).collect();
    let step = words.len().div_ceil(WORDS);
    for word in words.iter().step_by(step) {
        let is_word = |part: &str| if part == *word { "other".to_owned() } else { part.to_owned() };
        let renamed = |name: &str| name.split('/').map(is_word).collect::<Vec<_>>().join("/");
        changed.push((format!("{word} called other"), listing.clone().renamed(renamed)));
        let has = |name: &str| name.split('/').any(|part| part == *word);
        changed.push((format!("without {word}"), listing.clone().without(has)));
    }
    changed
}

fn agree<T: for<'c> FromCheckpoint<'c>>(listing: &Listing) {
    let node = const { &T::NODE };
    let mut counts = Counts::default();
    counts.add(node, listing, "as it is");
    assert_eq!(counts.fit, 1);
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
    for (what, listing) in changed(listing) {
        counts.add(node, &listing, &what);
    }
    assert!(counts.refused > 20, "{counts:?}");
    assert!(KINDS.iter().all(|kind| counts.kinds.contains(*kind)), "{counts:?}");
}

#[test]
fn of_gpt2() {
    agree::<Gpt2>(&Listing::gpt2("124M"));
}

#[test]
fn what_only_the_options_of_a_load_say_is_left_to_it() {
    let (planned, checked) = said(const { &Gpt2Heads::NODE }, &Listing::gpt2("124M"));
    assert!(planned[0].to_string().contains("no variable determines `n_head`"), "{planned:?}");
    assert!(checked.is_empty(), "{checked:?}");
}

#[test]
fn of_bert() {
    agree::<PretrainedBert>(&bert::Bert::BASE.trained());
    agree::<FineTunedBert>(&bert::Bert::BASE.fine_tuned(3));
    agree::<PretrainedAlbert>(&albert::Albert::BASE.trained());
}

#[test]
fn of_t5() {
    for size in [t5::T5::SMALL, t5::T5::SMALL_1_1] {
        agree::<T5>(&size.trained());
    }
}

#[test]
fn of_networks_for_go_and_for_images() {
    let go = minigo::MiniGo { board: 19, planes: 17, filters: 256, blocks: 19, hidden: 256 };
    agree::<MiniGo>(&go.listing());
    agree::<EfficientNet>(&efficientnet::EfficientNet { thinner: 1, classes: 1000 }.listing());
    agree::<MobileNet>(&mobilenet::MobileNet { thinner: 1, classes: 1001 }.listing());
}

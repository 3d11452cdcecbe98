//! Models of all architectures are saved as they were loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, Name, Owned, SaveOptions, Tensor, ToCheckpoint,
};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::keras::{ByNames, ByObjects};
use checkpoint_examples::minigo::MiniGo;
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::t5::T5;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::{albert, bert, keras, minigo, mobilenet, t5};

/// Checks that two checkpoints have the same variables.
#[track_caller]
fn are_equal(found: &Checkpoint, expected: &Checkpoint) {
    let contents = |checkpoint: &Checkpoint| -> BTreeMap<String, Tensor> {
        checkpoint.tensors().map(|(name, tensor)| (name.to_string(), tensor.unwrap())).collect()
    };
    let (found, expected) = (contents(found), contents(expected));
    assert!(found.keys().eq(expected.keys()), "{:?} {:?}", found.keys(), expected.keys());
    let others = expected.iter().filter(|(name, tensor)| found[*name] != **tensor);
    assert_eq!(others.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn in_memory(tensors: Vec<(Name, Tensor)>) -> Checkpoint {
    Checkpoint::from_source("saved", Memory::new(tensors))
}

/// Loads a model, and saves it like its checkpoint, with all other variables kept. If `alone`, saves it without its checkpoint,
/// too.
fn there_and_back<T>(
    checkpoint: &Checkpoint,
    alone: bool,
    options: impl Fn() -> LoadOptions<'static>,
) where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + Debug,
{
    let (model, report) = T::load_with(checkpoint, options()).unwrap();
    let shown = format!("{model:?}");
    let mut like = SaveOptions::new().like(checkpoint);
    if report.ignored.iter().any(|ignored| ignored.by != "bookkeeping" || ignored.count > 1) {
        like = like.keep(["**"]);
    }
    let again = in_memory(model.to_tensors(like).unwrap());
    are_equal(&again, checkpoint);
    assert!(format!("{:?}", T::load_with(&again, options()).unwrap().0) == shown);
    if alone {
        let again = in_memory(model.to_tensors(SaveOptions::new()).unwrap());
        assert!(format!("{:?}", T::load_with(&again, options()).unwrap().0) == shown);
    }
}

fn listed<T>(listing: &Listing, alone: bool)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + Debug,
{
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    there_and_back::<T>(&checkpoint, alone, LoadOptions::new);
}

#[test]
fn gpt2() {
    let nano = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    let checkpoint = Checkpoint::open(nano).unwrap();
    there_and_back::<Gpt2>(&checkpoint, true, LoadOptions::new);
    there_and_back::<Gpt2Heads>(&checkpoint, true, || LoadOptions::new().bind("n_head", 2));
}

#[test]
fn bert() {
    let small =
        bert::Bert { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };
    listed::<PretrainedBert>(&small.released(), true);
    listed::<PretrainedBert>(&small.trained(), true);
    listed::<FineTunedBert>(&small.fine_tuned(3), true);
    let small = albert::Albert {
        vocab: 19,
        positions: 7,
        types: 2,
        embedding: 4,
        hidden: 6,
        intermediate: 10,
    };
    listed::<PretrainedAlbert>(&small.trained(), true);
}

#[test]
fn t5() {
    for size in [t5::T5::SMALL, t5::T5::SMALL_1_1] {
        let small =
            t5::T5 { vocab: 19, d_model: 6, d_ff: 10, heads: 2, d_kv: 4, blocks: 3, ..size };
        listed::<T5>(&small.trained(), true);
    }
}

#[test]
fn networks_for_go_and_for_images() {
    let go = minigo::MiniGo { board: 19, planes: 17, filters: 4, blocks: 19, hidden: 6 };
    listed::<MiniGo>(&go.listing(), true);
    listed::<MobileNet>(&mobilenet::MobileNet { thinner: 8, classes: 11 }.listing(), true);
}

#[test]
fn a_classifier_of_keras() {
    let listing =
        keras::Classifier { model: "model", inputs: 7, layers: 3, hidden: 5, classes: 4 }.listing();
    listed::<ByObjects>(&listing, true);
    listed::<ByNames>(&listing, false);
}

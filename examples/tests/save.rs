//! Models of all architectures, with random bits for numbers, are saved as they were loaded.

use std::collections::BTreeMap;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, Name, Owned, SaveOptions, Tensor, ToCheckpoint,
};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::efficientnet::EfficientNet;
use checkpoint_examples::electra::{Discriminator, Generator};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::keras::{ByNames, ByObjects};
use checkpoint_examples::lstm::Translator;
use checkpoint_examples::minigo::MiniGo;
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::mobilenet_v2::MobileNetV2;
use checkpoint_examples::stylegan;
use checkpoint_examples::t5::T5;
use checkpoint_examples::wide_deep::WideDeep;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::{
    albert, bert, efficientnet, electra, keras, minigo, mobilenet, mobilenet_v2, t5,
};
use checkpoint_tests::random::Random;
use expect_test::expect;

/// The number of random checkpoints of each model.
const ROUNDS: u32 = 4;

/// The name of the object graph.
const GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

type Tensors = BTreeMap<String, Tensor>;

fn contents(checkpoint: &Checkpoint) -> Tensors {
    let tensors = checkpoint.tensors();
    tensors.map(|(name, tensor)| (name.to_string(), tensor.unwrap())).collect()
}

fn in_memory(tensors: Vec<(Name, Tensor)>) -> Checkpoint {
    Checkpoint::from_source("saved", Memory::new(tensors))
}

/// Checks that two checkpoints have the same variables, bit by bit.
#[track_caller]
fn are_equal(found: &Tensors, expected: &Tensors) {
    assert!(found.keys().eq(expected.keys()), "{:?} {:?}", found.keys(), expected.keys());
    let differs = |(name, tensor): &(&String, &Tensor)| {
        let found = &found[*name];
        found.spec() != tensor.spec() || found.as_bytes() != tensor.as_bytes()
    };
    let others = expected.iter().filter(differs).map(|(name, _)| name);
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Returns the checkpoint with random bits for numbers, so also with NaN of all kinds.
fn random(checkpoint: &Checkpoint, random: &mut Random) -> Checkpoint {
    let mut tensor = |tensor: Tensor| {
        if tensor.as_strings().is_some() {
            return tensor;
        }
        let bytes: Vec<u8> =
            tensor.as_bytes().iter().map(|_| random.next().to_le_bytes()[0]).collect();
        Tensor::from_bytes(tensor.dtype(), tensor.shape().dims(), &bytes).unwrap()
    };
    let tensors = checkpoint.tensors();
    in_memory(tensors.map(|(name, read)| (name.clone(), tensor(read.unwrap()))).collect())
}

/// Loads a model, and saves it like its checkpoint: first alone, then with all other variables kept. If `alone`, saves it without
/// its checkpoint, too.
fn there_and_back<T>(
    checkpoint: &Checkpoint,
    alone: bool,
    options: impl Fn() -> LoadOptions<'static>,
) where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
{
    let mut bits = Random::new(7);
    for _ in 0..ROUNDS {
        let checkpoint = random(checkpoint, &mut bits);
        let expected = contents(&checkpoint);
        let load = |checkpoint: &Checkpoint| T::load_with(checkpoint, options()).unwrap();
        let save =
            |model: &T, options: SaveOptions<'_>| in_memory(model.to_tensors(options).unwrap());
        let like = || SaveOptions::new().like(&checkpoint);
        let (model, report) = load(&checkpoint);
        // What no field loads is not written, except the object graph.
        let own = contents(&save(&model, like()));
        let graph = usize::from(expected.contains_key(GRAPH));
        assert_eq!(own.len(), report.variables + graph);
        let loaded = expected.clone().into_iter().filter(|(name, _)| own.contains_key(name));
        are_equal(&own, &loaded.collect());
        if own.len() < expected.len() {
            are_equal(&contents(&save(&model, like().keep(["**"]))), &expected);
        }
        if alone {
            // The model that is loaded again has the same bits, since its saves have.
            let saved = save(&model, SaveOptions::new());
            let again = load(&saved).0;
            are_equal(&contents(&save(&again, SaveOptions::new())), &contents(&saved));
            are_equal(&contents(&save(&again, like())), &own);
        }
    }
}

fn listed<T>(listing: &Listing, alone: bool)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
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
    let small = albert::Albert::TINY;
    listed::<PretrainedAlbert>(&small.trained(), true);
    let small = electra::Electra::TINY;
    for small in [small, electra::Electra { embedding: 6, ..small }] {
        listed::<Discriminator>(&small.trained(), true);
        listed::<Generator>(&small.trained(), true);
    }
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
    let small = mobilenet_v2::MobileNetV2 { thinner: 16, classes: 11 };
    listed::<MobileNetV2>(&small.weights(), true);
    listed::<MobileNetV2>(&small.averages(), true);
    let small = efficientnet::EfficientNet { thinner: 8, classes: 11 };
    listed::<EfficientNet>(&small.plain(), true);
}

#[test]
fn models_of_small_manifests() {
    let of = |text| Listing::of_manifest(text);
    listed::<stylegan::Generator>(&of(include_str!("../manifests/stylegan.txt")), true);
    listed::<Translator>(&of(include_str!("../manifests/lstm.txt")), true);
    // The number of parts is that of the checkpoint.
    listed::<WideDeep>(&of(include_str!("../manifests/wide-deep.txt")), false);
}

#[test]
fn a_classifier_of_keras() {
    let listing =
        keras::Classifier { model: "model", inputs: 7, layers: 3, hidden: 5, classes: 4 }.listing();
    listed::<ByObjects>(&listing, true);
    listed::<ByNames>(&listing, false);
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, _) = ByNames::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let error = model.to_tensors(SaveOptions::new()).unwrap_err().to_string();
    expect![[r#"`ByNames` cannot be saved: the key of `batch_normalization/beta`, a name of `naming = "full_name"`, is unknown; save it like a checkpoint that has the variable"#]].assert_eq(&error);
}

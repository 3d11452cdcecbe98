//! The manifests are those of the architectures at the sizes of published models. The compiler checks the structs against them.

use checkpoint_core::{Checkpoint, DType};
use checkpoint_schema::manifest;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_tests::architectures::albert::Albert;
use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::efficientnet::EfficientNet;
use checkpoint_tests::architectures::electra::Electra;
use checkpoint_tests::architectures::keras::Classifier;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::minigo::MiniGo;
use checkpoint_tests::architectures::mobilenet::MobileNet;
use checkpoint_tests::architectures::mobilenet_v2::MobileNetV2;
use checkpoint_tests::architectures::pytorch::{converted, count_batches, mask_attention};
use checkpoint_tests::architectures::t5::T5;
use checkpoint_tests::gpt2::Hparams;
use expect_test::{ExpectFile, expect_file};

/// The classifier of the examples.
const CLASSIFIER: Classifier =
    Classifier { model: "model", inputs: 784, layers: 3, hidden: 128, classes: 10 };

fn check(listing: &Listing, naming: Naming, expected: ExpectFile) {
    let (_folder, checkpoint) = listing.index().unwrap();
    expected.assert_eq(&text(&checkpoint, naming));
}

/// Checks the manifest of a checkpoint in PyTorch's names. The rules of a model make it of TensorFlow's.
fn check_pytorch(
    listing: &Listing,
    model: &str,
    change: impl FnOnce(&mut Listing),
    expected: ExpectFile,
) {
    let (_folder, checkpoint) = listing.index().unwrap();
    let mut listing = converted(checkpoint.catalog(), model);
    change(&mut listing);
    check(&listing, Naming::Key, expected);
}

fn unchanged(_: &mut Listing) {}

/// The output of `ckpt manifest`.
fn text(checkpoint: &Checkpoint, naming: Naming) -> String {
    let graph = checkpoint.object_graph().unwrap();
    let names = Names::new(naming, checkpoint.catalog(), graph.as_ref()).unwrap();
    manifest::Listing::of(&names).to_string()
}

#[test]
fn gpt2_has_one() {
    let mut listing = Listing::default();
    for (name, shape) in Hparams::released("124M").unwrap().tensors() {
        listing.weight(name, &shape);
    }
    check(&listing, Naming::Key, expect_file!["../manifests/gpt2-124M.txt"]);
    let mask = |listing: &mut Listing| mask_attention(listing, 12, 1024);
    check_pytorch(&listing, "gpt2", mask, expect_file!["../manifests/gpt2-124M-hf.txt"]);

    let bard = concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard");
    let bard = converted(Checkpoint::open(bard).unwrap().catalog(), "gpt2");
    let mut bard = bard.renamed(|name| format!("transformer.{name}"));
    bard.weight("transformer.h.0.attn.bias", &[1, 1, 64, 64]);
    check(&bard, Naming::Key, expect_file!["../manifests/gpt2-bard-hf.txt"]);
}

#[test]
fn bert_and_albert_have_one() {
    let bert = Bert::BASE.released();
    check(&bert, Naming::Key, expect_file!["../manifests/bert-base.txt"]);
    check_pytorch(&bert, "bert", unchanged, expect_file!["../manifests/bert-base-hf.txt"]);
    let tuned = Bert::BASE.fine_tuned(2);
    check(&tuned, Naming::Key, expect_file!["../manifests/bert-base-classifier.txt"]);
    let file = expect_file!["../manifests/bert-base-classifier-hf.txt"];
    check_pytorch(&tuned, "bert", unchanged, file);
    let albert = Albert::BASE.released();
    check(&albert, Naming::Key, expect_file!["../manifests/albert-base.txt"]);
    check_pytorch(&albert, "albert", unchanged, expect_file!["../manifests/albert-base-hf.txt"]);
}

#[test]
fn electra_has_one_of_both_models() {
    let electra = Electra::SMALL.released();
    check(&electra, Naming::Key, expect_file!["../manifests/electra-small.txt"]);
    check_pytorch(
        &electra,
        "electra",
        unchanged,
        expect_file!["../manifests/electra-small-hf.txt"],
    );
    let file = expect_file!["../manifests/electra-small-generator-hf.txt"];
    check_pytorch(&electra, "electra-generator", unchanged, file);
}

#[test]
fn both_versions_of_t5_have_one() {
    check(&T5::SMALL.trained(), Naming::Key, expect_file!["../manifests/t5-small.txt"]);
    let newer = T5::SMALL_1_1.trained();
    check(&newer, Naming::Key, expect_file!["../manifests/t5-1.1-small.txt"]);
    // `transformers` loads the weights as `f32`.
    let singles = |listing: &mut Listing| {
        *listing = listing.clone().retyped(DType::Float32, |_| true);
    };
    let older = T5::SMALL.trained();
    check_pytorch(&older, "t5", singles, expect_file!["../manifests/t5-small-hf.txt"]);
    check_pytorch(&newer, "t5", singles, expect_file!["../manifests/t5-1.1-small-hf.txt"]);
}

#[test]
fn networks_for_go_and_for_images_have_one() {
    let go = MiniGo { board: 19, planes: 17, filters: 256, blocks: 19, hidden: 256 };
    check(&go.listing(), Naming::Key, expect_file!["../manifests/minigo.txt"]);
    let images = MobileNet { thinner: 1, classes: 1001 };
    check(&images.listing(), Naming::Key, expect_file!["../manifests/mobilenet-v1.txt"]);
    let file = expect_file!["../manifests/mobilenet-v1-hf.txt"];
    check_pytorch(&images.listing(), "mobilenet-v1", count_batches, file);
    let newer = MobileNetV2 { thinner: 1, classes: 1001 };
    check(&newer.trained(), Naming::Key, expect_file!["../manifests/mobilenet-v2.txt"]);
    let file = expect_file!["../manifests/mobilenet-v2-hf.txt"];
    check_pytorch(&newer.trained(), "mobilenet-v2", count_batches, file);
    let images = EfficientNet { thinner: 1, classes: 1000 };
    check(&images.listing(), Naming::Key, expect_file!["../manifests/efficientnet-b0.txt"]);
}

#[test]
fn a_classifier_of_keras_has_one_for_each_kind_of_names() {
    let listing = CLASSIFIER.listing();
    check(&listing, Naming::ObjectPath, expect_file!["../manifests/keras-objects.txt"]);
    check(&listing, Naming::FullName, expect_file!["../manifests/keras-names.txt"]);
}

//! The manifests are those of the architectures at the sizes of published models. The compiler checks the structs against them.

use checkpoint_core::Checkpoint;
use checkpoint_schema::manifest;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::plan::Names;
use checkpoint_tests::architectures::albert::Albert;
use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::efficientnet::EfficientNet;
use checkpoint_tests::architectures::keras::Classifier;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::minigo::MiniGo;
use checkpoint_tests::architectures::mobilenet::MobileNet;
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
}

#[test]
fn bert_and_albert_have_one() {
    let bert = Bert::BASE.released();
    check(&bert, Naming::Key, expect_file!["../manifests/bert-base.txt"]);
    let albert = Albert::BASE.released();
    check(&albert, Naming::Key, expect_file!["../manifests/albert-base.txt"]);
}

#[test]
fn both_versions_of_t5_have_one() {
    check(&T5::SMALL.trained(), Naming::Key, expect_file!["../manifests/t5-small.txt"]);
    let newer = T5::SMALL_1_1.trained();
    check(&newer, Naming::Key, expect_file!["../manifests/t5-1.1-small.txt"]);
}

#[test]
fn networks_for_go_and_for_images_have_one() {
    let go = MiniGo { board: 19, planes: 17, filters: 256, blocks: 19, hidden: 256 };
    check(&go.listing(), Naming::Key, expect_file!["../manifests/minigo.txt"]);
    let images = MobileNet { thinner: 1, classes: 1001 };
    check(&images.listing(), Naming::Key, expect_file!["../manifests/mobilenet-v1.txt"]);
    let images = EfficientNet { thinner: 1, classes: 1000 };
    check(&images.listing(), Naming::Key, expect_file!["../manifests/efficientnet-b0.txt"]);
}

#[test]
fn a_classifier_of_keras_has_one_for_each_kind_of_names() {
    let listing = CLASSIFIER.listing();
    check(&listing, Naming::ObjectPath, expect_file!["../manifests/keras-objects.txt"]);
    check(&listing, Naming::FullName, expect_file!["../manifests/keras-names.txt"]);
}

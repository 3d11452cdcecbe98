//! BERT: released checkpoints, checkpoints of a training, and fine-tuned ones.

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, LoadReport};
use checkpoint_examples::bert::{Bert, Dense, FineTunedBert, LayerNorm, PretrainedBert};
use checkpoint_tests::architectures::bert::Bert as Hparams;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::corpus;
use expect_test::expect;

const SMALL: Hparams =
    Hparams { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };

#[track_caller]
fn is_dense(dense: &Dense, listing: &Listing, at: &str) {
    assert_eq!(dense.kernel.clone().into_dyn(), listing.array(&format!("{at}/kernel")));
    assert_eq!(dense.bias.clone().into_dyn(), listing.array(&format!("{at}/bias")));
}

#[track_caller]
fn is_norm(norm: &LayerNorm, listing: &Listing, at: &str) {
    assert_eq!(norm.gamma.clone().into_dyn(), listing.array(&format!("{at}/gamma")));
    assert_eq!(norm.beta.clone().into_dyn(), listing.array(&format!("{at}/beta")));
}

#[track_caller]
fn is_model(bert: &Bert, listing: &Listing) {
    let at = "bert/embeddings";
    let table = |name: &str| listing.array(&format!("{at}/{name}_embeddings"));
    assert_eq!(bert.embeddings.words.clone().into_dyn(), table("word"));
    assert_eq!(bert.embeddings.positions.clone().into_dyn(), table("position"));
    assert_eq!(bert.embeddings.types.clone().into_dyn(), table("token_type"));
    is_norm(&bert.embeddings.norm, listing, &format!("{at}/LayerNorm"));
    for (number, layer) in bert.layers.iter().enumerate() {
        let at = |part: &str| format!("bert/encoder/layer_{number}/{part}");
        is_dense(&layer.attention.query, listing, &at("attention/self/query"));
        is_dense(&layer.attention.key, listing, &at("attention/self/key"));
        is_dense(&layer.attention.value, listing, &at("attention/self/value"));
        is_dense(&layer.attention_output.dense, listing, &at("attention/output/dense"));
        is_norm(&layer.attention_output.norm, listing, &at("attention/output/LayerNorm"));
        is_dense(&layer.intermediate, listing, &at("intermediate/dense"));
        is_dense(&layer.output.dense, listing, &at("output/dense"));
        is_norm(&layer.output.norm, listing, &at("output/LayerNorm"));
    }
    is_dense(&bert.pooler, listing, "bert/pooler/dense");
}

/// Returns the numbers of loaded and of ignored variables. There must be no others.
fn counts(report: &LoadReport) -> (usize, usize) {
    assert!(report.unmapped.is_empty() && report.warnings.is_empty(), "{report}");
    (report.variables, report.ignored.iter().map(|ignored| ignored.count).sum())
}

#[test]
fn every_variable_of_a_training_lands_where_its_name_says() {
    let listing = SMALL.trained();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = PretrainedBert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(counts(&report), (5 + 3 * 16 + 2 + 7, 2 * 62 + 1));
    assert!(report.absent.is_empty());
    assert_eq!((model.bert.layers.len(), model.bert.hidden), (3, 6));
    is_model(&model.bert, &listing);
    let predictions = model.predictions.unwrap();
    is_dense(&predictions.transform, &listing, "cls/predictions/transform/dense");
    is_norm(&predictions.norm, &listing, "cls/predictions/transform/LayerNorm");
    assert_eq!(predictions.bias.into_dyn(), listing.array("cls/predictions/output_bias"));
    let head = model.next_sentence.unwrap();
    assert_eq!(head.kernel.dim(), (6, 2));
    assert_eq!(head.kernel.t().into_dyn(), listing.array("cls/seq_relationship/output_weights"));
    assert_eq!(head.bias.into_dyn(), listing.array("cls/seq_relationship/output_bias"));
}

#[test]
fn heads_may_be_absent_as_a_whole() {
    let listing = SMALL.released().without(|name| name.starts_with("cls/seq_relationship/"));
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = PretrainedBert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert!(model.predictions.is_some() && model.next_sentence.is_none());
    assert_eq!(report.absent, ["PretrainedBert.next_sentence"]);
    assert_eq!(counts(&report), (60, 0));
}

#[test]
fn a_fine_tuned_model_is_the_same_with_another_head() {
    let listing = SMALL.fine_tuned(5);
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = FineTunedBert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(counts(&report), (57, 2 * 57 + 1));
    is_model(&model.bert, &listing);
    assert_eq!(model.classifier.kernel.t().into_dyn(), listing.array("output_weights"));
    assert_eq!(model.classifier.bias.into_dyn(), listing.array("output_bias"));
}

#[test]
fn bert_base_is_planned_at_its_real_size() {
    assert_eq!(Hparams::BASE.released().planned::<PretrainedBert>(&[]), (206, 0));
    assert_eq!(Hparams::BASE.trained().planned::<PretrainedBert>(&[]), (206, 413));
    assert_eq!(Hparams::BASE.fine_tuned(3).planned::<FineTunedBert>(&[]), (201, 403));
}

#[test]
fn the_report_folds_the_layers() {
    let (_folder, checkpoint) = SMALL.trained().checkpoint().unwrap();
    let (_, mut report) = PretrainedBert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    (report.checkpoint, report.elapsed) = ("bert_model.ckpt".into(), std::time::Duration::ZERO);
    expect![[r#"
        PretrainedBert from bert_model.ckpt in the dialect tf
          field                                            variable                                                    dtype  in the file    in the struct
          bert.embeddings.words                            bert/embeddings/word_embeddings                             f32    [19, 6]     -> [19, 6]
          bert.embeddings.positions                        bert/embeddings/position_embeddings                         f32    [7, 6]      -> [7, 6]
          bert.embeddings.types                            bert/embeddings/token_type_embeddings                       f32    [2, 6]      -> [2, 6]
          bert.embeddings.norm.gamma                       bert/embeddings/LayerNorm/gamma                             f32    [6]         -> [6]
          bert.embeddings.norm.beta                        bert/embeddings/LayerNorm/beta                              f32    [6]         -> [6]
          bert.layers[0..3].attention.query.kernel         bert/encoder/layer_<0..3>/attention/self/query/kernel       f32    [6, 6]      -> [6, 6]
          bert.layers[0..3].attention.query.bias           bert/encoder/layer_<0..3>/attention/self/query/bias         f32    [6]         -> [6]
          bert.layers[0..3].attention.key.kernel           bert/encoder/layer_<0..3>/attention/self/key/kernel         f32    [6, 6]      -> [6, 6]
          bert.layers[0..3].attention.key.bias             bert/encoder/layer_<0..3>/attention/self/key/bias           f32    [6]         -> [6]
          bert.layers[0..3].attention.value.kernel         bert/encoder/layer_<0..3>/attention/self/value/kernel       f32    [6, 6]      -> [6, 6]
          bert.layers[0..3].attention.value.bias           bert/encoder/layer_<0..3>/attention/self/value/bias         f32    [6]         -> [6]
          bert.layers[0..3].attention_output.dense.kernel  bert/encoder/layer_<0..3>/attention/output/dense/kernel     f32    [6, 6]      -> [6, 6]
          bert.layers[0..3].attention_output.dense.bias    bert/encoder/layer_<0..3>/attention/output/dense/bias       f32    [6]         -> [6]
          bert.layers[0..3].attention_output.norm.gamma    bert/encoder/layer_<0..3>/attention/output/LayerNorm/gamma  f32    [6]         -> [6]
          bert.layers[0..3].attention_output.norm.beta     bert/encoder/layer_<0..3>/attention/output/LayerNorm/beta   f32    [6]         -> [6]
          bert.layers[0..3].intermediate.kernel            bert/encoder/layer_<0..3>/intermediate/dense/kernel         f32    [6, 10]     -> [6, 10]
          bert.layers[0..3].intermediate.bias              bert/encoder/layer_<0..3>/intermediate/dense/bias           f32    [10]        -> [10]
          bert.layers[0..3].output.dense.kernel            bert/encoder/layer_<0..3>/output/dense/kernel               f32    [10, 6]     -> [10, 6]
          bert.layers[0..3].output.dense.bias              bert/encoder/layer_<0..3>/output/dense/bias                 f32    [6]         -> [6]
          bert.layers[0..3].output.norm.gamma              bert/encoder/layer_<0..3>/output/LayerNorm/gamma            f32    [6]         -> [6]
          bert.layers[0..3].output.norm.beta               bert/encoder/layer_<0..3>/output/LayerNorm/beta             f32    [6]         -> [6]
          bert.pooler.kernel                               bert/pooler/dense/kernel                                    f32    [6, 6]      -> [6, 6]
          bert.pooler.bias                                 bert/pooler/dense/bias                                      f32    [6]         -> [6]
          predictions.transform.kernel                     cls/predictions/transform/dense/kernel                      f32    [6, 6]      -> [6, 6]
          predictions.transform.bias                       cls/predictions/transform/dense/bias                        f32    [6]         -> [6]
          predictions.norm.gamma                           cls/predictions/transform/LayerNorm/gamma                   f32    [6]         -> [6]
          predictions.norm.beta                            cls/predictions/transform/LayerNorm/beta                    f32    [6]         -> [6]
          predictions.bias                                 cls/predictions/output_bias                                 f32    [19]        -> [19]
          next_sentence.kernel                             cls/seq_relationship/output_weights                         f32    [2, 6]      -> [6, 2]
          next_sentence.bias                               cls/seq_relationship/output_bias                            f32    [2]         -> [2]
          hidden = 6
          intermediate = 10
          layers = 3
          positions = 7
          types = 2
          vocab = 19
          ignored by `bookkeeping`: 1 variable
          ignored by `optimizer`: 124 variables
        62 variables, 5.2 kB, checksums verified, in 0.0 ms
    "#]].assert_eq(&format!("{report}\n"));
}

#[test]
fn a_published_model_is_loaded() {
    let cases = corpus::real_cases().unwrap();
    let Some(case) = cases.iter().find(|case| case.name == "real/keras-bert-toy") else { return };
    let checkpoint = Checkpoint::open(&case.prefix).unwrap();
    let (model, report) = PretrainedBert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(counts(&report), (46, 93));
    assert_eq!((model.bert.layers.len(), model.bert.hidden), (2, 4));
    let read = |name: &str| checkpoint.read(name).unwrap().into_array::<f32>().unwrap();
    let kernel = &model.bert.layers[1].output.dense.kernel;
    assert_eq!(kernel.view().into_dyn(), read("bert/encoder/layer_1/output/dense/kernel"));
    let kernel = &model.next_sentence.unwrap().kernel;
    assert_eq!(kernel.t().into_dyn(), read("cls/seq_relationship/output_weights"));
}

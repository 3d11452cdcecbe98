//! ALBERT: released checkpoints, checkpoints of a training, and others that are not ALBERT.

#![expect(dead_code, reason = "what is refused is never read")]

use checkpoint_core::{DType, FromCheckpoint, LoadOptions};
use checkpoint_examples::albert::{Albert, PretrainedAlbert};
use checkpoint_examples::bert::{Dense, Embeddings, LayerNorm, PretrainedBert};
use checkpoint_schema::plan::Binding;
use checkpoint_tests::architectures::albert::Albert as Hparams;
use checkpoint_tests::architectures::listing::Listing;
use expect_test::{Expect, expect};

const BASE: Hparams = Hparams::BASE;

const SMALL: Hparams =
    Hparams { vocab: 19, positions: 7, types: 2, embedding: 4, hidden: 6, intermediate: 10 };

#[track_caller]
fn is_dense(dense: &Dense, listing: &Listing, at: &str) {
    assert_eq!(dense.kernel.view().into_dyn(), listing.array(&format!("{at}/kernel")));
    assert_eq!(dense.bias.view().into_dyn(), listing.array(&format!("{at}/bias")));
}

#[track_caller]
fn is_norm(norm: &LayerNorm, listing: &Listing, at: &str) {
    assert_eq!(norm.gamma.view().into_dyn(), listing.array(&format!("{at}/gamma")));
    assert_eq!(norm.beta.view().into_dyn(), listing.array(&format!("{at}/beta")));
}

#[track_caller]
fn is_model(model: &PretrainedAlbert, listing: &Listing) {
    let albert = &model.albert;
    let words = albert.embeddings.words.view().into_dyn();
    assert_eq!(words, listing.array("bert/embeddings/word_embeddings"));
    is_norm(&albert.embeddings.norm, listing, "bert/embeddings/LayerNorm");
    let widening = albert.widening.as_ref().unwrap();
    is_dense(widening, listing, "bert/encoder/embedding_hidden_mapping_in");
    let at = |part: &str| format!("bert/encoder/transformer/group_0/inner_group_0/{part}");
    let layer = &albert.layer;
    is_dense(&layer.attention.query, listing, &at("attention_1/self/query"));
    is_dense(&layer.attention.key, listing, &at("attention_1/self/key"));
    is_dense(&layer.attention.value, listing, &at("attention_1/self/value"));
    is_dense(&layer.attention_output, listing, &at("attention_1/output/dense"));
    is_norm(&layer.attention_norm, listing, &at("LayerNorm"));
    is_dense(&layer.intermediate, listing, &at("ffn_1/intermediate/dense"));
    is_dense(&layer.output, listing, &at("ffn_1/intermediate/output/dense"));
    is_norm(&layer.output_norm, listing, &at("LayerNorm_1"));
    is_dense(&albert.pooler, listing, "bert/pooler/dense");
    let predictions = model.predictions.as_ref().unwrap();
    is_dense(&predictions.transform, listing, "cls/predictions/transform/dense");
    is_norm(&predictions.norm, listing, "cls/predictions/transform/LayerNorm");
    let head = model.sentence_order.as_ref().unwrap();
    assert_eq!(head.kernel.t().into_dyn(), listing.array("cls/seq_relationship/output_weights"));
}

#[test]
fn every_variable_lands_where_its_name_says() {
    for (listing, ignored) in [(SMALL.released(), 1), (SMALL.trained(), 65)] {
        let (_folder, checkpoint) = listing.checkpoint().unwrap();
        let (model, report) = PretrainedAlbert::load_with(&checkpoint, LoadOptions::new()).unwrap();
        is_model(&model, &listing);
        assert_eq!(report.variables, 32);
        assert_eq!(report.ignored.iter().map(|ignored| ignored.count).sum::<usize>(), ignored);
        assert_eq!(listing.variables().len(), 32 + ignored);
        assert!(report.unmapped.is_empty() && report.warnings.is_empty(), "{report}");
    }
}

#[test]
fn an_export_of_the_hub_is_loaded_with_its_prefix() {
    let listing = SMALL.released().without(|name| name == "global_step");
    let exported = listing.clone().renamed(|name| format!("module/{name}"));
    let (_folder, checkpoint) = exported.checkpoint().unwrap();
    let options = LoadOptions::new().prefix("module");
    let (model, _) = PretrainedAlbert::load_with(&checkpoint, options).unwrap();
    let kernel = "module/bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense";
    is_dense(&model.albert.layer.intermediate, &exported, kernel);
}

#[test]
fn embeddings_of_the_models_own_width_are_not_widened() {
    let wide = Hparams { embedding: 6, ..SMALL };
    let listing =
        wide.released().without(|name| name.starts_with("bert/encoder/embedding_hidden_mapping"));
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = PretrainedAlbert::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert!(model.albert.widening.is_none());
    assert_eq!(report.absent, ["PretrainedAlbert.albert.widening"]);
}

#[test]
fn albert_base_is_planned_at_its_real_size() {
    let heads = Binding { name: "heads".into(), value: 12, required: true };
    assert_eq!(BASE.released().planned::<PretrainedAlbert>(&[]), (32, 1));
    assert_eq!(BASE.trained().planned::<PretrainedAlbert>(&[heads]), (32, 65));
}

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

#[test]
fn an_export_of_the_hub_without_its_prefix_is_named_once() {
    refused::<PretrainedAlbert>(
        &BASE.released().renamed(|name| format!("module/{name}")),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 32 variables are not where the struct expects them, but under `module/`; load with `LoadOptions::prefix("module")`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn another_group_is_said_once_for_the_layer() {
    refused::<PretrainedAlbert>(
        &BASE.released().renamed(|name| name.replace("/group_0/", "/group_00/")),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedAlbert.albert.layer`: no variables under `bert/encoder/transformer/group_0/inner_group_0`; did you mean `bert/encoder/transformer/group_00/inner_group_0`?
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn embeddings_that_are_taken_to_be_as_wide_as_the_model_are_compared_with_it() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(vocab, positions, types, hidden), ignore(bookkeeping, "cls/**", "bert/encoder/**"))]
    struct Narrow {
        #[ckpt(path = "bert/embeddings", dims(width = hidden))]
        embeddings: Embeddings,
        #[ckpt(path = "/bert/pooler/dense", dims(inputs = hidden, outputs = hidden))]
        pooler: Dense,
    }
    refused::<Narrow>(
        &BASE.released(),
        expect![[r#"
            `Narrow` does not fit the checkpoint `model.ckpt`: 2 problems
            - field `Narrow.pooler.kernel`: `bert/pooler/dense/kernel` is f32 [768, 768] in the checkpoint, but [128, 128] in the struct, as [inputs, outputs]; `hidden` is 128 in 5 variables, such as `bert/embeddings/LayerNorm/beta` of `Narrow.embeddings.norm.beta`
            - field `Narrow.pooler.bias`: `bert/pooler/dense/bias` is f32 [768] in the checkpoint, but [128] in the struct, as [outputs]; `hidden` is 128 in 5 variables, such as `bert/embeddings/LayerNorm/beta` of `Narrow.embeddings.norm.beta`"#]],
    );
}

#[test]
fn a_width_that_the_struct_fixes_is_one_symbol() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(embedding = 768), ignore(optimizer, bookkeeping))]
    struct Wide {
        #[ckpt(flatten)]
        model: PretrainedAlbert,
    }
    refused::<Wide>(
        &BASE.released(),
        expect![[r#"
            `Wide` does not fit the checkpoint `model.ckpt`: 1 problem
            - `embedding` is 768 in the struct, but 128 in the checkpoint: 10 variables agree, such as `cls/predictions/transform/LayerNorm/beta` of `Wide.model.predictions.norm.beta`; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn a_width_that_is_no_multiple_of_the_heads_is_an_assertion() {
    expect![[r#"
        `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
        - `Albert` asserts that `hidden % heads == 0`, but `hidden` is 768 and `heads` is 7; this is another model
        in the dialect `hf` there is 1 problem"#]].assert_eq(
        &BASE.released().refused::<PretrainedAlbert>(LoadOptions::new().bind("heads", 7)),
    );
}

#[test]
fn slots_that_are_not_ignored_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(ignore(bookkeeping, "cls/*/**"))]
    struct Strict {
        #[ckpt(path = "bert")]
        albert: Albert,
    }
    refused::<Strict>(
        &BASE.trained(),
        expect![[r#"
        `Strict` does not fit the checkpoint `model.ckpt`: 1 problem
        - all 50 unexpected variables are slots of an optimizer, such as `bert/embeddings/LayerNorm/beta/adam_m`; write `ignore(optimizer)`"#]],
    );
}

#[test]
fn a_typo_of_the_checkpoint_is_shown_beside_the_path() {
    refused::<PretrainedAlbert>(
        &BASE.trained().renamed(|name| name.replace("/LayerNorm_1/gamma", "/LayerNorm_1/gama")),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedAlbert.albert.layer.output_norm.gamma`: missing variable `bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1/gamma`; did you mean `bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1/gama`, f32 [768]?
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_layer_that_is_missing_is_said_once() {
    refused::<PretrainedAlbert>(
        &BASE.released().without(|name| name.contains("/inner_group_0/")),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedAlbert.albert.layer`: its 16 variables are missing, such as `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/query/kernel`; if it is optional, make the field an `Option`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_kernel_of_another_type_is_not_converted() {
    refused::<PretrainedAlbert>(
        &BASE.released().retyped(DType::Float64, |name| name == "bert/pooler/dense/kernel"),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedAlbert.albert.pooler.kernel`: `bert/pooler/dense/kernel` is f64 [768, 768], but the field is f32; change the field to f64, or write `cast = "any"`
            in the dialect `hf` there is 1 problem"#]],
    );
    refused::<PretrainedAlbert>(
        &BASE.released().retyped(DType::BFloat16, |name| name != "global_step"),
        expect![[r#"
            `PretrainedAlbert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 32 variables are bf16, such as `bert/embeddings/word_embeddings` of `PretrainedAlbert.albert.embeddings.words`, but their fields are f32; write `cast = "lossless"` on the struct, or change the fields to bf16
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn albert_is_not_bert() {
    refused::<PretrainedBert>(
        &BASE.released(),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 23 problems
            - field `PretrainedBert.bert.layers[0]`: its 16 variables are missing, such as `bert/encoder/layer_0/attention/self/query/kernel`; if it is optional, make the field an `Option`
            - field `PretrainedBert.bert.pooler.kernel`: `bert/pooler/dense/kernel` is f32 [768, 768] in the checkpoint, but [128, 128] in the struct, as [inputs, outputs]; `hidden` is 128 in 9 variables, such as `cls/predictions/transform/LayerNorm/beta` of `PretrainedBert.predictions.norm.beta`
            - field `PretrainedBert.bert.pooler.bias`: `bert/pooler/dense/bias` is f32 [768] in the checkpoint, but [128] in the struct, as [outputs]; `hidden` is 128 in 9 variables, such as `cls/predictions/transform/LayerNorm/beta` of `PretrainedBert.predictions.norm.beta`
            - field `PretrainedBert.predictions.transform.kernel`: `cls/predictions/transform/dense/kernel` is f32 [768, 128] in the checkpoint, but [128, 128] in the struct, as [inputs, outputs]; `hidden` is 128 in 9 variables, such as `cls/predictions/transform/LayerNorm/beta` of `PretrainedBert.predictions.norm.beta`
            - field `PretrainedBert.next_sentence.kernel`: `cls/seq_relationship/output_weights` is f32 [2, 768] in the checkpoint, here [768, 2], but [128, 2] in the struct, as [hidden, labels]; `hidden` is 128 in 9 variables, such as `cls/predictions/transform/LayerNorm/beta` of `PretrainedBert.predictions.norm.beta`
            - unexpected variable `bert/encoder/embedding_hidden_mapping_in/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/embedding_hidden_mapping_in/kernel`, f32 [128, 768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/LayerNorm/beta`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/LayerNorm/gamma`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1/beta`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1/gamma`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/output/dense/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/output/dense/kernel`, f32 [768, 768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/key/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/key/kernel`, f32 [768, 768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/query/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/query/kernel`, f32 [768, 768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/value/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/attention_1/self/value/kernel`, f32 [768, 768]; add a field, or add it to `ignore`
            - unexpected variable `bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense/bias`, f32 [3072]; add a field, or add it to `ignore`
            - and 3 more
            in the dialect `hf` there are 51 problems"#]],
    );
}

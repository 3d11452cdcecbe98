//! Errors for structs and checkpoints that are not BERT, at the size of BERT-Base: one sentence for each cause.

#![expect(dead_code, reason = "what is refused is never read")]

use checkpoint_core::{DType, FromCheckpoint, LoadOptions};
use checkpoint_examples::bert::{
    Bert, Classifier, Dense, Embeddings, FineTunedBert, Layer, Output, Predictions, PretrainedBert,
    SelfAttention,
};
use checkpoint_tests::architectures::bert::Bert as Hparams;
use checkpoint_tests::architectures::listing::Listing;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

const BASE: Hparams = Hparams::BASE;

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

/// The model around layers that each test defines.
#[derive(FromCheckpoint)]
#[ckpt(
    prefix = "bert",
    dims(vocab, positions, types, hidden, intermediate),
    ignore(optimizer, bookkeeping, "bert/pooler/**", "cls/**")
)]
struct With<L> {
    #[ckpt(dims(width = hidden))]
    embeddings: Embeddings,
    #[ckpt(path = "encoder/layer_<i>", repeat)]
    layers: Vec<L>,
}

#[test]
fn a_prefix_is_named_once() {
    refused::<PretrainedBert>(
        &BASE.trained().renamed(|name| match name {
            "global_step" => name.to_owned(),
            _ => format!("module/{name}"),
        }),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 206 variables are not where the struct expects them, but under `module/`; load with `LoadOptions::prefix("module")`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_prefix_too_many_is_named_once() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "model", ignore(optimizer, bookkeeping))]
    struct Prefixed {
        #[ckpt(flatten)]
        model: PretrainedBert,
    }
    refused::<Prefixed>(
        &BASE.trained(),
        expect![[r#"
            `Prefixed` does not fit the checkpoint `model.ckpt`: 1 problem
            - 199 variables are not where the struct expects them, but without `model/`; remove `prefix` on `Prefixed`"#]],
    );
}

#[test]
fn a_kernel_that_is_turned_is_said_for_all_layers() {
    #[derive(FromCheckpoint)]
    struct Turned {
        #[ckpt(path = "attention/self")]
        attention: SelfAttention,
        #[ckpt(path = "attention/output", dims(inputs = hidden))]
        attention_output: Output,
        #[ckpt(path = "intermediate/dense/kernel", shape = [intermediate, hidden])]
        kernel: Array2<f32>,
        #[ckpt(path = "intermediate/dense/bias", shape = [intermediate])]
        bias: Array1<f32>,
        #[ckpt(dims(inputs = intermediate))]
        output: Output,
    }
    refused::<With<Turned>>(
        &BASE.released(),
        expect![[r#"
        `With` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `With.layers[0..12].kernel`: `bert/encoder/layer_<0..12>/intermediate/dense/kernel` is f32 [768, 3072] in the checkpoint, but [3072, 768] in the struct, as [intermediate, hidden]; its axes are transposed, so write `transpose` before"#]],
    );
}

#[test]
fn a_kernel_that_is_turned_in_one_layer_of_the_checkpoint_is_named() {
    refused::<PretrainedBert>(
        &BASE.released().reshaped("bert/encoder/layer_7/output/dense/kernel", &[768, 3072]),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.bert.layers[7].output.dense.kernel`: `bert/encoder/layer_7/output/dense/kernel` is f32 [768, 3072] in the checkpoint, but [3072, 768] in the struct, as [inputs, outputs]; its axes are transposed, so write `transpose` before, or swap the symbols in `dims`
            in the dialect `hf` there are 40 problems"#]],
    );
}

#[test]
fn another_width_is_one_symbol() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(hidden = 1024), ignore(optimizer, bookkeeping))]
    struct Large {
        #[ckpt(flatten)]
        model: PretrainedBert,
    }
    refused::<Large>(
        &BASE.trained(),
        expect![[r#"
            `Large` does not fit the checkpoint `model.ckpt`: 1 problem
            - `hidden` is 1024 in the struct, but 768 in the checkpoint: 192 variables agree, such as `cls/seq_relationship/output_weights` of `Large.model.next_sentence.kernel`; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn a_table_that_was_padded_and_the_bias_that_was_not_are_both_named() {
    refused::<PretrainedBert>(
        &BASE.released().reshaped("bert/embeddings/word_embeddings", &[30_528, 768]),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.predictions.bias`: `cls/predictions/output_bias` is f32 [30522] in the checkpoint, but [30528] in the struct, as [vocab]; `vocab` is 30528 in `bert/embeddings/word_embeddings` of `PretrainedBert.bert.embeddings.words`
            in the dialect `hf` there are 39 problems"#]],
    );
    refused::<PretrainedBert>(
        &BASE.released().reshaped("bert/embeddings/position_embeddings", &[512, 512]),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.bert.embeddings.positions`: `bert/embeddings/position_embeddings` is f32 [512, 512] in the checkpoint, but [512, 768] in the struct, as [positions, width]; `hidden` is 768 in 191 variables, such as `cls/seq_relationship/output_weights` of `PretrainedBert.next_sentence.kernel`
            in the dialect `hf` there are 39 problems"#]],
    );
}

#[test]
fn a_number_of_heads_that_does_not_divide_the_width_is_an_assertion() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(heads = 10))]
    struct Heads {
        #[ckpt(flatten)]
        model: PretrainedBert,
    }
    refused::<Heads>(
        &BASE.released(),
        expect![[r#"
        `Heads` does not fit the checkpoint `model.ckpt`: 1 problem
        - `Bert` asserts that `hidden % heads == 0`, but `hidden` is 768 and `heads` is 10; this is another model"#]],
    );
}

#[test]
fn slots_that_are_not_ignored_are_two_lines() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(vocab, hidden))]
    struct Strict {
        bert: Bert,
        #[ckpt(path = "cls/predictions", dims(width = hidden))]
        predictions: Predictions,
        #[ckpt(path = "cls/seq_relationship", dims(labels = 2))]
        next_sentence: Classifier,
    }
    refused::<Strict>(
        &BASE.trained(),
        expect![[r#"
        `Strict` does not fit the checkpoint `model.ckpt`: 2 problems
        - 412 of the 413 unexpected variables are slots of an optimizer, such as `bert/embeddings/LayerNorm/beta/adam_m`; write `ignore(optimizer)`
        - unexpected variable `global_step`, i64 []; add a field, or write `ignore(bookkeeping)`"#]],
    );
}

#[test]
fn a_typo_is_one_line_for_all_layers() {
    #[derive(FromCheckpoint)]
    struct Typo {
        #[ckpt(path = "attention/self")]
        attention: SelfAttention,
        #[ckpt(path = "attention/output/dense/kernel")]
        kernel: Array2<f32>,
        #[ckpt(path = "attention/output/dense/bias")]
        bias: Array1<f32>,
        #[ckpt(path = "attention/output/LayerNorm/gama", shape = [hidden])]
        gamma: Array1<f32>,
        #[ckpt(path = "attention/output/LayerNorm/beta", shape = [hidden])]
        beta: Array1<f32>,
        #[ckpt(path = "intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
        intermediate: Dense,
        #[ckpt(dims(inputs = intermediate))]
        output: Output,
    }
    refused::<With<Typo>>(
        &BASE.trained(),
        expect![[r#"
        `With` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `With.layers[0..12].gamma`: missing variable `bert/encoder/layer_<0..12>/attention/output/LayerNorm/gama`; did you mean `bert/encoder/layer_<0..12>/attention/output/LayerNorm/gamma`, f32 [768]?"#]],
    );
}

#[test]
fn a_typo_in_the_path_of_a_struct_is_said_once() {
    #[derive(FromCheckpoint)]
    struct Typo {
        #[ckpt(path = "attention/self")]
        attention: SelfAttention,
        #[ckpt(path = "attention/output", dims(inputs = hidden))]
        attention_output: Output,
        #[ckpt(path = "intermediate/dens", dims(inputs = hidden, outputs = intermediate))]
        intermediate: Dense,
        #[ckpt(dims(inputs = intermediate))]
        output: Output,
    }
    refused::<With<Typo>>(
        &BASE.trained(),
        expect![[r#"
            `With` does not fit the checkpoint `model.ckpt`: 1 problem
            - 24 variables are named `dense`, but `dens` in the struct; change the paths"#]],
    );
}

#[test]
fn a_layer_that_is_missing_is_a_hole() {
    let listing = BASE.trained().without(|name| name.starts_with("bert/encoder/layer_5/"));
    refused::<PretrainedBert>(
        &listing,
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.bert.layers[5]`: its variables are missing, but `bert/encoder/layer_6/attention/output/LayerNorm/beta` of `PretrainedBert.bert.layers[6]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
            in the dialect `hf` there are 41 problems"#]],
    );
    refused::<With<Layer>>(
        &listing,
        expect![[r#"
        `With` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `With.layers[5]`: its variables are missing, but `bert/encoder/layer_6/attention/output/LayerNorm/beta` of `With.layers[6]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`"#]],
    );
}

#[test]
fn layers_that_the_struct_counts_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(layers = 12))]
    struct Twelve {
        #[ckpt(flatten)]
        model: PretrainedBert,
    }
    let listing = BASE.trained().without(|name| name.starts_with("bert/encoder/layer_5/"));
    refused::<Twelve>(
        &listing,
        expect![[r#"
        `Twelve` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `Twelve.model.bert.layers[5]`: its 16 variables are missing, such as `bert/encoder/layer_5/attention/self/query/kernel`; change the bounds of its list, or load another checkpoint"#]],
    );
}

#[test]
fn layers_beyond_those_of_the_checkpoint_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(vocab, positions, types, hidden, intermediate), allow_unmapped)]
    struct Written {
        #[ckpt(path = "bert/encoder/layer_<i>", repeat(i = 0..24))]
        layers: Vec<Layer>,
    }
    refused::<Written>(
        &BASE.trained(),
        expect![[r#"
        `Written` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `Written.layers[12..24]`: its 16 variables are missing, such as `bert/encoder/layer_12/attention/self/query/kernel`; change the bounds of its list, or load another checkpoint"#]],
    );
}

#[test]
fn more_layers_than_the_checkpoint_has_are_a_symbol() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(layers = 24))]
    struct Large {
        #[ckpt(flatten)]
        model: PretrainedBert,
    }
    refused::<Large>(
        &BASE.trained(),
        expect![[r#"
            `Large` does not fit the checkpoint `model.ckpt`: 1 problem
            - `layers` is 24 in the struct, but 12 in the checkpoint: its list has that many items; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn a_variable_that_is_missing_is_named() {
    refused::<PretrainedBert>(
        &BASE.trained().without(|name| name == "bert/encoder/layer_3/attention/self/key/bias"),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.bert.layers[3].attention.key.bias`: missing variable `bert/encoder/layer_3/attention/self/key/bias`; if it is optional, make the field an `Option`
            in the dialect `hf` there are 41 problems"#]],
    );
}

#[test]
fn a_head_that_is_there_in_part_is_not_absent() {
    refused::<PretrainedBert>(
        &BASE.released().without(|name| name == "cls/predictions/output_bias"),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `PretrainedBert.predictions.bias`: missing variable `cls/predictions/output_bias`; if it is optional, make the field an `Option`
            in the dialect `hf` there are 38 problems"#]],
    );
}

#[test]
fn halves_are_not_converted_unless_that_is_written() {
    refused::<PretrainedBert>(
        &BASE.released().retyped(DType::Float16, |name| name.ends_with("/kernel")),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Dense.kernel`, at 8 places: 74 variables are f16, such as `bert/encoder/layer_0/attention/self/query/kernel`, but the field holds f32; write `cast = "lossless"` on the struct, or change the field to f16
            in the dialect `hf` there are 39 problems"#]],
    );
    refused::<PretrainedBert>(
        &BASE.released().retyped(DType::Float16, |_| true),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 206 variables are f16, such as `bert/embeddings/word_embeddings` of `PretrainedBert.bert.embeddings.words`, but their fields are f32; write `cast = "lossless"` on the struct, or change the fields to f16
            in the dialect `hf` there are 39 problems"#]],
    );
}

#[test]
fn an_axis_that_is_not_there_can_be_neither_removed_nor_compared() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "bert/embeddings/LayerNorm", dims(hidden), allow_unmapped)]
    struct Norm {
        #[ckpt(squeeze(0), shape = [hidden])]
        gamma: Array1<f32>,
        #[ckpt(shape = [1, hidden])]
        beta: Array2<f32>,
    }
    refused::<Norm>(
        &BASE.released(),
        expect![[r#"
        `Norm` does not fit the checkpoint `model.ckpt`: 2 problems
        - field `Norm.gamma`: `bert/embeddings/LayerNorm/gamma` is f32 [768], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed
        - field `Norm.beta`: `bert/embeddings/LayerNorm/beta` is f32 [768] in the checkpoint, but [1, hidden] in the struct; `expand` adds axes of length 1"#]],
    );
}

#[test]
fn the_models_are_not_mistaken_for_one_another() {
    refused::<PretrainedBert>(
        &BASE.fine_tuned(3),
        expect![[r#"
            `PretrainedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 2 problems
            - unexpected variable `output_bias`, f32 [3]; add a field, or add it to `ignore`
            - unexpected variable `output_weights`, f32 [3, 768]; add a field, or add it to `ignore`
            in the dialect `hf` there are 36 problems"#]],
    );
    refused::<FineTunedBert>(
        &BASE.trained(),
        expect![[r#"
            `FineTunedBert` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 8 problems
            - field `FineTunedBert.classifier`: its 2 variables are missing, such as `output_weights`; if it is optional, make the field an `Option`
            - unexpected variable `cls/predictions/output_bias`, f32 [30522]; add a field, or add it to `ignore`
            - unexpected variable `cls/predictions/transform/LayerNorm/beta`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `cls/predictions/transform/LayerNorm/gamma`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `cls/predictions/transform/dense/bias`, f32 [768]; add a field, or add it to `ignore`
            - unexpected variable `cls/predictions/transform/dense/kernel`, f32 [768, 768]; add a field, or add it to `ignore`
            - unexpected variable `cls/seq_relationship/output_bias`, f32 [2]; add a field, or add it to `ignore`
            - unexpected variable `cls/seq_relationship/output_weights`, f32 [2, 768]; add a field, or add it to `ignore`
            in the dialect `hf` there are 42 problems"#]],
    );
}

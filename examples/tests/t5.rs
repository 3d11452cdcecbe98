//! T5: both versions, both names of the normalizations, and checkpoints that are not T5.

#![expect(dead_code, reason = "what is refused is never read")]

use checkpoint_core::{DType, FromCheckpoint, LoadOptions};
use checkpoint_examples::t5::{Attention, Gated, Norm, Perceptron, T5};
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::t5::{LAYER_NORM, RMS_NORM, T5 as Hparams, Version};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

const SMALL: Hparams = Hparams {
    vocab: 19,
    d_model: 6,
    d_ff: 10,
    heads: 2,
    d_kv: 4,
    blocks: 3,
    version: Version::V1,
    norms: LAYER_NORM,
};

const SMALL_1_1: Hparams = Hparams { version: Version::V1p1, norms: RMS_NORM, ..SMALL };

#[track_caller]
fn is_attention(attention: &Attention, listing: &Listing, at: &str) {
    let matrices =
        [("q", &attention.q), ("k", &attention.k), ("v", &attention.v), ("o", &attention.o)];
    for (name, matrix) in matrices {
        assert_eq!(matrix.view().into_dyn(), listing.array(&format!("{at}/{name}")));
    }
    if let Some(bias) = &attention.relative_attention_bias {
        let stored = listing.array(&format!("{at}/relative_attention_bias"));
        assert_eq!(bias.view().into_dyn(), stored);
    }
}

#[track_caller]
fn is_perceptron(perceptron: &Perceptron, listing: &Listing, at: &str) {
    let kernel = |name: &str| listing.array(&format!("{at}/{name}/kernel"));
    match (&perceptron.wi, &perceptron.gated) {
        (None, Some(Gated { wi, gate })) => {
            assert_eq!(wi.view().into_dyn(), kernel("wi_0"));
            assert_eq!(gate.view().into_dyn(), kernel("wi_1"));
        }
        (Some(wi), None) => assert_eq!(wi.view().into_dyn(), kernel("wi")),
        _ => panic!("a perceptron is of one version"),
    }
    assert_eq!(perceptron.wo.view().into_dyn(), kernel("wo"));
}

#[track_caller]
fn is_model(model: &T5, hparams: &Hparams, listing: &Listing) {
    let norm = |norm: &Norm, at: &str| {
        let scale = listing.array(&format!("{at}/{}/scale", hparams.norms[0]));
        assert_eq!(norm.scale.view().into_dyn(), scale);
    };
    assert_eq!(model.embedding.view().into_dyn(), listing.array("shared/embedding"));
    assert_eq!((model.encoder.blocks.len(), model.decoder.blocks.len()), (3, 3));
    for (number, block) in model.encoder.blocks.iter().enumerate() {
        let at = |part: &str| format!("encoder/block_{number:03}/{part}");
        is_attention(&block.attention, listing, &at("layer_000/SelfAttention"));
        assert_eq!(block.attention.relative_attention_bias.is_some(), number == 0);
        norm(&block.attention_norm, &at("layer_000"));
        is_perceptron(&block.perceptron, listing, &at("layer_001/DenseReluDense"));
        norm(&block.perceptron_norm, &at("layer_001"));
    }
    for (number, block) in model.decoder.blocks.iter().enumerate() {
        let at = |part: &str| format!("decoder/block_{number:03}/{part}");
        is_attention(&block.attention, listing, &at("layer_000/SelfAttention"));
        norm(&block.attention_norm, &at("layer_000"));
        is_attention(&block.cross_attention, listing, &at("layer_001/EncDecAttention"));
        norm(&block.cross_attention_norm, &at("layer_001"));
        is_perceptron(&block.perceptron, listing, &at("layer_002/DenseReluDense"));
        norm(&block.perceptron_norm, &at("layer_002"));
    }
    let last = |stack: &str| listing.array(&format!("{stack}/{}/scale", hparams.norms[1]));
    assert_eq!(model.encoder.norm.view().into_dyn(), last("encoder"));
    assert_eq!(model.decoder.norm.view().into_dyn(), last("decoder"));
}

#[test]
fn every_variable_of_both_versions_lands_where_its_name_says() {
    for (hparams, variables) in [(SMALL, 1 + 3 * 8 + 3 * 13 + 4), (SMALL_1_1, 75)] {
        let listing = hparams.trained();
        let (_folder, checkpoint) = listing.checkpoint().unwrap();
        let (model, report) = T5::load_with(&checkpoint, LoadOptions::new()).unwrap();
        is_model(&model, &hparams, &listing);
        let logits = model.decoder.logits.map(ndarray::Array::into_dyn);
        let gated = hparams.version == Version::V1p1;
        assert_eq!(logits, gated.then(|| listing.array("decoder/logits/kernel")));
        assert_eq!(report.variables, variables);
        let ignored: usize = report.ignored.iter().map(|ignored| ignored.count).sum();
        assert_eq!(variables + ignored, listing.variables().len());
        assert!(report.unmapped.is_empty() && report.warnings.is_empty(), "{report}");
    }
}

#[test]
fn values_of_bfloat16_keep_all_their_bits() {
    let listing = SMALL.trained();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, _) = T5::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let stored = checkpoint.read("shared/embedding").unwrap();
    assert_eq!(stored.dtype(), DType::BFloat16);
    let bits = |value: &f32| {
        assert_eq!(value.to_bits() & 0xffff, 0);
        value.to_bits().to_le_bytes()[2..].to_vec()
    };
    let loaded: Vec<u8> = model.embedding.iter().flat_map(bits).collect();
    assert_eq!(loaded, stored.as_bytes());
}

#[test]
fn t5_small_is_planned_at_its_real_size() {
    let (read, ignored) = Hparams::SMALL.trained().planned::<T5>(&[]);
    // All variables are factored, except the two biases, the six normalizations and gains of a block, and the last two.
    assert_eq!((read, ignored), (131, 131 + 97 + 1));
    let (read, ignored) = Hparams::SMALL_1_1.trained().planned::<T5>(&[]);
    assert_eq!((read, ignored), (190, 190 + 146 + 1));
}

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

/// The model without some of the attributes on its struct.
macro_rules! model {
    ($name:ident: $($word:tt)*) => {
        #[derive(FromCheckpoint)]
        #[ckpt(dims(vocab, d_model, d_ff, inner, heads, buckets, blocks), $($word)*)]
            struct $name {
            #[ckpt(path = "shared/embedding", shape = [vocab, d_model])]
            embedding: Array2<f32>,
            encoder: checkpoint_examples::t5::Encoder,
            decoder: checkpoint_examples::t5::Decoder,
        }
    };
}

#[test]
fn weights_that_are_not_converted_are_one_line() {
    model!(Strict: ignore(optimizer, bookkeeping));
    refused::<Strict>(
        &Hparams::SMALL.trained(),
        expect![[r#"
            `Strict` does not fit the checkpoint `model.ckpt`: 1 problem
            - 131 variables are bf16, such as `shared/embedding` of `Strict.embedding`, but their fields are f32; write `cast = "lossless"` on the struct, or change the fields to bf16"#]],
    );
}

#[test]
fn slots_that_are_not_ignored_are_one_line() {
    model!(Strict: cast = "lossless", ignore(bookkeeping));
    refused::<Strict>(
        &Hparams::SMALL.trained(),
        expect![[r#"
        `Strict` does not fit the checkpoint `model.ckpt`: 1 problem
        - all 228 unexpected variables are slots of an optimizer, such as `decoder/block_000/layer_000/SelfAttention/k_slot_vc`; write `ignore(optimizer)`"#]],
    );
}

#[test]
fn a_prefix_is_named_once() {
    model!(Prefixed: prefix = "t5", cast = "lossless", ignore(optimizer, bookkeeping));
    refused::<Prefixed>(
        &Hparams::SMALL.trained(),
        expect![[r#"
            `Prefixed` does not fit the checkpoint `model.ckpt`: 1 problem
            - 131 variables are not where the struct expects them, but without `t5/`; remove `prefix` on `Prefixed`"#]],
    );
}

#[test]
fn another_size_is_one_symbol() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(d_model = 768, d_ff = 3072, blocks = 12))]
    struct Base {
        #[ckpt(flatten)]
        model: T5,
    }
    refused::<Base>(
        &Hparams::SMALL.trained(),
        expect![[r#"
            `Base` does not fit the checkpoint `model.ckpt`: 3 problems
            - `d_model` is 768 in the struct, but 512 in the checkpoint: 129 variables agree, such as `decoder/final_layer_norm/scale` of `Base.model.decoder.norm`; change the struct, or load another checkpoint
            - `d_ff` is 3072 in the struct, but 2048 in the checkpoint: 24 variables agree, such as `decoder/block_000/layer_002/DenseReluDense/wo/kernel` of `Base.model.decoder.blocks[0].perceptron.wo`; change the struct, or load another checkpoint
            - `blocks` is 12 in the struct, but 6 in the checkpoint: its list has that many items; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn an_index_without_its_zeros_says_what_is_there() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(d_model, inner, heads, buckets), cast = "lossless", allow_unmapped)]
    struct Plain {
        #[ckpt(path = "encoder/block_<i>/layer_000/SelfAttention", repeat)]
        blocks: Vec<Attention>,
    }
    refused::<Plain>(
        &Hparams::SMALL.trained(),
        expect![[r#"
            `Plain` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Plain.blocks[0]`: no variables under `encoder/block_0/layer_000/SelfAttention`; did you mean `encoder/block_000/layer_000/SelfAttention`?"#]],
    );
}

#[test]
fn a_gate_where_the_first_version_is_expected_is_left_over() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(d_model, d_ff), cast = "lossless")]
    struct First {
        #[ckpt(path = "encoder/block_<i:03>/layer_001/DenseReluDense", repeat)]
        perceptrons: Vec<Ungated>,
    }
    #[derive(FromCheckpoint)]
    struct Ungated {
        #[ckpt(path = "wi/kernel", shape = [d_model, d_ff])]
        wi: Array2<f32>,
        #[ckpt(path = "wo/kernel", shape = [d_ff, d_model])]
        wo: Array2<f32>,
    }
    let perceptrons = Hparams::SMALL_1_1.trained().without(|name| {
        !name.starts_with("encoder/") || !name.contains("DenseReluDense") || name.contains("_slot_")
    });
    refused::<First>(
        &perceptrons,
        expect![[r#"
        `First` does not fit the checkpoint `model.ckpt`: 2 problems
        - field `First.perceptrons[0..8].wi`: missing variable `encoder/block_<0..8:03>/layer_001/DenseReluDense/wi/kernel`; did you mean `encoder/block_<0..8:03>/layer_001/DenseReluDense/wi_0/kernel`, bf16 [512, 1024]?
        - unexpected variable `encoder/block_<0..8:03>/layer_001/DenseReluDense/wi_1/kernel`, bf16 [512, 1024]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn both_names_of_a_normalization_at_once_are_one_too_many() {
    let mut listing = Hparams::SMALL.trained();
    listing.add("encoder/rms_norm/scale".into(), DType::BFloat16, &[512]);
    refused::<T5>(
        &listing,
        expect![[r#"
            `T5` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `T5.encoder.norm`: the checkpoint has `encoder/final_layer_norm/scale` and `encoder/rms_norm/scale`, but the field takes one; remove the other from the field, and `ignore` it
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_perceptron_without_an_input_projection_is_refused() {
    for size in [SMALL, SMALL_1_1] {
        let field = "encoder/block_001/layer_001/DenseReluDense/wi";
        let listing = size.trained().without(|name| name.starts_with(field));
        let (_folder, checkpoint) = listing.checkpoint().unwrap();
        let error = T5::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
        expect![
            "field `EncoderBlock.perceptron`: it has neither `wi` nor the gated `wi_0` and `wi_1`"
        ]
        .assert_eq(&error.to_string());
    }
    let mut listing = SMALL.trained();
    for name in ["wi_0", "wi_1"] {
        let name = format!("decoder/block_000/layer_002/DenseReluDense/{name}/kernel");
        listing.add(name, DType::BFloat16, &[6, 10]);
    }
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let error = T5::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    expect!["field `DecoderBlock.perceptron`: it has `wi` and also the gated `wi_0` and `wi_1`"]
        .assert_eq(&error.to_string());
}

#[test]
fn a_block_that_is_missing_is_a_hole() {
    refused::<T5>(
        &Hparams::SMALL.trained().without(|name| name.starts_with("encoder/block_002/")),
        expect![[r#"
            `T5` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `T5.encoder.blocks[2]`: its variables are missing, but `encoder/block_003/layer_000/SelfAttention/k` of `T5.encoder.blocks[3]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_decoder_with_fewer_blocks_than_the_encoder_is_named() {
    refused::<T5>(
        &Hparams::SMALL.trained().without(|name| name.starts_with("decoder/block_005/")),
        expect![[r#"
            `T5` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `T5.decoder.blocks`: the checkpoint has 5 items, but the struct has 6; `blocks` is 6 in other variables
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn heads_that_do_not_divide_the_width_are_an_assertion() {
    let name = "layer_000/SelfAttention/relative_attention_bias";
    refused::<T5>(
        &Hparams::SMALL
            .trained()
            .reshaped(&format!("encoder/block_000/{name}"), &[7, 32])
            .reshaped(&format!("decoder/block_000/{name}"), &[7, 32]),
        expect![[r#"
            `T5` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - `T5` asserts that `inner % heads == 0`, but `inner` is 512 and `heads` is 7; this is another model
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_matrix_that_is_stored_turned_is_named() {
    refused::<T5>(
        &Hparams::SMALL_1_1
            .trained()
            .reshaped("decoder/block_004/layer_001/EncDecAttention/o", &[512, 384]),
        expect![[r#"
            `T5` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `T5.decoder.blocks[4].cross_attention.o`: `decoder/block_004/layer_001/EncDecAttention/o` is bf16 [512, 384] in the checkpoint, but [384, 512] in the struct, as [inner, d_model]; its axes are transposed, so write `transpose` before
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn an_axis_that_is_squeezed_without_being_there_is_named() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(d_model), cast = "lossless", allow_unmapped)]
    struct Squeezed {
        #[ckpt(path = "encoder/final_layer_norm/scale", squeeze(0), shape = [d_model])]
        norm: Array1<f32>,
    }
    refused::<Squeezed>(
        &Hparams::SMALL.trained(),
        expect![[r#"
        `Squeezed` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `Squeezed.norm`: `encoder/final_layer_norm/scale` is bf16 [512], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed"#]],
    );
}

//! MobileNet is loaded whole, and each mistake in a checkpoint or a struct is one error.

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_examples::mobilenet::{Block, Logits, MobileNet, Norm, Stem};
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::mobilenet;
use expect_test::{Expect, expect};
use ndarray::{Array2, Array3, Axis};

/// The layers of the published network, an eighth as wide.
const SMALL: mobilenet::MobileNet = mobilenet::MobileNet { thinner: 8, classes: 11 };

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: &Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

#[test]
fn each_value_lands_where_its_name_says() {
    let listing = SMALL.listing();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (net, report) = MobileNet::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let array = |name: &str| listing.array(&format!("MobilenetV1/{name}"));

    assert_eq!(net.stem.weights.into_dyn(), array("Conv2d_0/weights"));
    assert_eq!(net.stem.norm.gamma.into_dyn(), array("Conv2d_0/BatchNorm/gamma"));
    for (number, block) in (1..).zip(net.blocks) {
        let depthwise = format!("Conv2d_{number}_depthwise");
        let pointwise = format!("Conv2d_{number}_pointwise");
        assert_eq!(
            block.depthwise.insert_axis(Axis(3)).into_dyn(),
            array(&format!("{depthwise}/depthwise_weights"))
        );
        assert_eq!(
            block.pointwise.insert_axis(Axis(0)).insert_axis(Axis(0)).into_dyn(),
            array(&format!("{pointwise}/weights"))
        );
        let Norm { beta, moving_mean, .. } = block.depthwise_norm;
        assert_eq!(beta.into_dyn(), array(&format!("{depthwise}/BatchNorm/beta")));
        assert_eq!(moving_mean.into_dyn(), array(&format!("{depthwise}/BatchNorm/moving_mean")));
        assert_eq!(
            block.pointwise_norm.moving_variance.into_dyn(),
            array(&format!("{pointwise}/BatchNorm/moving_variance"))
        );
    }
    let Logits { weights, biases } = net.logits;
    assert_eq!(weights.dim(), (128, 11));
    assert_eq!(biases.into_dyn(), array("Logits/Conv2d_1c_1x1/biases"));

    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    assert_eq!(ignored, [("bookkeeping", 1), ("ema", 137), ("optimizer", 166)]);
    assert_eq!(report.variables + 1 + 137 + 166, listing.variables().len());
}

#[test]
fn the_network_of_an_object_detector_is_below_its_feature_extractor() {
    refused::<MobileNet>(
        &SMALL.listing().renamed(|name| format!("FeatureExtractor/{name}")),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 137 variables are not where the struct expects them, but under `FeatureExtractor/`; write `prefix = "FeatureExtractor/MobilenetV1"` on `MobileNet`, or load with `LoadOptions::prefix("FeatureExtractor")`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn the_second_version_is_another_network() {
    refused::<MobileNet>(
        &SMALL.listing().renamed(|name| name.replace("MobilenetV1", "MobilenetV2")),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 137 variables are not where the struct expects them, but under `MobilenetV2/` instead of `MobilenetV1/`; write `prefix = "MobilenetV2"` on `MobileNet`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn channels_that_do_not_go_on_are_the_only_problem() {
    refused::<MobileNet>(
        &SMALL.listing().reshaped("MobilenetV1/Conv2d_5_pointwise/weights", &[1, 1, 32, 24]),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MobileNet.blocks[4].pointwise`: `MobilenetV1/Conv2d_5_pointwise/weights` is f32 [1, 1, 32, 24] in the checkpoint, here [32, 24], but [32, 32] in the struct, as [from, to]; `to` is 32 in 4 variables, such as `MobilenetV1/Conv2d_5_pointwise/BatchNorm/moving_variance` of `MobileNet.blocks[4].pointwise_norm.moving_variance`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_bias_without_a_class_is_the_only_problem() {
    refused::<MobileNet>(
        &SMALL.listing().reshaped("MobilenetV1/Logits/Conv2d_1c_1x1/biases", &[10]),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MobileNet.logits.biases`: `MobilenetV1/Logits/Conv2d_1c_1x1/biases` is f32 [10] in the checkpoint, but [11] in the struct, as [classes]; `classes` is 11 in `MobilenetV1/Logits/Conv2d_1c_1x1/weights` of `MobileNet.logits.weights`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_block_that_is_missing_is_named() {
    refused::<MobileNet>(
        &SMALL.listing().without(|name| name.contains("Conv2d_12_")),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MobileNet.blocks[11]`: its 10 variables are missing, such as `MobilenetV1/Conv2d_12_depthwise/depthwise_weights`; change the bounds of its list, or load another checkpoint
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_depthwise_convolution_of_several_filters_a_channel_cannot_be_squeezed() {
    refused::<MobileNet>(
        &SMALL
            .listing()
            .reshaped("MobilenetV1/Conv2d_1_depthwise/depthwise_weights", &[3, 3, 8, 2]),
        &expect![[r#"
            `MobileNet` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MobileNet.blocks[0].depthwise`: `MobilenetV1/Conv2d_1_depthwise/depthwise_weights` is f32 [3, 3, 8, 2], but `squeeze` cannot remove axis 3; only axes of length 1 can be removed
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn averages_that_are_not_ignored_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "MobilenetV1", dims(classes), ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Unignored {
        #[ckpt(path = "Conv2d_0")]
        stem: Stem,
        #[ckpt(flatten, repeat(i = 1..14))]
        blocks: Vec<Block>,
        #[ckpt(path = "Logits/Conv2d_1c_1x1")]
        logits: Logits,
    }
    refused::<Unignored>(
        &SMALL.listing(),
        &expect![[r#"
        `Unignored` does not fit the checkpoint `model.ckpt`: 1 problem
        - all 137 unexpected variables are moving averages, such as `MobilenetV1/Conv2d_0/BatchNorm/beta/ExponentialMovingAverage`; write `ignore(ema)`"#]],
    );
}

#[test]
fn slots_and_averages_that_are_not_ignored_are_a_line_each() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "MobilenetV1", dims(classes))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Unignored {
        #[ckpt(path = "Conv2d_0")]
        stem: Stem,
        #[ckpt(flatten, repeat(i = 1..))]
        blocks: Vec<Block>,
        #[ckpt(path = "Logits/Conv2d_1c_1x1")]
        logits: Logits,
    }
    refused::<Unignored>(
        &SMALL.listing(),
        &expect![[r#"
        `Unignored` does not fit the checkpoint `model.ckpt`: 3 problems
        - 137 of the 304 unexpected variables are moving averages, such as `MobilenetV1/Conv2d_0/BatchNorm/beta/ExponentialMovingAverage`; write `ignore(ema)`
        - 166 of the 304 unexpected variables are slots of an optimizer, such as `MobilenetV1/Conv2d_0/BatchNorm/beta/RMSProp`; write `ignore(optimizer)`
        - unexpected variable `global_step`, i64 []; add a field, or write `ignore(bookkeeping)`"#]],
    );
}

#[test]
fn blocks_that_are_counted_from_2_end_with_one_that_is_not_there() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "MobilenetV1", dims(classes), ignore(ema, optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct FromTwo {
        #[ckpt(path = "Conv2d_0")]
        stem: Stem,
        #[ckpt(flatten, repeat(i = 2..15))]
        blocks: Vec<Block>,
        #[ckpt(path = "Logits/Conv2d_1c_1x1")]
        logits: Logits,
    }
    refused::<FromTwo>(
        &SMALL.listing(),
        &expect![[r#"
            `FromTwo` does not fit the checkpoint `model.ckpt`: 2 problems
            - field `FromTwo.blocks[12]`: its 10 variables are missing, such as `MobilenetV1/Conv2d_14_depthwise/depthwise_weights`; change the bounds of its list, or load another checkpoint
            - 10 unexpected variables, such as `MobilenetV1/Conv2d_1_depthwise/BatchNorm/beta`, are beyond the bounds of `FromTwo.blocks`; widen them, or add them to `ignore`"#]],
    );
}

#[test]
fn a_typo_is_one_line_for_all_blocks() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "MobilenetV1", dims(classes), ignore(ema, optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Mistyped {
        #[ckpt(path = "Conv2d_0")]
        stem: Stem,
        #[ckpt(flatten, repeat(i = 1..))]
        blocks: Vec<MistypedBlock>,
        #[ckpt(path = "Logits/Conv2d_1c_1x1")]
        logits: Logits,
    }
    #[derive(FromCheckpoint)]
    #[ckpt(dims(local from, local to))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct MistypedBlock {
        #[ckpt(path = "Conv2d_<i>_depthwise/weights", squeeze(3), shape = [3, 3, from])]
        depthwise: Array3<f32>,
        #[ckpt(path = "Conv2d_<i>_depthwise/BatchNorm", dims(n = from))]
        depthwise_norm: Norm,
        #[ckpt(path = "Conv2d_<i>_pointwise/weights", squeeze(0, 1), shape = [from, to])]
        pointwise: Array2<f32>,
        #[ckpt(path = "Conv2d_<i>_pointwise/BatchNorm", dims(n = to))]
        pointwise_norm: Norm,
    }
    refused::<Mistyped>(
        &SMALL.listing(),
        &expect![[r#"
            `Mistyped` does not fit the checkpoint `model.ckpt`: 1 problem
            - 13 variables are named `depthwise_weights`, but `weights` in the struct; change the paths"#]],
    );
}

#[test]
fn channels_that_are_taken_for_those_of_all_blocks_disagree_where_they_are_others() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "MobilenetV1", dims(classes), ignore(ema, optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Shared {
        #[ckpt(path = "Conv2d_0")]
        stem: Stem,
        #[ckpt(flatten, repeat(i = 1..))]
        blocks: Vec<SharedBlock>,
        #[ckpt(path = "Logits/Conv2d_1c_1x1")]
        logits: Logits,
    }
    /// The channels are not `local`.
    #[derive(FromCheckpoint)]
    #[ckpt(dims(from, to))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct SharedBlock {
        #[ckpt(path = "Conv2d_<i>_depthwise/depthwise_weights", squeeze(3), shape = [3, 3, from])]
        depthwise: Array3<f32>,
        #[ckpt(path = "Conv2d_<i>_depthwise/BatchNorm", dims(n = from))]
        depthwise_norm: Norm,
        #[ckpt(path = "Conv2d_<i>_pointwise/weights", squeeze(0, 1), shape = [_, to])]
        pointwise: Array2<f32>,
        #[ckpt(path = "Conv2d_<i>_pointwise/BatchNorm", dims(n = to))]
        pointwise_norm: Norm,
    }
    refused::<Shared>(
        &SMALL.listing(),
        &expect![[r#"
            `Shared` does not fit the checkpoint `model.ckpt`: 2 problems
            - `from` has 5 values in the checkpoint: 8 in `Shared.blocks[0].depthwise_norm.moving_variance`, 16 in `Shared.blocks[2].depthwise_norm.moving_variance`, 32 in `Shared.blocks[4].depthwise_norm.moving_variance`, 64, 128; if each instance of a struct has its own, write `local from` in its `dims`
            - `to` has 5 values in the checkpoint: 8 in `Shared.blocks[0].pointwise_norm.moving_variance`, 16 in `Shared.blocks[1].pointwise_norm.moving_variance`, 32 in `Shared.blocks[3].pointwise_norm.moving_variance`, 64, 128; if each instance of a struct has its own, write `local to` in its `dims`"#]],
    );
}

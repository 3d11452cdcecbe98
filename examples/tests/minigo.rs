//! MiniGo is loaded whole, and each mistake in a checkpoint or a struct is one error.

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_examples::minigo::{Block, Dense, MiniGo, Norm, PlainNorm, Policy, Value};
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::minigo;
use expect_test::{Expect, expect};
use ndarray::{Array4, Axis};

/// The published network, with fewer filters.
const SMALL: minigo::MiniGo =
    minigo::MiniGo { board: 19, planes: 17, filters: 4, blocks: 19, hidden: 6 };

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: &Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

#[test]
fn each_value_lands_where_its_number_says() {
    let listing = SMALL.listing();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (go, report) = MiniGo::load_with(&checkpoint, LoadOptions::new()).unwrap();

    assert_eq!(go.stem.into_dyn(), listing.array("conv2d/kernel"));
    assert_eq!(go.stem_norm.beta.into_dyn(), listing.array("batch_normalization/beta"));
    assert_eq!(go.blocks.len(), 19);
    for (number, block) in go.blocks.into_iter().enumerate() {
        let of = |layer: &str, number: usize, part: &str| {
            listing.array(&format!("{layer}_{number}/{part}"))
        };
        let (first, second) = (2 * number + 1, 2 * number + 2);
        let Block { conv_1, norm_1, conv_2, norm_2 } = block;
        assert_eq!(conv_1.into_dyn(), of("conv2d", first, "kernel"));
        assert_eq!(conv_2.into_dyn(), of("conv2d", second, "kernel"));
        assert_eq!(norm_1.gamma.into_dyn(), of("batch_normalization", first, "gamma"));
        let PlainNorm { mean, variance } = norm_2.moving;
        assert_eq!(mean.into_dyn(), of("batch_normalization", second, "moving_mean"));
        assert_eq!(variance.into_dyn(), of("batch_normalization", second, "moving_variance"));
    }
    let Policy { conv, norm, logits } = go.policy;
    let conv = conv.insert_axis(Axis(0)).insert_axis(Axis(0));
    assert_eq!(conv.into_dyn(), listing.array("conv2d_39/kernel"));
    assert_eq!(norm.mean.into_dyn(), listing.array("batch_normalization_39/moving_mean"));
    assert_eq!(logits.kernel.dim(), (2 * 361, 362));
    assert_eq!(logits.kernel.into_dyn(), listing.array("dense/kernel"));
    let Value { hidden, winner, .. } = go.value;
    assert_eq!(hidden.bias.into_dyn(), listing.array("dense_1/bias"));
    assert_eq!(winner.kernel.into_dyn(), listing.array("dense_2/kernel"));

    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    assert_eq!(ignored, [("bookkeeping", 1), ("optimizer", 125)]);
    assert_eq!(report.variables + 126, listing.variables().len());
    assert!(report.warnings.is_empty());
}

#[test]
fn a_network_below_another_scope_is_called_that() {
    refused::<MiniGo>(
        &SMALL.listing().renamed(|name| format!("tower_0/{name}")),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 1 problem
            - 207 variables are not where the struct expects them, but under `tower_0/`; write `prefix = "tower_0"` on `MiniGo`, or load with `LoadOptions::prefix("tower_0")`"#]],
    );
}

#[test]
fn a_board_of_another_size_is_one_symbol() {
    refused::<MiniGo>(
        &minigo::MiniGo { board: 9, ..SMALL }.listing(),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 1 problem
            - `board` is 19 in the struct, but 9 in the checkpoint: 3 variables agree, such as `dense_1/kernel` of `MiniGo.value.hidden.kernel`; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn a_network_of_fewer_blocks_is_another_network() {
    refused::<MiniGo>(
        &minigo::MiniGo { blocks: 9, ..SMALL }.listing(),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 5 problems
            - `blocks` is 19 in the struct, but 9 in the checkpoint: its list has that many items; change the struct, or load another checkpoint
            - field `MiniGo.policy.conv`: missing variable `conv2d_39/kernel`; did you mean `conv2d_19/kernel`, f32 [1, 1, 4, 2]?
            - field `MiniGo.policy.norm`: no variables under `batch_normalization_39`; did you mean `batch_normalization_19`?
            - field `MiniGo.value.conv`: missing variable `conv2d_40/kernel`; did you mean `conv2d_20/kernel`, f32 [1, 1, 4, 1]?
            - field `MiniGo.value.norm`: no variables under `batch_normalization_40`; did you mean `batch_normalization_20`?"#]],
    );
}

#[test]
fn a_block_that_is_missing_is_named() {
    let of_block_7 = ["conv2d_15/", "conv2d_16/", "normalization_15/", "normalization_16/"];
    refused::<MiniGo>(
        &SMALL.listing().without(|name| of_block_7.iter().any(|layer| name.contains(layer))),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MiniGo.blocks[7]`: its 10 variables are missing, such as `conv2d_15/kernel`; change the bounds of its list, or load another checkpoint"#]],
    );
}

#[test]
fn a_layer_of_another_name_is_found() {
    refused::<MiniGo>(
        &SMALL.listing().renamed(|name| name.replace("batch_normalization", "batch_norm")),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 1 problem
            - 160 variables are named `batch_norm`, but `batch_normalization` in the struct; change the paths"#]],
    );
}

#[test]
fn one_layer_of_another_shape_is_the_only_problem() {
    refused::<MiniGo>(
        &SMALL.listing().reshaped("conv2d_8/kernel", &[3, 3, 4, 5]),
        &expect![[r#"
            `MiniGo` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `MiniGo.blocks[3].conv_2`: `conv2d_8/kernel` is f32 [3, 3, 4, 5] in the checkpoint, but [3, 3, 4, 4] in the struct, as [3, 3, filters, filters]; `filters` is 4 in 197 variables, such as `conv2d_40/kernel` of `MiniGo.value.conv`"#]],
    );
}

/// The correct parts of the mistaken structs below.
#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "none of them is loaded")]
struct Rest {
    #[ckpt(path = "conv2d/kernel")]
    stem: Array4<f32>,
    #[ckpt(path = "batch_normalization", dims(channels = filters))]
    stem_norm: Norm,
    #[ckpt(flatten)]
    policy: Policy,
    #[ckpt(flatten)]
    value: Value,
}

#[test]
fn slots_that_are_not_ignored_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(board = 19, blocks = 19, filters, hidden))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Unignored {
        #[ckpt(flatten)]
        rest: Rest,
        #[ckpt(flatten, repeat(i = 0..blocks))]
        blocks: Vec<Block>,
    }
    refused::<Unignored>(
        &SMALL.listing(),
        &expect![[r#"
            `Unignored` does not fit the checkpoint `model.ckpt`: 2 problems
            - 125 of the 126 unexpected variables are slots of an optimizer, such as `batch_normalization/beta/Momentum`; write `ignore(optimizer)`
            - unexpected variable `global_step`, i64 []; add a field, or write `ignore(bookkeeping)`"#]],
    );
}

#[test]
fn wrong_arithmetic_in_an_index_is_shown_by_what_it_takes_and_leaves() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(board = 19, filters, hidden), ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Wrong {
        #[ckpt(flatten)]
        rest: Rest,
        #[ckpt(flatten, repeat(i = 0..19))]
        blocks: Vec<WrongBlock>,
    }
    /// The first layers are counted from 0 instead of 1.
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct WrongBlock {
        #[ckpt(path = "conv2d<2*i:_>/kernel", shape = [3, 3, filters, filters])]
        conv_1: Array4<f32>,
        #[ckpt(path = "batch_normalization<2*i+1:_>", dims(channels = filters))]
        norm_1: Norm,
        #[ckpt(path = "conv2d<2*i+2:_>/kernel", shape = [3, 3, filters, filters])]
        conv_2: Array4<f32>,
        #[ckpt(path = "batch_normalization<2*i+2:_>", dims(channels = filters))]
        norm_2: Norm,
    }
    refused::<Wrong>(
        &SMALL.listing(),
        &expect![[r#"
            `Wrong` does not fit the checkpoint `model.ckpt`: 4 problems
            - field `Wrong.blocks[0].conv_1`: `conv2d/kernel` is f32 [3, 3, 17, 4] in the checkpoint, but [3, 3, 4, 4] in the struct, as [3, 3, filters, filters]; `filters` is 4 in 196 variables, such as `batch_normalization_2/moving_variance` of `Wrong.blocks[0].norm_2.moving.variance`
            - field `Wrong.blocks[0].conv_1`: `conv2d/kernel` is already loaded by `Wrong.rest.stem`; only one field can take a variable
            - field `Wrong.blocks[1..19].conv_1`: `conv2d<2*(1..19):_>/kernel` is already loaded by `Wrong.blocks[].conv_2`; only one field can take a variable
            - unexpected variable `conv2d_<1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37>/kernel`, f32 [3, 3, 4, 4]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn a_step_that_is_too_small_runs_into_what_is_taken() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(board = 19, filters, hidden), ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Wrong {
        #[ckpt(flatten)]
        rest: Rest,
        #[ckpt(flatten, repeat(i = 0..19))]
        blocks: Vec<WrongBlock>,
    }
    /// Each block counts one layer instead of two.
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct WrongBlock {
        #[ckpt(path = "conv2d<i+1:_>/kernel", shape = [3, 3, filters, filters])]
        conv_1: Array4<f32>,
        #[ckpt(path = "batch_normalization<2*i+1:_>", dims(channels = filters))]
        norm_1: Norm,
        #[ckpt(path = "conv2d<i+2:_>/kernel", shape = [3, 3, filters, filters])]
        conv_2: Array4<f32>,
        #[ckpt(path = "batch_normalization<2*i+2:_>", dims(channels = filters))]
        norm_2: Norm,
    }
    refused::<Wrong>(
        &SMALL.listing(),
        &expect![[r#"
            `Wrong` does not fit the checkpoint `model.ckpt`: 2 problems
            - field `Wrong.blocks[1..19].conv_1`: `conv2d<(1..19)+1:_>/kernel` is already loaded by `Wrong.blocks[].conv_2`; only one field can take a variable
            - unexpected variable `conv2d_<21..39>/kernel`, f32 [3, 3, 4, 4]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn heads_with_the_numbers_of_another_depth_are_found() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(board = 19, blocks = 19, filters, hidden), ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Wrong {
        #[ckpt(path = "conv2d/kernel")]
        stem: Array4<f32>,
        #[ckpt(path = "batch_normalization", dims(channels = filters))]
        stem_norm: Norm,
        #[ckpt(flatten, repeat(i = 0..blocks))]
        blocks: Vec<Block>,
        #[ckpt(flatten)]
        policy: WrongPolicy,
        #[ckpt(flatten)]
        value: Value,
    }
    /// The normalization is that of the value head.
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct WrongPolicy {
        #[ckpt(path = "conv2d_39/kernel", squeeze(0, 1), shape = [filters, 2])]
        conv: ndarray::Array2<f32>,
        #[ckpt(path = "batch_normalization_40", dims(channels = 2))]
        norm: PlainNorm,
        #[ckpt(path = "dense", dims(inputs = 2 * board * board, outputs = board * board + 1))]
        logits: Dense,
    }
    refused::<Wrong>(
        &SMALL.listing(),
        &expect![[r#"
            `Wrong` does not fit the checkpoint `model.ckpt`: 6 problems
            - field `Wrong.policy.norm.mean`: `batch_normalization_40/moving_mean` is f32 [1] in the checkpoint, but [2] in the struct, as [channels]
            - field `Wrong.policy.norm.variance`: `batch_normalization_40/moving_variance` is f32 [1] in the checkpoint, but [2] in the struct, as [channels]
            - field `Wrong.value.norm.mean`: `batch_normalization_40/moving_mean` is already loaded by `Wrong.policy.norm.mean`; only one field can take a variable
            - field `Wrong.value.norm.variance`: `batch_normalization_40/moving_variance` is already loaded by `Wrong.policy.norm.variance`; only one field can take a variable
            - unexpected variable `batch_normalization_39/moving_mean`, f32 [2]; add a field, or add it to `ignore`
            - unexpected variable `batch_normalization_39/moving_variance`, f32 [2]; add a field, or add it to `ignore`"#]],
    );
}

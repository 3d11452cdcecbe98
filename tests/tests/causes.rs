//! Many errors with one cause are reported as that cause.

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", dims(n_embd))]
struct Model {
    #[ckpt(path = "wte", shape = [_, n_embd])]
    _wte: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    _blocks: Vec<Block>,
    #[ckpt(path = "ln_f/g", shape = [n_embd])]
    _norm: Array1<f32>,
}

#[derive(FromCheckpoint)]
struct Block {
    #[ckpt(path = "attn/w", squeeze, shape = [n_embd, 3 * n_embd])]
    _attn: Array2<f32>,
    #[ckpt(path = "bias")]
    _bias: Option<Array1<f32>>,
}

const GOOD: &str = "
    model/wte [9, 4]
    model/h0/attn/w [1, 4, 12]
    model/h0/bias [4]
    model/h1/attn/w [1, 4, 12]
    model/h1/bias [4]
    model/ln_f/g [4]";

fn check_with(lines: &str, options: LoadOptions<'_>, expected: Expect) {
    expected.assert_eq(&said::<Model>(&checkpoint(lines), options));
}

fn check(lines: &str, expected: Expect) {
    check_with(lines, LoadOptions::new(), expected);
}

#[test]
fn a_checkpoint_that_fits_has_no_problem() {
    check(GOOD, expect!["it fits"]);
}

#[test]
fn a_prefix_that_all_variables_have_is_said_once() {
    check(
        &GOOD.replace("model/", "module/model/"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - 6 variables are not where the struct expects them, but under `module/`; write `prefix = "module/model"` on `Model`, or load with `LoadOptions::prefix("module")`"#]],
    );
    check_with(
        &GOOD.replace("model/", "m/model/"),
        LoadOptions::new().prefix("m"),
        expect!["it fits"],
    );
}

#[test]
fn what_is_left_is_not_said_before_the_prefix_is_right() {
    let lines = GOOD.replace("model/", "module/model/") + "\nglobal_step i64 []\nextra [2]";
    check(
        &lines,
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - 6 variables are not where the struct expects them, but under `module/`; write `prefix = "module/model"` on `Model`, or load with `LoadOptions::prefix("module")`"#]],
    );
}

#[test]
fn a_prefix_that_no_variable_has_is_said_once() {
    check(
        &GOOD.replace("model/", ""),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - 6 variables are not where the struct expects them, but without `model/`; remove `prefix` on `Model`"#]],
    );
}

#[test]
fn another_prefix_is_said_once() {
    check(
        &GOOD.replace("model/", "gpt/"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - 6 variables are not where the struct expects them, but under `gpt/` instead of `model/`; write `prefix = "gpt"` on `Model`"#]],
    );
}

#[test]
fn slots_and_averages_are_said_by_the_list_that_ignores_them() {
    let twins: String = GOOD
        .lines()
        .filter_map(|line| line.trim().split_once(' '))
        .flat_map(|(name, shape)| {
            ["adam_m", "adam_v", "ExponentialMovingAverage"]
                .map(|slot| format!("\n{name}/{slot} {shape}"))
        })
        .collect();
    check(
        &format!("{GOOD}{twins}\nglobal_step i64 []\nextra [2]"),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 4 problems
        - 6 of the 20 unexpected variables are moving averages, such as `model/h0/attn/w/ExponentialMovingAverage`; write `ignore(ema)`
        - 12 of the 20 unexpected variables are slots of an optimizer, such as `model/h0/attn/w/adam_m`; write `ignore(optimizer)`
        - unexpected variable `global_step`, i64 []; add a field, or write `ignore(bookkeeping)`
        - unexpected variable `extra`, f32 [2]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn a_variable_of_the_wanted_shape_is_offered_where_no_name_is_near() {
    check(
        &GOOD.replace("model/wte", "model/token_embeddings"),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - field `Model._wte`: missing variable `model/wte`; did you mean `model/token_embeddings`, f32 [9, 4]?"#]],
    );
    check(
        &GOOD.replace("model/ln_f/g", "final/gamma"),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - field `Model._norm`: missing variable `model/ln_f/g`; did you mean `final/gamma`, f32 [4]?"#]],
    );
}

#[test]
fn what_is_bound_and_what_is_there_are_compared() {
    check_with(
        GOOD,
        LoadOptions::new().bind("n_embd", 8),
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 1 problem
            - `n_embd` is bound to 8, but 4 in the checkpoint: 4 variables agree, such as `model/ln_f/g` of `Model._norm`; bind it to that, or load another checkpoint"#]],
    );
    check_with(
        GOOD,
        LoadOptions::new().bind("n_emb", 4),
        expect![[r#"
        `Model` does not fit the checkpoint `memory`: 1 problem
        - `n_emb` is bound, but no struct declares it; did you mean `n_embd`?"#]],
    );
    check_with(GOOD, LoadOptions::new().bind("n_embd", 4), expect!["it fits"]);
}

//! Advice in messages: variables with other names, the start of lists, and the step that is meant.

use std::collections::BTreeMap;

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, Array3, Array4};

fn check<T: for<'c> FromCheckpoint<'c>>(lines: &str, expected: Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(lines), LoadOptions::new()));
}

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model")]
struct Embedding {
    #[ckpt(path = "wte")]
    _wte: Array2<f32>,
    #[ckpt(path = "norm/scale")]
    _norm: Array1<f32>,
}

#[test]
fn a_variable_below_a_path() {
    check::<Embedding>(
        "model/wte/embedding [9, 4]\nmodel/norm/scale [4]",
        expect![[r#"
        `Embedding` does not fit the checkpoint `memory`: 1 problem
        - field `Embedding._wte`: missing variable `model/wte`; did you mean `model/wte/embedding`, f32 [9, 4]?"#]],
    );
    check::<Embedding>(
        "model/wte/ExponentialMovingAverage [9, 4]\nmodel/norm/scale/ExponentialMovingAverage [4]",
        expect![[r#"
            `Embedding` does not fit the checkpoint `memory`: 1 problem
            - 2 variables of the struct have only averages in the checkpoint, such as `model/wte/ExponentialMovingAverage`; write `shadow = "ExponentialMovingAverage"` on the struct"#]],
    );
    // A slot is no likely alternative.
    check::<Embedding>(
        "model/wte/adam_m [9, 4]\nmodel/norm/scale [4]",
        expect![[r#"
        `Embedding` does not fit the checkpoint `memory`: 2 problems
        - field `Embedding._wte`: missing variable `model/wte`; if it is optional, make the field an `Option`
        - unexpected variable `model/wte/adam_m`, f32 [9, 4]; add a field, or write `ignore(optimizer)`"#]],
    );
}

#[test]
fn parts_that_are_variables() {
    let parts = "model/wte/part_0 [3, 4]\nmodel/wte/part_1 [3, 4]\nmodel/wte/part_2 [3, 4]";
    check::<Embedding>(
        &format!("{parts}\nmodel/norm/scale [4]"),
        expect![[r#"
            `Embedding` does not fit the checkpoint `memory`: 1 problem
            - field `Embedding._wte`: missing variable `model/wte`; it is stored in parts, as `model/wte/part_<0..3>`, f32 [3, 4]; join them with `concat(axis = 0, paths = [...])`"#]],
    );
}

#[test]
fn a_variable_in_another_scope() {
    check::<Embedding>(
        "model/decoder/embedding/wte [9, 4]\nmodel/final/norm/scale [4]",
        expect![[r#"
            `Embedding` does not fit the checkpoint `memory`: 2 problems
            - field `Embedding._wte`: missing variable `model/wte`; did you mean `model/decoder/embedding/wte`, f32 [9, 4]?
            - field `Embedding._norm`: missing variable `model/norm/scale`; did you mean `model/final/norm/scale`, f32 [4]?"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(dims(n))]
struct Electra {
    #[ckpt(path = "electra/embeddings", shape = [_, n])]
    _embeddings: Array2<f32>,
    #[ckpt(path = "encoder/layer_<l>", repeat)]
    _layers: Vec<Layer>,
    #[ckpt(path = "head")]
    _head: Layer,
}

#[derive(FromCheckpoint)]
struct Layer {
    #[ckpt(path = "kernel", shape = [n, n])]
    _kernel: Array2<f32>,
    #[ckpt(path = "bias", shape = [n])]
    _bias: Array1<f32>,
    #[ckpt(path = "scale", shape = [n])]
    _scale: Array1<f32>,
}

const ELECTRA: &str = "
    electra/embeddings [9, 4]
    encoder/layer_0/kernel [4, 4]
    encoder/layer_0/bias [4]
    encoder/layer_0/scale [4]
    encoder/layer_1/kernel [4, 4]
    encoder/layer_1/bias [4]
    encoder/layer_1/scale [4]
    head/kernel [4, 4]
    head/bias [4]
    head/scale [4]";

#[test]
fn a_list_under_another_prefix() {
    check::<Electra>(ELECTRA, expect!["it fits"]);
    let elsewhere = ELECTRA.replace("encoder/", "electra/encoder/");
    check::<Electra>(
        &elsewhere,
        expect![[r#"
        `Electra` does not fit the checkpoint `memory`: 1 problem
        - field `Electra._layers`: no variables under `encoder/layer_<l>`; did you mean `electra/encoder/layer_<l>`?"#]],
    );
}

#[test]
fn all_variables_under_a_prefix_are_counted() {
    let below: Vec<String> =
        ELECTRA.lines().skip(1).map(|line| format!("model/{}", line.trim())).collect();
    check::<Electra>(
        &below.join("\n"),
        expect![[r#"
        `Electra` does not fit the checkpoint `memory`: 1 problem
        - 10 variables are not where the struct expects them, but under `model/`; write `prefix = "model"` on `Electra`, or load with `LoadOptions::prefix("model")`"#]],
    );
}

#[test]
fn another_model_is_one_line() {
    check::<Electra>(
        "model/wte [9, 4]\nmodel/wpe [3, 4]\nmodel/h0/attn/c_attn/w [1, 4, 12]\nmodel/h0/attn/c_attn/b [12]\nmodel/ln_f/g [4]",
        expect![[r#"
            `Electra` does not fit the checkpoint `memory`: 1 problem
            - all variables of `Electra` are missing, such as `electra/embeddings` of `Electra._embeddings`, and the checkpoint has 5 others, such as `model/h0/attn/c_attn/b`; this seems to be another model"#]],
    );
}

#[derive(FromCheckpoint)]
struct Units {
    #[ckpt(path = "block1/unit_<u>/w", repeat)]
    _units: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Loose {
    #[ckpt(path = "lw-<i>/w", repeat)]
    _layers: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
struct FromOne {
    #[ckpt(path = "unit_<u>", repeat(u = 1..))]
    _units: Vec<Array1<f32>>,
    #[ckpt(path = "map_<u>", repeat(u = 1..))]
    _map: BTreeMap<usize, Array1<f32>>,
}

#[test]
fn lists_that_start_later() {
    check::<Units>(
        "block1/unit_1/w [4]\nblock1/unit_2/w [4]",
        expect![[r#"
        `Units` does not fit the checkpoint `memory`: 1 problem
        - field `Units._units`: index 0 is missing, but `block1/unit_1/w` exists; if the list starts there, write `repeat(u = 1..)`"#]],
    );
    check::<Loose>(
        "lw-3/w [4]\nlw-4/w [4]\nlw-10/w [4]",
        expect![[r#"
        `Loose` does not fit the checkpoint `memory`: 1 problem
        - field `Loose._layers`: index 0 is missing, but `lw-3/w` exists; if the list starts there, write `repeat(i = 3..)`"#]],
    );
}

#[test]
fn elements_are_counted_from_0_and_keys_are_not() {
    check::<FromOne>(
        "unit_1 [4]\nunit_2 f64 [4]\nmap_1 [4]\nmap_2 f64 [4]",
        expect![[r#"
        `FromOne` does not fit the checkpoint `memory`: 2 problems
        - field `FromOne._units[1]`: `unit_2` is f64 [4], but the field is f32; change the field to f64, or write `cast = "any"`
        - field `FromOne._map[2]`: `map_2` is f64 [4], but the field is f32; change the field to f64, or write `cast = "any"`"#]],
    );
    check::<FromOne>(
        "unit_1 [4]\nunit_2 [4]\nunit_4 [4]\nmap_1 [4]\nmap_3 [4]",
        expect![[r#"
        `FromOne` does not fit the checkpoint `memory`: 2 problems
        - field `FromOne._map[2]`: its variables are missing, but `map_3` of `FromOne._map[3]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
        - field `FromOne._units[2]`: its variables are missing, but `unit_4` of `FromOne._units[3]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(dims(n))]
struct Widths {
    #[ckpt(path = "layer_<i>", repeat)]
    _layers: Vec<Wide>,
}

#[derive(FromCheckpoint)]
struct Wide {
    #[ckpt(path = "w", shape = [n, n])]
    _w: Array2<f32>,
}

#[test]
fn a_symbol_that_differs_from_layer_to_layer() {
    check::<Widths>(
        "layer_0/w [4, 4]\nlayer_1/w [4, 4]\nlayer_2/w [8, 8]",
        expect![[r#"
        `Widths` does not fit the checkpoint `memory`: 1 problem
        - field `Widths._layers[2]._w`: `layer_2/w` is f32 [8, 8] in the checkpoint, but [4, 4] in the struct, as [n, n]; `n` is 4 in 2 variables, such as `layer_0/w` of `Widths._layers[0]._w`; if each `Wide` has its own, write `local n` in its `dims`"#]],
    );
    check::<Widths>(
        "layer_0/w [4, 4]\nlayer_1/w [6, 6]\nlayer_2/w [8, 8]",
        expect![[r#"
        `Widths` does not fit the checkpoint `memory`: 1 problem
        - `n` has 3 values in the checkpoint: 4 in `Widths._layers[0]._w`, 6 in `Widths._layers[1]._w`, 8 in `Widths._layers[2]._w`; if each instance of a struct has its own, write `local n` in its `dims`"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(dims(o, i = 2, k = 3), prefix = "conv")]
struct Permuted {
    #[ckpt(path = "w", permute(3, 2, 0, 1), shape = [k, k, i, o])]
    _w: Array4<f32>,
    #[ckpt(path = "b", shape = [o])]
    _b: Array1<f32>,
}

#[derive(FromCheckpoint)]
struct Swapped {
    #[ckpt(path = "dense", dims(i = 4, o = 3))]
    _dense: Dense,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(i, o))]
struct Dense {
    #[ckpt(path = "kernel", shape = [i, o])]
    _kernel: Array2<f32>,
}

#[test]
fn axes_the_other_way_round() {
    check::<Permuted>(
        "conv/w [3, 3, 2, 4]\nconv/b [4]",
        expect![[r#"
        `Permuted` does not fit the checkpoint `memory`: 1 problem
        - field `Permuted._w`: `conv/w` is f32 [3, 3, 2, 4] in the checkpoint, here [4, 2, 3, 3], but [3, 3, 2, 4] in the struct, as [k, k, i, o]; that is its shape before `permute(3, 2, 0, 1)`, so write `shape` before that"#]],
    );
    check::<Swapped>(
        "dense/kernel [3, 4]",
        expect![[r#"
        `Swapped` does not fit the checkpoint `memory`: 1 problem
        - field `Swapped._dense._kernel`: `dense/kernel` is f32 [3, 4] in the checkpoint, but [4, 3] in the struct, as [i, o]; its axes are transposed, so write `transpose` before, or swap the symbols in `dims`"#]],
    );
}

#[derive(FromCheckpoint)]
struct Stacked {
    #[ckpt(path = "e_<i>/w", stack(i, axis = 0))]
    _experts: Array3<f32>,
}

#[derive(FromCheckpoint)]
struct Step {
    #[ckpt(path = "step")]
    _step: Array1<i64>,
}

#[test]
fn what_a_field_cannot_hold() {
    check::<Stacked>(
        "e_0/w [3, 3]\ne_1/w [2, 3]",
        expect![[r#"
        `Stacked` does not fit the checkpoint `memory`: 1 problem
        - field `Stacked._experts`: `e_1/w` is f32 [2, 3], but the first that `stack(i, axis = 0)` joins is [3, 3]; all have the same shape"#]],
    );
    check::<Step>(
        "step i64 []",
        expect![[r#"
        `Step` does not fit the checkpoint `memory`: 1 problem
        - field `Step._step`: `step` is i64 [], but the field has 1 dimension; it is a scalar, so change the field to `i64`"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("adam/**", optional("ema/**"), bookkeeping))]
struct Ignoring {
    #[ckpt(path = "w")]
    _w: Array1<f32>,
}

#[test]
fn globs_of_a_struct_that_match_nothing() {
    let source = checkpoint("w [2]");
    let (_, report) = Ignoring::load_with(&source, LoadOptions::new()).unwrap();
    expect![[
        r#"`ignore`: `adam/**` matches no variable; remove it, or write `optional("adam/**")`"#
    ]]
    .assert_eq(&report.warnings.join("\n"));

    expect![[r#"
        `Ignoring` does not fit the checkpoint `memory`: 1 problem
        - `ignore`: `adam/**` matches no variable; remove it, or write `optional("adam/**")`"#]]
    .assert_eq(&said::<Ignoring>(&source, LoadOptions::new().strict_ignores(true)));

    let source = checkpoint("w [2]\nadam/w [2]");
    let (_, report) =
        Ignoring::load_with(&source, LoadOptions::new().strict_ignores(true)).unwrap();
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

#[test]
fn ignored_names_with_and_without_the_prefix_of_the_options() {
    let source = checkpoint("module/w [2]\nmodule/adam/w [2]\nadam/w [2]\nglobal_step []");
    let (_, report) = Ignoring::load_with(&source, LoadOptions::new().prefix("module")).unwrap();
    assert_eq!(report.variables, 1);
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("b*/old"))]
struct Nested {
    #[ckpt(path = "b<i>", repeat)]
    _blocks: Vec<InBlock>,
    #[ckpt(path = "last")]
    _last: InBlock,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("adam/**", "adam/m", "old", "gone/*", optional("ema/**")))]
struct InBlock {
    #[ckpt(path = "w")]
    _w: Array1<f32>,
}

#[test]
fn globs_of_inner_structs_that_match_nothing() {
    // A glob is used if another one matches the same variable first, or if only one place of the struct has one.
    let source = checkpoint("b0/w [2]\nb1/w [2]\nb1/adam/m [2]\nb1/old [1]\nlast/w [2]");
    let (_, report) = Nested::load_with(&source, LoadOptions::new()).unwrap();
    expect![[
        r#"`ignore`: `gone/*` matches no variable; remove it, or write `optional("gone/*")`"#
    ]]
    .assert_eq(&report.warnings.join("\n"));
    expect![[r#"
        `Nested` does not fit the checkpoint `memory`: 1 problem
        - `ignore`: `gone/*` matches no variable; remove it, or write `optional("gone/*")`"#]]
    .assert_eq(&said::<Nested>(&source, LoadOptions::new().strict_ignores(true)));
    let source = checkpoint("b0/w [2]\nb0/adam/m [2]\nb0/gone/x [1]\nlast/w [2]\nlast/old [1]");
    let (_, report) = Nested::load_with(&source, LoadOptions::new()).unwrap();
    expect![[
        r#"`ignore`: `b*/old` matches no variable; remove it, or write `optional("b*/old")`"#
    ]]
    .assert_eq(&report.warnings.join("\n"));
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Experts {
    #[ckpt(path = "expert_<i>", stack(i, axis = 0))]
    _experts: Array2<f32>,
    #[ckpt(path = "head<h>", repeat(h = 0..))]
    _heads: Vec<Joined>,
}

#[derive(FromCheckpoint)]
struct Joined {
    #[ckpt(path = "part_<i>", concat(i, axis = 0))]
    _parts: Array1<f32>,
}

#[test]
fn stacks_that_start_later() {
    check::<Experts>(
        "expert_1 [4]\nexpert_2 [4]\nhead0/part_3 [2]\nhead0/part_4 [2]",
        expect![[r#"
            `Experts` does not fit the checkpoint `memory`: 2 problems
            - field `Experts._experts`: index 0 is missing, but `expert_1` exists; if the indices start there, write `i = 1..`
            - field `Experts._heads[0]._parts`: index 0 is missing, but `head0/part_3` exists; if the indices start there, write `i = 3..`"#]],
    );
    check::<Experts>(
        "expert_0 [4]\nexpert_2 [4]\nhead0/part_0 [2]",
        expect![[r#"
        `Experts` does not fit the checkpoint `memory`: 1 problem
        - field `Experts._experts`: an index before `expert_2` is missing, which has index 2; the indices of `stack` and `concat` must be contiguous"#]],
    );
}

#[test]
fn a_message_is_cut_to_what_a_person_reads() {
    let long = "x".repeat(60_000);
    let quotes = "`a".repeat(30_000);
    let numbers = (0..300).map(|number| format!("v{}", number * number));
    let letters = (0..300_u32).filter_map(|at| char::from_u32(0x4e00 + at)).map(String::from);
    let names = [long, quotes].into_iter().chain(numbers).chain(letters);
    let lines = names.map(|name| format!("{name} [2]")).collect::<Vec<_>>().join("\n");
    let said = said::<Embedding>(&checkpoint(&lines), LoadOptions::new());
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() <= 22, "{} lines", lines.len());
    assert!(said.len() < 20_000, "{} bytes", said.len());
    expect!["- and 285 more"].assert_eq(lines.last().unwrap());
}

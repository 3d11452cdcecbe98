//! The report of a load whose fields differ from the variables.

use std::time::Duration;

use checkpoint_core::{FromCheckpoint, LoadOptions};
use checkpoint_tests::memory::checkpoint;
use expect_test::expect;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(dims(n_embd), ignore(optimizer))]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Model {
    #[ckpt(cast, shape = [_, n_embd])]
    wte: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    #[ckpt(path = "head", slice(axis = 0, range = ..2))]
    top: Array2<f32>,
    #[ckpt(path = "head", slice(axis = 0, range = 2..))]
    rest: Array2<f32>,
    #[ckpt(concat(axis = 0, paths = ["query", "key"]))]
    query_key: Array2<f32>,
    #[ckpt(path = "expert_<e>", stack(e, axis = 0))]
    experts: Array2<f32>,
    #[ckpt(split(axis = 0, sizes = [1, n_embd]))]
    uneven: (Array1<f32>, Array1<f32>),
    #[ckpt(default = "ones")]
    scale: Array1<f32>,
    pooler: Option<Array2<f32>>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Block {
    #[ckpt(path = "c_attn", split(axis = 1), transpose, cast = "any")]
    qkv: [Array2<f32>; 3],
    #[ckpt(default, shape = [n_embd])]
    bias: Array1<f32>,
}

fn ones(shape: &[usize]) -> Array1<f32> {
    Array1::ones(shape.first().copied().unwrap_or(1))
}

const VARIABLES: &str = "
    wte bf16 [9, 4]
    wte/adam_m [9, 4]
    h0/c_attn f64 [4, 12]
    h1/c_attn f64 [4, 12]
    h1/bias [4]
    head [5, 4]
    query [2, 4]
    key [3, 4]
    expert_0 [4]
    expert_1 [4]
    uneven [5]";

#[test]
fn the_report_says_what_was_converted_split_joined_and_made_up() {
    let (_, mut report) = Model::load_with(&checkpoint(VARIABLES), LoadOptions::new()).unwrap();
    report.elapsed = Duration::from_micros(1250);
    expect![[r#"
        Model from memory
          field             variable        dtype        in the file       in the struct
          wte               wte             bf16 -> f32  [9, 4]         -> [9, 4]
          blocks[0..2].qkv  h<0..2>/c_attn  f64 -> f32   [4, 12]        -> 3 x [4, 4]
          blocks[1].bias    h1/bias         f32          [4]            -> [4]
          top               head            f32          part of [5, 4] -> [2, 4]
          rest              head            f32          part of [5, 4] -> [3, 4]
          query_key         query           f32          [2, 4]         -> part of [5, 4]
          query_key         key             f32          [3, 4]         -> part of [5, 4]
          experts           expert_<0..2>   f32          [4]            -> part of [2, 4]
          uneven            uneven          f32          part of [5]    -> [1]
          uneven            uneven          f32          part of [5]    -> [4]
          n_embd = 4
          not in the checkpoint: pooler
          not in the checkpoint, filled by `default`: blocks[0].bias
          not in the checkpoint, filled by `default`: scale
          ignored by `optimizer`: 1 variable
        10 variables, 1.1 kB, checksums verified, in 1.2 ms
    "#]]
    .assert_eq(&format!("{report}\n"));
}

#[test]
fn the_report_serializes_all_that_it_says() {
    let (_, report) = Model::load_with(&checkpoint(VARIABLES), LoadOptions::new()).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["absent"], serde_json::json!(["Model.pooler"]));
    assert_eq!(json["defaulted"], serde_json::json!(["Model.blocks[0].bias", "Model.scale"]));
    expect![[r#"
        {
          "count": 2,
          "dtype": "float32",
          "field": "Model.blocks[0..2].qkv",
          "found": {
            "dtype": "float64",
            "shape": [
              4,
              12
            ]
          },
          "partly_filled": false,
          "partly_taken": false,
          "parts": 3,
          "shape": [
            4,
            4
          ],
          "variable": "h<0..2>/c_attn"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&json["loaded"][1]).unwrap());
}

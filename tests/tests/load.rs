//! Structs, and the checkpoints that they are loaded from.

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_tests::corpus;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model")]
struct Gpt2 {
    wte: Array2<f32>,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: LayerNorm,
}

#[derive(FromCheckpoint)]
struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

#[derive(FromCheckpoint)]
struct LayerNorm {
    g: Array1<f32>,
    b: Array1<f32>,
}

#[derive(FromCheckpoint)]
struct Attention {
    c_attn: Conv1d,
    c_proj: Conv1d,
}

#[derive(FromCheckpoint)]
struct Mlp {
    c_fc: Conv1d,
    c_proj: Conv1d,
}

#[derive(FromCheckpoint)]
struct Conv1d {
    #[ckpt(squeeze)]
    w: Array2<f32>,
    b: Array1<f32>,
}

#[test]
fn nested() {
    let case = corpus::case("models/gpt2-shakespeare").unwrap();
    let checkpoint = Checkpoint::open(&case.prefix).unwrap();
    let (_, report) = Gpt2::load_with(&checkpoint, LoadOptions::new()).unwrap();
    println!("{report}");
    println!("{}", serde_json::to_string(&report).unwrap());
}

//! Structs that the compiler has checked against checkpoints.
#![expect(dead_code, reason = "the compiler checks the structs, and nothing loads them")]

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2, Array3};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "corpus/models/gpt2-nano/model.ckpt.index")]
#[ckpt(prefix = "model", dims(n_vocab, n_embd))]
struct Gpt2 {
    #[ckpt(shape = [n_vocab, n_embd])]
    wte: Array2<f32>,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: Norm,
}

#[derive(FromCheckpoint)]
struct Block {
    ln_1: Norm,
    ln_2: Norm,
    #[ckpt(path = "attn/c_attn")]
    qkv: Conv,
    #[ckpt(path = "attn/c_proj")]
    proj: Conv,
    #[ckpt(path = "mlp/c_fc")]
    fc: Conv,
    #[ckpt(path = "mlp/c_proj")]
    fc_proj: Conv,
}
#[derive(FromCheckpoint)]
struct Norm {
    g: Array1<f32>,
    b: Array1<f32>,
}
#[derive(FromCheckpoint)]
struct Conv {
    w: Array3<f32>,
    b: Array1<f32>,
}

#[test]
fn dims_are_named_as_the_symbols_are() {
    let dims = Gpt2::DIMS;
    assert!(format!("{dims:?}").contains("n_vocab"), "{dims:?}");
}

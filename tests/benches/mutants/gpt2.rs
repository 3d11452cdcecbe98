//! GPT-2 with attributes of all kinds, so that all kinds of mistakes are possible.

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "benches/mutants/gpt2.txt")]
#[ckpt(prefix = "model", ignore("**/Adam", "**/Adam_1", "beta[12]_power", bookkeeping))]
#[ckpt(dims(n_vocab = 50257, n_ctx, n_embd, n_head = 12), assert(n_embd % n_head == 0))]
pub struct Gpt2 {
    #[ckpt(shape = [n_vocab, n_embd])]
    pub wte: Array2<f32>,
    #[ckpt(shape = [n_ctx, n_embd])]
    pub wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat(i = 0..12))]
    pub blocks: Vec<Block>,
    #[ckpt(expand(0), concat(axis = 0, paths = ["ln_f/g", "ln_f/b"]), shape = [2, n_embd])]
    pub ln_f: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    pub ln_1: Norm,
    pub attn: Attention,
    pub ln_2: Norm,
    pub mlp: Mlp,
}

#[derive(FromCheckpoint)]
pub struct Attention {
    #[ckpt(path = "c_attn/w", squeeze, shape = [n_embd, 3 * n_embd])]
    #[ckpt(split(axis = 1), shape = [n_embd, n_embd], parallel(axis = 1, of = [1, 2, 4, 12]))]
    pub qkv: [Array2<f32>; 3],
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], chunk(axis = 0, index = 0, of = 3))]
    pub q_bias: Array1<f32>,
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], chunk(axis = 0, index = 1, of = 3))]
    pub k_bias: Array1<f32>,
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], chunk(axis = 0, index = 2, of = 3))]
    pub v_bias: Array1<f32>,
    #[ckpt(dims(inputs = n_embd, outputs = n_embd))]
    pub c_proj: Conv1d,
}

#[derive(FromCheckpoint)]
pub struct Mlp {
    #[ckpt(dims(inputs = n_embd, outputs = 4 * n_embd))]
    pub c_fc: Conv1d,
    #[ckpt(dims(inputs = 4 * n_embd, outputs = n_embd))]
    pub c_proj: Conv1d,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Conv1d {
    #[ckpt(squeeze(0), shape = [inputs, outputs])]
    pub w: Array2<f32>,
    #[ckpt(shape = [outputs])]
    pub b: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(shape = [n_embd])]
    pub g: Array1<f32>,
    #[ckpt(shape = [n_embd])]
    pub b: Array1<f32>,
}

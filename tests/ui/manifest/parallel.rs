use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2, ArrayD};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index", prefix = "model", allow_unmapped, dims(n_embd))]
pub struct Gpt2 {
    #[ckpt(parallel(axis = 0, of = [1, 2, 3, 7]))]
    pub wte: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
    #[ckpt(parallel(axis = 2, of = [1, 2]))]
    pub wpe: ArrayD<f32>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(path = "attn/c_attn/w", squeeze(0), shape = [n_embd, 3 * n_embd], split(axis = 1))]
    #[ckpt(parallel(axis = 1, of = [1, 2, 4, 12]))]
    pub qkv: [Array2<f32>; 3],
    #[ckpt(path = "attn/c_attn/b", split(axis = 0), parallel(axis = 0, of = [1, 2, 4]))]
    pub biases: [Array1<f32>; 3],
}

fn main() {}

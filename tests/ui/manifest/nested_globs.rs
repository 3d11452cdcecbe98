use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.txt", prefix = "model")]
pub struct Gpt2 {
    pub wte: Array2<f32>,
    pub wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
    pub ln_f: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("attn/**", "attn/c_*/*", "mlp/**", "/model/h1/ln_2/*", "/model/h0/ln_2/*", "old/**", optional("older/**")))]
pub struct Block {
    pub ln_1: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("b", "c"))]
pub struct Norm {
    pub g: Array1<f32>,
}

fn main() {}

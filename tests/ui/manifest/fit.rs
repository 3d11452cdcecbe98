use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index", prefix = "model", dims(n_vocab, n_embd, n_head))]
#[ckpt(ignore("model/h*/**"))]
pub struct Embeddings {
    #[ckpt(shape = [n_vocab, n_embd])]
    pub wte: Array2<f32>,
    pub wqe: Array2<f32>,
    pub ln_f: Norm,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    pub g: Array1<f64>,
    pub b: Array1<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.txt", ignore("model/h*/**", "model/ln_f/*", "old/**", optional("older/**"), optimizer))]
pub struct Embeddings {
    #[ckpt(path = "model/wte")]
    pub wte: Array2<f32>,
    #[ckpt(path = "model/wpe")]
    pub wpe: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    pub g: Array1<f32>,
}

fn main() {}

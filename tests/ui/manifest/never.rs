use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index", prefix = "model", ignore("model/h*/**", "model/ln_f/*", "model/wpe"))]
pub struct Embeddings {
    pub wte: Array2<f32>,
    /// A name of no variable.
    pub scale: Option<Array1<f32>>,
    /// A name that is nearly right.
    pub wqe: Option<Array2<f32>>,
    /// A struct without variables.
    pub head: Option<Norm>,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    pub g: Array1<f32>,
    pub b: Array1<f32>,
}

fn main() {}

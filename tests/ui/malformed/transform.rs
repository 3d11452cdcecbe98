use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(squeeze())]
    pub g: Array1<f32>,
    #[ckpt(squeeze(0, 1, 0))]
    pub b: Array1<f32>,
    #[ckpt(squeeze(-1, n, "2"))]
    pub c: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Attention {
    #[ckpt(expand(), expand(1, 1))]
    pub expand: Array2<f32>,
    #[ckpt(permute(), permute(0, 2), permute(1, 0, 1), permute(1, x))]
    pub permute: Array2<f32>,
    #[ckpt(reshape[_, n, _, _])]
    pub reshape: Array2<f32>,
    #[ckpt(shape = 3, shape = "[n]")]
    pub shape: Array2<f32>,
}

fn main() {}

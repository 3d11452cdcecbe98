use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub struct Norm {
    pub g: Array1<f32>,
    #[ckpt(path = "g")]
    pub b: Array1<f32>,
    #[ckpt(path = "w", alias = "kernel", alias = "w")]
    pub w: Array2<f32>,
    #[ckpt(path = "weight", alias = "kernel")]
    pub weight: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Lists {
    #[ckpt(path = "h<i>", repeat(i = 0..6))]
    pub lower: Vec<Norm>,
    #[ckpt(path = "h<k>", repeat(k = 5..))]
    pub upper: Vec<Norm>,
    #[ckpt(flatten)]
    pub first: Norm,
    #[ckpt(flatten)]
    pub second: Norm,
}

fn main() {}

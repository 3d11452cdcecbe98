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

#[derive(FromCheckpoint)]
pub struct Parts {
    #[ckpt(path = "qkv", chunk(axis = 1, index = 0, of = 3))]
    pub q: Array2<f32>,
    #[ckpt(path = "qkv", slice(axis = 1, range = 4..))]
    pub kv: Array2<f32>,
    pub qkv: Array2<f32>,
    #[ckpt(concat(axis = 0, paths = ["q", "w", "q"]))]
    pub joined: Array2<f32>,
    pub w: Array2<f32>,
}

fn main() {}

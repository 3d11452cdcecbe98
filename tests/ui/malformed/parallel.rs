use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub struct Dense {
    #[ckpt(parallel(of = [1, 2]))]
    pub nowhere: Array2<f32>,
    #[ckpt(parallel(axis = 0))]
    pub number: Array2<f32>,
    #[ckpt(parallel(axis = 0, of = 4))]
    pub bare: Array2<f32>,
    #[ckpt(parallel(axis = 0, of = []))]
    pub none: Array2<f32>,
    #[ckpt(parallel(axis = 0, of = [0, 1, n]))]
    pub zero: Array2<f32>,
    #[ckpt(parallel(axis = 0, of = [2, 4, 2]))]
    pub twice: Array2<f32>,
    #[ckpt(parallel(axes = 0, of = [2]))]
    pub axes: Array2<f32>,
    #[ckpt(parallel)]
    pub flag: Array2<f32>,
    #[ckpt(skip, parallel(axis = 0, of = [2]))]
    pub skipped: Array2<f32>,
    #[ckpt(dialect(hf, path = "weight", parallel(axis = 0, of = [2])))]
    pub dialect: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Axes {
    #[ckpt(parallel(axis = 1, of = [1, 2]))]
    pub vector: Array1<f32>,
    #[ckpt(parallel(axis = 0, of = [1, 2]))]
    pub scalar: f32,
    #[ckpt(split(axis = 0), parallel(axis = 2, of = [1, 2]))]
    pub parts: [Array2<f32>; 3],
    #[ckpt(parallel(axis = 0, of = [1, 2]))]
    pub nested: Norm,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    pub g: Array1<f32>,
}

fn main() {}

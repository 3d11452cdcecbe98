use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(path = "g", skip, squeeze)]
    pub g: Array2<f32>,
    #[ckpt(skip, default, flatten, alias = "b")]
    pub b: Array2<f32>,
    #[ckpt(skip, repeat)]
    pub layers: Vec<Array2<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(flatten, path = "ln", alias = "norm")]
    pub ln: Norm,
}

fn main() {}

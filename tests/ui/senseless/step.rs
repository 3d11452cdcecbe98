use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2, Array3};

#[derive(FromCheckpoint)]
pub struct Axes {
    #[ckpt(shape = [_])]
    pub shape: Array2<f32>,
    #[ckpt(permute(1, 0))]
    pub permute: Array3<f32>,
    #[ckpt(reshape[2, 3, _])]
    pub reshape: Array2<f32>,
    #[ckpt(squeeze(3))]
    pub squeeze: Array2<f32>,
    #[ckpt(expand(2))]
    pub expand: Array2<f32>,
    #[ckpt(chunk(axis = 2, index = 0, of = 3))]
    pub chunk: Array2<f32>,
    #[ckpt(slice(axis = 1, range = 2..))]
    pub slice: Array1<f32>,
    #[ckpt(concat(axis = 2, paths = ["a", "b"]))]
    pub concat: Array2<f32>,
    #[ckpt(path = "expert_<e>", stack(e, axis = 3))]
    pub stack: Array3<f32>,
}

#[derive(FromCheckpoint)]
pub struct Parts {
    #[ckpt(split(axis = 0))]
    pub one: Array2<f32>,
    pub several: [Array2<f32>; 3],
    #[ckpt(split(axis = 0, sizes = [1, 2]))]
    pub sizes: [Array1<f32>; 3],
    #[ckpt(split(axis = 1))]
    pub axis: [Array1<f32>; 3],
    #[ckpt(split(axis = 0))]
    pub optional: (Array1<f32>, Option<Array1<f32>>),
    #[ckpt(transpose)]
    pub nested: Inner,
}

#[derive(FromCheckpoint)]
pub struct Listed {
    #[ckpt(split(axis = 0))]
    pub several: Vec<Array2<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Inner {
    pub w: Array2<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub struct Parts {
    #[ckpt(path = "a/part_<p>", concat(p))]
    pub no_axis: Array2<f32>,
    #[ckpt(path = "b/part_<p>", concat(p, q, axis = 0))]
    pub two: Array2<f32>,
    #[ckpt(path = "c/part_<p>", concat(p = 3.., 0..4, axis = 0))]
    pub three: Array2<f32>,
    #[ckpt(path = "d/part_0", concat(p, axis = 0))]
    pub unused: Array2<f32>,
    #[ckpt(path = "e/part_<p>", repeat(p), concat(p, axis = 0))]
    pub bound: Vec<Array2<f32>>,
    #[ckpt(path = "f/part_<p>", concat(p, axis = 0), transpose)]
    pub after: Array2<f32>,
    #[ckpt(flatten, concat(p, axis = 0))]
    pub flat: Array2<f32>,
    #[ckpt(path = "g/part_<p>", concat(p, axis = 0), stack(p, axis = 0))]
    pub both: Array2<f32>,
    #[ckpt(path = "h/part_<p>", concat(p = ..4, axis = 0))]
    pub start: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Axes {
    #[ckpt(path = "bias/part_<p>", concat(p, axis = 1))]
    pub bias: Array1<f32>,
}

fn main() {}

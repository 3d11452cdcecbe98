use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Concat {
    #[ckpt(concat(axis = 0))]
    pub nothing: Array1<f32>,
    #[ckpt(concat(paths = ["a", "b"]))]
    pub no_axis: Array1<f32>,
    #[ckpt(concat(axis = 0, paths = ["a"]))]
    pub one: Array1<f32>,
    #[ckpt(concat(axis = 0, paths = "a"))]
    pub text: Array1<f32>,
    #[ckpt(concat(axis = 0, paths = ["a", b, "", "c{i}"]))]
    pub paths: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Stack {
    #[ckpt(path = "a<e>", stack(axis = 0))]
    pub nothing: Array1<f32>,
    #[ckpt(path = "b<e>", stack(e))]
    pub no_axis: Array1<f32>,
    #[ckpt(path = "c<e>", stack(e, f, axis = 0))]
    pub two: Array1<f32>,
    #[ckpt(path = "d<e>", stack(0..8, axis = 0))]
    pub no_name: Array1<f32>,
    #[ckpt(path = "e<e>", stack(e = ..8, axis = 0))]
    pub no_start: Array1<f32>,
    #[ckpt(stack(e, axis = 0))]
    pub no_index: Array1<f32>,
}

fn main() {}

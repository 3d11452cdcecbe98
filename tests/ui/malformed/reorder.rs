use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Gates {
    #[ckpt(reorder(axis = 0, order = [0, 2, 3]))]
    pub hole: Array1<f32>,
    #[ckpt(reorder(axis = 0, order = [0, 1, 2, 3]))]
    pub same: Array1<f32>,
    #[ckpt(reorder(axis = 0, order = [i, j, f, o]))]
    pub named: Array1<f32>,
    #[ckpt(reorder(axis = 0, order = 4))]
    pub number: Array1<f32>,
    #[ckpt(reorder(order = [1, 0]))]
    pub nowhere: Array1<f32>,
    #[ckpt(reorder)]
    pub bare: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Axes {
    #[ckpt(reorder(axis = 1, order = [1, 0]))]
    pub bias: Array1<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(squeeze())]
    pub g: Array1<f32>,
    #[ckpt(squeeze(0, 1, 0))]
    pub b: Array1<f32>,
    #[ckpt(squeeze(-1, n, "2"))]
    pub c: Array1<f32>,
}

fn main() {}

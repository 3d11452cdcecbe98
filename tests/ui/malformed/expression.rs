use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Shapes {
    #[ckpt(shape = [3 n])]
    pub joined: Array1<f32>,
    #[ckpt(shape = [2 * (n + 1.5)])]
    pub fraction: Array1<f32>,
    #[ckpt(shape = [-1])]
    pub negative: Array1<f32>,
    #[ckpt(shape = [n *])]
    pub open: Array1<f32>,
    #[ckpt(shape = [2 * ()])]
    pub nothing: Array1<f32>,
    #[ckpt(shape = [2 * _])]
    pub any: Array1<f32>,
    #[ckpt(shape = [n_embd as u64, n & m])]
    pub operator: Array1<f32>,
    #[ckpt(reshape["n", [3]])]
    pub text: Array1<f32>,
}

fn main() {}

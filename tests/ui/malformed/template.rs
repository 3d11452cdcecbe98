use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model_<>")]
pub struct Block {
    #[ckpt(path = "h{i}/ln_1/g")]
    pub g: Array1<f32>,
    #[ckpt(path = "h<i/ln_1/b")]
    pub b: Array1<f32>,
    #[ckpt(path = "h<i:3>/w", alias = "h<i><j>/w")]
    pub w: Array1<f32>,
    #[ckpt(path = "h<i>0", repeat)]
    pub list: Vec<Array1<f32>>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt]
pub struct Norm {
    #[ckpt = "g"]
    pub g: Array1<f32>,
    #[ckpt[path = "b"]]
    pub b: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(, prefix = "model",, allow_unmapped,)]
pub struct Commas {
    #[ckpt("w")]
    pub w: Array1<f32>,
    #[ckpt(3 + 4, squeeze)]
    pub b: Array1<f32>,
}

fn main() {}

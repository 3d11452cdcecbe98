use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(prefx = "model", colour)]
pub struct Near {
    #[ckpt(pth = "wte", sqeeze, skp)]
    pub wte: Array2<f32>,
    #[ckpt(colour = "red")]
    pub wpe: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(path = "model", skip)]
pub struct Elsewhere {
    #[ckpt(prefix = "ln_1", allow_unmapped)]
    pub g: Array1<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", allow_unmapped, prefix = "other")]
#[ckpt(allow_unmapped)]
pub struct Gpt2 {
    #[ckpt(path = "wte", squeeze, path = "embedding")]
    #[ckpt(squeeze, cast, cast = "any")]
    pub wte: Array2<f32>,
    #[ckpt(split(axis = 0), split(axis = 1))]
    pub split: [Array2<f32>; 4],
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", allow_unmapped, prefix = "other")]
#[ckpt(allow_unmapped)]
pub struct Gpt2 {
    #[ckpt(path = "wte", squeeze, path = "embedding")]
    #[ckpt(squeeze)]
    pub wte: Array2<f32>,
}

fn main() {}

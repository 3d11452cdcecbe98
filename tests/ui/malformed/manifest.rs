use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), manifest(tf = "dense.txt", jax = "dense-hf.txt"))]
pub struct Undeclared {
    #[ckpt(path = "a/kernel")]
    pub kernel: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), manifest(tf = "dense.txt", hf("dense-hf.txt", "wide-hf.txt")))]
pub struct Uneven {
    #[ckpt(path = "a/kernel")]
    pub kernel: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), manifest(hf = "dense-hf.txt", hf = "wide-hf.txt"))]
pub struct Twice {
    #[ckpt(path = "a/kernel")]
    pub kernel: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), manifest("dense.txt", hf = "dense-hf.txt"))]
pub struct Unnamed {
    #[ckpt(path = "a/kernel")]
    pub kernel: Array2<f32>,
}

fn main() {}

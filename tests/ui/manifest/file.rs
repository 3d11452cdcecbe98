use checkpoint_core::FromCheckpoint;
use ndarray::{Array, Array1, Dimension};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "/nowhere/gpt3.index")]
pub struct Missing {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest("../checkpoint-tests", "v1.ckpt", "arrays.npz"))]
pub struct NotAnIndex {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest = "/dev/null")]
pub struct Special {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest("damaged.index", "damaged.txt"))]
pub struct Damaged {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest("gpt2.index", "./gpt2.index"), allow_unmapped)]
pub struct Twice {}

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index", naming = "object_path")]
pub struct OtherNames {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index")]
pub struct Generic<D: Dimension> {
    pub w: Array<f32, D>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.index")]
pub struct Number<const N: usize> {
    #[ckpt(path = "w<i>", repeat)]
    pub w: [Array1<f32>; N],
}

fn main() {}

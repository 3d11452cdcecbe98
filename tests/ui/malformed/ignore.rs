use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(ignore())]
pub struct Nothing {
    pub g: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("adam_[mv", 3, optimizer("x")))]
pub struct Globs {
    pub g: Array1<f32>,
}

fn main() {}

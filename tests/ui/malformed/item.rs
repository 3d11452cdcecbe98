use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub enum Enum {
    Gpt2(Array2<f32>),
}

#[derive(FromCheckpoint)]
pub union Union {
    pub step: i64,
}

#[derive(FromCheckpoint)]
pub struct Tuple(
    Array2<f32>,
    #[ckpt(path = "b")] Array1<f32>,
    #[ckpt(squeeze)] Array1<f32>,
    #[ckpt(skip)] usize,
);

fn main() {}

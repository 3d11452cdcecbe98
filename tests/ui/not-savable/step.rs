//! Words that have no way back.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

#[derive(FromCheckpoint, ToCheckpoint)]
struct Norm {
    #[ckpt(map = "exponential")]
    scale: f32,
    #[ckpt(map = "exponential")]
    shift: f32,
}

fn exponential(logarithm: f32) -> f32 {
    logarithm.exp()
}

fn main() {}

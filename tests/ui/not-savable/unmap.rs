//! `unmap` in the wrong place, and form.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

#[derive(FromCheckpoint, ToCheckpoint)]
struct Norm {
    #[ckpt(unmap = "logarithm")]
    scale: f32,
    #[ckpt(map = "exponential", unmap)]
    shift: f32,
    #[ckpt(map = "exponential", unmap = "no function")]
    other: f32,
    #[ckpt(skip, unmap = "logarithm")]
    skipped: f32,
}

fn exponential(logarithm: f32) -> f32 {
    logarithm.exp()
}

fn main() {}

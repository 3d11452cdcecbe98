//! Functions that do not take back what others did.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

#[derive(FromCheckpoint, ToCheckpoint)]
struct Norm {
    #[ckpt(map = "exponential", unmap = "of_integers")]
    shift: f32,
    #[ckpt(with = "halves")]
    step: i64,
    #[ckpt(try_from = "i64")]
    epochs: Epochs,
}

fn exponential(logarithm: f32) -> f32 {
    logarithm.exp()
}

fn of_integers(_: &i64) -> f32 {
    0.0
}

mod halves {
    pub fn load(step: i64) -> Result<i64, String> {
        Ok(step / 2)
    }
}

struct Epochs;

impl TryFrom<i64> for Epochs {
    type Error = String;

    fn try_from(_: i64) -> Result<Self, String> {
        Ok(Self)
    }
}

fn main() {}

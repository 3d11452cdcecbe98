//! Structs that transform their variables.

use checkpoint_core::FromCheckpoint;
use checkpoint_tests::models::{Gpt2, Linear, Norm, PlainGpt2};
use ndarray::{Array1, Array2};

type Matrix = Array2<f32>;
type Vector = Array1<f32>;

/// GPT-2 with separate queries, keys and values.
pub(crate) type Split = Gpt2<Matrix, Parts, Linear<Matrix, Vector>, Norm<Vector>>;

/// GPT-2 with each matrix transposed.
pub(crate) type Transposed = Gpt2<Turned, TurnedLinear, TurnedLinear, Norm<Vector>>;

/// GPT-2 converted to `f32`.
#[derive(FromCheckpoint)]
#[ckpt(cast = "lossless")]
#[expect(dead_code, reason = "the weights are only loaded")]
pub(crate) struct Cast {
    #[ckpt(flatten)]
    model: PlainGpt2<Matrix, Vector>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
pub(crate) struct Parts {
    #[ckpt(squeeze, split(axis = 1))]
    w: [Matrix; 3],
    #[ckpt(split(axis = 0))]
    b: [Vector; 3],
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
pub(crate) struct Turned(#[ckpt(transpose)] Matrix);

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
pub(crate) struct TurnedLinear {
    #[ckpt(squeeze, transpose)]
    w: Matrix,
    b: Vector,
}

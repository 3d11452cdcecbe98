use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), dims(hidden))]
pub struct Root {
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub query: Dense,
}

/// A `transpose` is missing, or `same_layout`.
#[derive(FromCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Dense {
    #[ckpt(shape = [inputs, outputs], dialect(hf, path = "weight"))]
    pub kernel: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Contradicted {
    #[ckpt(same_layout, dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Vector {
    #[ckpt(same_layout)]
    pub bias: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Lacking {
    #[ckpt(dialect(hf, absent))]
    pub bias: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Rank {
    #[ckpt(dialect(hf, permute(2, 1, 0)))]
    pub kernel: Array2<f32>,
}

fn main() {}

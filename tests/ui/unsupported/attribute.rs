use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(dialect(hf, separator = "."))]
pub struct Struct {
    #[ckpt(rearrange = "1 (head d) e -> head d e")]
    pub a: Array2<f32>,
    #[ckpt(shard(axis = 1), replicate)]
    pub e: Array1<f32>,
}

fn main() {}

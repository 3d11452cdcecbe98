use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf))]
pub struct Root {
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(dialect(fh, path = "weight"))]
    pub w: Array1<f32>,
}

fn main() {}

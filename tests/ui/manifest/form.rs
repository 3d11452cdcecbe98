use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(manifest)]
pub struct Flag {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest())]
pub struct Empty {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest("gpt2.index", gpt2))]
pub struct Name {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest = 2)]
pub struct Value {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Misplaced {
    #[ckpt(manifest = "gpt2.index")]
    pub w: Array1<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
struct Resolutions {
    #[ckpt(path = "<2^(i+3)>x/w", repeat)]
    layers: Vec<Array2<f32>>,
}

fn main() {}

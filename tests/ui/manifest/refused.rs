use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.txt", prefix = "model", dims(n_embd), ignore("model/h*/[am]*/**"))]
pub struct Model {
    pub wte: Array2<f32>,
    pub wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
    pub ln_f: Norm,
}

#[derive(FromCheckpoint)]
pub struct Block {
    pub ln_1: Norm,
    pub ln_2: Norm,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(shpe = [n_embd])]
    pub g: Array1<f32>,
    pub b: Array1<f32>,
}

const WIDTH: usize = 64 / Model::DIMS.n_embd;

fn main() {
    println!("{WIDTH}");
}

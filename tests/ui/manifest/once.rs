use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.txt", prefix = "model", dims(n_embd), ignore("model/h*/[am]*/**"))]
pub struct Model {
    #[ckpt(shape = [_, n_embd])]
    pub wte: Array2<f32>,
    pub wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
    pub ln_f: Boxed<Norm>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    pub ln_1: Norm,
    pub ln_2: Norm,
}

/// A struct with parameters is checked at its use.
#[derive(FromCheckpoint)]
pub struct Boxed<T> {
    #[ckpt(flatten)]
    pub inner: T,
    #[ckpt(skip)]
    pub step: i64,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(shape = [1, 16])]
    pub g: Array1<f32>,
    pub b: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest = "gpt2.txt", ignore("model/h*/**", "model/ln_f/*"))]
pub struct Embeddings {
    #[ckpt(path = "model/wte")]
    pub wte: Array2<f32>,
    #[ckpt(path = "model/wpe")]
    pub wpe: Array2<f32>,
    #[ckpt(path = "model/wpe")]
    pub twice: Option<Array2<f32>>,
}

const WIDTH: usize = 64 / Model::DIMS.n_embd;

fn main() {
    println!("{WIDTH}");
}

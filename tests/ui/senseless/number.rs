use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Negative {
    #[ckpt(path = "layer_<i-1>", repeat)]
    pub layers: Vec<Array1<f32>>,
    #[ckpt(path = "right_<i-1>", repeat(i = 1..))]
    pub right: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Around {
    #[ckpt(flatten, repeat(k = 1..))]
    pub blocks: Vec<Within>,
}

#[derive(FromCheckpoint)]
pub struct Within {
    #[ckpt(path = "conv_<k>", alias = "conv_<2*k-5>")]
    pub conv: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf))]
pub struct Dialect {
    #[ckpt(path = "block_<i>", repeat, dialect(hf, path = "layer_<i-2>"))]
    pub blocks: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Stacked {
    #[ckpt(path = "e_<e-1>", stack(e = 0..4, axis = 0))]
    pub experts: ndarray::Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Listed {
    #[ckpt(path = "layer_<r-4>", repeat(r in [2, 8, 16]))]
    pub layers: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Any {
    #[ckpt(path = "layer_<i-1>", repeat(i = any))]
    pub layers: std::collections::BTreeMap<usize, Array1<f32>>,
}

fn main() {}

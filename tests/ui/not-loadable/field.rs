use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

pub struct Plain;

pub struct Generic<T>(T);

#[derive(FromCheckpoint)]
pub struct Model {
    pub wte: Array2<f32>,
    pub plain: Plain,
    pub generic: Generic<f32>,
    #[ckpt(path = "list<i>", repeat)]
    pub list: Array2<f32>,
    #[ckpt(path = "plains<i>", repeat)]
    pub plains: Vec<Plain>,
    #[ckpt(path = "mapped<i>", repeat, map = "negative")]
    pub mapped: Array2<f32>,
    #[ckpt(path = "nothing<i>")]
    pub without_repeat: Vec<Array2<f32>>,
}

fn negative(value: f32) -> f32 {
    -value
}

fn main() {}

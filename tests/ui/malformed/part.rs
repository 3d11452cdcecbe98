use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Split {
    #[ckpt(split())]
    pub nothing: [Array1<f32>; 2],
    #[ckpt(split(0))]
    pub number: [Array1<f32>; 2],
    #[ckpt(split(axis = n))]
    pub symbol: [Array1<f32>; 2],
    #[ckpt(split(axis = 0, axis = 1, sizes = []))]
    pub empty: [Array1<f32>; 2],
    #[ckpt(split(axis = 0, sizes = 3))]
    pub size: [Array1<f32>; 2],
    #[ckpt(split(axis = 0, sizes = [n, _]))]
    pub any: [Array1<f32>; 2],
}

#[derive(FromCheckpoint)]
pub struct Chunk {
    #[ckpt(chunk(axis = 0, of = 3))]
    pub nothing: Array1<f32>,
    #[ckpt(chunk(axis = 0, index = 3, of = 3))]
    pub behind: Array1<f32>,
    #[ckpt(chunk(axis = 0, index = 0, of = 0))]
    pub zero: Array1<f32>,
    #[ckpt(chunk(axis = , index = n, of = "3"))]
    pub numbers: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Slice {
    #[ckpt(slice(axis = 0))]
    pub nothing: Array1<f32>,
    #[ckpt(slice(axis = 0, range = 3))]
    pub number: Array1<f32>,
    #[ckpt(slice(axis = 0, range = ..))]
    pub all: Array1<f32>,
    #[ckpt(slice(axis = 0, range = 4..2))]
    pub backwards: Array1<f32>,
    #[ckpt(slice(axis = 0, range = ..0))]
    pub empty: Array1<f32>,
    #[ckpt(slice(axis = 0, range = 1..=n))]
    pub inclusive: Array1<f32>,
    #[ckpt(slice(axis = 0, range = n m..2 *))]
    pub ends: Array1<f32>,
}

fn main() {}

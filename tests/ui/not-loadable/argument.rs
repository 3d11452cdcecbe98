use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

pub struct Plain;

#[derive(FromCheckpoint)]
pub struct Linear<T> {
    pub w: T,
}

#[derive(FromCheckpoint)]
pub struct Model {
    pub first: Linear<Array1<f32>>,
    pub second: Linear<Plain>,
}

fn main() {}

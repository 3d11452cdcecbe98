use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(dims(), assert())]
pub struct Nothing {
    #[ckpt(dims())]
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(n, m = 3, n = 4, local m, "n", global n, k = n, j = , local 3))]
#[ckpt(assert(n % 2, n = 3, == 4, n == , n < = 3, n == 3 == 4, n == _))]
pub struct Symbols {
    #[ckpt(dims(n, n = 3, n = 4, m = , k = 2 +, "n" = 3))]
    pub w: Array1<f32>,
}

fn main() {}

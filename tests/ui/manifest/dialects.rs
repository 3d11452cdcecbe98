use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf(separator = ".")), manifest(tf = "dense.txt", hf = "dense-hf.txt"))]
pub struct Missing {
    #[ckpt(path = "a/kernel", dialect(hf, path = "a/wight", transpose))]
    pub wide: Array2<f32>,
    #[ckpt(path = "b/kernel", dialect(hf, path = "b/weight", transpose))]
    pub square: Array2<f32>,
}

/// A `transpose` is missing where the shape shows it.
#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf(separator = ".")), manifest(tf = "dense.txt", hf = "dense-hf.txt"))]
pub struct Turned {
    #[ckpt(path = "a/kernel", dialect(hf, path = "a/weight"))]
    pub wide: Array2<f32>,
    #[ckpt(path = "b/kernel", dialect(hf, path = "b/weight", transpose))]
    pub square: Array2<f32>,
}

/// A `transpose` is missing where no shape shows it.
#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf(separator = ".")), manifest(tf = "dense.txt", hf = "dense-hf.txt"))]
pub struct Square {
    #[ckpt(path = "a/kernel", dialect(hf, path = "a/weight", transpose))]
    pub wide: Array2<f32>,
    #[ckpt(path = "b/kernel", dialect(hf, path = "b/weight"))]
    pub square: Array2<f32>,
}

/// The manifests are of two models.
#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf(separator = ".")), dims(n, m))]
#[ckpt(manifest(tf = "dense.txt", hf = "wide-hf.txt"))]
pub struct Models {
    #[ckpt(path = "a/kernel", shape = [n, m], dialect(hf, path = "a/weight", transpose))]
    pub wide: Array2<f32>,
    #[ckpt(path = "b/kernel", dialect(hf, path = "b/weight", transpose))]
    pub square: Array2<f32>,
}

fn main() {}

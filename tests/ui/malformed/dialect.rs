use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf(separator = "."), hf(cast = "any"), hf, "jax"))]
#[ckpt(dialect(prefix = "a"), dialect = "hf")]
pub struct Root {
    #[ckpt(absent, dialect(hf), dialect(hf, path = "b"))]
    pub a: Array1<f32>,
    #[ckpt(dialect(path = "b"), dialect(hf, cast, pth = "b", path))]
    pub b: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf), prefix_alias = "")]
pub struct One {
    pub a: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Shaped {
    #[ckpt(shape = [2], dialect(hf, path = "c", shape = [3]), dialect(jax, same_layout))]
    pub a: Array1<f32>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(prefix, separator("."), allow_unmapped = true, ignore = "global_step", crate(renamed))]
pub struct Struct {
    #[ckpt(path("g"), squeeze = 0)]
    pub g: Array1<f32>,
    #[ckpt(path "b", flatten(b))]
    pub b: Array1<f32>,
    #[ckpt(alias, default(zero), squeeze[0])]
    pub c: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(dims, dims = 3, assert = "n == 3", cast)]
pub struct Symbols {
    #[ckpt(shape[n], shape(n), reshape = [n], reshape(n), transpose(0), permute[1, 0], expand = 0)]
    pub a: Array1<f32>,
    #[ckpt(split = 0, chunk, slice[0..1], concat = ["a", "b"], stack = "e", cast(any))]
    pub b: Array1<f32>,
    #[ckpt(dim = "n", dims = "n", with(module), map(function), try_from(f32))]
    pub c: Array1<f32>,
}

fn main() {}

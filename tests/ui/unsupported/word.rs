use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(dims(n_embd, n_head = 12, local c_in), assert(n_embd % n_head == 0))]
#[ckpt(manifest = "gpt2.index", cast = "lossless")]
#[ckpt(shadow = "<path>/ExponentialMovingAverage", dialect(hf, separator = "."))]
pub struct Struct {
    #[ckpt(shape = [n_embd, 3 * n_embd], expand(0), transpose, permute(1, 0, 2))]
    pub w: Array2<f32>,
    #[ckpt(reshape[n_head, _, n_embd], rearrange = "1 (head d) e -> head d e")]
    pub a: Array2<f32>,
    #[ckpt(split(axis = 1, sizes = [a, b, b]), dims(n = d_model))]
    pub b: [Array2<f32>; 3],
    #[ckpt(chunk(axis = 0, index = 1, of = 3), slice(axis = 0, range = a..b))]
    pub c: Array1<f32>,
    #[ckpt(concat(axis = 0, paths = ["a", "b"]), stack(e, axis = 0))]
    pub d: Array1<f32>,
    #[ckpt(cast, tie = "wte", shard(axis = 1), replicate)]
    pub e: Array1<f32>,
    #[ckpt(with = "module", map = "function", try_from = "ArrayD<f32>", dim)]
    pub n: usize,
    #[ckpt(path = "h<i>", repeat(i = first..n_layer))]
    pub blocks: Vec<Array1<f32>>,
    #[ckpt(manifest = "gpt2.index")]
    pub misplaced: Array1<f32>,
}

fn main() {}

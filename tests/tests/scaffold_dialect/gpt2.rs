use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3};

/// The 28 variables of `gpt2`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model")]
#[ckpt(dims(dim_18, dim_19, dim_24))]
#[ckpt(dialects(tf, hf(separator = ".", prefix = "transformer")))]
pub struct Model {
    #[ckpt(path = "h<i>", repeat, dialect(hf, path = "h/<i>"))]
    pub h: Vec<Block>,
    pub ln_f: LayerNorm,
    #[ckpt(shape = [7, 6], dialect(hf, path = "wpe/weight"))]
    pub wpe: Array2<f32>,
    #[ckpt(shape = [dim_19, 6], dialect(hf, path = "wte/weight"))]
    pub wte: Array2<f32>,
}

/// `model/h<i>`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Block {
    pub attn: Attention,
    pub ln_1: LayerNorm,
    pub ln_2: LayerNorm,
    pub mlp: Mlp,
}

/// `model/ln_f`, `model/h<i>/ln_1` and `model/h<i>/ln_2`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct LayerNorm {
    #[ckpt(shape = [6], dialect(hf, path = "bias"))]
    pub b: Array1<f32>,
    #[ckpt(shape = [6], dialect(hf, path = "weight"))]
    pub g: Array1<f32>,
}

/// `model/h<i>/attn`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Attention {
    #[ckpt(dims(inputs = 6, outputs = dim_18))]
    pub c_attn: Conv1d,
    #[ckpt(dims(inputs = 6, outputs = 6))]
    pub c_proj: Conv1d,
}

/// `model/h<i>/mlp`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Mlp {
    #[ckpt(dims(inputs = 6, outputs = dim_24))]
    pub c_fc: Conv1d,
    #[ckpt(dims(inputs = dim_24, outputs = 6))]
    pub c_proj: Conv1d,
}

/// `model/h<i>/mlp/c_fc`, `model/h<i>/mlp/c_proj`, `model/h<i>/attn/c_attn` and 1 more
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Conv1d {
    #[ckpt(shape = [outputs], dialect(hf, path = "bias"))]
    pub b: Array1<f32>,
    #[ckpt(shape = [1, inputs, outputs])]
    #[ckpt(dialect(hf, path = "weight", expand(0)))]
    #[ckpt(same_layout)]
    pub w: Array3<f32>,
}

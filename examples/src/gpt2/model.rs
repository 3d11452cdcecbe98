//! The weights of GPT-2, and the computation of each part.
//!
//! Below, `e` is the width of the model (`n_embd`), and `t` is the number of tokens read at once.

use std::f32::consts::FRAC_2_PI;

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, ArrayViewMut1, Axis, s};

/// GPT-2.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model")]
#[ckpt(dialects(
    tf,
    hf(
        separator = ".",
        prefix = "transformer",
        prefix_alias = "",
        ignore("**.attn.bias", optional("**.attn.masked_bias"))
    )
))]
#[ckpt(manifest(
    tf("models/gpt2-bard/model.ckpt.index", "manifests/gpt2-124M.txt"),
    hf("manifests/gpt2-bard-hf.txt", "manifests/gpt2-124M-hf.txt")
))]
pub struct Gpt2 {
    /// The token embeddings: `[n_vocab, e]`. They are also the weights of the output layer.
    #[ckpt(dialect(hf, path = "wte/weight", tie = ["/lm_head/weight"]))]
    pub wte: Array2<f32>,
    /// The position embeddings: `[n_ctx, e]`.
    #[ckpt(dialect(hf, path = "wpe/weight"))]
    pub wpe: Array2<f32>,
    /// The blocks, in order.
    #[ckpt(path = "h<i>", repeat, dialect(hf, path = "h/<i>"))]
    pub blocks: Vec<Block>,
    /// The last normalization.
    pub ln_f: LayerNorm,
}

/// A block of the transformer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Block {
    /// The normalization before the attention.
    pub ln_1: LayerNorm,
    /// The attention.
    pub attn: Attention,
    /// The normalization before the perceptron.
    pub ln_2: LayerNorm,
    /// The perceptron.
    pub mlp: Mlp,
}

/// Causal self-attention of several heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Attention {
    /// The projection to queries, keys and values, side by side: `[e, 3 e]`.
    pub c_attn: Conv1d,
    /// The output projection: `[e, e]`.
    pub c_proj: Conv1d,
}

/// A perceptron with one hidden layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Mlp {
    /// The projection to the hidden layer: `[e, 4 e]`.
    pub c_fc: Conv1d,
    /// The projection back: `[4 e, e]`.
    pub c_proj: Conv1d,
}

/// A linear layer, stored as a convolution of width 1. PyTorch's module (`Conv1D`) has the same layout.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Conv1d {
    /// The weights: `[1, inputs, outputs]` in the file.
    #[ckpt(squeeze(0), dialect(hf, path = "weight"), same_layout)]
    pub w: Array2<f32>,
    /// The bias.
    #[ckpt(dialect(hf, path = "bias"))]
    pub b: Array1<f32>,
}

/// A layer normalization.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct LayerNorm {
    /// The scale.
    #[ckpt(dialect(hf, path = "weight"))]
    pub g: Array1<f32>,
    /// The offset.
    #[ckpt(dialect(hf, path = "bias"))]
    pub b: Array1<f32>,
}

/// The key/value cache of one block, so that each token is read once.
#[derive(Debug)]
pub(super) struct KvCache {
    /// `[heads, n_ctx, e / heads]`
    keys: Array3<f32>,
    /// `[heads, n_ctx, e / heads]`
    values: Array3<f32>,
}

impl KvCache {
    pub(super) fn new(heads: usize, n_ctx: usize, width: usize) -> Self {
        let zeros = || Array3::zeros((heads, n_ctx, width));
        Self { keys: zeros(), values: zeros() }
    }

    /// The number of heads, and their width.
    pub(super) fn shape(&self) -> (usize, usize) {
        let (heads, _, width) = self.keys.dim();
        (heads, width)
    }

    /// Adds the keys and values of a head for tokens that follow `past` others. Returns all of them so far.
    pub(super) fn add(
        &mut self,
        head: usize,
        past: usize,
        keys: ArrayView2<'_, f32>,
        values: ArrayView2<'_, f32>,
    ) -> (ArrayView2<'_, f32>, ArrayView2<'_, f32>) {
        let now = past + keys.nrows();
        self.keys.slice_mut(s![head, past..now, ..]).assign(&keys);
        self.values.slice_mut(s![head, past..now, ..]).assign(&values);
        (self.keys.slice(s![head, ..now, ..]), self.values.slice(s![head, ..now, ..]))
    }
}

impl Gpt2 {
    /// Returns the hidden states of `tokens`, which follow `past` others: `[t, e]`.
    pub(super) fn forward(
        &self,
        tokens: &[usize],
        caches: &mut [KvCache],
        past: usize,
    ) -> Array2<f32> {
        let mut x = self.wte.select(Axis(0), tokens);
        x += &self.wpe.slice(s![past..past + tokens.len(), ..]);
        for (block, cache) in self.blocks.iter().zip(caches) {
            x += &block.attn.forward(&block.ln_1.forward(&x), cache, past);
            x += &block.mlp.forward(&block.ln_2.forward(&x));
        }
        self.ln_f.forward(&x)
    }
}

impl Attention {
    fn forward(&self, x: &Array2<f32>, cache: &mut KvCache, past: usize) -> Array2<f32> {
        let (tokens, e) = x.dim();
        let (heads, width) = cache.shape();
        let qkv = self.c_attn.forward(x);
        let mut found = Array2::zeros((tokens, e));
        for head in 0..heads {
            let third = |number: usize| {
                let start = number * e + head * width;
                qkv.slice(s![.., start..start + width])
            };
            let (keys, values) = cache.add(head, past, third(1), third(2));
            let attention = attention(third(0), keys, past);
            found
                .slice_mut(s![.., head * width..(head + 1) * width])
                .assign(&attention.dot(&values));
        }
        self.c_proj.forward(&found)
    }
}

/// Returns the attention weights of each query for the keys up to its own position. The first query follows `past` tokens.
#[expect(clippy::cast_precision_loss, reason = "a head is no wider than `f32` can count")]
pub(super) fn attention(
    queries: ArrayView2<'_, f32>,
    keys: ArrayView2<'_, f32>,
    past: usize,
) -> Array2<f32> {
    let mut attention = queries.dot(&keys.t()) / (queries.ncols() as f32).sqrt();
    for (number, mut row) in attention.rows_mut().into_iter().enumerate() {
        row.slice_mut(s![past + number + 1..]).fill(f32::NEG_INFINITY);
        softmax(row);
    }
    attention
}

fn softmax(mut row: ArrayViewMut1<'_, f32>) {
    let max = row.fold(f32::NEG_INFINITY, |max, &x| max.max(x));
    row.mapv_inplace(|x| (x - max).exp());
    row /= row.sum();
}

impl Mlp {
    fn forward(&self, x: &Array2<f32>) -> Array2<f32> {
        self.c_proj.forward(&self.c_fc.forward(x).mapv_into(gelu))
    }
}

/// The approximation of GELU that GPT-2 was trained with.
pub(super) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + (FRAC_2_PI.sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
}

impl Conv1d {
    fn forward(&self, x: &Array2<f32>) -> Array2<f32> {
        if x.nrows() == 1 { self.forward_one(x.row(0)) } else { x.dot(&self.w) + &self.b }
    }

    /// The same for one token, in half the time: `dot` would rearrange all the weights for a single use.
    fn forward_one(&self, x: ArrayView1<'_, f32>) -> Array2<f32> {
        let mut y = self.b.clone();
        for (&x, w) in x.iter().zip(self.w.rows()) {
            y.scaled_add(x, &w);
        }
        y.insert_axis(Axis(0))
    }
}

impl LayerNorm {
    pub(super) fn forward(&self, x: &Array2<f32>) -> Array2<f32> {
        let mut normal = x.clone();
        for mut row in normal.rows_mut() {
            row -= row.mean().unwrap_or_default();
            let variance = row.pow2().mean().unwrap_or_default();
            row /= (variance + 1e-5).sqrt();
        }
        normal * &self.g + &self.b
    }
}

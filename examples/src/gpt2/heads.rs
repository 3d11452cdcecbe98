//! The weights of GPT-2, cut for each head as they are loaded: each is read once, straight into its place.
//!
//! `c_attn` holds the queries, the keys and the values of all heads side by side, and `c_proj` takes what the heads found
//! side by side. Here each head has its own.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3};

use super::model::{LayerNorm, Mlp};

/// GPT-2 with the attention of each head by itself.
///
/// No weight says how many heads there are, so that is bound: `LoadOptions::new().bind("n_head", 12)`, or all of
/// [`Hparams`](super::Hparams) by `bind_all`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model", dims(n_vocab, n_ctx, n_embd, n_head, n_layer))]
#[ckpt(assert(n_embd % n_head == 0))]
#[ckpt(dialects(tf, hf(separator = ".", prefix = "transformer", prefix_alias = "")))]
pub struct Gpt2Heads {
    /// What each token means.
    #[ckpt(shape = [n_vocab, n_embd], dialect(hf, path = "wte/weight"))]
    pub wte: Array2<f32>,
    /// What each position means.
    #[ckpt(shape = [n_ctx, n_embd], dialect(hf, path = "wpe/weight"))]
    pub wpe: Array2<f32>,
    /// The blocks, one after another.
    #[ckpt(path = "h<i>", repeat(i = 0..n_layer), dialect(hf, path = "h/<i>"))]
    pub blocks: Vec<BlockHeads>,
    /// The last normalization.
    pub ln_f: LayerNorm,
}

/// A block of the transformer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct BlockHeads {
    /// Before the attention.
    pub ln_1: LayerNorm,
    /// The attention.
    pub attn: Heads,
    /// Before the perceptron.
    pub ln_2: LayerNorm,
    /// The perceptron.
    pub mlp: Mlp,
}

/// Attention of several heads to what came before.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Heads {
    /// Queries, keys and values: `[n_head, n_embd, n_embd / n_head]` each.
    #[ckpt(path = "c_attn/w", squeeze(0), shape = [n_embd, 3 * n_embd])]
    #[ckpt(reshape[n_embd, 3 * n_head, n_embd / n_head], permute(1, 0, 2), split(axis = 0))]
    #[ckpt(dialect(
        hf,
        path = "c_attn/weight",
        shape = [n_embd, 3 * n_embd],
        reshape[n_embd, 3 * n_head, n_embd / n_head],
        permute(1, 0, 2),
        split(axis = 0)
    ))]
    pub qkv: [Array3<f32>; 3],
    /// What is added to them: `[n_head, n_embd / n_head]` each.
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], reshape[3 * n_head, n_embd / n_head], split(axis = 0))]
    #[ckpt(dialect(
        hf,
        path = "c_attn/bias",
        shape = [3 * n_embd],
        reshape[3 * n_head, n_embd / n_head],
        split(axis = 0)
    ))]
    pub qkv_bias: [Array2<f32>; 3],
    /// From what each head found: `[n_head, n_embd / n_head, n_embd]`.
    #[ckpt(path = "c_proj/w", squeeze(0), shape = [n_embd, n_embd], reshape[n_head, _, n_embd])]
    #[ckpt(dialect(hf, path = "c_proj/weight", shape = [n_embd, n_embd], reshape[n_head, _, n_embd]))]
    pub proj: Array3<f32>,
    /// What is added to the sum of that.
    #[ckpt(path = "c_proj/b", shape = [n_embd], dialect(hf, path = "c_proj/bias"))]
    pub proj_bias: Array1<f32>,
}

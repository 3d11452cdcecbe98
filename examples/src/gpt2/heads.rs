//! The weights of GPT-2, split into heads as they are loaded. Each is read once, straight into its place.
//!
//! `c_attn` has the queries, the keys and the values of all heads side by side. `c_proj` takes the outputs of the heads side by
//! side. Here each head has its own weights.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3};

use super::model::{LayerNorm, Mlp};

/// GPT-2 with separate weights for each attention head.
///
/// The number of heads does not follow from the shapes, so bind it: `LoadOptions::new().bind("n_head", 12)`, or bind all of
/// [`Hparams`](super::Hparams) with `bind_all`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model", dims(n_vocab, n_ctx, n_embd, n_head, n_layer))]
#[ckpt(assert(n_embd % n_head == 0))]
#[ckpt(dialects(tf, hf(separator = ".", prefix = "transformer", prefix_alias = "")))]
pub struct Gpt2Heads {
    /// The token embeddings.
    #[ckpt(shape = [n_vocab, n_embd], dialect(hf, path = "wte/weight"))]
    pub wte: Array2<f32>,
    /// The position embeddings.
    #[ckpt(shape = [n_ctx, n_embd], dialect(hf, path = "wpe/weight"))]
    pub wpe: Array2<f32>,
    /// The blocks, in order.
    #[ckpt(path = "h<i>", repeat(i = 0..n_layer), dialect(hf, path = "h/<i>"))]
    pub blocks: Vec<BlockHeads>,
    /// The last normalization.
    pub ln_f: LayerNorm,
}

/// A block of the transformer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct BlockHeads {
    /// The normalization before the attention.
    pub ln_1: LayerNorm,
    /// The attention.
    pub attn: Heads,
    /// The normalization before the perceptron.
    pub ln_2: LayerNorm,
    /// The perceptron.
    pub mlp: Mlp,
}

/// Causal self-attention of several heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Heads {
    /// The weights of queries, keys and values: `[n_head, n_embd, n_embd / n_head]` each.
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
    /// The biases of queries, keys and values: `[n_head, n_embd / n_head]` each.
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], reshape[3 * n_head, n_embd / n_head], split(axis = 0))]
    #[ckpt(dialect(
        hf,
        path = "c_attn/bias",
        shape = [3 * n_embd],
        reshape[3 * n_head, n_embd / n_head],
        split(axis = 0)
    ))]
    pub qkv_bias: [Array2<f32>; 3],
    /// The output projection of each head: `[n_head, n_embd / n_head, n_embd]`.
    #[ckpt(path = "c_proj/w", squeeze(0), shape = [n_embd, n_embd], reshape[n_head, _, n_embd])]
    #[ckpt(dialect(hf, path = "c_proj/weight", shape = [n_embd, n_embd], reshape[n_head, _, n_embd]))]
    #[ckpt(same_layout)]
    pub proj: Array3<f32>,
    /// The bias of the output projection.
    #[ckpt(path = "c_proj/b", shape = [n_embd], dialect(hf, path = "c_proj/bias"))]
    pub proj_bias: Array1<f32>,
}

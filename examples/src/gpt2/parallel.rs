//! GPT-2 on several ranks: each computes some attention heads and a part of the hidden layer of each perceptron.
//!
//! The queries, keys and values are columns of `c_attn`, and the output projection has a row for each of their results. A rank
//! has the columns of its heads and the rows that belong to them. So its output is one term of a sum over all ranks. The same
//! applies to the perceptron. `sum` is the only communication: twice for each block.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate, s};

use super::hparams::Hparams;
use super::model::{KvCache, LayerNorm, attention, gelu};

/// The part of GPT-2 that a rank computes. Load it with `LoadOptions::rank`, save it with `SaveOptions::rank`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model", dims(n_vocab, n_ctx, n_embd))]
#[ckpt(manifest("models/gpt2-bard/model.ckpt.index", "manifests/gpt2-124M.txt"))]
pub struct Gpt2Parallel {
    /// The token embeddings, all of them: `[n_vocab, n_embd]`.
    #[ckpt(shape = [n_vocab, n_embd])]
    pub wte: Array2<f32>,
    /// The position embeddings, all of them: `[n_ctx, n_embd]`.
    #[ckpt(shape = [n_ctx, n_embd])]
    pub wpe: Array2<f32>,
    /// The blocks, in order.
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<BlockParallel>,
    /// The last normalization.
    pub ln_f: LayerNorm,
}

/// A block of the transformer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct BlockParallel {
    /// The normalization before the attention.
    pub ln_1: LayerNorm,
    /// Some heads of the attention.
    pub attn: AttentionParallel,
    /// The normalization before the perceptron.
    pub ln_2: LayerNorm,
    /// A part of the perceptron.
    pub mlp: MlpParallel,
}

/// Some heads of causal self-attention.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct AttentionParallel {
    /// The weights of queries, keys and values for the heads of the rank: `[n_embd, n_embd / ranks]` each.
    #[ckpt(path = "c_attn/w", squeeze(0), shape = [n_embd, 3 * n_embd], split(axis = 1))]
    #[ckpt(parallel(axis = 1, of = [1, 2, 4]))]
    pub qkv: [Array2<f32>; 3],
    /// The biases of queries, keys and values: `[n_embd / ranks]` each.
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], split(axis = 0), parallel(axis = 0, of = [1, 2, 4]))]
    pub qkv_bias: [Array1<f32>; 3],
    /// The rows of the output projection for the heads of the rank: `[n_embd / ranks, n_embd]`.
    #[ckpt(path = "c_proj/w", squeeze(0), shape = [n_embd, n_embd], parallel(axis = 0, of = [1, 2, 4]))]
    pub proj: Array2<f32>,
    /// The bias of the output projection.
    #[ckpt(path = "c_proj/b", shape = [n_embd])]
    pub proj_bias: Array1<f32>,
}

/// A part of the hidden layer of a perceptron.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct MlpParallel {
    /// The columns of the projection to the hidden layer: `[n_embd, 4 n_embd / ranks]`.
    #[ckpt(path = "c_fc/w", squeeze(0), shape = [n_embd, 4 * n_embd], parallel(axis = 1, of = [1, 2, 4]))]
    pub up: Array2<f32>,
    /// Their biases.
    #[ckpt(path = "c_fc/b", shape = [4 * n_embd], parallel(axis = 0, of = [1, 2, 4]))]
    pub up_bias: Array1<f32>,
    /// The rows of the projection back: `[4 n_embd / ranks, n_embd]`.
    #[ckpt(path = "c_proj/w", squeeze(0), shape = [4 * n_embd, n_embd], parallel(axis = 0, of = [1, 2, 4]))]
    pub down: Array2<f32>,
    /// The bias of the projection back.
    #[ckpt(path = "c_proj/b", shape = [n_embd])]
    pub down_bias: Array1<f32>,
}

/// The sum of an array over all ranks: each calls it with its term, and gets the sum.
pub type Sum<'s> = dyn Fn(&mut [f32]) + 's;

impl Gpt2Parallel {
    /// Continues a text by the most likely tokens. All ranks call it with the same arguments, and return the same tokens.
    ///
    /// # Panics
    /// Panics if there are no tokens, if they are not in the vocabulary, or if the text becomes longer than the model can read.
    #[must_use]
    pub fn continue_text(
        &self,
        hparams: &Hparams,
        tokens: &[usize],
        count: usize,
        sum: &Sum<'_>,
    ) -> Vec<usize> {
        let width = hparams.n_embd / hparams.n_head;
        let caches = self.blocks.iter().map(|block| block.attn.cache(hparams.n_ctx, width));
        let mut caches: Vec<KvCache> = caches.collect();
        let (mut past, mut next, mut found) = (0, tokens.to_vec(), Vec::with_capacity(count));
        while found.len() < count {
            let hidden = self.forward(&next, &mut caches, past, sum);
            past += next.len();
            let logits = self.wte.dot(&hidden.row(next.len() - 1));
            let token = most_likely(logits.view());
            found.push(token);
            next = vec![token];
        }
        found
    }

    /// Returns the hidden states of `tokens`, which follow `past` others.
    fn forward(
        &self,
        tokens: &[usize],
        caches: &mut [KvCache],
        past: usize,
        sum: &Sum<'_>,
    ) -> Array2<f32> {
        let mut x = self.wte.select(Axis(0), tokens);
        x += &self.wpe.slice(s![past..past + tokens.len(), ..]);
        for (block, cache) in self.blocks.iter().zip(caches) {
            x += &summed(block.attn.forward(&block.ln_1.forward(&x), cache, past), sum);
            x += &block.attn.proj_bias;
            x += &summed(block.mlp.forward(&block.ln_2.forward(&x)), sum);
            x += &block.mlp.down_bias;
        }
        self.ln_f.forward(&x)
    }
}

/// Sums the terms of all ranks.
fn summed(term: Array2<f32>, sum: &Sum<'_>) -> Array2<f32> {
    let mut term = term.as_standard_layout().into_owned();
    if let Some(elements) = term.as_slice_mut() {
        sum(elements);
    }
    term
}

fn most_likely(logits: ArrayView1<'_, f32>) -> usize {
    let all = logits.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0))).map_or(0, |(token, _)| token)
}

impl AttentionParallel {
    /// An empty cache for the heads of the rank, of this width each.
    fn cache(&self, n_ctx: usize, width: usize) -> KvCache {
        KvCache::new(self.proj.nrows() / width, n_ctx, width)
    }

    /// Returns the rank's term of the output.
    fn forward(&self, x: &Array2<f32>, cache: &mut KvCache, past: usize) -> Array2<f32> {
        let [queries, keys, values] =
            [0, 1, 2].map(|part| x.dot(&self.qkv[part]) + &self.qkv_bias[part]);
        let (heads, width) = cache.shape();
        let outputs: Vec<Array2<f32>> = (0..heads)
            .map(|head| {
                let own = s![.., head * width..(head + 1) * width];
                let (keys, values) = cache.add(head, past, keys.slice(own), values.slice(own));
                attention(queries.slice(own), keys, past).dot(&values)
            })
            .collect();
        let views: Vec<_> = outputs.iter().map(|output| output.view()).collect();
        let found = concatenate(Axis(1), &views);
        found.map_or_else(|_| Array2::zeros(x.dim()), |found| found.dot(&self.proj))
    }
}

impl MlpParallel {
    /// Returns the rank's term of the output.
    fn forward(&self, x: &Array2<f32>) -> Array2<f32> {
        (x.dot(&self.up) + &self.up_bias).mapv_into(gelu).dot(&self.down)
    }
}

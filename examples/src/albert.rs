//! ALBERT as Google released it: BERT with narrow embeddings, and one layer that is applied repeatedly.
//!
//! The names of the variables are those of `modeling.py` in [google-research/albert](https://github.com/google-research/albert).
//! Parts that [BERT](crate::bert) has too have the same names, and are the same structs here. In exports of TensorFlow Hub, all
//! names begin with `module/`: load these with `LoadOptions::new().prefix("module")`.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::Array1;

use crate::bert::{Classifier, Dense, Embeddings, LayerNorm, SelfAttention};

/// ALBERT with its heads for the pre-training tasks, as it is released. Some checkpoints lack the heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "bert", dims(vocab, embedding, hidden), ignore(optimizer, bookkeeping))]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "albert", prefix_alias = "", ignore(optional("**.position_ids")))
))]
#[ckpt(manifest(tf = "manifests/albert-base.txt", hf = "manifests/albert-base-hf.txt"))]
pub struct PretrainedAlbert {
    /// The model. In PyTorch, its names have no prefix if it was saved without heads.
    #[ckpt(flatten)]
    pub albert: Albert,
    /// The head of the masked language model.
    #[ckpt(path = "/cls/predictions", dims(width = embedding), dialect(hf, path = "/predictions"))]
    pub predictions: Option<Predictions>,
    /// The head of the sentence order prediction.
    #[ckpt(path = "/cls/seq_relationship", dims(labels = 2))]
    #[ckpt(dialect(hf, path = "/sop_classifier/classifier"))]
    pub sentence_order: Option<Classifier>,
}

/// The model: its outputs are a vector for each token, and one for the whole text.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, positions, types, embedding, hidden, intermediate, heads),
    assert(hidden % heads == 0, embedding <= hidden)
)]
pub struct Albert {
    /// The token, position and segment embeddings.
    #[ckpt(dims(width = embedding))]
    pub embeddings: Embeddings,
    /// The projection from the width of the embeddings to that of the model; `None` if they are equal.
    #[ckpt(
        path = "encoder/embedding_hidden_mapping_in",
        dims(inputs = embedding, outputs = hidden)
    )]
    pub widening: Option<Dense>,
    /// The weights of all layers, which share them.
    #[ckpt(path = "encoder/transformer/group_0/inner_group_0")]
    #[ckpt(dialect(hf, path = "encoder/albert_layer_groups/0/albert_layers/0"))]
    pub layer: Layer,
    /// The pooler, which computes the vector of the text from the first token.
    #[ckpt(path = "pooler/dense", dims(inputs = hidden, outputs = hidden))]
    #[ckpt(dialect(hf, path = "pooler"))]
    pub pooler: Dense,
}

/// A layer. The input of each half is added to its output, and the sum is normalized.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    /// The projections to queries, keys and values.
    #[ckpt(path = "attention_1/self", dialect(hf, path = "attention"))]
    pub attention: SelfAttention,
    /// The output projection of the attention.
    #[ckpt(path = "attention_1/output/dense", dims(inputs = hidden, outputs = hidden))]
    #[ckpt(dialect(hf, path = "attention/dense"))]
    pub attention_output: Dense,
    /// The normalization after the attention.
    #[ckpt(path = "LayerNorm", dims(width = hidden), dialect(hf, path = "attention/LayerNorm"))]
    pub attention_norm: LayerNorm,
    /// The projection to the hidden layer of the perceptron.
    #[ckpt(path = "ffn_1/intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
    #[ckpt(dialect(hf, path = "ffn"))]
    pub intermediate: Dense,
    /// The projection back to the width of the model.
    #[ckpt(path = "ffn_1/intermediate/output/dense", dims(inputs = intermediate, outputs = hidden))]
    #[ckpt(dialect(hf, path = "ffn_output"))]
    pub output: Dense,
    /// The normalization after the perceptron.
    #[ckpt(path = "LayerNorm_1", dims(width = hidden))]
    #[ckpt(dialect(hf, path = "full_layer_layer_norm"))]
    pub output_norm: LayerNorm,
}

/// The head of the masked language model. Its output at a position is compared with the embedding of each token.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct Predictions {
    /// The projection to the width of the embeddings.
    #[ckpt(path = "transform/dense", dims(inputs = hidden, outputs = width))]
    #[ckpt(dialect(hf, path = "dense"))]
    pub transform: Dense,
    /// The normalization after the projection.
    #[ckpt(path = "transform/LayerNorm", dialect(hf, path = "LayerNorm"))]
    pub norm: LayerNorm,
    /// The bias of each token of the vocabulary.
    #[ckpt(path = "output_bias", shape = [vocab])]
    #[ckpt(dialect(hf, path = "bias", tie = ["decoder/bias"]))]
    pub bias: Array1<f32>,
}

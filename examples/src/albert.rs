//! ALBERT as Google released it: BERT with narrow embeddings, whose layers are all one.
//!
//! The names of the variables are those of `modeling.py` in [google-research/albert](https://github.com/google-research/albert).
//! What is the same as in [BERT](crate::bert) has the same names, and is the same struct here. In exports of TensorFlow Hub
//! they all begin with `module/`: load these with `LoadOptions::new().prefix("module")`.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::Array1;

use crate::bert::{Classifier, Dense, Embeddings, LayerNorm, SelfAttention};

/// ALBERT with its heads for the tasks of the pre-training, as it is released. Some checkpoints are without the heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(vocab, embedding, hidden), ignore(optimizer, bookkeeping))]
#[ckpt(manifest = "manifests/albert-base.txt")]
#[ckpt(dialects(tf, hf(separator = ".")))]
pub struct PretrainedAlbert {
    /// The model.
    #[ckpt(path = "bert", dialect(hf, path = "albert"))]
    pub albert: Albert,
    /// Which word is at a place that was masked.
    #[ckpt(path = "cls/predictions", dims(width = embedding), dialect(hf, path = "predictions"))]
    pub predictions: Option<Predictions>,
    /// Which of two texts is the first.
    #[ckpt(path = "cls/seq_relationship", dims(labels = 2))]
    #[ckpt(dialect(hf, path = "sop_classifier/classifier"))]
    pub sentence_order: Option<Classifier>,
}

/// The model: what each token means in its text, and the text as a whole.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, positions, types, embedding, hidden, intermediate, heads),
    assert(hidden % heads == 0, embedding <= hidden)
)]
pub struct Albert {
    /// What each token means by itself, and at its place.
    #[ckpt(dims(width = embedding))]
    pub embeddings: Embeddings,
    /// From the width of the embeddings to that of the model; nothing where they are the same.
    #[ckpt(
        path = "encoder/embedding_hidden_mapping_in",
        dims(inputs = embedding, outputs = hidden)
    )]
    pub widening: Option<Dense>,
    /// All layers: each does this to what the one before it made.
    #[ckpt(path = "encoder/transformer/group_0/inner_group_0")]
    #[ckpt(dialect(hf, path = "encoder/albert_layer_groups/0/albert_layers/0"))]
    pub layer: Layer,
    /// From the first token to the whole text.
    #[ckpt(path = "pooler/dense", dims(inputs = hidden, outputs = hidden))]
    #[ckpt(dialect(hf, path = "pooler"))]
    pub pooler: Dense,
}

/// The layer. What each half makes is added to what it is given, and normalized.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    /// What each head asks for, offers and passes on.
    #[ckpt(path = "attention_1/self", dialect(hf, path = "attention"))]
    pub attention: SelfAttention,
    /// What the heads found, put together.
    #[ckpt(path = "attention_1/output/dense", dims(inputs = hidden, outputs = hidden))]
    #[ckpt(dialect(hf, path = "attention/dense"))]
    pub attention_output: Dense,
    /// The normalization after the attention.
    #[ckpt(path = "LayerNorm", dims(width = hidden), dialect(hf, path = "attention/LayerNorm"))]
    pub attention_norm: LayerNorm,
    /// To the hidden layer of the perceptron.
    #[ckpt(path = "ffn_1/intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
    #[ckpt(dialect(hf, path = "ffn"))]
    pub intermediate: Dense,
    /// And back.
    #[ckpt(path = "ffn_1/intermediate/output/dense", dims(inputs = intermediate, outputs = hidden))]
    #[ckpt(dialect(hf, path = "ffn_output"))]
    pub output: Dense,
    /// The normalization after the perceptron.
    #[ckpt(path = "LayerNorm_1", dims(width = hidden))]
    #[ckpt(dialect(hf, path = "full_layer_layer_norm"))]
    pub output_norm: LayerNorm,
}

/// The head that finds masked words: what it makes of a place is compared with the embedding of each word.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct Predictions {
    /// To the width of the embeddings.
    #[ckpt(path = "transform/dense", dims(inputs = hidden, outputs = width))]
    #[ckpt(dialect(hf, path = "dense"))]
    pub transform: Dense,
    /// The normalization after it.
    #[ckpt(path = "transform/LayerNorm", dialect(hf, path = "LayerNorm"))]
    pub norm: LayerNorm,
    /// How frequent each word is.
    #[ckpt(path = "output_bias", shape = [vocab], dialect(hf, path = "bias"))]
    pub bias: Array1<f32>,
}

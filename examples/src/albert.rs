//! ALBERT as Google released it: BERT with narrow embeddings, whose layers are all one.
//!
//! The names of the variables are those of `modeling.py` in [google-research/albert](https://github.com/google-research/albert).
//! What is the same as in [BERT](crate::bert) has the same names, and is the same struct here. In exports of TensorFlow Hub
//! they all begin with `module/`: load these with `LoadOptions::new().prefix("module")`.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

use crate::bert::{Classifier, Dense, Embeddings, LayerNorm, Predictions, SelfAttention};

/// ALBERT with its heads for the tasks of the pre-training, as it is released. Some checkpoints are without the heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(vocab, embedding, hidden), ignore(optimizer, bookkeeping))]
#[ckpt(manifest = "manifests/albert-base.txt")]
pub struct PretrainedAlbert {
    /// The model.
    #[ckpt(path = "bert")]
    pub albert: Albert,
    /// Which word is at a place that was masked.
    #[ckpt(path = "cls/predictions", dims(width = embedding))]
    pub predictions: Option<Predictions>,
    /// Which of two texts is the first.
    #[ckpt(path = "cls/seq_relationship", dims(labels = 2))]
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
    pub layer: Layer,
    /// From the first token to the whole text.
    #[ckpt(path = "pooler/dense", dims(inputs = hidden, outputs = hidden))]
    pub pooler: Dense,
}

/// The layer. What each half makes is added to what it is given, and normalized.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    /// What each head asks for, offers and passes on.
    #[ckpt(path = "attention_1/self")]
    pub attention: SelfAttention,
    /// What the heads found, put together.
    #[ckpt(path = "attention_1/output/dense", dims(inputs = hidden, outputs = hidden))]
    pub attention_output: Dense,
    /// The normalization after the attention.
    #[ckpt(path = "LayerNorm", dims(width = hidden))]
    pub attention_norm: LayerNorm,
    /// To the hidden layer of the perceptron.
    #[ckpt(path = "ffn_1/intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
    pub intermediate: Dense,
    /// And back.
    #[ckpt(path = "ffn_1/intermediate/output/dense", dims(inputs = intermediate, outputs = hidden))]
    pub output: Dense,
    /// The normalization after the perceptron.
    #[ckpt(path = "LayerNorm_1", dims(width = hidden))]
    pub output_norm: LayerNorm,
}

//! ELECTRA as Google released it: a discriminator, and the generator that it was trained with.
//!
//! The names of the variables are those of [google-research/electra](https://github.com/google-research/electra). One checkpoint has
//! both models, which share the embeddings. Each struct loads one of them and ignores the other; in PyTorch they are separate
//! checkpoints. Parts that [BERT](crate::bert) has too have the same names, and are the same structs here.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::Array1;

use crate::bert::{Dense, Embeddings, Layer, LayerNorm};

/// The discriminator, which finds replaced tokens. Fine-tuned checkpoints lack its head.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    prefix = "electra",
    dims(vocab, positions, types, embedding, hidden, intermediate, layers, heads),
    assert(hidden % heads == 0),
    ignore(
        optional("generator/**"),
        optional("generator_predictions/**"),
        optional("temperature"),
        optimizer,
        bookkeeping
    ),
    dialects(
        tf,
        hf(
            separator = ".",
            prefix = "electra",
            prefix_alias = "",
            ignore(optional("**.position_ids"))
        )
    ),
    manifest(tf = "manifests/electra-small.txt", hf = "manifests/electra-small-hf.txt")
)]
pub struct Discriminator {
    /// The token, position and segment embeddings.
    #[ckpt(dims(width = embedding))]
    pub embeddings: Embeddings,
    /// The transformer. In PyTorch, its names and those of the embeddings have no prefix if they were saved without the head.
    #[ckpt(flatten)]
    pub encoder: Encoder,
    /// The head that scores each token.
    #[ckpt(path = "/discriminator_predictions")]
    pub head: Option<DiscriminatorHead>,
}

/// The generator, a masked language model.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, positions, types, embedding, hidden, intermediate, layers, heads),
    assert(hidden % heads == 0),
    ignore(
        optional("electra/embeddings_project/*"),
        optional("electra/encoder/**"),
        optional("discriminator_predictions/**"),
        optional("temperature"),
        optimizer,
        bookkeeping
    ),
    dialects(tf, hf(separator = ".", ignore(optional("**.position_ids")))),
    manifest(tf = "manifests/electra-small.txt", hf = "manifests/electra-small-generator-hf.txt")
)]
pub struct Generator {
    /// The token, position and segment embeddings, which are those of the discriminator.
    #[ckpt(path = "electra/embeddings", dims(width = embedding))]
    pub embeddings: Embeddings,
    /// The transformer.
    #[ckpt(path = "generator", dialect(hf, path = "electra"))]
    pub encoder: Encoder,
    /// The head that predicts tokens.
    #[ckpt(path = "generator_predictions")]
    pub head: GeneratorHead,
}

/// A transformer: its outputs are a vector for each token.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Encoder {
    /// The projection from the width of the embeddings to that of the model; the discriminator has none if they are equal.
    #[ckpt(path = "embeddings_project", dims(inputs = embedding, outputs = hidden))]
    pub project: Option<Dense>,
    /// The layers, in order.
    #[ckpt(path = "encoder/layer_<i>", repeat(i = 0..layers))]
    #[ckpt(dialect(hf, path = "encoder/layer/<i>"))]
    pub layers: Vec<Layer>,
}

/// The head of the discriminator.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct DiscriminatorHead {
    /// The hidden layer.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub dense: Dense,
    /// The score of a token.
    #[ckpt(path = "dense_1", dims(inputs = hidden, outputs = 1))]
    #[ckpt(dialect(hf, path = "dense_prediction"))]
    pub score: Dense,
}

/// The head of the generator. Its output at a position is compared with the embedding of each token.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct GeneratorHead {
    /// The projection to the width of the embeddings.
    #[ckpt(dims(inputs = hidden, outputs = embedding))]
    pub dense: Dense,
    /// The normalization after the projection.
    #[ckpt(path = "LayerNorm", dims(width = embedding))]
    pub norm: LayerNorm,
    /// The bias of each token of the vocabulary.
    #[ckpt(path = "output_bias", shape = [vocab], dialect(hf, path = "/generator_lm_head/bias"))]
    pub bias: Array1<f32>,
}

//! T5 as Google released it, version 1 and version 1.1.
//!
//! The names of the variables are those of Mesh TensorFlow in
//! [google-research/text-to-text-transfer-transformer](https://github.com/google-research/text-to-text-transfer-transformer),
//! such as `decoder/block_000/layer_001/EncDecAttention/q`. The weights are stored as `bfloat16`, and convert to `f32` without
//! loss. The slots of Adafactor (`.../q_slot_vr`, `.../q_slot_vc`, `.../scale_slot_v`) and the number of steps are not loaded.
//!
//! All matrices are `[inputs, outputs]`, and nothing has a bias: a layer is `x.dot(&matrix)`.
//!
//! Some newer checkpoints of TensorFlow call the normalizations `rms_norm`. These names are aliases, so save such a model with
//! [`SaveOptions::like`](checkpoint_core::SaveOptions::like).

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// The model.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, d_model, d_ff, inner, heads, buckets, blocks),
    assert(inner % heads == 0),
    cast = "lossless",
    ignore(optimizer, bookkeeping),
    manifest(
        tf("manifests/t5-small.txt", "manifests/t5-1.1-small.txt"),
        hf("manifests/t5-small-hf.txt", "manifests/t5-1.1-small-hf.txt")
    )
)]
#[ckpt(dialects(tf, hf(separator = ".", ignore(optional("**.embed_tokens.weight")))))]
pub struct T5 {
    /// The token embeddings, shared by the encoder and the decoder.
    #[ckpt(path = "shared/embedding", shape = [vocab, d_model], dialect(hf, path = "shared/weight"))]
    pub embedding: Array2<f32>,
    /// The encoder.
    pub encoder: Encoder,
    /// The decoder.
    pub decoder: Decoder,
}

/// The encoder, which reads the input text.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Encoder {
    /// The blocks, in order.
    #[ckpt(path = "block_<i:03>", repeat(i = 0..blocks), dialect(hf, path = "block/<i>"))]
    pub blocks: Vec<EncoderBlock>,
    /// The last normalization.
    #[ckpt(path = "final_layer_norm/scale", alias = "rms_norm/scale", shape = [d_model])]
    #[ckpt(dialect(hf, path = "final_layer_norm/weight"))]
    pub norm: Array1<f32>,
}

/// The decoder, which writes the output text.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Decoder {
    /// The blocks, in order.
    #[ckpt(path = "block_<i:03>", repeat(i = 0..blocks), dialect(hf, path = "block/<i>"))]
    pub blocks: Vec<DecoderBlock>,
    /// The last normalization.
    #[ckpt(path = "final_layer_norm/scale", alias = "rms_norm/scale", shape = [d_model])]
    #[ckpt(dialect(hf, path = "final_layer_norm/weight"))]
    pub norm: Array1<f32>,
    /// The output layer of version 1.1. The first version uses the token embeddings.
    #[ckpt(path = "logits/kernel", shape = [d_model, vocab])]
    #[ckpt(dialect(hf, path = "/lm_head/weight", transpose))]
    pub logits: Option<Array2<f32>>,
}

/// A block of the encoder.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct EncoderBlock {
    /// The self-attention.
    #[ckpt(path = "layer_000/SelfAttention", dialect(hf, path = "layer/0/SelfAttention"))]
    pub attention: Attention,
    /// The normalization before the self-attention.
    #[ckpt(path = "layer_000", dialect(hf, path = "layer/0"))]
    pub attention_norm: Norm,
    /// The perceptron.
    #[ckpt(path = "layer_001/DenseReluDense", dialect(hf, path = "layer/1/DenseReluDense"))]
    #[ckpt(with = "one_version")]
    pub perceptron: Perceptron,
    /// The normalization before the perceptron.
    #[ckpt(path = "layer_001", dialect(hf, path = "layer/1"))]
    pub perceptron_norm: Norm,
}

/// A block of the decoder.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct DecoderBlock {
    /// The self-attention to the previous tokens of the output.
    #[ckpt(path = "layer_000/SelfAttention", dialect(hf, path = "layer/0/SelfAttention"))]
    pub attention: Attention,
    /// The normalization before the self-attention.
    #[ckpt(path = "layer_000", dialect(hf, path = "layer/0"))]
    pub attention_norm: Norm,
    /// The attention to the output of the encoder.
    #[ckpt(path = "layer_001/EncDecAttention", dialect(hf, path = "layer/1/EncDecAttention"))]
    pub cross_attention: Attention,
    /// The normalization before the cross-attention.
    #[ckpt(path = "layer_001", dialect(hf, path = "layer/1"))]
    pub cross_attention_norm: Norm,
    /// The perceptron.
    #[ckpt(path = "layer_002/DenseReluDense", dialect(hf, path = "layer/2/DenseReluDense"))]
    #[ckpt(with = "one_version")]
    pub perceptron: Perceptron,
    /// The normalization before the perceptron.
    #[ckpt(path = "layer_002", dialect(hf, path = "layer/2"))]
    pub perceptron_norm: Norm,
}

/// Attention of all heads, side by side.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Attention {
    /// The projection to queries.
    #[ckpt(shape = [d_model, inner], dialect(hf, path = "q/weight", transpose))]
    pub q: Array2<f32>,
    /// The projection to keys.
    #[ckpt(shape = [d_model, inner], dialect(hf, path = "k/weight", transpose))]
    pub k: Array2<f32>,
    /// The projection to values.
    #[ckpt(shape = [d_model, inner], dialect(hf, path = "v/weight", transpose))]
    pub v: Array2<f32>,
    /// The output projection.
    #[ckpt(shape = [inner, d_model], dialect(hf, path = "o/weight", transpose))]
    pub o: Array2<f32>,
    /// The relative position bias of each head. Only the first block has it, and all blocks use it.
    #[ckpt(shape = [heads, buckets])]
    #[ckpt(dialect(hf, path = "relative_attention_bias/weight", transpose))]
    pub relative_attention_bias: Option<Array2<f32>>,
}

/// A perceptron with one hidden layer. Its input projection is that of one version: the other is `None`. A load or a save with
/// neither or both is an error.
#[derive(Clone, Debug, FromCheckpoint, ToCheckpoint)]
pub struct Perceptron {
    /// The projection to the hidden layer of version 1, followed by the activation function.
    #[ckpt(path = "wi/kernel", shape = [d_model, d_ff], dialect(hf, path = "wi/weight", transpose))]
    pub wi: Option<Array2<f32>>,
    /// The projections to the hidden layer of version 1.1.
    #[ckpt(flatten)]
    pub gated: Option<Gated>,
    /// The projection back to the width of the model.
    #[ckpt(path = "wo/kernel", shape = [d_ff, d_model], dialect(hf, path = "wo/weight", transpose))]
    pub wo: Array2<f32>,
}

/// Checks that a perceptron is of one version. Two optional fields alone would let a checkpoint pass that lacks both.
mod one_version {
    use super::Perceptron;

    pub(super) fn load(perceptron: Perceptron) -> Result<Perceptron, &'static str> {
        match (&perceptron.wi, &perceptron.gated) {
            (Some(_), None) | (None, Some(_)) => Ok(perceptron),
            (None, None) => Err("it has neither `wi` nor the gated `wi_0` and `wi_1`"),
            (Some(_), Some(_)) => Err("it has `wi` and also the gated `wi_0` and `wi_1`"),
        }
    }

    pub(super) fn save(perceptron: &Perceptron) -> Result<Perceptron, &'static str> {
        load(perceptron.clone())
    }
}

/// A hidden layer with a gate: the product of both projections, after the activation function of the first.
#[derive(Clone, Debug, FromCheckpoint, ToCheckpoint)]
pub struct Gated {
    /// The projection that is followed by the activation function.
    #[ckpt(path = "wi_0/kernel", shape = [d_model, d_ff])]
    #[ckpt(dialect(hf, path = "wi_0/weight", transpose))]
    pub wi: Array2<f32>,
    /// The projection to the gate.
    #[ckpt(path = "wi_1/kernel", shape = [d_model, d_ff])]
    #[ckpt(dialect(hf, path = "wi_1/weight", transpose))]
    pub gate: Array2<f32>,
}

/// An RMS normalization: it has neither a mean nor an offset.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Norm {
    /// The scale.
    #[ckpt(path = "layer_norm/scale", alias = "rms_norm/scale", shape = [d_model])]
    #[ckpt(dialect(hf, path = "layer_norm/weight"))]
    pub scale: Array1<f32>,
}

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// The 46 variables of `bert`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(dim_10, dim_19), dialects(tf, hf(separator = ".")))]
pub struct Model {
    pub bert: Bert,
    pub cls: Cls,
}

/// `bert`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Bert {
    pub embeddings: Embeddings,
    #[ckpt(path = "encoder/layer_<i>")]
    #[ckpt(repeat)]
    #[ckpt(dialect(hf, path = "encoder/layer/<i>"))]
    pub encoder_layers: Vec<Layer>,
    #[ckpt(path = "pooler/dense", dims(inputs = 6, outputs = 6))]
    pub pooler: Dense,
}

/// `cls`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Cls {
    pub predictions: Predictions,
    pub seq_relationship: SeqRelationship,
}

/// `bert/embeddings`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Embeddings {
    #[ckpt(path = "LayerNorm")]
    pub layer_norm: LayerNorm,
    #[ckpt(shape = [7, 6], dialect(hf, path = "position_embeddings/weight"))]
    pub position_embeddings: Array2<f32>,
    #[ckpt(shape = [2, 6], dialect(hf, path = "token_type_embeddings/weight"))]
    pub token_type_embeddings: Array2<f32>,
    #[ckpt(shape = [dim_19, 6], dialect(hf, path = "word_embeddings/weight"))]
    pub word_embeddings: Array2<f32>,
}

/// `bert/encoder/layer_<i>`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    pub attention: Attention,
    #[ckpt(path = "intermediate/dense", dims(inputs = 6, outputs = dim_10))]
    pub intermediate: Dense,
    #[ckpt(dims(inputs = dim_10))]
    pub output: Output,
}

/// `bert/pooler/dense`, `bert/encoder/layer_<i>/intermediate/dense` and 6 more
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Dense {
    #[ckpt(shape = [outputs])]
    pub bias: Array1<f32>,
    #[ckpt(shape = [inputs, outputs], dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
}

/// `cls/predictions`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Predictions {
    #[ckpt(shape = [dim_19], dialect(hf, path = "bias"))]
    pub output_bias: Array1<f32>,
    #[ckpt(dims(inputs = 6))]
    pub transform: Output,
}

/// `cls/seq_relationship`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct SeqRelationship {
    #[ckpt(shape = [2], dialect(hf, path = "bias"))]
    pub output_bias: Array1<f32>,
    #[ckpt(shape = [2, 6], dialect(hf, path = "weight"))]
    pub output_weights: Array2<f32>,
}

/// `cls/predictions/transform/LayerNorm`, `bert/encoder/layer_<i>/output/LayerNorm` and 2 more
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct LayerNorm {
    #[ckpt(shape = [6], dialect(hf, path = "bias"))]
    pub beta: Array1<f32>,
    #[ckpt(shape = [6], dialect(hf, path = "weight"))]
    pub gamma: Array1<f32>,
}

/// `bert/encoder/layer_<i>/attention`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Attention {
    #[ckpt(dims(inputs = 6))]
    pub output: Output,
    #[ckpt(path = "self")]
    pub self_: SelfAttention,
}

/// `cls/predictions/transform`, `bert/encoder/layer_<i>/output` and 1 more
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs))]
pub struct Output {
    #[ckpt(path = "LayerNorm")]
    pub layer_norm: LayerNorm,
    #[ckpt(dims(inputs = inputs, outputs = 6))]
    pub dense: Dense,
}

/// `bert/encoder/layer_<i>/attention/self`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct SelfAttention {
    #[ckpt(dims(inputs = 6, outputs = 6))]
    pub key: Dense,
    #[ckpt(dims(inputs = 6, outputs = 6))]
    pub query: Dense,
    #[ckpt(dims(inputs = 6, outputs = 6))]
    pub value: Dense,
}

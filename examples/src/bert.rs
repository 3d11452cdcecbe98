//! BERT as Google released it, and after fine-tuning.
//!
//! The names of the variables are those of `modeling.py`, `run_pretraining.py` and `run_classifier.py` in
//! [google-research/bert](https://github.com/google-research/bert), such as `bert/encoder/layer_0/attention/self/query/kernel`.
//! All models trained with these scripts have them. Checkpoints of a training also have the moments of each weight
//! (`.../kernel/adam_m`) and the number of steps, which are not loaded.
//!
//! A kernel is `[inputs, outputs]`: a layer is `x.dot(&dense.kernel) + &dense.bias`.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// BERT with its heads for the pre-training tasks, as it is released. Some checkpoints lack the heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "bert", dims(vocab, hidden), ignore(optimizer, bookkeeping))]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "bert", prefix_alias = "", ignore(optional("**.position_ids")))
))]
#[ckpt(manifest(tf = "manifests/bert-base.txt", hf = "manifests/bert-base-hf.txt"))]
pub struct PretrainedBert {
    /// The model. In PyTorch, its names have no prefix if it was saved without heads.
    #[ckpt(flatten)]
    pub bert: Bert,
    /// The head of the masked language model.
    #[ckpt(path = "/cls/predictions", dims(width = hidden))]
    pub predictions: Option<Predictions>,
    /// The head of the next sentence prediction.
    #[ckpt(path = "/cls/seq_relationship", dims(labels = 2))]
    pub next_sentence: Option<Classifier>,
}

/// BERT with a head that classifies texts, as `run_classifier.py` trains it.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(hidden, labels), ignore(optimizer, bookkeeping))]
#[ckpt(dialects(tf, hf(separator = ".", ignore(optional("**.position_ids")))))]
#[ckpt(manifest(
    tf = "manifests/bert-base-classifier.txt",
    hf = "manifests/bert-base-classifier-hf.txt"
))]
pub struct FineTunedBert {
    /// The model.
    pub bert: Bert,
    /// The classification head.
    #[ckpt(flatten, dialect(hf, path = "classifier"))]
    pub classifier: Classifier,
}

/// The model: its outputs are a vector for each token, and one for the whole text.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, positions, types, hidden, intermediate, layers, heads),
    assert(hidden % heads == 0)
)]
pub struct Bert {
    /// The token, position and segment embeddings.
    #[ckpt(dims(width = hidden))]
    pub embeddings: Embeddings,
    /// The layers, in order.
    #[ckpt(path = "encoder/layer_<i>", repeat(i = 0..layers))]
    #[ckpt(dialect(hf, path = "encoder/layer/<i>"))]
    pub layers: Vec<Layer>,
    /// The pooler, which computes the vector of the text from the first token.
    #[ckpt(path = "pooler/dense", dims(inputs = hidden, outputs = hidden))]
    pub pooler: Dense,
    /// The width of the model.
    #[ckpt(dim)]
    pub hidden: usize,
}

/// Three embeddings, which are added.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct Embeddings {
    /// The token embeddings. In PyTorch they are also the weights of the language models' output layer: of BERT, ALBERT or ELECTRA.
    #[ckpt(path = "word_embeddings", shape = [vocab, width])]
    #[ckpt(dialect(
        hf,
        path = "word_embeddings/weight",
        tie = [
            "/cls/predictions/decoder/weight",
            "/predictions/decoder/weight",
            "/generator_lm_head/weight"
        ]
    ))]
    pub words: Array2<f32>,
    /// The position embeddings.
    #[ckpt(path = "position_embeddings", shape = [positions, width])]
    #[ckpt(dialect(hf, path = "position_embeddings/weight"))]
    pub positions: Array2<f32>,
    /// The segment embeddings, for the first text and the second.
    #[ckpt(path = "token_type_embeddings", shape = [types, width])]
    #[ckpt(dialect(hf, path = "token_type_embeddings/weight"))]
    pub types: Array2<f32>,
    /// The normalization of the sum.
    #[ckpt(path = "LayerNorm")]
    pub norm: LayerNorm,
}

/// A layer of the transformer. The input of each half is added to its output, and the sum is normalized.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    /// The projections to queries, keys and values.
    #[ckpt(path = "attention/self")]
    pub attention: SelfAttention,
    /// The output projection of the attention.
    #[ckpt(path = "attention/output", dims(inputs = hidden))]
    pub attention_output: Output,
    /// The projection to the hidden layer of the perceptron.
    #[ckpt(path = "intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
    pub intermediate: Dense,
    /// The projection back to the width of the model.
    #[ckpt(dims(inputs = intermediate))]
    pub output: Output,
}

/// Self-attention of all heads, side by side in the columns of each kernel.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct SelfAttention {
    /// The projection to queries.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub query: Dense,
    /// The projection to keys.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub key: Dense,
    /// The projection to values.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub value: Dense,
}

/// The end of each half of a layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs))]
pub struct Output {
    /// The projection to the width of the model.
    #[ckpt(dims(inputs = inputs, outputs = hidden))]
    pub dense: Dense,
    /// The normalization of the sum.
    #[ckpt(path = "LayerNorm", dims(width = hidden))]
    pub norm: LayerNorm,
}

/// The head of the masked language model. Its output at a position is compared with the embedding of each token.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct Predictions {
    /// The projection to the width of the embeddings.
    #[ckpt(path = "transform/dense", dims(inputs = hidden, outputs = width))]
    pub transform: Dense,
    /// The normalization after the projection.
    #[ckpt(path = "transform/LayerNorm")]
    pub norm: LayerNorm,
    /// The bias of each token of the vocabulary.
    #[ckpt(path = "output_bias", shape = [vocab], dialect(hf, path = "bias", tie = ["decoder/bias"]))]
    pub bias: Array1<f32>,
}

/// A classification head.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(labels))]
pub struct Classifier {
    /// The weights, transposed to match other kernels: `[labels, hidden]` in the file.
    #[ckpt(path = "output_weights", transpose, shape = [hidden, labels])]
    #[ckpt(dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
    /// The bias.
    #[ckpt(path = "output_bias", shape = [labels], dialect(hf, path = "bias"))]
    pub bias: Array1<f32>,
}

/// A linear layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Dense {
    /// The weights.
    #[ckpt(shape = [inputs, outputs], dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
    /// The bias.
    #[ckpt(shape = [outputs])]
    pub bias: Array1<f32>,
}

/// A layer normalization.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct LayerNorm {
    /// The scale.
    #[ckpt(shape = [width], dialect(hf, path = "weight", alias = "gamma"))]
    pub gamma: Array1<f32>,
    /// The offset.
    #[ckpt(shape = [width], dialect(hf, path = "bias", alias = "beta"))]
    pub beta: Array1<f32>,
}

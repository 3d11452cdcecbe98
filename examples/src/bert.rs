//! BERT as Google released it, and after fine-tuning.
//!
//! The names of the variables are those of `modeling.py`, `run_pretraining.py` and `run_classifier.py` in
//! [google-research/bert](https://github.com/google-research/bert), and so are those of all that was trained with these:
//! `bert/encoder/layer_0/attention/self/query/kernel`. What was kept of a training also holds the moments of each weight
//! (`.../kernel/adam_m`) and the number of steps, which are not loaded.
//!
//! A kernel is `[inputs, outputs]`: a layer is `x.dot(&dense.kernel) + &dense.bias`.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// BERT with its heads for the tasks of the pre-training, as it is released. Some checkpoints are without the heads.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(vocab, hidden), ignore(optimizer, bookkeeping))]
#[ckpt(manifest = "manifests/bert-base.txt")]
#[ckpt(dialects(tf, hf(separator = ".")))]
pub struct PretrainedBert {
    /// The model.
    pub bert: Bert,
    /// Which word is at a place that was masked.
    #[ckpt(path = "cls/predictions", dims(width = hidden))]
    pub predictions: Option<Predictions>,
    /// Whether the second text follows the first.
    #[ckpt(path = "cls/seq_relationship", dims(labels = 2))]
    pub next_sentence: Option<Classifier>,
}

/// BERT with a head that tells kinds of texts apart, as `run_classifier.py` trains it.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(hidden, labels), ignore(optimizer, bookkeeping))]
#[ckpt(dialects(tf, hf(separator = ".")))]
pub struct FineTunedBert {
    /// The model.
    pub bert: Bert,
    /// Which kind a text is of.
    #[ckpt(flatten, dialect(hf, path = "classifier"))]
    pub classifier: Classifier,
}

/// The model: what each token means in its text, and the text as a whole.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(
    dims(vocab, positions, types, hidden, intermediate, layers, heads),
    assert(hidden % heads == 0)
)]
pub struct Bert {
    /// What each token means by itself, and at its place.
    #[ckpt(dims(width = hidden))]
    pub embeddings: Embeddings,
    /// The layers, one after another.
    #[ckpt(path = "encoder/layer_<i>", repeat(i = 0..layers))]
    #[ckpt(dialect(hf, path = "encoder/layer/<i>"))]
    pub layers: Vec<Layer>,
    /// From the first token to the whole text.
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
    /// Of each token.
    #[ckpt(path = "word_embeddings", shape = [vocab, width])]
    #[ckpt(dialect(hf, path = "word_embeddings/weight", tie = ["/cls/predictions/decoder/weight"]))]
    pub words: Array2<f32>,
    /// Of each position.
    #[ckpt(path = "position_embeddings", shape = [positions, width])]
    #[ckpt(dialect(hf, path = "position_embeddings/weight"))]
    pub positions: Array2<f32>,
    /// Of the first text and the second.
    #[ckpt(path = "token_type_embeddings", shape = [types, width])]
    #[ckpt(dialect(hf, path = "token_type_embeddings/weight"))]
    pub types: Array2<f32>,
    /// The normalization of the sum.
    #[ckpt(path = "LayerNorm")]
    pub norm: LayerNorm,
}

/// A layer of the transformer. What each half makes is added to what it is given, and normalized.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Layer {
    /// What each head asks for, offers and passes on.
    #[ckpt(path = "attention/self")]
    pub attention: SelfAttention,
    /// What the heads found, put together.
    #[ckpt(path = "attention/output", dims(inputs = hidden))]
    pub attention_output: Output,
    /// To the hidden layer of the perceptron.
    #[ckpt(path = "intermediate/dense", dims(inputs = hidden, outputs = intermediate))]
    pub intermediate: Dense,
    /// And back.
    #[ckpt(dims(inputs = intermediate))]
    pub output: Output,
}

/// Attention of all heads, side by side in the columns of each kernel.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct SelfAttention {
    /// What each token asks for.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub query: Dense,
    /// What it offers.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub key: Dense,
    /// What it passes on.
    #[ckpt(dims(inputs = hidden, outputs = hidden))]
    pub value: Dense,
}

/// The end of half a layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs))]
pub struct Output {
    /// Back to the width of the model.
    #[ckpt(dims(inputs = inputs, outputs = hidden))]
    pub dense: Dense,
    /// The normalization of the sum.
    #[ckpt(path = "LayerNorm", dims(width = hidden))]
    pub norm: LayerNorm,
}

/// The head that finds masked words: what it makes of a place is compared with the embedding of each word.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct Predictions {
    /// To the width of the embeddings.
    #[ckpt(path = "transform/dense", dims(inputs = hidden, outputs = width))]
    pub transform: Dense,
    /// The normalization after it.
    #[ckpt(path = "transform/LayerNorm")]
    pub norm: LayerNorm,
    /// How frequent each word is.
    #[ckpt(path = "output_bias", shape = [vocab], dialect(hf, path = "bias", tie = ["decoder/bias"]))]
    pub bias: Array1<f32>,
}

/// A head that tells some labels apart.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(labels))]
pub struct Classifier {
    /// The weights, turned to be as all kernels: `[labels, hidden]` in the file.
    #[ckpt(path = "output_weights", transpose, shape = [hidden, labels])]
    #[ckpt(dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
    /// What is added.
    #[ckpt(path = "output_bias", shape = [labels], dialect(hf, path = "bias"))]
    pub bias: Array1<f32>,
}

/// A linear map.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Dense {
    /// The weights.
    #[ckpt(shape = [inputs, outputs], dialect(hf, path = "weight", transpose))]
    pub kernel: Array2<f32>,
    /// What is added.
    #[ckpt(shape = [outputs])]
    pub bias: Array1<f32>,
}

/// A normalization of each row.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(width))]
pub struct LayerNorm {
    /// The gain.
    #[ckpt(shape = [width], dialect(hf, path = "weight", alias = "gamma"))]
    pub gamma: Array1<f32>,
    /// What is added.
    #[ckpt(shape = [width], dialect(hf, path = "bias", alias = "beta"))]
    pub beta: Array1<f32>,
}

//! Structs for what the benchmarks load, of any types of matrices and vectors: owned ones, or borrowed ones.

use checkpoint_core::FromCheckpoint;

/// A GPT-2 of any types of matrices, layers and norms.
#[derive(FromCheckpoint)]
#[ckpt(prefix = "model")]
pub struct Gpt2<M, A, L, N> {
    /// The embeddings of tokens.
    pub wte: M,
    /// The embeddings of positions.
    pub wpe: M,
    /// The blocks, one after another.
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block<A, L, N>>,
    /// The last normalization.
    pub ln_f: N,
}

/// A block of a GPT-2.
#[derive(FromCheckpoint)]
pub struct Block<A, L, N> {
    /// The normalization before the attention.
    pub ln_1: N,
    /// To queries, keys and values.
    #[ckpt(path = "attn/c_attn")]
    pub attn: A,
    /// From the heads back.
    #[ckpt(path = "attn/c_proj")]
    pub attn_proj: L,
    /// The normalization before the perceptron.
    pub ln_2: N,
    /// To the hidden layer.
    #[ckpt(path = "mlp/c_fc")]
    pub fc: L,
    /// And back.
    #[ckpt(path = "mlp/c_proj")]
    pub fc_proj: L,
}

/// A linear layer of a GPT-2, whose matrix has an axis of one more in the file.
#[derive(FromCheckpoint)]
pub struct Linear<M, V> {
    /// The weights.
    #[ckpt(squeeze)]
    pub w: M,
    /// What is added.
    pub b: V,
}

/// A normalization of a GPT-2.
#[derive(FromCheckpoint)]
pub struct Norm<V> {
    /// The gain.
    pub g: V,
    /// What is added.
    pub b: V,
}

/// A GPT-2 that does nothing to its variables.
pub type PlainGpt2<M, V> = Gpt2<M, Linear<M, V>, Linear<M, V>, Norm<V>>;

/// A BERT as it is while it is trained: [`Bert::trained`](crate::architectures::bert::Bert::trained).
#[derive(FromCheckpoint)]
pub struct TrainedBert<M, V> {
    /// The embeddings of tokens.
    #[ckpt(path = "bert/embeddings/word_embeddings")]
    pub words: Trained<M>,
    /// The embeddings of positions.
    #[ckpt(path = "bert/embeddings/position_embeddings")]
    pub positions: Trained<M>,
    /// The embeddings of the first text and the second.
    #[ckpt(path = "bert/embeddings/token_type_embeddings")]
    pub types: Trained<M>,
    /// The normalization of the embeddings.
    #[ckpt(path = "bert/embeddings/LayerNorm")]
    pub norm: BertNorm<V>,
    /// The layers, one after another.
    #[ckpt(path = "bert/encoder/layer_<i>", repeat)]
    pub layers: Vec<BertLayer<M, V>>,
    /// From the first token to the whole text.
    #[ckpt(path = "bert/pooler/dense")]
    pub pooler: Dense<M, V>,
    /// Before a masked word is found.
    #[ckpt(path = "cls/predictions/transform/dense")]
    pub transform: Dense<M, V>,
    /// The normalization after it.
    #[ckpt(path = "cls/predictions/transform/LayerNorm")]
    pub transform_norm: BertNorm<V>,
    /// How frequent each word is.
    #[ckpt(path = "cls/predictions/output_bias")]
    pub frequencies: Trained<V>,
    /// Whether the second text follows the first.
    #[ckpt(path = "cls/seq_relationship/output_weights")]
    pub next: Trained<M>,
    /// What is added to that.
    #[ckpt(path = "cls/seq_relationship/output_bias")]
    pub next_bias: Trained<V>,
    /// The number of steps.
    pub global_step: i64,
}

/// A layer of a BERT.
#[derive(FromCheckpoint)]
pub struct BertLayer<M, V> {
    /// What each head asks for.
    #[ckpt(path = "attention/self/query")]
    pub query: Dense<M, V>,
    /// What it offers.
    #[ckpt(path = "attention/self/key")]
    pub key: Dense<M, V>,
    /// What it passes on.
    #[ckpt(path = "attention/self/value")]
    pub value: Dense<M, V>,
    /// From the heads back.
    #[ckpt(path = "attention/output/dense")]
    pub attention_output: Dense<M, V>,
    /// The normalization after the attention.
    #[ckpt(path = "attention/output/LayerNorm")]
    pub attention_norm: BertNorm<V>,
    /// To the hidden layer.
    #[ckpt(path = "intermediate/dense")]
    pub intermediate: Dense<M, V>,
    /// And back.
    #[ckpt(path = "output/dense")]
    pub output: Dense<M, V>,
    /// The normalization after the perceptron.
    #[ckpt(path = "output/LayerNorm")]
    pub output_norm: BertNorm<V>,
}

/// A linear map of a BERT.
#[derive(FromCheckpoint)]
pub struct Dense<M, V> {
    /// The weights.
    pub kernel: Trained<M>,
    /// What is added.
    pub bias: Trained<V>,
}

/// A normalization of a BERT.
#[derive(FromCheckpoint)]
pub struct BertNorm<V> {
    /// The gain.
    pub gamma: Trained<V>,
    /// What is added.
    pub beta: Trained<V>,
}

/// A weight with its moments.
#[derive(FromCheckpoint)]
pub struct Trained<T> {
    /// The weight.
    #[ckpt(flatten)]
    pub weight: T,
    /// The first moment.
    pub adam_m: T,
    /// The second.
    pub adam_v: T,
}

/// Many small variables: ten in each layer.
#[derive(FromCheckpoint)]
pub struct Layers<V> {
    /// The layers, one after another.
    #[ckpt(path = "layer_<i>", repeat)]
    pub layers: Vec<Layer<V>>,
}

/// Ten small variables, of which two say the length.
#[derive(FromCheckpoint)]
#[ckpt(dims(n))]
#[expect(missing_docs, reason = "they are all the same")]
pub struct Layer<V> {
    #[ckpt(shape = [n])]
    pub a: V,
    #[ckpt(shape = [n])]
    pub b: V,
    pub c: V,
    pub d: V,
    pub e: V,
    pub f: V,
    pub g: V,
    pub h: V,
    pub i: V,
    pub j: V,
}

/// One matrix.
#[derive(FromCheckpoint)]
pub struct Single<M> {
    /// The matrix.
    pub matrix: M,
}

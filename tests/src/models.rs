//! Structs that the benchmarks load, generic over matrices and vectors: owned or borrowed.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

/// A GPT-2, generic over matrices, layers and norms.
#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model")]
pub struct Gpt2<M, A, L, N> {
    /// The token embeddings.
    pub wte: M,
    /// The position embeddings.
    pub wpe: M,
    /// The blocks, in order.
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block<A, L, N>>,
    /// The last normalization.
    pub ln_f: N,
}

/// A block of a GPT-2.
#[derive(FromCheckpoint, ToCheckpoint)]
pub struct Block<A, L, N> {
    /// The normalization before the attention.
    pub ln_1: N,
    /// The projection to queries, keys and values.
    #[ckpt(path = "attn/c_attn")]
    pub attn: A,
    /// The output projection of the attention.
    #[ckpt(path = "attn/c_proj")]
    pub attn_proj: L,
    /// The normalization before the perceptron.
    pub ln_2: N,
    /// The projection to the hidden layer.
    #[ckpt(path = "mlp/c_fc")]
    pub fc: L,
    /// The projection back.
    #[ckpt(path = "mlp/c_proj")]
    pub fc_proj: L,
}

/// A linear layer of a GPT-2. Its matrix has an additional unit axis in the file.
#[derive(FromCheckpoint, ToCheckpoint)]
pub struct Linear<M, V> {
    /// The weights.
    #[ckpt(squeeze(0))]
    pub w: M,
    /// The bias.
    pub b: V,
}

/// A normalization of a GPT-2.
#[derive(FromCheckpoint, ToCheckpoint)]
pub struct Norm<V> {
    /// The scale.
    pub g: V,
    /// The offset.
    pub b: V,
}

/// A GPT-2 without transforms of its variables.
pub type PlainGpt2<M, V> = Gpt2<M, Linear<M, V>, Linear<M, V>, Norm<V>>;

/// A BERT during training: [`Bert::trained`](crate::architectures::bert::Bert::trained).
#[derive(FromCheckpoint)]
pub struct TrainedBert<M, V> {
    /// The token embeddings.
    #[ckpt(path = "bert/embeddings/word_embeddings")]
    pub words: Trained<M>,
    /// The position embeddings.
    #[ckpt(path = "bert/embeddings/position_embeddings")]
    pub positions: Trained<M>,
    /// The segment embeddings, for the first text and the second.
    #[ckpt(path = "bert/embeddings/token_type_embeddings")]
    pub types: Trained<M>,
    /// The normalization of the embeddings.
    #[ckpt(path = "bert/embeddings/LayerNorm")]
    pub norm: BertNorm<V>,
    /// The layers, in order.
    #[ckpt(path = "bert/encoder/layer_<i>", repeat)]
    pub layers: Vec<BertLayer<M, V>>,
    /// The pooler, from the first token to the whole text.
    #[ckpt(path = "bert/pooler/dense")]
    pub pooler: Dense<M, V>,
    /// The projection in the head of the masked language model.
    #[ckpt(path = "cls/predictions/transform/dense")]
    pub transform: Dense<M, V>,
    /// The normalization after the projection.
    #[ckpt(path = "cls/predictions/transform/LayerNorm")]
    pub transform_norm: BertNorm<V>,
    /// The bias of each token of the vocabulary.
    #[ckpt(path = "cls/predictions/output_bias")]
    pub frequencies: Trained<V>,
    /// The weights of the next sentence prediction.
    #[ckpt(path = "cls/seq_relationship/output_weights")]
    pub next: Trained<M>,
    /// The bias of the next sentence prediction.
    #[ckpt(path = "cls/seq_relationship/output_bias")]
    pub next_bias: Trained<V>,
    /// The number of steps.
    pub global_step: i64,
}

/// A layer of a BERT.
#[derive(FromCheckpoint)]
pub struct BertLayer<M, V> {
    /// The projection to queries.
    #[ckpt(path = "attention/self/query")]
    pub query: Dense<M, V>,
    /// The projection to keys.
    #[ckpt(path = "attention/self/key")]
    pub key: Dense<M, V>,
    /// The projection to values.
    #[ckpt(path = "attention/self/value")]
    pub value: Dense<M, V>,
    /// The output projection of the attention.
    #[ckpt(path = "attention/output/dense")]
    pub attention_output: Dense<M, V>,
    /// The normalization after the attention.
    #[ckpt(path = "attention/output/LayerNorm")]
    pub attention_norm: BertNorm<V>,
    /// The projection to the hidden layer.
    #[ckpt(path = "intermediate/dense")]
    pub intermediate: Dense<M, V>,
    /// The projection back.
    #[ckpt(path = "output/dense")]
    pub output: Dense<M, V>,
    /// The normalization after the perceptron.
    #[ckpt(path = "output/LayerNorm")]
    pub output_norm: BertNorm<V>,
}

/// A linear layer of a BERT.
#[derive(FromCheckpoint)]
pub struct Dense<M, V> {
    /// The weights.
    pub kernel: Trained<M>,
    /// The bias.
    pub bias: Trained<V>,
}

/// A normalization of a BERT.
#[derive(FromCheckpoint)]
pub struct BertNorm<V> {
    /// The scale.
    pub gamma: Trained<V>,
    /// The offset.
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
    /// The second moment.
    pub adam_v: T,
}

/// Many small variables: ten in each layer.
#[derive(FromCheckpoint)]
pub struct Layers<V> {
    /// The layers, in order.
    #[ckpt(path = "layer_<i>", repeat)]
    pub layers: Vec<Layer<V>>,
}

/// Ten small variables. Two of them determine the length.
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

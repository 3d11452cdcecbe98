//! A wide and deep model of `tf.estimator`, whose variables were cut into parts for several servers.
//!
//! A partitioner makes variables of their own of the rows of an embedding: `part_0`, `part_1` and so on, the first ones longer by a row
//! where the rows leave a rest. How many there are follows from the checkpoint.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// The model: a sum of a linear part and of a network.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(ignore(optimizer, bookkeeping), manifest = "manifests/wide-deep.txt")]
pub struct WideDeep {
    /// Sums of weights.
    #[ckpt(path = "linear/linear_model")]
    pub wide: Wide,
    /// A network on embeddings.
    #[ckpt(path = "dnn")]
    pub deep: Deep,
}

/// A weight for each value of a feature.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Wide {
    /// By age.
    pub age_bucketized: Weights,
    /// By age and education.
    #[ckpt(path = "age_bucketized_X_education")]
    pub age_and_education: Weights,
    /// By education.
    pub education: Weights,
    /// By occupation.
    pub occupation: Weights,
    /// What is added: `[1]`.
    pub bias_weights: Array1<f32>,
}

/// The weights of a feature: `[value, 1]`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Weights {
    /// All parts.
    #[ckpt(path = "weights/part_<p>", concat(p, axis = 0))]
    pub weights: Array2<f32>,
}

/// Layers on the embeddings of features.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Deep {
    /// The embeddings of countries: `[country, width]`.
    #[ckpt(path = "input_from_feature_columns/input_layer/native_country_embedding")]
    pub country: Embedding,
    /// The embeddings of occupations: `[occupation, width]`.
    #[ckpt(path = "input_from_feature_columns/input_layer/occupation_embedding")]
    pub occupation: Embedding,
    /// The layers, from the first.
    #[ckpt(path = "hiddenlayer_<i>", repeat)]
    pub layers: Vec<Dense>,
    /// The output.
    pub logits: Dense,
}

/// A vector for each value of a feature.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Embedding {
    /// All parts.
    #[ckpt(path = "embedding_weights/part_<p>", concat(p, axis = 0))]
    pub vectors: Array2<f32>,
}

/// A layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct Dense {
    /// The weights: `[from, to]`.
    #[ckpt(path = "kernel/part_<p>", concat(p, axis = 0), shape = [from, to])]
    pub kernel: Array2<f32>,
    /// What is added: `[to]`.
    #[ckpt(path = "bias/part_<p>", concat(p, axis = 0), shape = [to])]
    pub bias: Array1<f32>,
}

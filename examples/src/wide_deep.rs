//! A wide and deep model of `tf.estimator`, whose variables were partitioned for several servers.
//!
//! A partitioner cuts the rows of an embedding into variables of their own: `part_0`, `part_1` and so on. If the rows do not
//! divide evenly, the first parts have one row more. The number of parts is read from the checkpoint.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// The model: the sum of a linear part and a network.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(ignore(optimizer, bookkeeping), manifest = "manifests/wide-deep.txt")]
pub struct WideDeep {
    /// The linear part.
    #[ckpt(path = "linear/linear_model")]
    pub wide: Wide,
    /// The network on embeddings.
    #[ckpt(path = "dnn")]
    pub deep: Deep,
}

/// The linear part: a weight for each value of a feature.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Wide {
    /// The weights of age.
    pub age_bucketized: Weights,
    /// The weights of age and education.
    #[ckpt(path = "age_bucketized_X_education")]
    pub age_and_education: Weights,
    /// The weights of education.
    pub education: Weights,
    /// The weights of occupation.
    pub occupation: Weights,
    /// The bias: `[1]`.
    pub bias_weights: Array1<f32>,
}

/// The weights of a feature: `[value, 1]`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Weights {
    /// The weights, joined from all parts.
    #[ckpt(path = "weights/part_<p>", concat(p, axis = 0))]
    pub weights: Array2<f32>,
}

/// The network: layers on the embeddings of features.
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
    /// The output layer.
    pub logits: Dense,
}

/// A vector for each value of a feature.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Embedding {
    /// The vectors, joined from all parts.
    #[ckpt(path = "embedding_weights/part_<p>", concat(p, axis = 0))]
    pub vectors: Array2<f32>,
}

/// A dense layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct Dense {
    /// The weights: `[from, to]`.
    #[ckpt(path = "kernel/part_<p>", concat(p, axis = 0), shape = [from, to])]
    pub kernel: Array2<f32>,
    /// The bias: `[to]`.
    #[ckpt(path = "bias/part_<p>", concat(p, axis = 0), shape = [to])]
    pub bias: Array1<f32>,
}

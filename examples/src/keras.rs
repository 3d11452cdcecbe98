//! A classifier of Keras 2, loaded in two ways: by the objects of the model, and by the names of its variables.
//!
//! `tf.train.Checkpoint(model=model, optimizer=optimizer)` stores a variable under the path of objects that leads to it. A model
//! numbers its layers. Layers with weights have numbers of their own (`layer_with_weights-<i>`), so activations between them do
//! not matter. The object graph also stores the name of each variable. Keras numbers the layers of each kind, and the first has
//! no number (`dense`, `dense_1`). A layer can have a name of its own, as the last layer has here.
//!
//! ```python
//! model = tf.keras.Sequential()
//! for _ in range(3):
//!     model.add(tf.keras.layers.Dense(hidden))
//!     model.add(tf.keras.layers.BatchNormalization())
//!     model.add(tf.keras.layers.Activation("relu"))
//! model.add(tf.keras.layers.Dense(classes, name="logits"))
//! ```

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// The classifier, by objects.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(naming = "object_path", prefix = "model", ignore(optimizer, bookkeeping))]
#[ckpt(dims(inputs, hidden, classes), manifest = "manifests/keras-objects.txt")]
pub struct ByObjects {
    /// The hidden layers.
    #[ckpt(flatten, repeat(i = 0..3))]
    pub layers: Vec<LayerByObjects>,
    /// The output layer, from the last hidden layer to the classes.
    #[ckpt(path = "layer_with_weights-6", dims(to = classes))]
    pub logits: Dense,
}

/// A hidden layer: two objects with weights, and one without.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct LayerByObjects {
    /// The dense layer.
    #[ckpt(path = "layer_with_weights-<2*i>", dims(to = hidden))]
    pub dense: Dense,
    /// The normalization after the dense layer.
    #[ckpt(path = "layer_with_weights-<2*i+1>")]
    pub norm: Norm,
}

/// The classifier, by the names of its variables.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(naming = "full_name", ignore("Adam/**", bookkeeping))]
#[ckpt(dims(hidden, classes), manifest = "manifests/keras-names.txt")]
pub struct ByNames {
    /// The hidden layers.
    #[ckpt(flatten, repeat(i))]
    pub layers: Vec<LayerByNames>,
    /// The output layer, from the last hidden layer to the classes.
    #[ckpt(dims(to = classes))]
    pub logits: Dense,
}

/// A hidden layer. Keras numbers the layers of each kind separately.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct LayerByNames {
    /// The dense layer.
    #[ckpt(path = "dense<i:_>", dims(to = hidden))]
    pub dense: Dense,
    /// The normalization after the dense layer.
    #[ckpt(path = "batch_normalization<i:_>")]
    pub norm: Norm,
}

/// A dense layer with inputs of any width.
#[derive(Debug, PartialEq, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(to))]
pub struct Dense {
    /// The weights.
    #[ckpt(shape = [_, to])]
    pub kernel: Array2<f32>,
    /// The bias.
    #[ckpt(shape = [to])]
    pub bias: Array1<f32>,
}

/// A batch normalization, with the statistics of training.
#[derive(Debug, PartialEq, FromCheckpoint, ToCheckpoint)]
pub struct Norm {
    /// The scale.
    #[ckpt(shape = [hidden])]
    pub gamma: Array1<f32>,
    /// The offset.
    #[ckpt(shape = [hidden])]
    pub beta: Array1<f32>,
    /// The mean of each feature.
    #[ckpt(shape = [hidden])]
    pub moving_mean: Array1<f32>,
    /// The variance of each feature.
    #[ckpt(shape = [hidden])]
    pub moving_variance: Array1<f32>,
}

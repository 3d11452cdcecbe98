//! `EfficientNet` B0, an image classifier. One struct loads checkpoints of weights, of their averages, or of both.
//!
//! The names are those of
//! [`efficientnet_model.py`](https://github.com/tensorflow/tpu/blob/master/models/official/efficientnet/efficientnet_model.py).
//! The published accuracies are those of the averages, so a load prefers averages. `LoadOptions::shadow` chooses.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3, Array4};

/// `EfficientNet` B0.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "efficientnet-b0", shadow = "ExponentialMovingAverage")]
#[ckpt(dims(classes), ignore(optimizer, bookkeeping), manifest = "manifests/efficientnet-b0.txt")]
pub struct EfficientNet {
    /// The first convolution, from the color channels.
    pub stem: Convolution,
    /// The first block, which does not expand.
    pub blocks_0: FirstBlock,
    /// The other blocks.
    #[ckpt(path = "blocks_<i>", repeat(i = 1..16))]
    pub blocks: [Block; 15],
    /// The classifier.
    pub head: Head,
}

/// A convolution and its normalization.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local to))]
pub struct Convolution {
    /// The weights: `[height, width, from, to]`.
    #[ckpt(path = "conv2d/kernel", shape = [_, _, _, to])]
    pub kernel: Array4<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "tpu_batch_normalization", dims(n = to))]
    pub norm: Norm,
}

/// A block whose depthwise convolution has as many channels as its input.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct FirstBlock {
    /// The depthwise convolution.
    #[ckpt(flatten, dims(n = from))]
    pub depthwise: Depthwise,
    /// The normalization after the depthwise convolution.
    #[ckpt(path = "tpu_batch_normalization", dims(n = from))]
    pub norm: Norm,
    /// The projection to the channels of the output.
    #[ckpt(path = "conv2d/kernel", squeeze(0, 1), shape = [from, to])]
    pub project: Array2<f32>,
    /// The normalization after the projection.
    #[ckpt(path = "tpu_batch_normalization_1", dims(n = to))]
    pub project_norm: Norm,
}

/// A block that expands its input to more channels.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local inner, local to))]
pub struct Block {
    /// The expansion.
    #[ckpt(path = "conv2d/kernel", squeeze(0, 1), shape = [from, inner])]
    pub expand: Array2<f32>,
    /// The normalization after the expansion.
    #[ckpt(path = "tpu_batch_normalization", dims(n = inner))]
    pub expand_norm: Norm,
    /// The depthwise convolution.
    #[ckpt(flatten, dims(n = inner))]
    pub depthwise: Depthwise,
    /// The normalization after the depthwise convolution.
    #[ckpt(path = "tpu_batch_normalization_1", dims(n = inner))]
    pub norm: Norm,
    /// The projection to the channels of the output.
    #[ckpt(path = "conv2d_1/kernel", squeeze(0, 1), shape = [inner, to])]
    pub project: Array2<f32>,
    /// The normalization after the projection.
    #[ckpt(path = "tpu_batch_normalization_2", dims(n = to))]
    pub project_norm: Norm,
}

/// A depthwise convolution, with squeeze and excitation after it.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n, local squeezed))]
pub struct Depthwise {
    /// The weights of each channel: `[height, width, channel]`.
    #[ckpt(path = "depthwise_conv2d/depthwise_kernel", squeeze(3), shape = [_, _, n])]
    pub kernel: Array3<f32>,
    /// The squeeze: weights from all channels to fewer.
    #[ckpt(path = "se/conv2d/kernel", squeeze(0, 1), shape = [n, squeezed])]
    pub squeeze: Array2<f32>,
    /// The bias of the squeezed channels.
    #[ckpt(path = "se/conv2d/bias", shape = [squeezed])]
    pub squeeze_bias: Array1<f32>,
    /// The excitation: weights from the squeezed channels back to all.
    #[ckpt(path = "se/conv2d_1/kernel", squeeze(0, 1), shape = [squeezed, n])]
    pub excite: Array2<f32>,
    /// The bias of the channels.
    #[ckpt(path = "se/conv2d_1/bias", shape = [n])]
    pub excite_bias: Array1<f32>,
}

/// A batch normalization, with the statistics of training.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n))]
pub struct Norm {
    /// The scale.
    #[ckpt(shape = [n])]
    pub gamma: Array1<f32>,
    /// The offset.
    #[ckpt(shape = [n])]
    pub beta: Array1<f32>,
    /// The mean of each channel.
    #[ckpt(shape = [n])]
    pub moving_mean: Array1<f32>,
    /// The variance of each channel.
    #[ckpt(shape = [n])]
    pub moving_variance: Array1<f32>,
}

/// The classifier.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Head {
    /// The last convolution.
    #[ckpt(flatten)]
    pub convolution: Convolution,
    /// The weights of the classes: `[channel, class]`.
    #[ckpt(path = "dense/kernel", shape = [_, classes])]
    pub kernel: Array2<f32>,
    /// The bias of each class.
    #[ckpt(path = "dense/bias", shape = [classes])]
    pub bias: Array1<f32>,
}

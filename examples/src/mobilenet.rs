//! MobileNet v1, which says what is in a picture: convolutions of each channel by itself, then across channels.
//!
//! The names are those that slim gives the layers of
//! [`mobilenet_v1.py`](https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.py). Training keeps
//! an average of each variable beside it, and two slots of `RMSProp`; the published checkpoints have the averages too.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3, Array4};

/// MobileNet v1 of any width.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "MobilenetV1", dims(classes))]
#[ckpt(ignore(ema, optimizer, bookkeeping), manifest = "manifests/mobilenet-v1.txt")]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "mobilenet_v1", ignore("**.num_batches_tracked"))
))]
pub struct MobileNet {
    /// From the colors.
    #[ckpt(path = "Conv2d_0", dialect(hf, path = "conv_stem"))]
    pub stem: Stem,
    /// The blocks, the first of which has the number 1.
    #[ckpt(flatten, repeat(i = 1..14))]
    pub blocks: [Block; 13],
    /// What the picture shows.
    #[ckpt(path = "Logits/Conv2d_1c_1x1", dialect(hf, path = "/classifier"))]
    pub logits: Logits,
}

/// A convolution of all colors, of which every other position is kept.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local channels))]
pub struct Stem {
    /// The weights: `[height, width, color, channel]`.
    #[ckpt(shape = [3, 3, 3, channels])]
    #[ckpt(dialect(hf, path = "convolution/weight", permute(2, 3, 1, 0)))]
    pub weights: Array4<f32>,
    /// After it.
    #[ckpt(path = "BatchNorm", dims(n = channels), dialect(hf, path = "normalization"))]
    pub norm: Norm,
}

/// A convolution in two steps, which are layers of their own in PyTorch: blocks count from 1 and layers from 0.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct Block {
    /// The weights for each channel by itself: `[height, width, channel]`.
    #[ckpt(path = "Conv2d_<i>_depthwise/depthwise_weights", squeeze(3), shape = [3, 3, from])]
    #[ckpt(dialect(
        hf,
        path = "layer/<2*i-2>/convolution/weight",
        permute(2, 3, 0, 1),
        squeeze(3)
    ))]
    pub depthwise: Array3<f32>,
    /// After it.
    #[ckpt(path = "Conv2d_<i>_depthwise/BatchNorm", dims(n = from))]
    #[ckpt(dialect(hf, path = "layer/<2*i-2>/normalization"))]
    pub depthwise_norm: Norm,
    /// The weights from channels to channels, the same at each point.
    #[ckpt(path = "Conv2d_<i>_pointwise/weights", squeeze(0, 1), shape = [from, to])]
    #[ckpt(dialect(hf, path = "layer/<2*i-1>/convolution/weight", squeeze(2, 3), transpose))]
    pub pointwise: Array2<f32>,
    /// After it.
    #[ckpt(path = "Conv2d_<i>_pointwise/BatchNorm", dims(n = to))]
    #[ckpt(dialect(hf, path = "layer/<2*i-1>/normalization"))]
    pub pointwise_norm: Norm,
}

/// A normalization of each channel, by what its mean and variance were in training.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n))]
pub struct Norm {
    /// The gain.
    #[ckpt(shape = [n], dialect(hf, path = "weight"))]
    pub gamma: Array1<f32>,
    /// What is added.
    #[ckpt(shape = [n], dialect(hf, path = "bias"))]
    pub beta: Array1<f32>,
    /// The mean of each channel.
    #[ckpt(shape = [n], dialect(hf, path = "running_mean"))]
    pub moving_mean: Array1<f32>,
    /// The variance of each channel.
    #[ckpt(shape = [n], dialect(hf, path = "running_var"))]
    pub moving_variance: Array1<f32>,
}

/// How much speaks for each class, the first of which is for none of the others.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Logits {
    /// The weights for each channel.
    #[ckpt(squeeze(0, 1), shape = [_, classes], dialect(hf, path = "weight", transpose))]
    pub weights: Array2<f32>,
    /// What is added.
    #[ckpt(shape = [classes], dialect(hf, path = "bias"))]
    pub biases: Array1<f32>,
}

//! MobileNet v1, an image classifier of depthwise and pointwise convolutions.
//!
//! The names are those that slim gives the layers of
//! [`mobilenet_v1.py`](https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.py). Training keeps an
//! average and two slots of `RMSProp` for each variable. The published checkpoints have the averages too.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3, Array4};

/// MobileNet v1 of any width.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "MobilenetV1", dims(classes))]
#[ckpt(ignore(ema, optimizer, bookkeeping))]
#[ckpt(manifest(tf = "manifests/mobilenet-v1.txt", hf = "manifests/mobilenet-v1-hf.txt"))]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "mobilenet_v1", ignore("**.num_batches_tracked"))
))]
pub struct MobileNet {
    /// The first convolution, from the color channels.
    #[ckpt(path = "Conv2d_0", dialect(hf, path = "conv_stem"))]
    pub stem: Stem,
    /// The blocks, numbered from 1.
    #[ckpt(flatten, repeat(i = 1..14))]
    pub blocks: [Block; 13],
    /// The classifier.
    #[ckpt(path = "Logits/Conv2d_1c_1x1", dialect(hf, path = "/classifier"))]
    pub logits: Logits,
}

/// A convolution of all colors, with stride 2.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local channels))]
pub struct Stem {
    /// The weights: `[height, width, color, channel]`.
    #[ckpt(shape = [3, 3, 3, channels])]
    #[ckpt(dialect(hf, path = "convolution/weight", permute(2, 3, 1, 0)))]
    pub weights: Array4<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "BatchNorm", dims(n = channels), dialect(hf, path = "normalization"))]
    pub norm: Norm,
}

/// A depthwise and a pointwise convolution. They are separate layers in PyTorch. Blocks count from 1 and layers from 0.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct Block {
    /// The depthwise weights: `[height, width, channel]`.
    #[ckpt(path = "Conv2d_<i>_depthwise/depthwise_weights", squeeze(3), shape = [3, 3, from])]
    #[ckpt(dialect(
        hf,
        path = "layer/<2*i-2>/convolution/weight",
        permute(2, 3, 0, 1),
        squeeze(3)
    ))]
    pub depthwise: Array3<f32>,
    /// The normalization after the depthwise convolution.
    #[ckpt(path = "Conv2d_<i>_depthwise/BatchNorm", dims(n = from))]
    #[ckpt(dialect(hf, path = "layer/<2*i-2>/normalization"))]
    pub depthwise_norm: Norm,
    /// The pointwise weights, from channels to channels.
    #[ckpt(path = "Conv2d_<i>_pointwise/weights", squeeze(0, 1), shape = [from, to])]
    #[ckpt(dialect(hf, path = "layer/<2*i-1>/convolution/weight", squeeze(2, 3), transpose))]
    pub pointwise: Array2<f32>,
    /// The normalization after the pointwise convolution.
    #[ckpt(path = "Conv2d_<i>_pointwise/BatchNorm", dims(n = to))]
    #[ckpt(dialect(hf, path = "layer/<2*i-1>/normalization"))]
    pub pointwise_norm: Norm,
}

/// A batch normalization, with the statistics of training.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n))]
pub struct Norm {
    /// The scale.
    #[ckpt(shape = [n], dialect(hf, path = "weight"))]
    pub gamma: Array1<f32>,
    /// The offset.
    #[ckpt(shape = [n], dialect(hf, path = "bias"))]
    pub beta: Array1<f32>,
    /// The mean of each channel.
    #[ckpt(shape = [n], shadow = "never", dialect(hf, path = "running_mean"))]
    pub moving_mean: Array1<f32>,
    /// The variance of each channel.
    #[ckpt(shape = [n], shadow = "never", dialect(hf, path = "running_var"))]
    pub moving_variance: Array1<f32>,
}

/// The classifier. The first class stands for none of the others.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Logits {
    /// The weights of each channel.
    #[ckpt(squeeze(0, 1), shape = [_, classes], dialect(hf, path = "weight", transpose))]
    pub weights: Array2<f32>,
    /// The bias.
    #[ckpt(shape = [classes], dialect(hf, path = "bias"))]
    pub biases: Array1<f32>,
}

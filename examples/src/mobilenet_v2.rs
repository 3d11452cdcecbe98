//! MobileNet v2, an image classifier of inverted residuals.
//!
//! The names are those that slim gives the layers of
//! [`mobilenet_v2.py`](https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet/mobilenet_v2.py). Training keeps
//! an average of each variable. The averages of weights are loaded; the moving statistics themselves are.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array2, Array3};

use crate::mobilenet::{Logits, Norm, Stem};

/// MobileNet v2 of any width.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "MobilenetV2", dims(classes), shadow = "ExponentialMovingAverage")]
#[ckpt(ignore(
    optional("**/moving_mean/ExponentialMovingAverage"),
    optional("**/moving_variance/ExponentialMovingAverage"),
    optimizer,
    bookkeeping
))]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "mobilenet_v2", ignore("**.num_batches_tracked"))
))]
#[ckpt(manifest(tf = "manifests/mobilenet-v2.txt", hf = "manifests/mobilenet-v2-hf.txt"))]
pub struct MobileNetV2 {
    /// The first convolution, from the color channels.
    #[ckpt(path = "Conv", dialect(hf, path = "conv_stem/first_conv"))]
    pub stem: Stem,
    /// The first block, which does not expand.
    #[ckpt(path = "expanded_conv", dialect(hf, path = "conv_stem"))]
    pub first: FirstBlock,
    /// The other blocks, numbered from 1.
    #[ckpt(path = "expanded_conv_<i>", repeat(i = 1..17), dialect(hf, path = "layer/<i-1>"))]
    pub blocks: [Block; 16],
    /// The last convolution.
    #[ckpt(path = "Conv_1", dialect(hf, path = "conv_1x1"))]
    pub last: Pointwise,
    /// The classifier.
    #[ckpt(path = "Logits/Conv2d_1c_1x1", dialect(hf, path = "/classifier"))]
    pub logits: Logits,
}

/// A depthwise convolution, and one to the channels of the output.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct FirstBlock {
    /// The depthwise convolution.
    #[ckpt(dialect(hf, path = "conv_3x3"))]
    pub depthwise: Depthwise,
    /// The convolution to the channels of the output.
    #[ckpt(dialect(hf, path = "reduce_1x1"))]
    pub project: Pointwise,
}

/// A convolution to more channels, a depthwise one, and one to the channels of the output.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Block {
    /// The convolution to more channels.
    #[ckpt(dialect(hf, path = "expand_1x1"))]
    pub expand: Pointwise,
    /// The depthwise convolution.
    #[ckpt(dialect(hf, path = "conv_3x3"))]
    pub depthwise: Depthwise,
    /// The convolution to the channels of the output.
    #[ckpt(dialect(hf, path = "reduce_1x1"))]
    pub project: Pointwise,
}

/// A depthwise convolution.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local channels))]
pub struct Depthwise {
    /// The weights: `[height, width, channel]`.
    #[ckpt(path = "depthwise_weights", squeeze(3), shape = [3, 3, channels])]
    #[ckpt(dialect(hf, path = "convolution/weight", permute(2, 3, 0, 1), squeeze(3)))]
    pub weights: Array3<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "BatchNorm", dims(n = channels), dialect(hf, path = "normalization"))]
    pub norm: Norm,
}

/// A pointwise convolution.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local from, local to))]
pub struct Pointwise {
    /// The weights, from channels to channels.
    #[ckpt(squeeze(0, 1), shape = [from, to])]
    #[ckpt(dialect(hf, path = "convolution/weight", squeeze(2, 3), transpose))]
    pub weights: Array2<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "BatchNorm", dims(n = to), dialect(hf, path = "normalization"))]
    pub norm: Norm,
}

//! MiniGo, a network that plays Go: residual blocks, then one head for the next move and one for the winner.
//!
//! The graph of [MiniGo](https://github.com/tensorflow/minigo/blob/master/dual_net.py) does not name its layers. `tf.layers`
//! numbers the layers of each kind as they are created, and the first has no number. `conv2d` is the first, block `i` has
//! `conv2d_<2*i+1>` and `conv2d_<2*i+2>`, and the heads have the two after the last block. So the numbers of the heads here are
//! those of a network of 19 blocks, whose index is
//! [`minigo.index`](https://github.com/tensorflow/swift-models/tree/main/Tests/CheckpointTests/IndexFiles).

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array4};

/// MiniGo, for the board of 19 by 19 points.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(board = 19, blocks = 19, planes, filters, hidden))]
#[ckpt(ignore(optimizer, bookkeeping), manifest = "manifests/minigo.txt")]
pub struct MiniGo {
    /// The first convolution, from the planes of features to the filters.
    #[ckpt(path = "conv2d/kernel", shape = [3, 3, planes, filters])]
    pub stem: Array4<f32>,
    /// The normalization after the first convolution.
    #[ckpt(path = "batch_normalization", dims(channels = filters))]
    pub stem_norm: Norm,
    /// The residual blocks.
    #[ckpt(flatten, repeat(i = 0..blocks))]
    pub blocks: Vec<Block>,
    /// The head for the next move.
    #[ckpt(flatten)]
    pub policy: Policy,
    /// The head for the winner.
    #[ckpt(flatten)]
    pub value: Value,
}

/// A residual block.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Block {
    /// The first convolution.
    #[ckpt(path = "conv2d<2*i+1:_>/kernel", shape = [3, 3, filters, filters])]
    pub conv_1: Array4<f32>,
    /// The normalization after the first convolution.
    #[ckpt(path = "batch_normalization<2*i+1:_>", dims(channels = filters))]
    pub norm_1: Norm,
    /// The second convolution.
    #[ckpt(path = "conv2d<2*i+2:_>/kernel", shape = [3, 3, filters, filters])]
    pub conv_2: Array4<f32>,
    /// The normalization after the second convolution.
    #[ckpt(path = "batch_normalization<2*i+2:_>", dims(channels = filters))]
    pub norm_2: Norm,
}

/// The policy head: the next move is any point of the board, or a pass.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Policy {
    /// The 1x1 convolution to two planes.
    #[ckpt(path = "conv2d_39/kernel", squeeze(0, 1), shape = [filters, 2])]
    pub conv: Array2<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "batch_normalization_39", dims(channels = 2))]
    pub norm: PlainNorm,
    /// The dense layer from the two planes to the moves.
    #[ckpt(path = "dense", dims(inputs = 2 * board * board, outputs = board * board + 1))]
    pub logits: Dense,
}

/// The value head: the winner.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Value {
    /// The 1x1 convolution to one plane.
    #[ckpt(path = "conv2d_40/kernel", squeeze(0, 1), shape = [filters, 1])]
    pub conv: Array2<f32>,
    /// The normalization after the convolution.
    #[ckpt(path = "batch_normalization_40", dims(channels = 1))]
    pub norm: PlainNorm,
    /// The dense layer from the plane to the hidden layer.
    #[ckpt(path = "dense_1", dims(inputs = board * board, outputs = hidden))]
    pub hidden: Dense,
    /// The dense layer from the hidden layer to one number.
    #[ckpt(path = "dense_2", dims(inputs = hidden, outputs = 1))]
    pub winner: Dense,
}

/// A batch normalization, with the statistics of training.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(channels))]
pub struct Norm {
    /// The scale.
    #[ckpt(shape = [channels])]
    pub gamma: Array1<f32>,
    /// The offset.
    #[ckpt(shape = [channels])]
    pub beta: Array1<f32>,
    /// The mean and the variance.
    #[ckpt(flatten)]
    pub moving: PlainNorm,
}

/// A batch normalization without scale and offset.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct PlainNorm {
    /// The mean of each channel.
    #[ckpt(path = "moving_mean", shape = [channels])]
    pub mean: Array1<f32>,
    /// The variance of each channel.
    #[ckpt(path = "moving_variance", shape = [channels])]
    pub variance: Array1<f32>,
}

/// A linear layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(inputs, outputs))]
pub struct Dense {
    /// The weights.
    #[ckpt(shape = [inputs, outputs])]
    pub kernel: Array2<f32>,
    /// The bias.
    #[ckpt(shape = [outputs])]
    pub bias: Array1<f32>,
}

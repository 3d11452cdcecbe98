//! The generator of `StyleGAN` 2. Its blocks are named after their resolutions: 8, 16, 32 and so on.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2, Array3, Array4};

/// A generator for images of 32 x 32 pixels.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(style), manifest = "manifests/stylegan.txt")]
pub struct Generator {
    /// The layers of the mapping network.
    #[ckpt(path = "G_mapping/Dense<i>", repeat)]
    pub mapping: Vec<Dense>,
    /// The average of all styles.
    #[ckpt(path = "dlatent_avg", shape = [style])]
    pub average: Array1<f32>,
    /// The first block, of 4 x 4 pixels.
    #[ckpt(path = "G/4x4")]
    pub first: FirstBlock,
    /// The other blocks. Each doubles the resolution.
    #[ckpt(path = "G/<r>x<r>", repeat(r in [8, 16, 32]))]
    pub blocks: Vec<Block>,
    /// The noise of each convolution: `[height, width]`.
    #[ckpt(path = "G/noise<i>", repeat, squeeze(0, 1))]
    pub noise: Vec<Array2<f32>>,
    /// The level of detail.
    #[ckpt(path = "G/lod")]
    pub lod: f32,
}

/// A layer of the mapping network.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Dense {
    /// The weights: `[from, to]`.
    #[ckpt(shape = [style, style])]
    pub weight: Array2<f32>,
    /// The bias: `[to]`.
    #[ckpt(shape = [style])]
    pub bias: Array1<f32>,
}

/// A block that starts from a constant.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local channels))]
pub struct FirstBlock {
    /// The constant: `[channels, height, width]`.
    #[ckpt(path = "Const/const", squeeze(0), shape = [channels, _, _])]
    pub constant: Array3<f32>,
    /// The convolution.
    #[ckpt(path = "Conv", dims(from = channels, to = channels))]
    pub convolution: Convolution,
    /// The convolution to the colors.
    #[ckpt(path = "ToRGB", dims(from = channels))]
    pub to_rgb: ToRgb,
}

/// A block that doubles the resolution.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local before, local channels))]
pub struct Block {
    /// The convolution that doubles the resolution.
    #[ckpt(path = "Conv0_up", dims(from = before, to = channels))]
    pub up: Convolution,
    /// The convolution after it.
    #[ckpt(path = "Conv1", dims(from = channels, to = channels))]
    pub convolution: Convolution,
    /// The convolution to the colors.
    #[ckpt(path = "ToRGB", dims(from = channels))]
    pub to_rgb: ToRgb,
}

/// A convolution whose weights are modulated by a style.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Convolution {
    /// The weights: `[height, width, from, to]`.
    #[ckpt(shape = [_, _, from, to])]
    pub weight: Array4<f32>,
    /// The bias: `[to]`.
    #[ckpt(shape = [to])]
    pub bias: Array1<f32>,
    /// The weights from a style to a factor of each channel: `[style, from]`.
    #[ckpt(path = "mod_weight", shape = [style, from])]
    pub modulation: Array2<f32>,
    /// The bias of these factors: `[from]`.
    #[ckpt(path = "mod_bias", shape = [from])]
    pub modulation_bias: Array1<f32>,
    /// The strength of the noise.
    pub noise_strength: f32,
}

/// The convolution from a block to the colors of pixels.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct ToRgb {
    /// The weights: `[from, color]`.
    #[ckpt(squeeze(0, 1), shape = [from, 3])]
    pub weight: Array2<f32>,
    /// The bias: `[color]`.
    #[ckpt(shape = [3])]
    pub bias: Array1<f32>,
    /// The weights from a style to a factor of each channel: `[style, from]`.
    #[ckpt(path = "mod_weight", shape = [style, from])]
    pub modulation: Array2<f32>,
    /// The bias of these factors: `[from]`.
    #[ckpt(path = "mod_bias", shape = [from])]
    pub modulation_bias: Array1<f32>,
}

//! A GPT-2 whose weights are parameters of [burn](https://burn.dev): loaded by `with`, and saved again.
//!
//! burn's tensors belong to another crate, so they cannot be fields as they are. [`matrix`] and [`vector`] convert arrays to
//! parameters and back. The elements of a loaded array move into the tensor without a copy on the CPU.

use burn::module::{Module, Param};
use burn::tensor::activation::{gelu_approximate, softmax};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array, Dimension};

/// A GPT-2.
#[derive(Module, Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "model")]
pub struct Gpt2 {
    /// The token embeddings: `[n_vocab, n_embd]`.
    #[ckpt(with = "matrix")]
    pub wte: Param<Tensor<2>>,
    /// The position embeddings: `[n_ctx, n_embd]`.
    #[ckpt(with = "matrix")]
    pub wpe: Param<Tensor<2>>,
    /// The blocks, in order.
    #[ckpt(path = "h<i>", repeat)]
    pub blocks: Vec<Block>,
    /// The last normalization.
    pub ln_f: Norm,
}

/// A block of the transformer.
#[derive(Module, Debug, FromCheckpoint, ToCheckpoint)]
pub struct Block {
    ln_1: Norm,
    #[ckpt(path = "attn/c_attn")]
    qkv: Linear,
    #[ckpt(path = "attn/c_proj")]
    proj: Linear,
    ln_2: Norm,
    #[ckpt(path = "mlp/c_fc")]
    fc: Linear,
    #[ckpt(path = "mlp/c_proj")]
    fc_proj: Linear,
}

/// A linear layer. burn's own has the same layout: `[inputs, outputs]`.
#[derive(Module, Debug, FromCheckpoint, ToCheckpoint)]
pub struct Linear {
    #[ckpt(squeeze(0), with = "matrix")]
    w: Param<Tensor<2>>,
    #[ckpt(with = "vector")]
    b: Param<Tensor<1>>,
}

/// A normalization: a scale and an offset.
#[derive(Module, Debug, FromCheckpoint, ToCheckpoint)]
pub struct Norm {
    #[ckpt(with = "vector")]
    g: Param<Tensor<1>>,
    #[ckpt(with = "vector")]
    b: Param<Tensor<1>>,
}

/// Matrices of `f32`, for `with`.
pub mod matrix {
    use super::{Array, Param, Tensor, array, param};
    use ndarray::Ix2;
    use std::convert::Infallible;

    pub fn load(array: Array<f32, Ix2>) -> Result<Param<Tensor<2>>, Infallible> {
        Ok(param(array))
    }

    pub fn save(param: &Param<Tensor<2>>) -> Result<Array<f32, Ix2>, String> {
        array(param)
    }
}

/// Vectors of `f32`, for `with`.
pub mod vector {
    use super::{Array, Param, Tensor, array, param};
    use ndarray::Ix1;
    use std::convert::Infallible;

    pub fn load(array: Array<f32, Ix1>) -> Result<Param<Tensor<1>>, Infallible> {
        Ok(param(array))
    }

    pub fn save(param: &Param<Tensor<1>>) -> Result<Array<f32, Ix1>, String> {
        array(param)
    }
}

/// Moves an array to the default device.
fn param<const D: usize, I: Dimension>(array: Array<f32, I>) -> Param<Tensor<D>> {
    let shape = array.shape().to_vec();
    // A loaded array is in row-major order and begins at its first element.
    let (elements, _) = array.into_raw_vec_and_offset();
    Param::from_data(TensorData::new(elements, shape), &Device::default())
}

/// Copies a parameter into an array.
fn array<const D: usize, I: Dimension>(param: &Param<Tensor<D>>) -> Result<Array<f32, I>, String> {
    let data = param.val().into_data();
    let shape = data.shape().to_vec();
    let elements = data.try_into_vec::<f32>().map_err(|error| error.to_string())?;
    let array = Array::from_shape_vec(shape, elements).map_err(|error| error.to_string())?;
    array.into_dimensionality().map_err(|error| error.to_string())
}

impl Gpt2 {
    /// Returns the logits of the token after each token: `[tokens, n_vocab]`.
    pub fn logits(&self, tokens: &[i32], heads: usize) -> Tensor<2> {
        let device = Device::default();
        let (count, width) = (tokens.len(), self.wte.dims()[1]);
        let ids = Tensor::<1, Int>::from_data(TensorData::new(tokens.to_vec(), [count]), &device);
        let mut x = self.wte.val().select(0, ids) + self.wpe.val().slice([0..count, 0..width]);
        for block in &self.blocks {
            x = block.forward(x, heads);
        }
        self.ln_f.forward(x).matmul(self.wte.val().transpose())
    }
}

impl Block {
    fn forward(&self, x: Tensor<2>, heads: usize) -> Tensor<2> {
        let x = x.clone() + self.attention(self.ln_1.forward(x), heads);
        let hidden = gelu_approximate(self.fc.forward(self.ln_2.forward(x.clone())));
        x + self.fc_proj.forward(hidden)
    }

    fn attention(&self, x: Tensor<2>, heads: usize) -> Tensor<2> {
        let [count, width] = x.dims();
        let size = width / heads;
        let mut parts = self.qkv.forward(x).chunk(3, 1).into_iter();
        let mut part = || {
            let part = parts.next().expect("three parts");
            part.reshape([count, heads, size]).swap_dims(0, 1)
        };
        let (q, k, v) = (part(), part(), part());
        let scores = q.matmul(k.transpose()) / (size as f32).sqrt();
        let later = Tensor::<2, Bool>::tril_mask([count, count], 0, &scores.device());
        let later = later.unsqueeze::<3>().expand([heads, count, count]);
        let weights = softmax(scores.mask_fill(later, f32::NEG_INFINITY), 2);
        self.proj.forward(weights.matmul(v).swap_dims(0, 1).reshape([count, width]))
    }
}

impl Linear {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.w.val()) + self.b.val().unsqueeze()
    }
}

impl Norm {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let centered = x.clone() - x.mean_dim(1);
        let variance = centered.clone().powf_scalar(2.0).mean_dim(1);
        centered / (variance + 1e-5).sqrt() * self.g.val().unsqueeze() + self.b.val().unsqueeze()
    }
}

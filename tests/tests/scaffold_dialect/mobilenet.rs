use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array4};

/// The 137 variables of `mobilenet-v1`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(prefix = "MobilenetV1")]
#[ckpt(dims(dim_10))]
#[ckpt(dialects(tf, hf(separator = ".", ignore("**.num_batches_tracked"))))]
pub struct Model {
    #[ckpt(path = "Conv2d_0")]
    #[ckpt(dims(window = 3))]
    #[ckpt(dialect(hf, path = "/mobilenet_v1/conv_stem"))]
    pub conv2d_0: ConvBatchNorm,
    #[ckpt(path = "Conv2d_<i>_depthwise")]
    #[ckpt(repeat(i = 1..))]
    #[ckpt(dialect(hf, path = "/mobilenet_v1/layer/<2*i-2>"))]
    pub conv2d_depthwises: Vec<Conv2dDepthwise>,
    #[ckpt(path = "Conv2d_<i>_pointwise")]
    #[ckpt(repeat(i = 1..))]
    #[ckpt(dims(window = 1))]
    #[ckpt(dialect(hf, path = "/mobilenet_v1/layer/<2*i-1>"))]
    pub conv2d_pointwises: Vec<ConvBatchNorm>,
    #[ckpt(path = "Logits/Conv2d_1c_1x1", dialect(hf, path = "/classifier"))]
    pub logits: Conv2d,
}

/// `MobilenetV1/Conv2d_0` and `MobilenetV1/Conv2d_<i>_pointwise`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(window, local outputs))]
pub struct ConvBatchNorm {
    #[ckpt(path = "BatchNorm")]
    #[ckpt(dims(size = outputs))]
    #[ckpt(dialect(hf, path = "normalization"))]
    pub batch_norm: BatchNorm,
    #[ckpt(shape = [window, window, _, outputs])]
    #[ckpt(dialect(hf, path = "convolution/weight", permute(2, 3, 1, 0)))]
    pub weights: Array4<f32>,
}

/// `MobilenetV1/Conv2d_<i>_depthwise`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local channels))]
pub struct Conv2dDepthwise {
    #[ckpt(path = "BatchNorm")]
    #[ckpt(dims(size = channels))]
    #[ckpt(dialect(hf, path = "normalization"))]
    pub batch_norm: BatchNorm,
    #[ckpt(shape = [3, 3, channels, 1])]
    #[ckpt(dialect(hf, path = "convolution/weight", permute(2, 3, 0, 1)))]
    pub depthwise_weights: Array4<f32>,
}

/// `MobilenetV1/Logits/Conv2d_1c_1x1`
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
pub struct Conv2d {
    #[ckpt(shape = [5], dialect(hf, path = "bias"))]
    pub biases: Array1<f32>,
    #[ckpt(shape = [1, 1, dim_10, 5])]
    #[ckpt(dialect(hf, path = "weight", transpose, expand(0, 1)))]
    pub weights: Array4<f32>,
}

/// `MobilenetV1/Conv2d_<i>_depthwise/BatchNorm`, `MobilenetV1/Conv2d_0/BatchNorm` and 1 more
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(size))]
pub struct BatchNorm {
    #[ckpt(shape = [size], dialect(hf, path = "bias"))]
    pub beta: Array1<f32>,
    #[ckpt(shape = [size], dialect(hf, path = "weight"))]
    pub gamma: Array1<f32>,
    #[ckpt(shape = [size], dialect(hf, path = "running_mean"))]
    pub moving_mean: Array1<f32>,
    #[ckpt(shape = [size], dialect(hf, path = "running_var"))]
    pub moving_variance: Array1<f32>,
}

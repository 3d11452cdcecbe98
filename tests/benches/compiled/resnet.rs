/// ResNet v1.
DERIVE
ROOT
pub struct ResNet {
    #[ckpt(path = "conv1")]
    pub stem: Convolution,
    #[ckpt(path = "block<b>", repeat(b = 1..5))]
    pub blocks: [Block; 4],
    pub logits: Logits,
}

/// A block.
DERIVE
pub struct Block {
    #[ckpt(path = "unit_<u>/bottleneck_v1", repeat(u = 1..))]
    pub units: Vec<Unit>,
}

/// A unit, with its own numbers of channels.
DERIVE
#[ckpt(dims(local d_in, local d, local d_out))]
pub struct Unit {
    #[ckpt(dims(i = d_in, o = d_out, k = 1))]
    pub shortcut: Option<Convolution>,
    #[ckpt(dims(i = d_in, o = d, k = 1))]
    pub conv1: Convolution,
    #[ckpt(dims(i = d, o = d, k = 3))]
    pub conv2: Convolution,
    #[ckpt(dims(i = d, o = d_out, k = 1))]
    pub conv3: Convolution,
}

/// A convolution with its normalization.
DERIVE
#[ckpt(dims(i, o, k))]
pub struct Convolution {
    #[ckpt(shape = [k, k, i, o], permute(3, 2, 0, 1))]
    pub weights: Array4<f32>,
    #[ckpt(path = "BatchNorm", dims(c = o))]
    pub norm: BatchNorm,
}

/// A normalization.
DERIVE
#[ckpt(dims(c))]
pub struct BatchNorm {
    #[ckpt(shape = [c])]
    pub beta: Array1<f32>,
    #[ckpt(shape = [c])]
    pub gamma: Array1<f32>,
    #[ckpt(shape = [c])]
    pub moving_mean: Array1<f32>,
    #[ckpt(shape = [c])]
    pub moving_variance: Array1<f32>,
}

/// The classifier.
DERIVE
pub struct Logits {
    #[ckpt(permute(3, 2, 0, 1))]
    pub weights: Array4<f32>,
    pub biases: Array1<f32>,
}

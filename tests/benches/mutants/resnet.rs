//! A ResNet-50 with nested lists, whose units have lengths of their own.

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2, Array4};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "benches/mutants/resnet.txt")]
#[ckpt(prefix = "resnet_v1_50", dims(n_class), ignore("/global_step"))]
pub struct ResNet {
    #[ckpt(path = "conv1", dims(i = 3, o = 64, k = 7))]
    pub stem: Conv,
    #[ckpt(path = "block<b>", repeat(b = 1..5))]
    pub blocks: [Block; 4],
    pub logits: Logits,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(path = "unit_<u>/bottleneck_v1", repeat(u = 1..))]
    pub units: Vec<Unit>,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(local d_in, local d, local d_out))]
pub struct Unit {
    #[ckpt(dims(i = d_in, o = d_out, k = 1))]
    pub shortcut: Option<Conv>,
    #[ckpt(dims(i = d_in, o = d, k = 1))]
    pub conv1: Conv,
    #[ckpt(dims(i = d, o = d, k = 3))]
    pub conv2: Conv,
    #[ckpt(dims(i = d, o = d_out, k = 1))]
    pub conv3: Conv,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(i, o, k))]
pub struct Conv {
    #[ckpt(shape = [k, k, i, o], permute(3, 2, 0, 1))]
    pub weights: Array4<f32>,
    #[ckpt(path = "BatchNorm", dims(c = o))]
    pub bn: BatchNorm,
}

#[derive(FromCheckpoint)]
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

#[derive(FromCheckpoint)]
pub struct Logits {
    #[ckpt(squeeze(0, 1), transpose, shape = [n_class, _])]
    pub weights: Array2<f32>,
    #[ckpt(shape = [n_class])]
    pub biases: Array1<f32>,
}

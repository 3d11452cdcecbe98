use checkpoint_core::Node;
use checkpoint_core::{BuildError, Checkpoint, FromCheckpoint, LoadOptions, Parts};

pub struct Device;

/// A tensor of another crate, which is put on a device.
pub struct Tensor;

impl<'c> FromCheckpoint<'c, Device> for Tensor {
    const NODE: Node = <Vec<f32> as FromCheckpoint<'c>>::NODE;

    fn build(_: &mut Parts<'c, Device>) -> Result<Self, BuildError> {
        Ok(Self)
    }
}

#[derive(FromCheckpoint)]
pub struct NoContext {
    pub tensor: Tensor,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    pub gamma: Vec<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Device")]
pub struct Model {
    pub tensor: Tensor,
    pub norm: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Device")]
pub struct Weights {
    pub tensor: Tensor,
}

fn main() {
    let checkpoint = Checkpoint::open("model.ckpt").unwrap();
    let _ = Weights::load("model.ckpt");
    let _ = Weights::load_with(&checkpoint, LoadOptions::new());
    let _ = Weights::load_with(&checkpoint, LoadOptions::new().context(3));
}

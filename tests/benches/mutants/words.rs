//! A model with tied variables, copies and constants, by the names of PyTorch.

use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "benches/mutants/words.txt", prefix = "model", separator = ".")]
#[ckpt(dims(vocab, width))]
pub struct Words {
    #[ckpt(path = "wte.weight", tie = ["/lm_head.weight"], shape = [vocab, width])]
    pub wte: Array2<f32>,
    #[ckpt(path = "start.table", shape = [width, 2])]
    pub start: Array2<f32>,
    #[ckpt(path = "start.table", copy)]
    pub warm: Array2<f32>,
    #[ckpt(path = "h.<i>.bn", repeat)]
    pub layers: Vec<Norm>,
}

#[derive(FromCheckpoint)]
#[ckpt(constant(path = "num_batches_tracked", value = 0, dtype = i64))]
pub struct Norm {
    #[ckpt(shape = [width])]
    pub weight: Array1<f32>,
    #[ckpt(shape = [width])]
    pub running_mean: Array1<f32>,
}

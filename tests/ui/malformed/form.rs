use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(prefix, separator("."), allow_unmapped = true, ignore = "global_step", crate(renamed))]
pub struct Struct {
    #[ckpt(path("g"), squeeze = 0)]
    pub g: Array1<f32>,
    #[ckpt(path "b", flatten(b))]
    pub b: Array1<f32>,
    #[ckpt(alias, default(zero), squeeze[0])]
    pub c: Array1<f32>,
}

fn main() {}

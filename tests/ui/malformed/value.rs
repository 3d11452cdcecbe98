use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(prefix = "", separator = "0", bound = "T is Copy")]
pub struct Struct {
    #[ckpt(path = 3)]
    pub g: Array1<f32>,
    #[ckpt(path = , alias = "")]
    pub b: Array1<f32>,
    #[ckpt(path = concat!("a", "b"), default = "3 + 4")]
    pub c: Array1<f32>,
    #[ckpt(path = "")]
    pub d: Array1<f32>,
    #[ckpt(default = zero)]
    pub e: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(crate = "my crate", separator = "")]
pub struct Crate {
    #[ckpt(path == "g")]
    pub g: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Made {
    #[ckpt(with = "my module")]
    pub with: f32,
    #[ckpt(map = "|x| x")]
    pub map: f32,
    #[ckpt(try_from = "Array 2")]
    pub try_from: f32,
}

#[derive(FromCheckpoint)]
#[ckpt(shadow = "")]
pub struct Averages {
    #[ckpt(shadow = "ema")]
    pub never: f32,
    pub inner: Placeholder,
}

#[derive(FromCheckpoint)]
#[ckpt(shadow = "<path>/ema")]
pub struct Placeholder {
    #[ckpt(shadow)]
    pub flag: f32,
    pub inner: Never,
}

#[derive(FromCheckpoint)]
pub struct Names {
    #[ckpt(tie = [])]
    pub none: f32,
    #[ckpt(tie = [wte, ""])]
    pub unquoted: f32,
    #[ckpt(tie = ["same", "same"])]
    pub twice: f32,
    #[ckpt(tie = "<i")]
    pub open: f32,
    #[ckpt(copy = "w")]
    pub copy: f32,
}

#[derive(FromCheckpoint)]
#[ckpt(shadow = "never")]
pub struct Never {
    pub w: f32,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "my device")]
pub struct Context {
    pub g: Array1<f32>,
}

fn main() {}

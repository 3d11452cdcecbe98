use checkpoint_core::FromCheckpoint;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
pub struct Zeros {
    #[ckpt(default)]
    pub w: Array2<f32>,
    pub right: Array2<f32>,
    #[ckpt(default)]
    pub nested: Tuple,
}

#[derive(FromCheckpoint)]
pub struct Tuple(#[ckpt(path = "step")] i64, #[ckpt(path = "w", default)] Array1<f32>);

#[derive(FromCheckpoint)]
pub struct Twice {
    #[ckpt(default = "none")]
    pub w: Option<Array1<f32>>,
}

fn none(_shape: &[usize]) -> Option<Array1<f32>> {
    None
}

#[derive(FromCheckpoint)]
pub struct Tied {
    #[ckpt(tie = ["other"])]
    pub right: f32,
    #[ckpt(tie = ["another"])]
    pub inner: Twice,
}

#[derive(FromCheckpoint)]
pub struct Same {
    #[ckpt(path = "blocks", repeat(i))]
    pub blocks: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Length {
    #[ckpt(path = "h<i>", repeat(i = 0..11))]
    pub blocks: [Array1<f32>; 12],
}

#[derive(FromCheckpoint)]
pub struct Listed {
    #[ckpt(path = "h<i>", repeat(i in [8, 16, 32]))]
    pub blocks: Option<[Array1<f32>; 2]>,
    #[ckpt(path = "k<i>", repeat(i = any))]
    pub lost: Vec<Array1<f32>>,
    #[ckpt(path = "l<i>", repeat(i = any))]
    pub boxed: Option<Box<[f32; 2]>>,
}

#[derive(FromCheckpoint)]
pub struct Twofold {
    #[ckpt(path = "h<i>", repeat, map = "negative")]
    pub list: Option<Option<Vec<f32>>>,
}

fn negative(value: f32) -> f32 {
    -value
}

#[derive(FromCheckpoint)]
pub struct Outer {
    #[ckpt(path = "h<i>", repeat)]
    pub inner: Vec<Inner>,
}

#[derive(FromCheckpoint)]
pub struct Inner {
    #[ckpt(path = "w<i>", repeat)]
    pub list: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Shared {
    #[ckpt(path = "w")]
    pub matrix: Array2<f32>,
    #[ckpt(alias = "w")]
    pub vector: Option<Array1<f32>>,
    #[ckpt(path = "w")]
    pub below: Inner,
}

#[derive(FromCheckpoint)]
#[ckpt(naming = "object_path")]
pub struct Objects {
    pub w: Array1<f32>,
    pub full_names: FullNames,
}

#[derive(FromCheckpoint)]
#[ckpt(naming = "full_name")]
pub struct FullNames {
    pub w: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Two<T> {
    #[ckpt(path = "w")]
    pub first: T,
    #[ckpt(path = "w")]
    pub second: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Holder {
    pub arrays: Two<Array2<f32>>,
    pub structs: Two<FullNames>,
}

fn main() {}

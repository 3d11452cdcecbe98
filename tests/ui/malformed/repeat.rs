use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
pub struct Index {
    #[ckpt(repeat)]
    pub none: Vec<Array1<f32>>,
    #[ckpt(flatten, repeat)]
    pub flat: Vec<Norm>,
    #[ckpt(path = "h<i>/expert<j>/w", repeat)]
    pub several: Vec<Array1<f32>>,
    #[ckpt(path = "a<i>", repeat())]
    pub nothing: Vec<Array1<f32>>,
    #[ckpt(path = "b<i>/<j>", repeat(i, j))]
    pub two: Vec<Array1<f32>>,
    #[ckpt(path = "c<i>", repeat(0..12))]
    pub unnamed: Vec<Array1<f32>>,
    #[ckpt(path = "d<i>", repeat("i"))]
    pub quoted: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Bounds {
    #[ckpt(path = "a<i>", repeat(i = 5))]
    pub number: Vec<Array1<f32>>,
    #[ckpt(path = "b<i>", repeat(i = ..12))]
    pub no_start: Vec<Array1<f32>>,
    #[ckpt(path = "c<i>", repeat(i = 0..=11))]
    pub inclusive: Vec<Array1<f32>>,
    #[ckpt(path = "d<i>", repeat(i = 5..2))]
    pub backwards: Vec<Array1<f32>>,
    #[ckpt(path = "e<i>", repeat(i = 3..3))]
    pub empty: Vec<Array1<f32>>,
    #[ckpt(path = "f<i>", repeat(i = -1..1.5))]
    pub no_index: Vec<Array1<f32>>,
    #[ckpt(path = "g<i>", repeat(i = 0..99999999999999999999))]
    pub huge: Vec<Array1<f32>>,
    #[ckpt(path = "h<i>", repeat(i = ))]
    pub nothing: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Symbols {
    #[ckpt(path = "a<i>", repeat(i = first..n_layer))]
    pub start: Vec<Array1<f32>>,
    #[ckpt(path = "b<i>", repeat(i = 0..n_layer -))]
    pub end: Vec<Array1<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Listed {
    #[ckpt(path = "a<i>", repeat(i in 8..32))]
    pub range: Vec<Array1<f32>>,
    #[ckpt(path = "b<i>", repeat(i in []))]
    pub empty: Vec<Array1<f32>>,
    #[ckpt(path = "c<i>", repeat(i in [8, 16, 8]))]
    pub twice: Vec<Array1<f32>>,
    #[ckpt(path = "d<i>", repeat(i in [8, n]))]
    pub symbol: Vec<Array1<f32>>,
    #[ckpt(path = "e<i>", repeat(i = [8, 16]))]
    pub equals: Vec<Array1<f32>>,
    #[ckpt(path = "f<i>", repeat(i in any))]
    pub any: Vec<Array1<f32>>,
    #[ckpt(path = "g<i>", stack(i in [8, 16], axis = 0))]
    pub stacked: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(path = "h<i>/ln/g")]
    pub g: Array1<f32>,
}

fn main() {}

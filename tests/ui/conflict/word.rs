use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
pub struct Norm {
    #[ckpt(path = "g", skip, squeeze)]
    pub g: Array2<f32>,
    #[ckpt(skip, default, flatten, alias = "b")]
    pub b: Array2<f32>,
    #[ckpt(skip, repeat)]
    pub layers: Vec<Array2<f32>>,
}

#[derive(FromCheckpoint)]
pub struct Block {
    #[ckpt(flatten, path = "ln", alias = "norm")]
    pub ln: Norm,
}

#[derive(FromCheckpoint)]
pub struct Joined {
    #[ckpt(path = "t", alias = "u", tie = "v")]
    pub tied: Array2<f32>,
    #[ckpt(path = "a", alias = "b", concat(axis = 0, paths = ["c", "d"]), flatten)]
    pub concat: Array2<f32>,
    #[ckpt(path = "e<i>", stack(i, axis = 0), concat(axis = 0, paths = ["f", "g"]))]
    pub both: Array2<f32>,
    #[ckpt(flatten, path = "k<i>", stack(i, axis = 0))]
    pub stack: Array2<f32>,
    #[ckpt(path = "h<i>", split(axis = 0), stack(i, axis = 0))]
    pub split: Array2<f32>,
    #[ckpt(concat(axis = 0, paths = ["l", "m"]), split(axis = 0))]
    pub cut: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Made {
    #[ckpt(with = "module", map = "function", try_from = "f32")]
    pub made: f32,
    #[ckpt(map = "function", try_from = "f32")]
    pub twice: f32,
    #[ckpt(dim, path = "n", squeeze, default, cast)]
    pub n_embd: usize,
    #[ckpt(dim, skip)]
    pub n_head: usize,
}

#[derive(FromCheckpoint)]
pub struct Tuple(#[ckpt(dim)] usize, #[ckpt(skip)] usize);

#[derive(FromCheckpoint)]
pub struct Order {
    #[ckpt(squeeze, concat(axis = 0, paths = ["a", "b"]), shape = [4, _], transpose)]
    pub concat: Array2<f32>,
    #[ckpt(path = "h<i>", stack(i, axis = 0), reshape[_], slice(axis = 0, range = 1..))]
    pub stack: Array2<f32>,
    #[ckpt(path = "k<i>", alias = "l", repeat(i), stack(i, axis = 0))]
    pub list: Vec<Array2<f32>>,
}

fn main() {}

use checkpoint_core::FromCheckpoint;
use checkpoint_schema::model::check;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
#[ckpt(dims(n_vocab))]
pub struct Model {
    #[ckpt(shape = [n_vocab, n_embd])]
    pub wte: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(assert(n_embd > 0))]
pub struct Asserts {
    pub w: Array2<f32>,
}

#[derive(FromCheckpoint)]
pub struct Renames {
    #[ckpt(dims(n = n_embd))]
    pub norm: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(dims(n))]
pub struct Norm {
    #[ckpt(shape = [n])]
    pub g: Array1<f32>,
}

#[derive(FromCheckpoint)]
pub struct Repeats {
    #[ckpt(path = "h<i>", repeat(i = 0..n_layer))]
    pub blocks: Vec<Array1<f32>>,
    #[ckpt(dim)]
    pub n_layer: usize,
}

// What loading one of them evaluates.
const _: () = check::root(&<Model as FromCheckpoint<'_>>::NODE);
const _: () = check::root(&<Asserts as FromCheckpoint<'_>>::NODE);
const _: () = check::root(&<Renames as FromCheckpoint<'_>>::NODE);
const _: () = check::root(&<Repeats as FromCheckpoint<'_>>::NODE);

fn main() {}

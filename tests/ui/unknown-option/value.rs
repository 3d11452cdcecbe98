use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(rename_all = "camelcase", ignore(optimiser, weights))]
pub struct Near {
    pub word_embedding: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(rename_all = "title")]
pub struct Far {
    pub word_embedding: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(naming = "object_paths")]
pub struct NearKeys {
    pub word_embedding: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(naming = "graph")]
pub struct FarKeys {
    pub word_embedding: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(cast = "all")]
pub struct Cast {
    #[ckpt(cast = "losless")]
    pub near: Array2<f32>,
    #[ckpt(split(axes = 1), chunk(axis = 0, index = 0, off = 2))]
    pub keys: [Array2<f32>; 2],
}

fn main() {}

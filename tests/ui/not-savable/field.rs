//! Fields of types that cannot be saved.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};

#[derive(FromCheckpoint, ToCheckpoint)]
struct Model {
    block: Block,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
}

#[derive(FromCheckpoint)]
struct Block {
    w: Vec<f32>,
}

#[derive(ToCheckpoint)]
struct Alone {
    w: Vec<f32>,
}

// A mistake is told once.
#[derive(FromCheckpoint, ToCheckpoint)]
struct Misspelt {
    #[ckpt(sqeeze)]
    w: Vec<f32>,
}

fn save(misspelt: &Misspelt) {
    let _ = misspelt.save("model.ckpt");
}

fn main() {}

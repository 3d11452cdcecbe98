use checkpoint_core::FromCheckpoint;
use ndarray::Array2;

#[derive(FromCheckpoint)]
#[ckpt(manifest("gpt2.txt", "gpt2.index"), prefix = "model", dims(n_vocab, n_embd, n_head))]
#[ckpt(allow_unmapped)]
pub struct Embeddings {
    #[ckpt(shape = [n_vocab, n_embd])]
    pub wte: Array2<f32>,
}

const WIDTH: usize = Embeddings::DIMS[0].n_embd;

fn main() {
    println!("{WIDTH}");
}

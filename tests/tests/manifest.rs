//! Structs that the compiler checks against checkpoints.
#![expect(dead_code, reason = "the compiler checks the structs, and nothing loads them")]

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, FromCheckpoint};
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_tests::corpus::case;
use ndarray::{Array1, Array2, Array3};

#[derive(FromCheckpoint)]
#[ckpt(manifest = "corpus/manifests/gpt2-nano.txt")]
#[ckpt(prefix = "model", dims(n_vocab, n_embd))]
struct Gpt2 {
    #[ckpt(shape = [n_vocab, n_embd])]
    wte: Array2<f32>,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(manifest("corpus/manifests/gpt2-nano.txt", "corpus/manifests/gpt2-shakespeare.txt"))]
#[ckpt(dims(n_embd), allow_unmapped)]
struct BothSizes {
    #[ckpt(path = "model/wte", shape = [_, n_embd])]
    wte: Array2<f32>,
}

/// The header of a safetensors file is a manifest.
#[derive(FromCheckpoint)]
#[ckpt(manifest = "corpus/manifests/tiny.safetensors")]
#[ckpt(separator = ".", dims(width))]
struct Layers {
    #[ckpt(path = "layers.<i>", repeat)]
    layers: Vec<Linear>,
    #[ckpt(path = "norm.bias", cast)]
    bias: Array1<f32>,
}

#[derive(FromCheckpoint)]
struct Linear {
    #[ckpt(shape = [_, width])]
    weight: Array2<f32>,
}

#[derive(FromCheckpoint)]
struct Block {
    ln_1: Norm,
    ln_2: Norm,
    #[ckpt(path = "attn/c_attn")]
    qkv: Conv,
    #[ckpt(path = "attn/c_proj")]
    proj: Conv,
    #[ckpt(path = "mlp/c_fc")]
    fc: Conv,
    #[ckpt(path = "mlp/c_proj")]
    fc_proj: Conv,
}
#[derive(FromCheckpoint)]
struct Norm {
    g: Array1<f32>,
    b: Array1<f32>,
}
#[derive(FromCheckpoint)]
struct Conv {
    w: Array3<f32>,
    b: Array1<f32>,
}

#[test]
fn the_values_of_symbols_are_constants() {
    const VOCABULARY: [u8; Gpt2::DIMS.n_vocab] = [0; Gpt2::DIMS.n_vocab];
    assert_eq!((VOCABULARY.len(), Gpt2::DIMS.n_embd), (300, 16));
    let widths = BothSizes::DIMS.map(|dims| dims.n_embd);
    assert_eq!(widths, [16, 96]);
    assert_eq!(Layers::DIMS.width, 3);
}

#[test]
fn the_manifests_of_the_corpus_are_true() {
    for (name, naming) in [
        ("models/gpt2-nano", Naming::Key),
        ("models/gpt2-shakespeare", Naming::Key),
        ("gen/object-based", Naming::ObjectPath),
    ] {
        let checkpoint = Checkpoint::open(case(name).unwrap().prefix).unwrap();
        let graph = checkpoint.object_graph().unwrap();
        let names = Names::new(naming, checkpoint.catalog(), graph.as_ref()).unwrap();
        let (_, file) = name.split_once('/').unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/manifests");
        let text = fs::read_to_string(folder.join(file).with_extension("txt")).unwrap();
        assert_eq!(Listing::of(&names).to_string(), text);
    }
}

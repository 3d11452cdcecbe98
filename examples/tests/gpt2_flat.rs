//! The same checkpoint in a struct that spells every name in full.

use std::path::Path;

use checkpoint_core::FromCheckpoint;
use checkpoint_examples::gpt2::Gpt2;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint)]
struct Flat {
    #[ckpt(path = "model/wte")]
    wte: Array2<f32>,
    #[ckpt(path = "model/wpe")]
    wpe: Array2<f32>,
    #[ckpt(flatten, repeat(i))]
    blocks: Vec<FlatBlock>,
    #[ckpt(path = "model/ln_f/g")]
    ln_f_g: Array1<f32>,
    #[ckpt(path = "model/ln_f/b")]
    ln_f_b: Array1<f32>,
}

#[derive(FromCheckpoint)]
struct FlatBlock {
    #[ckpt(path = "model/h<i>/ln_1/g")]
    ln_1_g: Array1<f32>,
    #[ckpt(path = "model/h<i>/ln_1/b")]
    ln_1_b: Array1<f32>,
    #[ckpt(path = "model/h<i>/attn/c_attn/w", squeeze)]
    c_attn_w: Array2<f32>,
    #[ckpt(path = "model/h<i>/attn/c_attn/b")]
    c_attn_b: Array1<f32>,
    #[ckpt(path = "model/h<i>/attn/c_proj/w", squeeze)]
    attn_c_proj_w: Array2<f32>,
    #[ckpt(path = "model/h<i>/attn/c_proj/b")]
    attn_c_proj_b: Array1<f32>,
    #[ckpt(path = "model/h<i>/ln_2/g")]
    ln_2_g: Array1<f32>,
    #[ckpt(path = "model/h<i>/ln_2/b")]
    ln_2_b: Array1<f32>,
    #[ckpt(path = "model/h<i>/mlp/c_fc/w", squeeze)]
    c_fc_w: Array2<f32>,
    #[ckpt(path = "model/h<i>/mlp/c_fc/b")]
    c_fc_b: Array1<f32>,
    #[ckpt(path = "model/h<i>/mlp/c_proj/w", squeeze)]
    mlp_c_proj_w: Array2<f32>,
    #[ckpt(path = "model/h<i>/mlp/c_proj/b")]
    mlp_c_proj_b: Array1<f32>,
}

#[test]
fn full_names_load_the_same_tensors_as_nested_structs() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/gpt2-bard");
    let flat = Flat::load(&directory).unwrap();
    let nested = Gpt2::load(&directory).unwrap();

    assert_eq!(flat.wte, nested.wte);
    assert_eq!(flat.wpe, nested.wpe);
    assert_eq!(flat.ln_f_g, nested.ln_f.g);
    assert_eq!(flat.ln_f_b, nested.ln_f.b);
    assert_eq!(flat.blocks.len(), 4);
    assert_eq!(flat.blocks.len(), nested.blocks.len());
    for (flat, nested) in flat.blocks.iter().zip(&nested.blocks) {
        assert_eq!(flat.c_attn_w.shape(), [128, 384]);
        assert_eq!(flat.ln_1_g, nested.ln_1.g);
        assert_eq!(flat.ln_1_b, nested.ln_1.b);
        assert_eq!(flat.c_attn_w, nested.attn.c_attn.w);
        assert_eq!(flat.c_attn_b, nested.attn.c_attn.b);
        assert_eq!(flat.attn_c_proj_w, nested.attn.c_proj.w);
        assert_eq!(flat.attn_c_proj_b, nested.attn.c_proj.b);
        assert_eq!(flat.ln_2_g, nested.ln_2.g);
        assert_eq!(flat.ln_2_b, nested.ln_2.b);
        assert_eq!(flat.c_fc_w, nested.mlp.c_fc.w);
        assert_eq!(flat.c_fc_b, nested.mlp.c_fc.b);
        assert_eq!(flat.mlp_c_proj_w, nested.mlp.c_proj.w);
        assert_eq!(flat.mlp_c_proj_b, nested.mlp.c_proj.b);
    }
}

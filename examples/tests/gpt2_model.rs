//! Mismatched weights, hyper-parameters and texts are refused.

use std::path::PathBuf;

use checkpoint_core::FromCheckpoint;
use checkpoint_examples::gpt2::{Context, ContextError, Gpt2, Hparams, LanguageModel};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "models/gpt2-bard"].iter().collect()
}

/// The model of the repository, with weights changed by `change`.
fn changed(change: impl FnOnce(&mut Gpt2)) -> Result<LanguageModel, String> {
    let mut weights = Gpt2::load(directory()).unwrap();
    change(&mut weights);
    let hparams = Hparams::read(directory()).unwrap();
    LanguageModel::new(weights, hparams).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Gpt2), expected: &Expect) {
    expected.assert_eq(&changed(change).unwrap_err());
}

#[test]
fn a_tensor_of_another_shape_is_named() {
    refused(
        |model| model.wpe = Array2::zeros((128, 127)),
        &expect!["`model/wpe` is [128, 127] in the model, but n_embd 128 asks for [128, 128]"],
    );
    refused(
        |model| model.ln_f.g = Array1::zeros(3),
        &expect!["`model/ln_f/g` is [3] in the model, but n_embd 128 asks for [128]"],
    );
    refused(
        |model| model.blocks[1].ln_2.b = Array1::zeros(3),
        &expect!["`model/h1/ln_2/b` is [3] in the model, but n_embd 128 asks for [128]"],
    );
    refused(
        |model| model.blocks[2].attn.c_attn.w = Array2::zeros((384, 128)),
        &expect![
            "`model/h2/attn/c_attn/w` is [384, 128] in the model, but n_embd 128 asks for [128, 384]"
        ],
    );
    refused(
        |model| model.blocks[3].mlp.c_proj.b = Array1::zeros(512),
        &expect!["`model/h3/mlp/c_proj/b` is [512] in the model, but n_embd 128 asks for [128]"],
    );
}

#[test]
fn hyper_parameters_are_compared_with_the_weights() {
    refused(
        |model| drop(model.blocks.pop()),
        &expect!["`hparams.json` does not describe the checkpoint: n_layer is 3, not 4"],
    );
    refused(
        |model| model.wte = Array2::zeros((1, 2)),
        &expect![
            "`hparams.json` does not describe the checkpoint: n_vocab is 1, not 1024, n_embd is 2, not 128"
        ],
    );
    let weights = Gpt2::load(directory()).unwrap();
    let hparams = Hparams { n_head: 5, ..Hparams::read(directory()).unwrap() };
    expect!["`hparams.json` divides n_embd 128 among n_head 5, which leaves a rest"]
        .assert_eq(&LanguageModel::new(weights, hparams).unwrap_err().to_string());
}

#[test]
fn texts_that_the_model_cannot_read_are_refused() {
    let model = changed(|_| ()).unwrap();
    let refused = |tokens: &[usize]| {
        let error = Context::new(&model, tokens).unwrap_err();
        assert_eq!(model.forward(tokens).unwrap_err(), error);
        error
    };
    assert_eq!(refused(&[]), ContextError::Empty);
    assert_eq!(refused(&[0; 129]), ContextError::TooLong { tokens: 129, n_ctx: 128 });
    assert_eq!(refused(&[0, 1024]), ContextError::UnknownToken { token: 1024, n_vocab: 1024 });

    let mut context = Context::new(&model, &[0; 128]).unwrap();
    for _ in 0..2 {
        let error = context.push(1024).unwrap_err();
        assert_eq!(error, ContextError::UnknownToken { token: 1024, n_vocab: 1024 });
    }
}

#[test]
fn weights_that_compute_no_numbers_are_refused() {
    let model = changed(|model| model.blocks[0].mlp.c_fc.b[0] = f32::NAN).unwrap();
    assert_eq!(Context::new(&model, &[1, 2]).unwrap_err(), ContextError::NotANumber);
}

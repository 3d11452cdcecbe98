//! Errors that `main` returns: `Debug`, which prints them, is the same as `Display`.

use std::error::Error;
use std::path::{Path, PathBuf};

use checkpoint_core::{
    Checkpoint, ConvertOptions, FromCheckpoint, Memory, Rules, SaveOptions, Tensor, convert,
};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, array};

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/models");

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", ignore("model/h*/**", "model/ln_f/*"))]
struct Embeddings {
    #[ckpt(path = "wqe")]
    _positions: Array2<f32>,
    #[ckpt(path = "wte")]
    _tokens: Array1<f64>,
}

/// Checks the output of a program whose `main` returns the error.
fn printed<T>(result: Result<T, impl Error + 'static>, expected: Expect) {
    let error: Box<dyn Error> = result.err().expect("an error").into();
    assert_eq!(format!("{error:?}"), error.to_string());
    expected.assert_eq(&format!("Error: {error:?}\n").replace(MODELS, "models"));
}

fn model(name: &str) -> PathBuf {
    Path::new(MODELS).join(name)
}

fn nano() -> Checkpoint {
    Checkpoint::open(model("gpt2-nano")).unwrap()
}

#[test]
fn a_load_that_fails_prints_its_sentences() {
    printed(
        Embeddings::load(model("gpt2-nano")),
        expect![[r#"
            Error: `Embeddings` does not fit the checkpoint `models/gpt2-nano/model.ckpt`: 3 problems
            - field `Embeddings._positions`: missing variable `model/wqe`; did you mean `model/wpe`, f32 [32, 16]?
            - field `Embeddings._tokens`: `model/wte` is f32 [300, 16], but the field is f64; change the field to f32, or write `cast`
            - field `Embeddings._tokens`: `model/wte` is f32 [300, 16], but the field has 1 dimension; change the field to rank 2
        "#]],
    );
    printed(
        Embeddings::load(model("gpt3")),
        expect![[r#"
        Error: there is no checkpoint `models/gpt3`: no such file or directory, and no `models/gpt3.index`; check the path
    "#]],
    );
}

#[test]
fn opening_prints_its_sentence() {
    printed(
        Checkpoint::open(model("gpt3")),
        expect![[r#"
        Error: there is no checkpoint `models/gpt3`: no such file or directory, and no `models/gpt3.index`; check the path
    "#]],
    );
}

#[test]
fn reading_prints_its_sentence() {
    printed(
        nano().read("model/wqe"),
        expect![[r#"
        Error: cannot read `model/wqe`: the checkpoint has no such variable; did you mean `model/wpe` or `model/wte`?
    "#]],
    );
    printed(
        nano().read_array::<f64>("model/wpe"),
        expect![[r#"
        Error: cannot read `model/wpe`: its elements are f32, not f64, and nothing is converted; ask for f32, or take `Tensor::as_bytes` or `Tensor::as_strings`
    "#]],
    );
}

#[test]
fn a_save_prints_its_sentence() {
    printed(
        nano().save_as("copy.ckpt", SaveOptions::new().format("hdf5")),
        expect![[r#"
        Error: unknown format `hdf5` to write; use `safetensors`, `npz`, `npy` or `tensorflow`
    "#]],
    );
}

#[test]
fn a_conversion_prints_its_sentences() {
    let weights = Tensor::from_array(array![1.0_f32, 2.0]).unwrap();
    let memory = Memory::new([("w", weights)]);
    let checkpoint = Checkpoint::from_source("memory", memory);
    let rules = Rules::parse("v -> x\nu -> y").unwrap();
    printed(
        convert(&checkpoint, "never", &rules, ConvertOptions::new()),
        expect![[r#"
        Error: the rules have 1 problem
        - no rule takes any variable, such as `w`; the rules are for another checkpoint
    "#]],
    );
    printed(
        Rules::parse("v x"),
        expect![[r#"
        Error: the rules have 1 problem
        - line 1: a rule is written `from -> to`, or `from -> to : steps`; write one, or `ignore` or `keep`
    "#]],
    );
}

//! Dialects: the names and layouts of several frameworks in one struct.

use checkpoint_core::{
    Checkpoint, ConvertError, ConvertOptions, FromCheckpoint, LoadOptions, Memory, SaveOptions,
    Tensor, ToCheckpoint, convert_model, rules,
};
use checkpoint_tests::memory::{checkpoint, counting, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, Array3};

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(prefix = "model", ignore(optimizer))]
#[ckpt(dialects(
    tf,
    hf(separator = ".", prefix = "transformer", prefix_alias = "", ignore("**.attn.bias"))
))]
struct Gpt {
    #[ckpt(dialect(hf, path = "wte/weight"))]
    wte: Array2<f32>,
    #[ckpt(path = "h<i>", repeat, dialect(hf, path = "h/<i>"))]
    blocks: Vec<Block>,
    #[ckpt(dialect(hf, absent))]
    extra: Option<Array1<f32>>,
    #[ckpt(path = "/lm_head", dialect(hf, path = "/lm_head/weight", transpose))]
    head: Array2<f32>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Block {
    #[ckpt(path = "attn/c_attn")]
    attn: Dense,
    ln: Norm,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(dims(local d))]
struct Dense {
    #[ckpt(squeeze(0), shape = [d, _], dialect(hf, path = "weight"))]
    w: Array2<f32>,
    #[ckpt(path = "q", split(axis = 1), dialect(hf, split(axis = 0), transpose))]
    qk: [Array2<f32>; 2],
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Norm {
    #[ckpt(dialect(hf, path = "weight", alias = "gamma"))]
    g: Array1<f32>,
}

const TF: &str = "model/wte [5, 4]\nmodel/h0/attn/c_attn/w [1, 4, 3]\nmodel/h0/attn/c_attn/q [4, 6]\nmodel/h0/ln/g [4]
    model/h1/attn/c_attn/w [1, 4, 3]\nmodel/h1/attn/c_attn/q [4, 6]\nmodel/h1/ln/g [4]\nlm_head [4, 5]\nmodel/wte/adam_m [5, 4]";

const HF: &str = "transformer.wte.weight [5, 4]\ntransformer.h.0.attn.c_attn.weight [4, 3]\ntransformer.h.0.attn.c_attn.q [6, 4]
    transformer.h.0.ln.weight [4]\ntransformer.h.1.attn.c_attn.weight [4, 3]\ntransformer.h.1.attn.c_attn.q [6, 4]
    transformer.h.1.ln.weight [4]\nlm_head.weight [5, 4]\ntransformer.h.0.attn.bias [1]";

fn load(checkpoint: &Checkpoint) -> (Gpt, Option<&'static str>) {
    let (model, report) = Gpt::load_with(checkpoint, LoadOptions::new()).unwrap();
    (model, report.dialect)
}

fn saved(model: &Gpt, options: SaveOptions<'_>) -> Checkpoint {
    Checkpoint::from_source("saved", Memory::new(model.to_tensors(options).unwrap()))
}

fn names(checkpoint: &Checkpoint) -> Vec<String> {
    checkpoint.variables().iter().map(|variable| variable.name.to_string()).collect()
}

#[test]
fn the_dialect_that_fits_is_loaded() {
    let (tf, dialect) = load(&checkpoint(TF));
    assert_eq!(dialect, Some("tf"));
    assert_eq!(tf.head.view().into_dyn(), counting(&[4, 5]));
    let (hf, dialect) = load(&checkpoint(HF));
    assert_eq!(dialect, Some("hf"));
    assert_eq!(hf.head.view().into_dyn(), counting(&[5, 4]).t());
    assert_eq!(hf.blocks[1].attn.w.view().into_dyn(), counting(&[4, 3]));
    let q: Array3<f32> = counting(&[6, 4]).into_shape_with_order((2, 3, 4)).unwrap();
    assert_eq!(hf.blocks[0].attn.qk[1], q.index_axis(ndarray::Axis(0), 1).t());
    // The published form without a prefix, and the form of old files.
    let bare = HF.replace("transformer.", "").replace("h.0.ln.weight", "h.0.ln.gamma");
    assert_eq!(load(&checkpoint(&bare)), (hf, Some("hf")));
    let text = Gpt::load_with(&checkpoint(HF), LoadOptions::new()).unwrap().1.to_string();
    assert!(text.starts_with("Gpt from memory in the dialect hf\n"), "{text}");
}

#[test]
fn a_value_is_saved_in_any_dialect() {
    let (first, second) = (checkpoint(TF), checkpoint(HF));
    let (tf, _) = load(&first);
    let hf = saved(&tf, SaveOptions::new().dialect("hf"));
    assert_eq!(load(&hf), (load(&first).0, Some("hf")));
    let kept = |name: &String| !name.ends_with("attn.bias");
    assert_eq!(names(&hf), names(&second).into_iter().filter(kept).collect::<Vec<_>>());
    // Back to the first, with its checkpoint as the model for the save.
    let again = saved(&load(&hf).0, SaveOptions::new().like(&first).keep(["**"]));
    for (name, tensor) in first.tensors() {
        assert_eq!(again.read(name).unwrap(), tensor.unwrap(), "{name}");
    }
    let bare = checkpoint(&HF.replace("transformer.", ""));
    let like = saved(&tf, SaveOptions::new().like(&bare));
    assert!(names(&like).contains(&"h.0.ln.weight".to_owned()), "{:?}", names(&like));
    assert_eq!(
        names(&saved(&tf, SaveOptions::new())),
        names(&saved(&tf, SaveOptions::new().dialect("tf")))
    );
}

#[test]
fn the_problems_of_the_nearest_dialect_are_told() {
    let refused = |checkpoint: &Checkpoint, options: LoadOptions<'_>, expected: Expect| {
        expected.assert_eq(&said::<Gpt>(checkpoint, options));
    };
    let misspelt = checkpoint(&HF.replace("h.1.ln.weight", "h.1.lm.weight"));
    refused(
        &misspelt,
        LoadOptions::new(),
        expect![[r#"
            `Gpt` in the dialect `hf` does not fit the checkpoint `memory`: 1 problem
            - field `Gpt.blocks[1].ln.g`: missing variable `transformer.h.1.ln.weight` or `transformer.h.1.ln.gamma`; did you mean `transformer.h.1.lm.weight`, f32 [4]?
            in the dialect `tf` there are 9 problems"#]],
    );
    refused(
        &checkpoint(HF),
        LoadOptions::new().dialect("tf"),
        expect![[r#"
            `Gpt` in the dialect `tf` does not fit the checkpoint `memory`: 8 problems
            - field `Gpt.wte`: missing variable `model/wte`; if it is optional, make the field an `Option`
            - field `Gpt.blocks[0]`: its 3 variables are missing, such as `model/h0/attn/c_attn/w`; if it is optional, make the field an `Option`
            - field `Gpt.head`: missing variable `lm_head`; did you mean `lm_head.weight`, f32 [5, 4]?
            - unexpected variable `transformer.h.0.attn.bias`, f32 [1]; add a field, or add it to `ignore`
            - unexpected variable `transformer.h.<0..2>.attn.c_attn.q`, f32 [6, 4]; add a field, or add it to `ignore`
            - unexpected variable `transformer.h.<0..2>.attn.c_attn.weight`, f32 [4, 3]; add a field, or add it to `ignore`
            - unexpected variable `transformer.h.<0..2>.ln.weight`, f32 [4]; add a field, or add it to `ignore`
            - unexpected variable `transformer.wte.weight`, f32 [5, 4]; add a field, or add it to `ignore`"#]],
    );
    refused(
        &checkpoint(HF),
        LoadOptions::new().dialect("jax"),
        expect!["unknown dialect `jax`; the struct has `tf` and `hf`"],
    );
}

#[test]
fn what_a_dialect_lacks_is_not_saved_silently() {
    let mut model = load(&checkpoint(TF)).0;
    model.extra = Some(Array1::zeros(2));
    assert!(model.to_tensors(SaveOptions::new()).is_ok());
    let refused = |options, expected: Expect| {
        expected.assert_eq(&model.to_tensors(options).unwrap_err().to_string());
    };
    refused(
        SaveOptions::new().dialect("hf"),
        expect![[r#"
        `Gpt` cannot be saved: 1 problem
        - field `Gpt.extra`: the dialect `hf` lacks it, but it has a value; let it be `None`, or save in another dialect"#]],
    );
    refused(
        SaveOptions::new().dialect("jax"),
        expect!["unknown dialect `jax`; the struct has `tf` and `hf`"],
    );
}

#[test]
fn a_checkpoint_that_fits_several_dialects_in_different_ways_is_refused() {
    #[derive(FromCheckpoint)]
    #[ckpt(dialects(tf, hf))]
    struct Square {
        #[ckpt(dialect(hf, transpose))]
        w: Array2<f32>,
    }

    #[derive(FromCheckpoint)]
    #[ckpt(dialects(tf, hf(separator = ".")))]
    struct Same {
        w: Array1<f32>,
    }

    #[derive(FromCheckpoint)]
    struct Plain {
        #[expect(dead_code, reason = "it is refused")]
        w: Array1<f32>,
    }

    let square = checkpoint("w [2, 2]");
    expect!["the checkpoint fits `Square` in the dialects `tf` and `hf`, which read it differently; choose one with `LoadOptions::dialect`"].assert_eq(&said::<Square>(&square, LoadOptions::new()));
    let options = LoadOptions::new().dialect("hf");
    assert_eq!(Square::load_with(&square, options).unwrap().0.w.into_dyn(), counting(&[2, 2]).t());
    let (same, report) = Same::load_with(&checkpoint("w [2]"), LoadOptions::new()).unwrap();
    assert_eq!((same.w.into_dyn(), report.dialect), (counting(&[2]), Some("tf")));
    let none = LoadOptions::new().dialect("hf");
    expect!["unknown dialect `hf`; the struct has none; remove the option"]
        .assert_eq(&said::<Plain>(&square, none));
}

#[test]
fn rules_lead_from_one_dialect_to_another() {
    expect![[r#"
        model/wte                -> transformer.wte.weight
        model/h<i>/attn/c_attn/w -> transformer.h.<i>.attn.c_attn.weight : squeeze(0)
        model/h<i>/attn/c_attn/q -> transformer.h.<i>.attn.c_attn.q : transpose
        model/h<i>/ln/g          -> transformer.h.<i>.ln.weight
        lm_head                  -> lm_head.weight : transpose
        ignore "model/extra", optimizer
        reverse ignore "**.attn.bias"
        alias to "transformer.", ""
    "#]]
    .assert_eq(&rules::<Gpt>("tf", "hf").unwrap().to_string());
    expect![[r#"
        transformer.wte.weight               -> model/wte
        transformer.h.<i>.attn.c_attn.weight -> model/h<i>/attn/c_attn/w : expand(0)
        transformer.h.<i>.attn.c_attn.q      -> model/h<i>/attn/c_attn/q : transpose
        optional transformer.h.<i>.ln.weight -> model/h<i>/ln/g
        optional transformer.h.<i>.ln.gamma  -> model/h<i>/ln/g
        lm_head.weight                       -> lm_head : transpose
        ignore "**.attn.bias"
        reverse ignore "model/extra", optimizer
        alias from "transformer.", ""
    "#]]
    .assert_eq(&rules::<Gpt>("hf", "tf").unwrap().to_string());
    expect![[r#"
        the rules have 1 problem
        - no dialect `flax`; the struct has `tf`, `hf`"#]]
    .assert_eq(&rules::<Gpt>("tf", "flax").unwrap_err().to_string());
}

#[test]
fn a_model_is_converted_as_it_would_be_loaded_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to, dialect) in [(TF, "hf.safetensors", "hf"), (HF, "tf.safetensors", "tf")] {
        let from = checkpoint(from);
        let path = folder.path().join(to);
        let save = SaveOptions::new().dialect(dialect);
        convert_model::<Gpt>(&from, &path, ConvertOptions::new().save(save)).unwrap();
        let converted = Checkpoint::open(&path).unwrap();
        let (model, _) = load(&from);
        let expected = saved(&model, SaveOptions::new().dialect(dialect));
        assert_eq!(converted.variables().len(), expected.variables().len());
        for variable in expected.variables() {
            let read = |checkpoint: &Checkpoint| checkpoint.read(&variable.name).unwrap();
            assert_eq!(read(&converted), read(&expected), "{}", variable.name);
        }
    }
    let other = checkpoint("model/wte [5, 4]");
    let error = convert_model::<Gpt>(&other, folder.path().join("x"), ConvertOptions::new());
    assert!(matches!(error, Err(ConvertError::Model(_))));
}

/// Steps that rules support, and steps that they do not.
#[derive(FromCheckpoint)]
#[ckpt(dims(n, m), dialects(tf, hf(separator = ".")))]
#[expect(dead_code, reason = "only its rules are made")]
struct Steps {
    #[ckpt(path = "outer_<i>", repeat, dialect(hf, path = "outer/<i>"))]
    outer: Vec<Outer>,
    #[ckpt(concat(axis = 0, paths = ["a/0", "a/1"]))]
    joined: Array1<f32>,
    #[ckpt(squeeze, dialect(hf))]
    squeezed: Array1<f32>,
    #[ckpt(shape = [n, m], reshape[m, n], dialect(hf, transpose))]
    reshaped: Array2<f32>,
    #[ckpt(dialect(hf, chunk(axis = 0, index = 0, of = 2)))]
    part: Array1<f32>,
    #[ckpt(slice(axis = 0, range = 0..2), dialect(hf, path = "sliced/part"))]
    sliced: Array1<f32>,
    #[ckpt(path = "stack/<e>", stack(e, axis = 0))]
    stacked: Array2<f32>,
    any: Tensor,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "only its rules are made")]
struct Outer {
    #[ckpt(path = "inner_<j:02>", repeat, dialect(hf, path = "inner/<j>"))]
    inner: Vec<Inner>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "only its rules are made")]
struct Inner {
    #[ckpt(dialect(hf, transpose))]
    w: Array2<f32>,
}

#[test]
fn fields_without_rules_are_named() {
    expect![[r#"
        the rules have 3 problems
        - field `Steps.squeezed`: the axes that `squeeze` removes are not known; write them, as in `squeeze(0)`
        - field `Steps.reshaped`: the lengths in `reshape[m, n]` are symbols, and rules have numbers; write numbers
        - field `Steps.part`: `chunk(axis = 0, index = 0, of = 2)` has no way back; name all parts in one rule, with `split`"#]].assert_eq(&rules::<Steps>("tf", "hf").unwrap_err().to_string());
}

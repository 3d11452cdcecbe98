//! `tie`: several names of one variable, any of which may be there.

use checkpoint_core::{
    Checkpoint, ConvertOptions, FromCheckpoint, LoadOptions, Memory, SaveOptions, Tensor, Tied,
    ToCheckpoint, convert_model, rules,
};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, array};

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(prefix = "transformer", separator = ".")]
struct Gpt {
    #[ckpt(path = "wte.weight", tie = ["/lm_head.weight", "/embed.weight"], transpose)]
    wte: Array2<f32>,
    #[ckpt(path = "h.<i>.b", repeat, tie = ["b.<i>"])]
    biases: Vec<Array1<f32>>,
    #[ckpt(tie = ["/scale"])]
    scale: Option<f32>,
}

const BIASES: &str = "\ntransformer.h.0.b [3]\ntransformer.h.1.b [3]";

#[track_caller]
fn refused(checkpoint: &Checkpoint, expected: &Expect) {
    expected.assert_eq(&said::<Gpt>(checkpoint, LoadOptions::new()));
}

#[test]
fn any_name_suffices() {
    for name in ["transformer.wte.weight", "lm_head.weight", "embed.weight"] {
        let checkpoint = checkpoint(&format!("{name} [4, 2]{BIASES}"));
        let (model, report) = Gpt::load_with(&checkpoint, LoadOptions::new()).unwrap();
        assert_eq!(model.wte.row(1), array![1.0, 3.0, 5.0, 7.0]);
        assert!(model.scale.is_none() && report.ignored.is_empty(), "{report}");
        assert_eq!(report.loaded[0].variable, name);
    }
    let list = "transformer.wte.weight [4, 2]\nlm_head.weight [4, 2]\ntransformer.b.0 [3]\ntransformer.h.1.b [3]\nscale []";
    let checkpoint = checkpoint(list);
    let (model, report) = Gpt::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((model.biases.len(), model.scale), (2, Some(0.0)));
    let ignored = report.ignored.iter().map(|it| (it.by, it.count)).collect::<Vec<_>>();
    assert_eq!((ignored, report.variables), (vec![("tie", 1)], 4));
}

#[test]
fn names_of_nothing_and_of_something_else_are_problems() {
    refused(
        &checkpoint(&BIASES[1..]),
        &expect![[r#"
        `Gpt` does not fit the checkpoint `memory`: 1 problem
        - field `Gpt.wte`: missing variable `transformer.wte.weight` or `lm_head.weight` or `embed.weight`; if it is optional, make the field an `Option`"#]],
    );
    let list = "transformer.wte.weight [4, 2]\nlm_head.weight [2, 4]\nembed.weight f64 [4, 2]";
    refused(
        &checkpoint(&format!("{list}{BIASES}")),
        &expect![[r#"
        `Gpt` does not fit the checkpoint `memory`: 2 problems
        - field `Gpt.wte`: `lm_head.weight` is f32 [2, 4], but `tie` says that it is `transformer.wte.weight`, which is f32 [4, 2]; tied variables are equal, so remove it from `tie`
        - field `Gpt.wte`: `embed.weight` is f64 [4, 2], but `tie` says that it is `transformer.wte.weight`, which is f32 [4, 2]; tied variables are equal, so remove it from `tie`"#]],
    );
}

fn with(name: &str, values: Array2<f32>) -> Checkpoint {
    let tensor = |array| Tensor::from_array(array).unwrap();
    Checkpoint::from_source(
        "a test",
        Memory::new([
            ("transformer.wte.weight", tensor(array![[0.0_f32, -0.0], [1.0, f32::NAN]])),
            (name, tensor(values)),
            ("transformer.h.0.b", Tensor::from_array(array![1.0_f32]).unwrap()),
        ]),
    )
}

#[test]
fn names_of_one_variable_are_equal_bit_for_bit() {
    let values = array![[0.0_f32, -0.0], [1.0, f32::NAN]];
    Gpt::load_with(&with("lm_head.weight", values.clone()), LoadOptions::new()).unwrap();
    let mut other = values;
    other[[0, 1]] = 0.0;
    refused(
        &with("lm_head.weight", other),
        &expect![
            "field `Gpt.wte`: `transformer.wte.weight` and `lm_head.weight` are tied, but reading them shows that their elements differ; take the name out of `tie`, and load it as a field of its own"
        ],
    );
}

#[test]
fn of_files_only_what_may_differ_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let model = Gpt {
        wte: array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        biases: vec![array![1.0], array![2.0]],
        scale: Some(0.5),
    };
    for file in ["model.ckpt", "model.safetensors", "model.npz"] {
        let path = folder.path().join(file);
        let each = model.save_with(&path, SaveOptions::new().tied(Tied::Each)).unwrap();
        assert_eq!(each.variables, 9, "{file}");
        assert_eq!(Gpt::load(&path).unwrap(), model);
    }
    // In TensorFlow's format, all names have one place.
    let data = folder.path().join("model.ckpt.data-00000-of-00001");
    assert_eq!(std::fs::metadata(data).unwrap().len(), 4 * (6 + 2 + 1));
}

#[test]
fn names_that_differ_in_files_are_told_by_checksums_or_by_reading() {
    #[derive(ToCheckpoint, FromCheckpoint)]
    struct Apart {
        #[ckpt(path = "transformer.wte.weight")]
        wte: Array2<f32>,
        #[ckpt(path = "lm_head.weight")]
        head: Array2<f32>,
        #[ckpt(path = "transformer.h.0.b")]
        bias: Array1<f32>,
    }
    let folder = tempfile::tempdir().unwrap();
    let apart = Apart { wte: array![[1.0]], head: array![[2.0]], bias: array![3.0] };
    for file in ["model.ckpt", "model.safetensors", "model.npz"] {
        let path = folder.path().join(file);
        apart.save(&path).unwrap();
        let error = Gpt::load(&path).unwrap_err().to_string();
        assert!(error.contains("reading them shows that their elements differ"), "{error}");
    }
}

#[test]
fn a_variable_is_saved_by_the_names_that_are_asked_for() {
    let model = Gpt { wte: array![[1.0, 2.0]], biases: vec![array![1.0]], scale: None };
    let names = |options| {
        let tensors = model.to_tensors(options).unwrap();
        let names = tensors.iter().map(|(name, _)| name.to_string().replace("transformer.", ""));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(names(SaveOptions::new()), "h.0.b wte.weight");
    assert_eq!(names(SaveOptions::new().tied(Tied::First)), "h.0.b wte.weight");
    let each = "b.0 embed.weight h.0.b lm_head.weight wte.weight";
    assert_eq!(names(SaveOptions::new().tied(Tied::Each)), each);
    let like = checkpoint("lm_head.weight [2, 1]\ntransformer.h.0.b [1]");
    assert_eq!(names(SaveOptions::new().like(&like)), "h.0.b lm_head.weight");
    let like = checkpoint("lm_head.weight [2, 1]\nembed.weight [2, 1]\ntransformer.b.0 [1]");
    assert_eq!(names(SaveOptions::new().like(&like)), "b.0 embed.weight lm_head.weight");
}

/// TensorFlow has the embeddings once, PyTorch under up to three names.
#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf(separator = ".")))]
#[expect(dead_code, reason = "only converted")]
struct Embeddings {
    #[ckpt(path = "model/wte")]
    #[ckpt(dialect(hf, path = "wte/weight", tie = ["lm_head/weight", "embed/weight"], transpose))]
    wte: Array2<f32>,
}

#[test]
fn a_conversion_takes_any_name_and_writes_the_first() {
    expect!["model/wte -> wte.weight : transpose\n"]
        .assert_eq(&rules::<Embeddings>("tf", "hf").unwrap().to_string());
    let back = rules::<Embeddings>("hf", "tf").unwrap();
    expect![[r#"
        optional wte.weight   -> model/wte : transpose
        prefer lm_head.weight -> model/wte : transpose
        prefer embed.weight   -> model/wte : transpose
    "#]]
    .assert_eq(&back.to_string());
    // A reversed rule writes the first name, too.
    expect!["optional model/wte -> wte.weight : transpose\n"]
        .assert_eq(&back.reversed().unwrap().to_string());
    let folder = tempfile::tempdir().unwrap();
    let values = array![[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let names = ["wte.weight", "lm_head.weight", "embed.weight"];
    for some in [&names[..1], &names[1..2], &names[1..], &names] {
        let tensor = |name: &&'static str| (*name, Tensor::from_array(values.clone()).unwrap());
        let hf = Checkpoint::from_source("a test", Memory::new(some.iter().map(tensor)));
        let path = folder.path().join(format!("{}.safetensors", some.concat()));
        let report = convert_model::<Embeddings>(&hf, &path, ConvertOptions::new()).unwrap();
        assert!(report.verified);
        let tf = Checkpoint::open(&path).unwrap();
        assert_eq!(tf.variables().len(), 1);
        assert_eq!(tf.read_array::<f32>("model/wte").unwrap(), values.t().into_dyn());
    }
    let other = Tensor::from_array(values.mapv(|value| value + 1.0)).unwrap();
    let values = Tensor::from_array(values).unwrap();
    let memory = Memory::new([("wte.weight", values), ("embed.weight", other)]);
    let hf = Checkpoint::from_source("a test", memory);
    let error = convert_model::<Embeddings>(&hf, folder.path().join("x"), ConvertOptions::new());
    expect!["field `Embeddings.wte`: `wte.weight` and `embed.weight` are tied, but reading them shows that their elements differ; take the name out of `tie`, and load it as a field of its own"].assert_eq(&error.unwrap_err().to_string());
}

//! Conversions by the names of an object graph: object paths and full names.

use checkpoint_core::{
    Checkpoint, ConvertError, ConvertOptions, FromCheckpoint, LoadOptions, Naming, Rules,
    SaveOptions, ToCheckpoint, convert, rules,
};
use checkpoint_tests::corpus;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};
use tempfile::TempDir;

/// A model of Keras 3, with the slots of its optimizer.
fn keras() -> Checkpoint {
    Checkpoint::open(corpus::case("gen/object-based").unwrap().prefix).unwrap()
}

const BY_OBJECTS: &str = "
    naming object_path
    model/_functional/_operations/1/_kernel -> hidden.weight : transpose
    model/_functional/_operations/1/bias -> hidden.bias
    model/_functional/_operations/3/_kernel -> logits.weight : transpose
    model/_functional/_operations/3/bias -> logits.bias
    ignore optimizer, bookkeeping, \"step\", \"model/_functional/_operations/2/*\"
";

const BY_FULL_NAMES: &str = "
    naming full_name
    sequential/hidden/kernel -> hidden.weight : transpose
    sequential/hidden/bias -> hidden.bias
    sequential/logits/kernel -> logits.weight : transpose
    sequential/logits/bias -> logits.bias
    ignore optimizer, bookkeeping, \"Variable\", \"sequential/batch_normalization/*\"
";

fn by_objects() -> Rules {
    Rules::parse(BY_OBJECTS).unwrap()
}

fn written(
    from: &Checkpoint,
    rules: &Rules,
    name: &str,
) -> Result<(TempDir, Checkpoint), ConvertError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let report = convert(from, &path, rules, ConvertOptions::new())?;
    assert!(report.verified, "{report}");
    Ok((folder, Checkpoint::open(&path).unwrap()))
}

fn names(checkpoint: &Checkpoint) -> Vec<String> {
    checkpoint.variables().iter().map(|variable| variable.name.to_string()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn refused(from: &Checkpoint, rules: &str, expected: Expect) {
    let error = Rules::parse(rules).map_err(ConvertError::from);
    let error = error.and_then(|rules| written(from, &rules, "x.npz")).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn both_kinds_of_names_lead_to_the_same_variables() {
    let (_one, by_paths) = written(&keras(), &by_objects(), "x.safetensors").unwrap();
    let by_full_names = Rules::parse(BY_FULL_NAMES).unwrap();
    let (_other, by_names) = written(&keras(), &by_full_names, "x.npz").unwrap();
    let expected = ["hidden.bias", "hidden.weight", "logits.bias", "logits.weight"];
    assert_eq!(names(&by_paths), expected);
    for name in expected {
        assert_eq!(by_paths.read(name).unwrap(), by_names.read(name).unwrap());
    }
    let kernel = keras().read_array::<f32>("sequential/hidden/kernel").unwrap();
    assert_eq!(by_paths.read_array::<f32>("hidden.weight").unwrap(), kernel.t());
}

#[test]
fn names_are_kept_without_rules() {
    let full = Rules::default().named_by(Naming::FullName).ignore("optimizer").unwrap();
    let (_folder, new) = written(&keras(), &full, "x.safetensors").unwrap();
    assert_eq!(new.variables().len(), 10);
    assert!(names(&new).contains(&"sequential/logits/kernel".to_owned()), "{:?}", names(&new));
    // The globs of `only` match names of the same kind.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let options = ConvertOptions::new().only(["sequential/*/kernel"]);
    convert(&keras(), &path, &full, options).unwrap();
    let new = Checkpoint::open(&path).unwrap();
    assert_eq!(names(&new), ["sequential/hidden/kernel", "sequential/logits/kernel"]);
}

#[test]
fn reversed_rules_write_an_object_graph() {
    let (_one, new) = written(&keras(), &by_objects(), "x.safetensors").unwrap();
    let back = by_objects().reversed().unwrap();
    let (_other, back) = written(&new, &back, "model.ckpt").unwrap();
    assert!(back.object_graph().unwrap().is_some());
    let key = "model/_functional/_operations/1/_kernel/.ATTRIBUTES/VARIABLE_VALUE";
    assert!(names(&back).contains(&key.to_owned()), "{:?}", names(&back));
    for name in ["model/_functional/_operations/1/_kernel", "model/_functional/_operations/3/bias"]
    {
        assert_eq!(back.read(name).unwrap(), keras().read(name).unwrap());
    }
    // Other formats have no object graph. Full names are the keys of TensorFlow 1.
    let (_folder, other) = written(&new, &by_objects().reversed().unwrap(), "x.npz").unwrap();
    assert!(names(&other).contains(&"model/_functional/_operations/1/_kernel".to_owned()));
    let by_names = Rules::parse(BY_FULL_NAMES).unwrap().reversed().unwrap();
    let (_folder, other) = written(&new, &by_names, "model.ckpt").unwrap();
    assert_eq!(names(&other).last().unwrap(), "sequential/logits/kernel");
}

#[test]
fn the_text_of_rules_has_the_kind_of_names() {
    let there = Rules::parse("naming object_path\na -> b").unwrap();
    assert_eq!(there.to_string(), "naming object_path\na -> b\n");
    let back = there.reversed().unwrap();
    assert_eq!(back.to_string(), "reverse naming object_path\nb -> a\n");
    assert_eq!(
        Rules::parse(&back.to_string()).unwrap().reversed().unwrap().to_string(),
        there.to_string()
    );
}

#[test]
fn rules_are_strict_with_all_kinds_of_names() {
    refused(
        &keras(),
        "naming object_path\nstep -> step\nmodel/_functional/_operations/1/kernel -> w\nignore optimizer, \"model/**/bias\"",
        expect![[r#"
            the rules have 7 problems
            - line 3: missing variable `model/_functional/_operations/1/kernel`; did you mean `model/_functional/_operations/1/_kernel`?
            - no rule takes `model/_functional/_operations/2/moving_mean`, f32 [16]; write one, or `ignore` it
            - no rule takes `model/_functional/_operations/2/moving_variance`, f32 [16]; write one, or `ignore` it
            - no rule takes `optimizer/_trainable_variables/0`, f32 [8, 16]; write one, or `ignore` it
            - no rule takes the 2 variables `optimizer/_trainable_variables/<2..4>`, f32 [16]; write one, or `ignore` them
            - no rule takes `optimizer/_trainable_variables/4`, f32 [16, 3]; write one, or `ignore` it
            - no rule takes `save_counter`, i64 []; write one, or `ignore` it"#]],
    );
    refused(
        &keras(),
        "sequential/hidden/kernel -> w",
        expect![[r#"
        the rules have 1 problem
        - no rule takes any key, but `sequential/hidden/kernel` is a full name; write the line `naming full_name`"#]],
    );
    refused(
        &keras(),
        "naming full_names\na -> b",
        expect![[r#"
        the rules have 1 problem
        - line 1: unknown naming `full_names`; write `key`, `object_path` or `full_name`"#]],
    );
    refused(
        &keras(),
        "naming full_name\nnaming object_path\na -> b",
        expect![[r#"
        the rules have 1 problem
        - line 2: an earlier line has `naming full_name`; remove one of them"#]],
    );
    let gpt2 = Checkpoint::open(corpus::case("models/gpt2-nano").unwrap().prefix).unwrap();
    refused(
        &gpt2,
        "naming full_name\nmodel/wte -> wte",
        expect![[
            r#"the checkpoint has no object graph for `naming = "full_name"`; remove `naming`"#
        ]],
    );
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(naming = "object_path", dialects(tf, hf(separator = ".")))]
#[ckpt(ignore(optimizer, bookkeeping, "step", "model/_functional/_operations/2/*"))]
struct Model {
    #[ckpt(path = "model/_functional/_operations/1", dialect(hf, path = "hidden"))]
    hidden: Dense,
    #[ckpt(path = "model/_functional/_operations/3", dialect(hf, path = "logits"))]
    logits: Dense,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(dialects(tf, hf))]
struct Dense {
    #[ckpt(path = "_kernel", dialect(hf, path = "weight", transpose))]
    kernel: Array2<f32>,
    bias: Array1<f32>,
}

#[test]
fn a_struct_is_saved_by_its_paths_where_there_is_no_object_graph() {
    let checkpoint = keras();
    let (model, _) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.safetensors", "x.npz", "x/"] {
        let path = folder.path().join(name);
        model.save(&path).unwrap();
        let saved = Checkpoint::open(&path).unwrap();
        let expected = ["1/_kernel", "1/bias", "3/_kernel", "3/bias"];
        assert_eq!(
            names(&saved),
            expected.map(|end| format!("model/_functional/_operations/{end}"))
        );
        assert_eq!(Model::load(&path).unwrap(), model);
    }
    // Variables to keep are called alike, and dtypes are those of the other checkpoint.
    let path = folder.path().join("like.safetensors");
    let options = SaveOptions::new().like(&checkpoint).keep(["**/moving_mean/**"]);
    model.save_with(&path, options).unwrap();
    let saved = Checkpoint::open(&path).unwrap();
    assert!(
        saved.get("model/_functional/_operations/2/moving_mean").is_some(),
        "{:?}",
        names(&saved)
    );
}

#[test]
fn a_dialect_with_other_names_is_saved_loaded_and_converted() {
    let (model, _) = Model::load_with(&keras(), LoadOptions::new()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hf.safetensors");
    model.save_with(&path, SaveOptions::new().dialect("hf")).unwrap();
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(names(&saved), ["hidden.bias", "hidden.weight", "logits.bias", "logits.weight"]);
    assert_eq!(Model::load(&path).unwrap(), model);
    let rules = rules::<Model>("tf", "hf").unwrap();
    expect![[r#"
        naming object_path
        model/_functional/_operations/1/_kernel -> hidden.weight : transpose
        model/_functional/_operations/1/bias    -> hidden.bias
        model/_functional/_operations/3/_kernel -> logits.weight : transpose
        model/_functional/_operations/3/bias    -> logits.bias
        ignore optimizer, bookkeeping, "step", "model/_functional/_operations/2/*"
    "#]]
    .assert_eq(&rules.to_string());
    let (_folder, converted) = written(&keras(), &rules, "x.safetensors").unwrap();
    for name in names(&saved) {
        assert_eq!(converted.read(&name).unwrap(), saved.read(&name).unwrap());
    }
}

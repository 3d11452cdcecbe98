//! Structs of `ckpt scaffold --dialect` load the checkpoints of both frameworks, with equal elements.

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, SaveOptions, ToCheckpoint};
use checkpoint_scaffold::{Options, Other, Scaffold};
use checkpoint_schema::naming::Names;
use expect_test::expect_file;

#[allow(
    unreachable_pub,
    dead_code,
    clippy::struct_field_names,
    reason = "a scaffold is for a library"
)]
mod bert;
#[allow(
    unreachable_pub,
    dead_code,
    clippy::struct_field_names,
    reason = "a scaffold is for a library"
)]
mod gpt2;
#[allow(
    unreachable_pub,
    dead_code,
    clippy::struct_field_names,
    reason = "a scaffold is for a library"
)]
mod mobilenet;

/// The checkpoints of a model that `transformers` converted: of TensorFlow, and of PyTorch.
fn checkpoints(model: &str) -> [Checkpoint; 2] {
    let folder: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/transformers").join(model);
    ["model.ckpt", "model.safetensors"].map(|name| Checkpoint::open(folder.join(name)).unwrap())
}

/// The text of the structs.
fn text(model: &str) -> String {
    let [tf, hf] = checkpoints(model);
    let (names, others) = (Names::of_keys(tf.catalog()), Names::of_keys(hf.catalog()));
    let mut options = Options::new("Model", model, tf.budget());
    options.save = true;
    options.other = Some(Other { name: "hf", names: &others });
    Scaffold::new(&names, options).unwrap().to_string()
}

/// Loads both checkpoints, and saves each in the names of the other.
fn check<T>(model: &str)
where
    T: for<'c> FromCheckpoint<'c> + ToCheckpoint,
{
    let both = checkpoints(model);
    let folder = tempfile::tempdir().unwrap();
    for (from, to, dialect) in [(&both[0], &both[1], "hf"), (&both[1], &both[0], "tf")] {
        let (value, report) = T::load_with(from, LoadOptions::new()).unwrap();
        assert_ne!(report.dialect, Some(dialect));
        let path = folder.path().join(format!("{dialect}.safetensors"));
        value.save_with(&path, SaveOptions::new().dialect(dialect)).unwrap();
        for variable in Checkpoint::open(&path).unwrap().variables() {
            let saved = Checkpoint::open(&path).unwrap().read(&variable.name).unwrap();
            assert_eq!(saved, to.read(&variable.name).unwrap(), "{}", variable.name);
        }
    }
}

#[test]
fn bert_loads_both() {
    expect_file!["bert.rs"].assert_eq(&text("bert"));
    check::<bert::Model>("bert");
}

#[test]
fn gpt2_loads_both() {
    expect_file!["gpt2.rs"].assert_eq(&text("gpt2"));
    check::<gpt2::Model>("gpt2");
}

#[test]
fn mobilenet_loads_both() {
    expect_file!["mobilenet.rs"].assert_eq(&text("mobilenet-v1"));
    check::<mobilenet::Model>("mobilenet-v1");
}

//! Variables that no field holds: `constant`.

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, SaveOptions, Tensor, ToCheckpoint, rules,
};
use expect_test::expect;
use ndarray::{Array1, array};
use tempfile::TempDir;

/// PyTorch has a counter of batches, TensorFlow has not.
#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(dialect(hf, constant(path = "num_batches_tracked", value = 0, dtype = i64)))]
struct BatchNorm {
    #[ckpt(dialect(hf, path = "weight"))]
    gamma: Array1<f32>,
    #[ckpt(dialect(hf, path = "bias"))]
    beta: Array1<f32>,
    #[ckpt(dialect(hf, path = "running_mean"))]
    moving_mean: Array1<f32>,
    #[ckpt(dialect(hf, path = "running_var"))]
    moving_variance: Array1<f32>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(dialects(tf, hf(separator = ".")))]
struct Net {
    #[ckpt(path = "conv_<i>/bn", repeat(i = 1..))]
    #[ckpt(dialect(hf, path = "layer/<i-1>/bn"))]
    layers: Vec<BatchNorm>,
}

fn tensor(value: f32) -> Tensor {
    Tensor::from_array(array![value, value]).unwrap()
}

fn scalar<T: checkpoint_core::Element>(value: T) -> Tensor {
    Tensor::from_array(ndarray::arr0(value)).unwrap()
}

fn in_memory(tensors: impl IntoIterator<Item = (String, Tensor)>) -> Checkpoint {
    Checkpoint::from_source("a test", Memory::new(tensors))
}

fn names(checkpoint: &Checkpoint) -> Vec<String> {
    let variables = checkpoint.catalog().variables().iter();
    variables.map(|variable| format!("{} {}", variable.name, variable.spec())).collect()
}

fn tf() -> Checkpoint {
    let names = ["gamma", "beta", "moving_mean", "moving_variance"];
    in_memory((1..3_u8).flat_map(|layer| {
        names.map(|name| (format!("conv_{layer}/bn/{name}"), tensor(f32::from(layer))))
    }))
}

#[test]
fn a_dialect_has_a_constant_that_another_lacks() {
    let (net, _) = Net::load_with(&tf(), LoadOptions::new()).unwrap();
    let saved = net.to_tensors(SaveOptions::new()).unwrap();
    assert_eq!(saved.len(), 8);
    let saved = net.to_tensors(SaveOptions::new().dialect("hf")).unwrap();
    let hf = in_memory(saved.into_iter().map(|(name, tensor)| (name.to_string(), tensor)));
    expect![[r#"
        layer.0.bn.bias f32 [2]
        layer.0.bn.num_batches_tracked i64 []
        layer.0.bn.running_mean f32 [2]
        layer.0.bn.running_var f32 [2]
        layer.0.bn.weight f32 [2]
        layer.1.bn.bias f32 [2]
        layer.1.bn.num_batches_tracked i64 []
        layer.1.bn.running_mean f32 [2]
        layer.1.bn.running_var f32 [2]
        layer.1.bn.weight f32 [2]"#]]
    .assert_eq(&names(&hf).join("\n"));
    let counter = hf.read_array::<i64>("layer.1.bn.num_batches_tracked").unwrap();
    assert_eq!(counter, ndarray::arr0(0).into_dyn());
    let (again, report) = Net::load_with(&hf, LoadOptions::new()).unwrap();
    assert_eq!((&again, report.dialect), (&net, Some("hf")));
    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    assert_eq!(ignored, [("constant", 2)]);
    assert_eq!(report.variables, 8);
}

#[test]
fn a_constant_is_saved_in_all_formats() {
    let (net, _) = Net::load_with(&tf(), LoadOptions::new()).unwrap();
    let folder = TempDir::new().unwrap();
    for name in ["model.safetensors", "model.npz", "arrays/", "model.ckpt"] {
        let path = folder.path().join(name);
        net.save_with(&path, SaveOptions::new().dialect("hf")).unwrap();
        let checkpoint = Checkpoint::open(&path).unwrap();
        let counter = checkpoint.read_array::<i64>("layer.0.bn.num_batches_tracked").unwrap();
        assert_eq!(counter, ndarray::arr0(0).into_dyn(), "{name}");
        assert_eq!(Net::load_with(&checkpoint, LoadOptions::new()).unwrap().0, net);
    }
}

/// PyTorch first; `tf` lacks the counter, and `other` calls it otherwise.
#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(dialects(hf, tf, other), dims(n))]
#[ckpt(constant(
    path = "num_batches_tracked",
    value = 0,
    dtype = i64,
    dialect(tf, absent),
    dialect(other, path = "batches")
))]
#[ckpt(constant(path = "mask", value = -1.5, dtype = f32, shape = [2, n]))]
struct First {
    #[ckpt(shape = [n], dialect(tf, path = "gamma"), dialect(other, path = "scale"))]
    weight: Array1<f32>,
}

#[test]
fn a_constant_differs_between_dialects() {
    let first = First { weight: array![1.0, 2.0, 3.0] };
    let saved = |dialect| {
        let saved = first.to_tensors(SaveOptions::new().dialect(dialect)).unwrap();
        in_memory(saved.into_iter().map(|(name, tensor)| (name.to_string(), tensor)))
    };
    assert_eq!(
        names(&saved("hf")),
        ["mask f32 [2, 3]", "num_batches_tracked i64 []", "weight f32 [3]"]
    );
    assert_eq!(names(&saved("tf")), ["gamma f32 [3]", "mask f32 [2, 3]"]);
    assert_eq!(names(&saved("other")), ["batches i64 []", "mask f32 [2, 3]", "scale f32 [3]"]);
    let mask = saved("tf").read_array::<f32>("mask").unwrap();
    assert_eq!(mask, ndarray::Array2::from_elem((2, 3), -1.5).into_dyn());
    let (_, report) = First::load_with(&saved("other"), LoadOptions::new()).unwrap();
    assert_eq!(report.dialect, Some("other"));
}

#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(constant(path = "count", value = 7, dtype = u8))]
struct Counted {
    w: Array1<f32>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug)]
#[ckpt(constant(path = "count", value = 7, dtype = u8), ignore("ignored"))]
#[ckpt(constant(path = "ignored", value = 7, dtype = u8))]
#[ckpt(constant(path = "inner/w", value = 1.0, dtype = f32))]
struct Wrong {
    w: Array1<f32>,
    inner: Option<Inner>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug)]
struct Inner {
    w: f32,
}

#[test]
fn any_value_is_accepted_or_none() {
    for count in [None, Some(scalar(3_i64)), Some(scalar(0.5_f32))] {
        let count = count.map(|count| ("count".to_owned(), count));
        let tensors = [("w".to_owned(), tensor(1.0))].into_iter().chain(count);
        Counted::load_with(&in_memory(tensors), LoadOptions::new()).unwrap();
    }
}

#[test]
fn a_kept_constant_has_the_value_of_the_other_checkpoint() {
    let tensors = [("w", tensor(1.0)), ("count", scalar(5_u8))];
    let other = in_memory(tensors.map(|(name, tensor)| (name.to_owned(), tensor)));
    let (counted, _) = Counted::load_with(&other, LoadOptions::new()).unwrap();
    let count = |options: SaveOptions<'_>| {
        let saved = counted.to_tensors(options).unwrap();
        let (_, count) = saved.into_iter().find(|(name, _)| name.to_string() == "count").unwrap();
        count.as_bytes()[0]
    };
    assert_eq!(count(SaveOptions::new().like(&other)), 7);
    assert_eq!(count(SaveOptions::new().like(&other).keep(["count"])), 5);
}

/// Nothing gives `n` a value.
#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n), constant(path = "mask", value = 0.0, dtype = f32, shape = [2, n]))]
struct Masked {
    w: Array1<f32>,
}

#[test]
fn a_constant_has_a_known_shape() {
    let masked = Masked { w: array![1.0] };
    let error = masked.to_tensors(SaveOptions::new()).unwrap_err();
    expect![[r#"
        `Masked` cannot be saved: 1 problem
        - field `Masked.constant(mask)`: the lengths in `shape = [2, n]` are unknown; bind their symbols with `SaveOptions::bind`"#]].assert_eq(&error.to_string());
    let saved = masked.to_tensors(SaveOptions::new().bind("n", 3)).unwrap();
    let saved = in_memory(saved.into_iter().map(|(name, tensor)| (name.to_string(), tensor)));
    assert_eq!(names(&saved), ["mask f32 [2, 3]", "w f32 [1]"]);
}

/// A layer may have nothing but a constant.
#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(constant(path = "steps", value = 0, dtype = i64))]
struct Layer {
    w: Option<Array1<f32>>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Layers {
    #[ckpt(path = "layer_<i>", repeat)]
    layers: Vec<Layer>,
}

#[test]
fn a_constant_makes_an_item_that_a_load_finds() {
    let tensors = [
        ("layer_0/w", tensor(1.0)),
        ("layer_0/steps", scalar(0_i64)),
        ("layer_1/steps", scalar(0_i64)),
    ];
    let checkpoint = in_memory(tensors.map(|(name, tensor)| (name.to_owned(), tensor)));
    let (layers, _) = Layers::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(layers.layers, [Layer { w: Some(array![1.0, 1.0]) }, Layer { w: None }]);
    for options in [SaveOptions::new(), SaveOptions::new().like(&checkpoint)] {
        let saved = layers.to_tensors(options).unwrap();
        let saved = in_memory(saved.into_iter().map(|(name, tensor)| (name.to_string(), tensor)));
        assert_eq!(names(&saved), names(&checkpoint));
        assert_eq!(Layers::load_with(&saved, LoadOptions::new()).unwrap().0, layers);
    }
}

#[test]
fn a_constant_is_no_other_variable() {
    let tensors = [
        ("w", tensor(1.0)),
        ("count", tensor(1.0)),
        ("ignored", scalar(1_u8)),
        ("inner/w", scalar(1_f32)),
    ];
    let checkpoint = in_memory(tensors.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)));
    let error = Wrong::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    expect![[r#"
        `Wrong` does not fit the checkpoint `a test`: 3 problems
        - field `Wrong.constant(count)`: `count` is f32 [2] in the checkpoint, but [] in the struct; write its `shape` in `constant`, or another path
        - field `Wrong.constant(inner/w)`: `inner/w` is already loaded by `Wrong.inner.w`; only one field can take a variable
        - field `Wrong.constant(ignored)`: `ignored` is loaded, but `ignore` matches it too, by `ignored`; remove one of the two"#]].assert_eq(&error.to_string());
    let counted = Wrong { w: array![1.0], inner: Some(Inner { w: 2.0 }) };
    let error = counted.to_tensors(SaveOptions::new()).unwrap_err();
    expect![[r#"
        `Wrong` cannot be saved: 2 problems
        - field `Wrong.constant(inner/w)`: `inner/w` is already loaded by `Wrong.inner.w`; only one field can take a variable
        - field `Wrong.constant(ignored)`: `ignored` is loaded, but `ignore` matches it too, by `ignored`; remove one of the two"#]].assert_eq(&error.to_string());
}

#[test]
fn a_rule_moves_a_constant_and_makes_none() {
    expect![[r#"
        conv_<i>/bn/gamma           -> layer.<i-1>.bn.weight
        conv_<i>/bn/beta            -> layer.<i-1>.bn.bias
        conv_<i>/bn/moving_mean     -> layer.<i-1>.bn.running_mean
        conv_<i>/bn/moving_variance -> layer.<i-1>.bn.running_var
        reverse ignore "layer.*.bn.num_batches_tracked"
    "#]]
    .assert_eq(&rules::<Net>("tf", "hf").unwrap().to_string());
    expect![[r#"
        layer.<i-1>.bn.weight       -> conv_<i>/bn/gamma
        layer.<i-1>.bn.bias         -> conv_<i>/bn/beta
        layer.<i-1>.bn.running_mean -> conv_<i>/bn/moving_mean
        layer.<i-1>.bn.running_var  -> conv_<i>/bn/moving_variance
        ignore "layer.*.bn.num_batches_tracked"
    "#]]
    .assert_eq(&rules::<Net>("hf", "tf").unwrap().to_string());
    expect![[r#"
        weight                       -> scale
        optional num_batches_tracked -> batches
        optional mask                -> mask
    "#]]
    .assert_eq(&rules::<First>("hf", "other").unwrap().to_string());
    expect![[r#"
        weight        -> gamma
        optional mask -> mask
        ignore "num_batches_tracked"
    "#]]
    .assert_eq(&rules::<First>("hf", "tf").unwrap().to_string());
}

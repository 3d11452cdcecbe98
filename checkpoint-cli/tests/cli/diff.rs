//! `ckpt diff`

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, DType, Memory, Name, SaveOptions, Tensor};
use checkpoint_tests::corpus::arrays;
use checkpoint_tests::writer::Bundle;
use checkpoint_tests::writer::npy::{Order, npy};
use checkpoint_tests::writer::safetensors::safetensors;
use checkpoint_tests::writer::torch::archive;
use checkpoint_tests::writer::zip::{Entry, zip};
use expect_test::expect;
use ndarray::{Array2, array};
use tempfile::TempDir;

use crate::{Run, ckpt, flip, write};

/// Two checkpoints, called `A` and `B`.
struct Two {
    folder: TempDir,
}

impl Two {
    fn new(first: &[u8], second: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("A"), first).unwrap();
        fs::write(folder.path().join("B"), second).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, options: &[&str]) -> Run {
        let (first, second) = (self.path("A"), self.path("B"));
        let options = options.iter().map(Path::new);
        ckpt([Path::new("diff"), &first, &second].into_iter().chain(options))
    }

    fn shown(&self, options: &[&str]) -> String {
        self.run(options).shown().replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn tensors() -> Vec<(Name, Tensor)> {
    let mut all: Vec<(Name, Tensor)> = Vec::new();
    for layer in 0..3 {
        for part in ["w", "b"] {
            let numbers = Array2::from_shape_fn((2, 3), |(row, column)| {
                f32::from(u16::try_from(layer * 100 + row * 10 + column).unwrap()) + 1.0
            });
            all.push((format!("h{layer}/{part}").into(), Tensor::from_array(numbers).unwrap()));
        }
    }
    let large = Array2::from_shape_fn((600, 1000), |(row, column)| (row + column) % 7 != 0);
    let large = large.mapv(|flag| if flag { 1.0_f64 } else { -2.5 });
    all.push(("large".into(), Tensor::from_array(large).unwrap()));
    all.push(("step".into(), Tensor::from_array(ndarray::arr0(7_i64)).unwrap()));
    all
}

fn npz(tensors: &[(Name, Tensor)], order: Order) -> Vec<u8> {
    let entry = |(name, tensor): &(Name, Tensor)| {
        Entry::stored(&format!("{name}.npy"), &npy(tensor, order))
    };
    zip(&tensors.iter().map(entry).collect::<Vec<_>>(), false)
}

#[test]
fn the_same_in_other_formats_is_the_same() {
    let tensors = tensors();
    let fortran = Order { is_fortran: true, is_big: true };
    let forms = [
        safetensors(&tensors),
        npz(&tensors, Order::default()),
        npz(&tensors, fortran),
        archive(&tensors, Order::default()),
        archive(&tensors, fortran),
    ];
    for first in &forms {
        for second in &forms {
            let said = Two::new(first, second).run(&["--threads", "2"]).good();
            assert_eq!(said, "8 variables, 4.80 MB: the same\n");
        }
    }
    let two = Two::new(&forms[0], &forms[3]);
    assert_eq!(
        two.run(&["--no-values"]).good(),
        "8 variables: the same names, dtypes and shapes\n"
    );
}

#[test]
fn each_file_is_the_same_as_itself() {
    for (path, _) in arrays("numpy").unwrap().into_iter().chain(arrays("pytorch").unwrap()) {
        let said = ckpt(["diff".as_ref(), path.as_os_str(), path.as_os_str()]).good();
        assert!(said.ends_with(": the same\n"), "{said}");
    }
}

/// The same tensors with some changes.
fn changed() -> Vec<(Name, Tensor)> {
    let mut tensors = tensors();
    for (name, tensor) in &mut tensors {
        let text = name.to_string();
        if text.ends_with("/w") {
            let mut numbers = tensor.clone().into_array::<f32>().unwrap();
            let second = if text == "h1/w" { 100.0 } else { 0.25 };
            numbers[[1, 2]] += second;
            *tensor = Tensor::from_array(numbers).unwrap();
        } else if text == "large" {
            let mut numbers = tensor.clone().into_array::<f64>().unwrap();
            (numbers[[300, 500]], numbers[[599, 999]]) = (f64::NAN, 4.0);
            *tensor = Tensor::from_array(numbers).unwrap();
        } else if text == "step" {
            *tensor = Tensor::from_array(array![7_i64]).unwrap();
        } else if text == "h1/b" {
            *tensor = Tensor::from_array(array![[1.0_f64, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap();
        }
    }
    tensors.retain(|(name, _)| name.to_string() != "h2/b");
    let extra = (3..5).map(|layer| (format!("h{layer}/w").into(), tensors[0].1.clone()));
    tensors.extend(extra.collect::<Vec<_>>());
    tensors
}

#[test]
fn what_differs_is_said() {
    let two = Two::new(&safetensors(&tensors()), &npz(&changed(), Order::default()));
    expect![[r#"
        status 1
        only in `A`:
          h2/b  f32 [2, 3]
        only in `B`:
          h<3..5>/w  2 x f32 [2, 3]
        other dtype or shape:
          h1/b  f32 [2, 3] and f64 [2, 3]: 6 of 6 elements, by at most 107.0 (9.90e-1 relative); first [0, 0] is 101.0 and 1.0
          step  i64 [] and i64 [1]
        other values:
          h<0..3>/w  3 x f32 [2, 3]: 3 of 18 elements, by at most 100.0 (4.69e-1 relative); first `h0/w` [1, 2] is 13.0 and 13.25
          large  f64 [600, 1000]: 2 of 600,000 elements, 1 of them NaN in one alone, by at most 3.0 (7.50e-1 relative); first [300, 500] is 1.0 and NaN
        1 variable only in the first, 2 variables only in the second, 2 variables of another dtype or shape, 4 variables with other values
    "#]].assert_eq(&two.shown(&[]));
    expect![[r#"
        status 1
        only in `A`:
          h2/b  f32 [2, 3]
        only in `B`:
          h<3..5>/w  2 x f32 [2, 3]
        other dtype or shape:
          h1/b  f32 [2, 3] and f64 [2, 3]
          step  i64 [] and i64 [1]
        1 variable only in the first, 2 variables only in the second, 2 variables of another dtype or shape
    "#]].assert_eq(&two.shown(&["--no-values"]));
    let back = Two::new(&npz(&changed(), Order::default()), &safetensors(&tensors()));
    expect![[r#"
        status 1
        only in `A`:
          h<3..5>/w  2 x f32 [2, 3]
        only in `B`:
          h2/b  f32 [2, 3]
        other dtype or shape:
          h1/b  f64 [2, 3] and f32 [2, 3]: 6 of 6 elements, by at most 107.0 (9.90e-1 relative); first [0, 0] is 1.0 and 101.0
          step  i64 [1] and i64 []
        other values:
          h<0..3>/w  3 x f32 [2, 3]: 3 of 18 elements, by at most 100.0 (4.69e-1 relative); first `h0/w` [1, 2] is 13.25 and 13.0
          large  f64 [600, 1000]: 2 of 600,000 elements, 1 of them NaN in one alone, by at most 3.0 (7.50e-1 relative); first [300, 500] is NaN and 1.0
        2 variables only in the first, 1 variable only in the second, 2 variables of another dtype or shape, 4 variables with other values
    "#]].assert_eq(&back.shown(&[]));
}

#[test]
fn numbers_of_other_dtypes_are_compared() {
    let of = |dtype: DType, bytes: &[u8]| {
        let len = bytes.len() / dtype.width().unwrap();
        let tensor = Tensor::from_bytes(dtype, [len as u64], bytes).unwrap();
        vec![(Name::from("w"), tensor)]
    };
    let single = of(DType::Float32, bytes_of(&[1.0, 2.0, 3.0, 1.0 + f32::EPSILON]).as_slice());
    let half = of(DType::BFloat16, &[0x80, 0x3f, 0x00, 0x40, 0x40, 0x40, 0x80, 0x3f]);
    let exact = of(DType::Float32, bytes_of(&[1.0, 2.0, 3.0, 1.0]).as_slice());
    let ints = of(DType::Int8, &[1, 2, 3, 255]);
    let said = |first: &[(Name, Tensor)], second: &[(Name, Tensor)]| {
        Two::new(&safetensors(first), &safetensors(second)).shown(&[])
    };
    expect![[r#"
        status 1
        other dtype or shape:
          w  f32 [4] and bf16 [4]: 1 of 4 elements, by at most 1.1920928955078125e-7 (1.19e-7 relative); first [3] is 1.0000001 and 1.0
        1 variable of another dtype or shape
        status 1
        other dtype or shape:
          w  f32 [4] and bf16 [4]: the same numbers
        1 variable of another dtype or shape
        status 1
        other dtype or shape:
          w  bf16 [4] and i8 [4]: 1 of 4 elements, by at most 2.0 (2.00e0 relative); first [3] is 1.0 and -1
        1 variable of another dtype or shape
    "#]]
        .assert_eq(&[said(&single, &half), said(&exact, &half), said(&half, &ints)].concat());
}

fn bytes_of(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

#[test]
fn strings_are_compared() {
    let (_one, first) = write(Bundle::new().strings("s", &[3], &["a", "b", "c"]));
    let (_other, second) = write(Bundle::new().strings("s", &[3], &["a", "x\n", "y"]));
    let run = ckpt(["diff".as_ref(), first.as_os_str(), second.as_os_str()]).shown();
    expect![[r#"
        status 1
        other values:
          s  string [3]: 2 of 3 elements; first [1] is "b" and "x\n"
        1 variable with other values
    "#]]
    .assert_eq(&run);
    let same = ckpt(["diff".as_ref(), first.as_os_str(), first.as_os_str()]).good();
    assert_eq!(same, "1 variable, 10 B: the same\n");
}

#[test]
fn what_cannot_be_compared_is_trouble() {
    let two = Two::new(&npz(&tensors(), Order::default()), &npz(&tensors(), Order::default()));
    let len = fs::metadata(two.path("B")).unwrap().len();
    flip(&two.path("B"), usize::try_from(len / 2).unwrap());
    expect![[r#"
        status 2
        error: in `B`, cannot read `large`: the checksum of its 4800000 bytes at byte 1307 of the data file `B` is 99095453, but the checkpoint says 6b6b02b2; the file is damaged or of another checkpoint, fetch it again
        1 variable not compared
    "#]].assert_eq(&two.shown(&[]));
    fs::remove_file(two.path("B")).unwrap();
    expect![[r#"
        status 2
        error: there is no checkpoint `B`: no such file or directory, and no `B.index`; check the path
    "#]].assert_eq(&two.shown(&[]));
    let path = Path::new("numpy/unsupported.npz").as_os_str();
    expect![[r#"
        status 2
        error: in `numpy/unsupported.npz`, cannot read `long`: it is not supported: its elements are `<f16`, which is not supported; save them as another dtype
        error: in `numpy/unsupported.npz`, cannot read `objects`: it is not supported: its elements are pickled Python objects, which are never loaded; save it as an array of numbers or strings
        error: in `numpy/unsupported.npz`, cannot read `raw`: it is not supported: its elements are bytes without a meaning (`|V2`), as NumPy writes `bfloat16` and `float8`; save them as float32, or in safetensors
        error: in `numpy/unsupported.npz`, cannot read `record`: it is not supported: its elements are records of several fields; save each field as an array of its own
        error: in `numpy/unsupported.npz`, cannot read `time`: it is not supported: its elements are times (`<M8[D]`); save them as integers, by `.astype("int64")`
        5 variables not compared
    "#]]
    .assert_eq(&ckpt(["diff".as_ref(), path, path]).shown());
}

#[test]
fn names_and_layouts_are_compared_by_rules() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (hf, prefixed, nano) = (at("hf.safetensors"), at("prefixed.npz"), "models/gpt2-nano");
    ckpt(["convert", "--model", "gpt2", nano, &hf]).good();
    let said = ckpt(["diff", "--model", "gpt2", nano, &hf]).good();
    assert_eq!(said, "28 variables, 47.62 kB: the same\n");
    // The other way round, and with the prefix of a model with a head.
    let renamed = Checkpoint::open(&hf).unwrap();
    let renamed =
        renamed.tensors().map(|(name, tensor)| (format!("transformer.{name}"), tensor.unwrap()));
    let renamed = Checkpoint::from_source("renamed", Memory::new(renamed));
    renamed.save_as(&prefixed, SaveOptions::new()).unwrap();
    for checkpoint in [&hf, &prefixed] {
        let said = ckpt(["diff", "--model", "gpt2", "--reverse", checkpoint, nano]).good();
        assert_eq!(said, "28 variables, 47.62 kB: the same\n");
    }
}

#[test]
fn differences_are_told_by_the_new_names() {
    let mut tensors = tensors();
    let two = Two::new(&safetensors(&tensors), &[]);
    for (name, tensor) in &mut tensors {
        let text = name.to_string();
        if let Some(layer) = text.strip_prefix('h').and_then(|rest| rest.strip_suffix("/w")) {
            let mut numbers = tensor.clone().into_array::<f32>().unwrap();
            numbers[[0, 1]] += 0.5;
            *name = format!("layers.{layer}.weight").into();
            let transposed = numbers.t().as_standard_layout().into_owned();
            *tensor = Tensor::from_array(transposed).unwrap();
        } else if let Some(layer) = text.strip_prefix('h') {
            *name = format!("layers.{}", layer.replace("/b", ".bias")).into();
        }
    }
    fs::write(two.path("B"), safetensors(&tensors)).unwrap();
    let rules = two.path("rules");
    fs::write(
        &rules,
        "h<i>/w -> layers.<i>.weight : transpose\nh<i>/b -> layers.<i>.bias\nkeep \"large\"",
    )
    .unwrap();
    let rules = rules.display().to_string();
    expect![[r#"
        status 1
        other values:
          layers.<0..3>.weight  3 x f32 [3, 2]: 3 of 18 elements, by at most 0.5 (2.00e-1 relative); first `layers.0.weight` [1, 0] is 2.0 and 2.5
        ignored by `step` in `A`: 1 variable
        ignored by `step` in `B`: 1 variable
        3 variables with other values
    "#]].assert_eq(&two.shown(&["--rules", &rules, "--ignore", "step"]));
    expect![[r#"
        status 2
        error: the rules have 1 problem
        - no rule takes `step`, i64 []; write one, or `ignore` it
    "#]]
    .assert_eq(&two.shown(&["--rules", &rules]));
    expect![[r#"
        status 0
        ignored by `h*/**` in `A`: 6 variables
        ignored by `layers.**` in `B`: 6 variables
        2 variables, 4.80 MB: the same
    "#]]
    .assert_eq(&two.shown(&["--ignore", "h*/**", "--ignore", "layers.**"]));
}

//! safetensors: the files equal those of the crate `safetensors`.

use std::collections::HashMap;
use std::fs;

use checkpoint_core::{Checkpoint, DType, Memory, Name, Tensor, Writer};
use expect_test::expect;
use ndarray::{arr0, array};
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use tempfile::TempDir;

use crate::{names, quick, refused};

/// Tensors of several dtypes. The crate writes the widest first.
const TENSORS: [(&str, DType, Dtype, &[u64]); 8] = [
    ("b/half", DType::Float16, Dtype::F16, &[3]),
    ("a", DType::Float32, Dtype::F32, &[2, 1]),
    ("a.flags", DType::Bool, Dtype::BOOL, &[5]),
    ("ü \"quoted\"\n", DType::Int64, Dtype::I64, &[]),
    ("b/bf16", DType::BFloat16, Dtype::BF16, &[1, 2]),
    ("none", DType::Float64, Dtype::F64, &[0, 4]),
    ("f8", DType::Float8E4M3FN, Dtype::F8_E4M3, &[3]),
    ("B", DType::Float32, Dtype::F32, &[1]),
];

/// Returns the tensors with their bytes.
fn tensors() -> Vec<(Name, Tensor)> {
    let tensor = |(name, dtype, _, dims): (&str, DType, Dtype, &[u64])| {
        let elements: u64 = dims.iter().product();
        let bytes = dtype.width().unwrap() * usize::try_from(elements).unwrap();
        let bytes: Vec<u8> = (0..=1).cycle().take(bytes).collect();
        (Name::from(name), Tensor::from_bytes(dtype, dims, &bytes).unwrap())
    };
    TENSORS.map(tensor).into()
}

#[test]
fn a_file_has_the_bytes_that_the_crate_writes() {
    let folder = TempDir::new().unwrap();
    let [ours, streamed, theirs] = ["ours", "streamed", "theirs"]
        .map(|name| folder.path().join(format!("{name}.safetensors")));
    let tensors = tensors();
    let views = tensors.iter().zip(TENSORS).map(|((_, tensor), (name, _, dtype, dims))| {
        let dims = dims.iter().map(|&dim| usize::try_from(dim).unwrap()).collect();
        (name, TensorView::new(dtype, dims, tensor.as_bytes()).unwrap())
    });
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    serialize_to_file(views, Some(metadata), &theirs).unwrap();
    let source = Checkpoint::from_source("memory", Memory::new(tensors.clone()));
    source.save_as(&ours, quick()).unwrap();
    let mut writer = Writer::create_with(&streamed, quick()).unwrap();
    for (name, tensor) in &tensors {
        writer.add_tensor(name.clone(), tensor).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(
        names(folder.path()),
        ["ours.safetensors", "streamed.safetensors", "theirs.safetensors"]
    );
    let [ours, streamed, theirs] = [ours, streamed, theirs].map(|path| fs::read(path).unwrap());
    assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&theirs));
    assert!(ours == theirs && streamed == theirs);
}

#[test]
fn several_files_have_an_index() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.safetensors");
    let options = || quick().max_shard_size(12);
    let mut writer = Writer::create_with(&path, options()).unwrap();
    writer.add("b", &array![1.0_f32, 2.0]).unwrap();
    writer.add("a", &arr0(3_u8)).unwrap();
    writer.add("ü", &array![1_i32, 2, 3, 4, 5]).unwrap();
    writer.add("c", &arr0(4_i64)).unwrap();
    let report = writer.finish().unwrap();
    assert_eq!(
        names(folder.path()),
        [
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"
        ]
    );
    assert_eq!(report.checkpoint, folder.path().join("model.safetensors.index.json"));
    let index = fs::read_to_string(&report.checkpoint).unwrap();
    expect![[r#"
        {
          "metadata": {
            "total_size": 37
          },
          "weight_map": {
            "a": "model-00001-of-00003.safetensors",
            "b": "model-00001-of-00003.safetensors",
            "c": "model-00003-of-00003.safetensors",
            "\u00fc": "model-00002-of-00003.safetensors"
          }
        }
    "#]]
    .assert_eq(&index);
    let saved = Checkpoint::open(folder.path()).unwrap();
    assert_eq!(saved.read_array::<i32>("ü").unwrap(), array![1, 2, 3, 4, 5].into_dyn());
    let error = refused(&folder, saved.save_as(&path, quick()));
    expect!["`D/model-00001-of-00003.safetensors` already exists; save to another path, or replace it with `SaveOptions::overwrite`"].assert_eq(&error);
    saved.save_as(&report.checkpoint, quick().overwrite(true)).unwrap();
    assert_eq!(names(folder.path()), ["model.safetensors"]);
}

#[test]
fn what_safetensors_cannot_hold_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let one = |dtype| Tensor::from_bytes(dtype, [1], &[1]).unwrap();
    let tensors = [
        ("__metadata__".into(), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        (Name::from(b"\xff".to_vec()), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        ("words".into(), Tensor::from_strings([1], ["a"]).unwrap()),
        ("int4".into(), one(DType::Int4)),
        ("f4".into(), one(DType::Float4E2M1FN)),
    ];
    let source = Checkpoint::from_source("memory", Memory::new(tensors.to_vec()));
    let path = folder.path().join("model.safetensors");
    let error = refused(&folder, source.save_as(path, quick()));
    expect![[r#"
        cannot save `D/model.safetensors`: 5 problems
        - `__metadata__` is what safetensors calls its metadata; rename it
        - `f4` is f4_e2m1fn [1], which safetensors cannot hold; convert it to another dtype, leave it out, or save as TensorFlow
        - `int4` is i4 [1], which safetensors cannot hold; convert it to another dtype, leave it out, or save as TensorFlow
        - `words` is string [1], which safetensors cannot hold; leave it out, or save as TensorFlow
        - `\xff` is not UTF-8, which names in safetensors are; rename it"#]].assert_eq(&error);
    assert_eq!(names(folder.path()), [""; 0]);
}

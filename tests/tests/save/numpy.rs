//! Arrays of NumPy: the files equal those of NumPy.

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, DType, Memory, Name, Tensor, Writer};
use expect_test::expect;
use ndarray::{arr0, array};
use tempfile::TempDir;

use crate::{names, quick, refused};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/numpy-saved")
}

/// Returns the files in a folder, recursively, by their relative paths.
fn all_files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = all_files(&path).into_iter();
            files.extend(inner.map(|(file, bytes)| (Path::new(&name).join(file), bytes)));
        } else {
            files.push((PathBuf::from(name), fs::read(&path).unwrap()));
        }
    }
    files
}

#[test]
fn archives_of_numpy_are_saved_byte_for_byte() {
    let folder = TempDir::new().unwrap();
    let original = corpus().join("model.npz");
    let source = Checkpoint::open(&original).unwrap();
    let [copy, streamed] = ["copy.npz", "streamed.npz"].map(|name| folder.path().join(name));
    source.save_as(&copy, quick()).unwrap();
    let mut writer = Writer::create_with(&streamed, quick()).unwrap();
    for (name, tensor) in source.tensors() {
        writer.add_tensor(name.clone(), &tensor.unwrap()).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(names(folder.path()), ["copy.npz", "streamed.npz"]);
    let original = fs::read(original).unwrap();
    assert!(fs::read(copy).unwrap() == original);
    assert!(fs::read(streamed).unwrap() == original);
}

#[test]
fn directories_of_arrays_are_saved_byte_for_byte() {
    let folder = TempDir::new().unwrap();
    let source = Checkpoint::open(corpus().join("folder")).unwrap();
    let copy = folder.path().join("copy/");
    source.save_as(&copy, quick()).unwrap();
    let original = all_files(&corpus().join("folder"));
    assert_eq!(original.len(), 19);
    assert!(all_files(&copy) == original);
    let said = refused(&folder, source.save_as(&copy, quick()));
    expect![
        "`D/copy` already exists; save to another path, or replace it with `SaveOptions::overwrite`"
    ]
    .assert_eq(&said);
    let mut writer = Writer::create_with(&copy, quick().overwrite(true)).unwrap();
    writer.add("other", &array![1, 2, 3]).unwrap();
    writer.finish().unwrap();
    assert_eq!(names(&copy), ["other.npy"]);
    assert_eq!(names(folder.path()), ["copy"]);
}

#[test]
fn a_directory_with_other_files_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("model/sub")).unwrap();
    fs::write(at("model/a.npy"), "").unwrap();
    fs::write(at("model/sub/notes.txt"), "kept").unwrap();
    fs::write(at("file"), "kept").unwrap();
    fs::create_dir(at("x.npz")).unwrap();
    fs::write(at("x.npz/notes.txt"), "kept").unwrap();
    let create = |name: &str, format: &str| {
        let options = quick().overwrite(true).format(format);
        refused(&folder, Writer::create_with(at(name), options))
    };
    let all = [create("model/", "npy"), create("file", "npy"), create("x.npz", "npz")].join("\n");
    expect![[r#"
        cannot save a checkpoint as `D/model/`: it is a directory that has more than arrays; give another path
        cannot save a checkpoint as `D/file`: it is a file, and a directory is needed; give another path
        cannot save a checkpoint as `D/x.npz`: there is a directory in the place of a file; save to another path"#]].assert_eq(&all);
    assert_eq!(names(folder.path()), ["file", "model", "x.npz"]);
    assert_eq!(names(&at("model/sub")), ["notes.txt"]);
    // An empty folder is accepted.
    fs::create_dir(at("empty")).unwrap();
    let mut writer = Writer::create_with(at("empty/"), quick()).unwrap();
    writer.add("a", &array![1.0_f32]).unwrap();
    writer.finish().unwrap();
    assert_eq!(names(&at("empty")), ["a.npy"]);
}

#[test]
fn more_arrays_than_files_can_be_open() {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create_with(folder.path().join("many/"), quick()).unwrap();
    for number in 0..1500_i32 {
        writer.add(format!("layer/{number}"), &arr0(number)).unwrap();
    }
    writer.finish().unwrap();
    let saved = Checkpoint::open(folder.path().join("many")).unwrap();
    assert_eq!(saved.variables().len(), 1500);
    assert_eq!(saved.read_array::<i32>("layer/1234").unwrap(), arr0(1234).into_dyn());
}

#[test]
fn an_archive_has_more_files_than_two_bytes_can_count() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("many.npz");
    let one = Tensor::from_array(arr0(7_u8)).unwrap();
    let tensors = (0..66_000).map(|number| (Name::from(format!("{number}")), one.clone()));
    let source = Checkpoint::from_source("memory", Memory::new(tensors));
    source.save_as(&path, quick()).unwrap();
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(saved.variables().len(), 66_000);
    assert_eq!(saved.read("65999").unwrap(), one);
}

#[test]
fn what_numpy_cannot_hold_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let tensors = [
        (Name::from(b"\xff".to_vec()), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        ("/absolute".into(), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        ("a/../../b".into(), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        (".hidden//x".into(), Tensor::from_array(arr0(1.0_f32)).unwrap()),
        ("words".into(), Tensor::from_strings([1], ["a"]).unwrap()),
        ("brain".into(), Tensor::from_bytes(DType::BFloat16, [1], &[1, 2]).unwrap()),
    ];
    let source = Checkpoint::from_source("memory", Memory::new(tensors.to_vec()));
    let archive = refused(&folder, source.save_as(folder.path().join("model.npz"), quick()));
    let directory = refused(&folder, source.save_as(folder.path().join("model/"), quick()));
    expect![[r#"
        cannot save `D/model.npz`: 5 problems
        - `/absolute` cannot be the path of a file; rename it
        - `a/../../b` cannot be the path of a file; rename it
        - `brain` is bf16 [1], which NumPy cannot hold; convert it to another dtype, leave it out, or save as safetensors or TensorFlow
        - `words` is string [1], which NumPy cannot hold; leave it out, or save as TensorFlow
        - `\xff` is not UTF-8, which names of NumPy arrays are; rename it
        cannot save `D/model/`: 6 problems
        - `.hidden//x` cannot be the path of a file; rename it
        - `/absolute` cannot be the path of a file; rename it
        - `a/../../b` cannot be the path of a file; rename it
        - `brain` is bf16 [1], which NumPy cannot hold; convert it to another dtype, leave it out, or save as safetensors or TensorFlow
        - `words` is string [1], which NumPy cannot hold; leave it out, or save as TensorFlow
        - `\xff` is not UTF-8, which names of NumPy arrays are; rename it"#]].assert_eq(&[archive, directory].join("\n"));
    assert_eq!(names(folder.path()), [""; 0]);
}

//! Variables that a checkpoint lists, but that cannot be read: incomplete ones, and those with invalid entries. All others can be
//! read.

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::{Bundle, Data, Entry, Extent, V1};
use expect_test::{Expect, expect};
use ndarray::{Array0, Array1, Array2};
use tempfile::TempDir;

/// Returns a checkpoint with an incomplete slot `w/Adagrad`, as TensorFlow 1 writes it for one part of `w`.
fn with_slot() -> Bundle {
    let slot: Vec<u8> = [9.0_f32; 4].iter().flat_map(|value| value.to_le_bytes()).collect();
    Bundle::new().f32("b", &[2], &[1.0, 2.0]).f32("w", &[4, 2], &[0.5; 8]).slice(
        "w/Adagrad",
        DType::Float32,
        &[4, 2],
        &[Extent::part(2, 2), Extent::WHOLE],
        slot,
    )
}

/// The same as a V1 checkpoint.
fn v1_with_slot() -> V1 {
    let slot: Vec<u8> = [9.0_f32; 4].iter().flat_map(|value| value.to_le_bytes()).collect();
    V1::new().f32("b", &[2], &[1.0, 2.0]).f32("w", &[4, 2], &[0.5; 8]).slice(
        "w/Adagrad",
        DType::Float32,
        &[4, 2],
        &[Extent::part(2, 2), Extent::WHOLE],
        slot,
    )
}

/// Writes both to folders of their own.
fn written() -> [(TempDir, PathBuf); 2] {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let paths = [folders[0].path().join("model.ckpt"), folders[1].path().join("model.ckpt")];
    with_slot().write(&paths[0]).unwrap();
    v1_with_slot().write(&paths[1]).unwrap();
    let mut written = folders.into_iter().zip(paths);
    std::array::from_fn(|_| written.next().unwrap())
}

fn shown(error: &impl std::fmt::Display, path: &Path) -> String {
    format!("{}\n", error.to_string().replace(&path.display().to_string(), "model.ckpt"))
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Model {
    b: Array1<f32>,
    w: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore(optimizer))]
struct Ignoring {
    #[ckpt(flatten)]
    model: Model,
}

#[derive(FromCheckpoint, Debug)]
#[ckpt(dims(rows))]
struct WithSlot {
    #[ckpt(flatten)]
    _model: Model,
    #[ckpt(path = "w/Adagrad", shape = [rows, 2])]
    _slot: Array2<f32>,
}

#[test]
fn a_struct_that_ignores_an_incomplete_variable_is_loaded() {
    for (_folder, path) in written() {
        let model = Ignoring::load(path).unwrap().model;
        let expected = Model { b: Array1::from(vec![1.0, 2.0]), w: Array2::from_elem((4, 2), 0.5) };
        assert_eq!(model, expected);
    }
}

#[test]
fn a_field_of_an_incomplete_variable_is_a_problem() {
    for (_folder, path) in written() {
        let error = WithSlot::load(&path).unwrap_err();
        expect![[r#"
            `WithSlot` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `WithSlot._slot`: `w/Adagrad` is incomplete: only 4 of its 8 elements were saved; load the others without it, or save it anew in TensorFlow
        "#]].assert_eq(&shown(&error, &path));
        let problem = serde_json::to_value(&error).unwrap()["problems"][0].clone();
        assert_eq!(
            (&problem["kind"], &problem["defect"]),
            (&"unreadable".into(), &"incomplete".into())
        );
        assert_eq!((&problem["saved"], &problem["elements"]), (&4.into(), &8.into()));
    }
}

#[test]
fn reading_an_incomplete_variable_is_an_error_and_reading_others_is_not() {
    for (_folder, path) in written() {
        let checkpoint = Checkpoint::open(&path).unwrap();
        let name = "w/Adagrad";
        assert_eq!(checkpoint.get(name).unwrap().spec().to_string(), "f32 [4, 2]");
        let verify = |name| checkpoint.verify_many([name], LoadOptions::new());
        let errors = [
            checkpoint.read(name).unwrap_err(),
            checkpoint.read_array::<f32>(name).unwrap_err(),
            checkpoint.read_into(name, &mut [0.0_f32; 8]).unwrap_err(),
            checkpoint.read_rows(name, 2..4).unwrap_err(),
            checkpoint.read_pieces(name, |_| {}).unwrap_err(),
            checkpoint.read_many(["w", name]).unwrap_err(),
            checkpoint.verify(name).unwrap_err(),
            verify(name).unwrap_err(),
        ];
        let expected = expect![[r#"
            cannot read `w/Adagrad`: it is incomplete: only 4 of its 8 elements were saved; load the others without it, or save it anew in TensorFlow
        "#]];
        for error in errors {
            expected.assert_eq(&shown(&error, &path));
        }
        verify("w").unwrap();
        let read = checkpoint.tensors().map(|(name, tensor)| (name.to_string(), tensor.is_ok()));
        let mut read: Vec<_> = read.collect();
        read.sort();
        let expected = [("b", true), ("w", true), ("w/Adagrad", false)];
        assert_eq!(read, expected.map(|(name, is_read)| (name.to_owned(), is_read)));
    }
}

#[derive(FromCheckpoint, Debug)]
#[ckpt(allow_unmapped)]
struct Sound {
    sound: Array0<f32>,
}

#[derive(FromCheckpoint, Debug)]
struct All {
    #[ckpt(path = "wrong")]
    _wrong: Array1<f32>,
    #[ckpt(path = "sound")]
    _sound: Array0<f32>,
}

/// Checks the error of a checkpoint after `change` makes the entry of one of two variables invalid.
fn check(change: impl Fn(&mut Entry), expected: &Expect) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let bundle = Bundle::new().f32("sound", &[], &[0.5]).f32("wrong", &[2], &[1.0, 2.0]);
    let mut index = bundle.write_data(&path).unwrap();
    change(index.entry("wrong"));
    index.write(&path).unwrap();
    assert_eq!(Sound::load(&path).unwrap().sound, ndarray::arr0(0.5));
    let checkpoint = Checkpoint::open(&path).unwrap();
    let spec = checkpoint.get("wrong").unwrap().spec();
    let read = checkpoint.read("wrong").unwrap_err();
    let load = All::load(&path).unwrap_err();
    expected.assert_eq(&format!("{spec}\n{}{}", shown(&read, &path), shown(&load, &path)));
}

#[test]
fn one_wrong_entry_refuses_its_variable_alone() {
    check(
        |entry| entry.shape = vec![-2],
        &expect![[r#"
            unknown
            cannot read `wrong`: it is damaged: its entry at byte 36 is wrong: its axis 0 has the length -2; fetch the file again
            `All` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `All._wrong`: `wrong` is damaged: its entry at byte 36 is wrong: its axis 0 has the length -2; fetch the file again
        "#]],
    );
    check(
        |entry| entry.dtype = 99,
        &expect![[r#"
            unknown
            cannot read `wrong`: it is damaged: its entry at byte 36 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
            `All` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `All._wrong`: `wrong` is damaged: its entry at byte 36 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
        "#]],
    );
    check(
        |entry| entry.size = 7,
        &expect![[r#"
            f32 [2]
            cannot read `wrong`: it is damaged: its entry at byte 36 is wrong: f32 [2] does not fit 7 bytes; fetch the file again
            `All` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `All._wrong`: `wrong` is damaged: its entry at byte 36 is wrong: f32 [2] does not fit 7 bytes; fetch the file again
        "#]],
    );
    check(
        |entry| entry.shard_id = 5,
        &expect![[r#"
            f32 [2]
            cannot read `wrong`: it is damaged: its entry at byte 36 is wrong: it is in data file 5, but there are 1, counted from 0; fetch the file again
            `All` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `All._wrong`: `wrong` is damaged: its entry at byte 36 is wrong: it is in data file 5, but there are 1, counted from 0; fetch the file again
        "#]],
    );
}

#[test]
fn overlapping_slices_refuse_their_variable_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let part = |start| [Extent::part(start, 2)];
    let bytes = || Data::from(vec![0; 2]);
    Bundle::new()
        .f32("sound", &[], &[0.5])
        .slice("wrong", DType::UInt8, &[3], &part(0), bytes())
        .slice("wrong", DType::UInt8, &[3], &part(1), bytes())
        .write(&path)
        .unwrap();
    assert_eq!(Sound::load(&path).unwrap().sound, ndarray::arr0(0.5));
    let error = Checkpoint::open(&path).unwrap().read("wrong").unwrap_err();
    expect![[r#"
        cannot read `wrong`: it is damaged: its entry at byte 90 is wrong: its slices 0 and 1 have elements in common; fetch the file again
    "#]].assert_eq(&shown(&error, &path));
}

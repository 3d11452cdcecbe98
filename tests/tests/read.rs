//! Reads: pieces, threads, shards, checksums, and files that do not match the index.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};
use tempfile::TempDir;

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Model {
    small: Array1<f32>,
    /// Larger than a piece, so that several threads share it.
    large: Array2<f32>,
}

const LARGE: [u64; 2] = [1030, 1031];

fn model() -> Model {
    let large = Array2::from_shape_fn((1030, 1031), |(row, column)| {
        f32::from(u16::try_from((row * 7919 + column) % 65_521).unwrap())
    });
    Model { small: Array1::from(vec![1.0, 2.0, 3.0]), large }
}

/// Writes the model with two data files.
fn write() -> (TempDir, PathBuf) {
    let (folder, model) = (tempfile::tempdir().unwrap(), model());
    let prefix = folder.path().join("model.ckpt");
    let bundle = Bundle::new().f32("small", &[3], model.small.as_slice().unwrap());
    bundle
        .in_shard(1)
        .f32("large", &LARGE, model.large.as_slice().unwrap())
        .write(&prefix)
        .unwrap();
    (folder, prefix)
}

fn data(prefix: &Path, shard: u32) -> PathBuf {
    prefix.with_file_name(format!("model.ckpt.data-{shard:05}-of-00002"))
}

#[test]
fn any_number_of_threads_reads_the_same() {
    let (_folder, prefix) = write();
    let checkpoint = Checkpoint::open(prefix).unwrap();
    for threads in [0, 1, 2, 7] {
        let (loaded, report) =
            Model::load_with(&checkpoint, LoadOptions::new().threads(threads)).unwrap();
        assert_eq!(loaded, model());
        assert_eq!(
            (report.variables, report.bytes, report.verified),
            (2, 12 + 4 * 1030 * 1031, true)
        );
    }
}

#[test]
fn progress_goes_from_nothing_to_all() {
    let (_folder, prefix) = write();
    let seen = Mutex::new(BTreeSet::new());
    let options = LoadOptions::new().on_progress(|progress| {
        assert_eq!(progress.total, 12 + 4 * 1030 * 1031);
        seen.lock().unwrap().insert(progress.done);
    });
    Model::load_with(&Checkpoint::open(prefix).unwrap(), options).unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&(12 + 4 * 1030 * 1031))));
    assert!(seen.len() > 10);
}

/// Checks the error of the model after its files were changed.
fn says(change: impl Fn(&Path), expected: Expect) {
    let (folder, prefix) = write();
    change(&prefix);
    let error = Model::load(&prefix).unwrap_err().to_string();
    expected.assert_eq(&error.replace(&folder.path().display().to_string(), "models"));
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_tensor_is_named() {
    says(
        |prefix| flip(&data(prefix, 0), 5),
        expect![
            "field `Model.small`: cannot read `small`: the checksum of its 12 bytes at byte 0 of the data file `models/model.ckpt.data-00000-of-00002` is 504ecb4b, but the checkpoint says 384de783; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    says(
        |prefix| flip(&data(prefix, 1), 4_200_000),
        expect![
            "field `Model.large`: cannot read `large`: the checksum of its 4247720 bytes at byte 0 of the data file `models/model.ckpt.data-00001-of-00002` is ca479892, but the checkpoint says 61930416; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
}

#[test]
fn a_damaged_tensor_is_loaded_if_nobody_wants_to_know() {
    let (_folder, prefix) = write();
    flip(&data(&prefix, 0), 3);
    let checkpoint = Checkpoint::open(&prefix).unwrap();
    let (loaded, report) = Model::load_with(&checkpoint, LoadOptions::new().verify(false)).unwrap();
    assert_eq!(
        (loaded.small[0], report.verified),
        (f32::from_bits(1.0_f32.to_bits() ^ 1 << 24), false)
    );
}

#[test]
fn a_data_file_that_is_cut_or_gone_is_named_before_anything_is_read() {
    says(
        |prefix| {
            fs::OpenOptions::new()
                .write(true)
                .open(data(prefix, 1))
                .unwrap()
                .set_len(4_000_000)
                .unwrap();
        },
        expect![
            "field `Model.large`: cannot read `large`: the data file `models/model.ckpt.data-00001-of-00002` has 4000000 bytes, but the checkpoint has 4247720 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    says(
        |prefix| fs::remove_file(data(prefix, 0)).unwrap(),
        expect![
            "field `Model.small`: cannot read `small`: cannot open the data file `models/model.ckpt.data-00000-of-00002`: no such file; fetch it too"
        ],
    );
}

#[test]
fn a_data_file_that_is_something_else_is_called_what_it_is() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4247720\n";
    says(
        |prefix| fs::write(data(prefix, 1), pointer).unwrap(),
        expect![
            "field `Model.large`: cannot read `large`: the data file `models/model.ckpt.data-00001-of-00002` is a pointer of Git LFS and not the file itself; run `git lfs pull`"
        ],
    );
    // The file is as long as in the index, or longer.
    says(
        |prefix| fs::write(data(prefix, 0), "\n<!DOCTYPE html>\n<title>Not found</title>").unwrap(),
        expect![
            "field `Model.small`: cannot read `small`: the data file `models/model.ckpt.data-00000-of-00002` is a web page and not the file itself; fetch what it links to"
        ],
    );
    says(
        |prefix| fs::write(data(prefix, 0), b"\x89HDF\r\n\x1a\n\0\0\0\0").unwrap(),
        expect![
            "field `Model.small`: cannot read `small`: the data file `models/model.ckpt.data-00000-of-00002` is an HDF5 file, which is not read; load it in Keras, and save it with `tf.train.Checkpoint(model=model).write(...)`"
        ],
    );
}

#[test]
fn only_the_data_files_that_are_needed_are_opened() {
    #[derive(FromCheckpoint)]
    #[ckpt(ignore("large"))]
    struct Small {
        small: Vec<f32>,
    }
    let (_folder, prefix) = write();
    fs::remove_file(data(&prefix, 1)).unwrap();
    assert_eq!(Small::load(prefix).unwrap().small, [1.0, 2.0, 3.0]);
}

/// Returns all pieces of `large`, joined, and their number.
fn pieces(prefix: &Path) -> (Result<(), String>, Vec<u8>, usize) {
    let checkpoint = Checkpoint::open(prefix).unwrap();
    let (mut bytes, mut pieces) = (Vec::new(), 0);
    let result = checkpoint.read_pieces("large", |piece| {
        assert!(piece.len() % 4 == 0 && piece.len() <= 4 << 20);
        bytes.extend_from_slice(piece);
        pieces += 1;
    });
    (result.map_err(|error| error.to_string()), bytes, pieces)
}

#[test]
fn the_pieces_of_a_variable_are_all_of_it() {
    let values = model().large;
    let expected: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let whole = || Bundle::new().f32("large", &LARGE, values.as_slice().unwrap());
    let sliced = |axis, lengths: [u64; 3]| {
        let bundle = Bundle::new();
        bundle.partition("large", DType::Float32, &LARGE, (axis, &lengths), &expected)
    };
    for bundle in [
        whole(),
        whole().big_endian(),
        sliced(0, [1000, 20, 10]),
        sliced(1, [1, 1000, 30]),
        sliced(1, [500, 500, 31]).big_endian(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("model.ckpt");
        bundle.write(&prefix).unwrap();
        let (result, bytes, count) = pieces(&prefix);
        result.unwrap();
        assert!(bytes == expected && count > 1);
    }
}

#[test]
fn damage_is_known_with_the_last_piece() {
    let (_folder, prefix) = write();
    flip(&data(&prefix, 1), 4_200_000);
    let (result, bytes, _) = pieces(&prefix);
    assert_eq!(bytes.len(), (4 * 1030 * 1031) / (256 << 10) * (256 << 10));
    expect!["cannot read `large`: the checksum of its 4247720 bytes at byte 0 of the data file `models/model.ckpt.data-00001-of-00002` is ca479892, but the checkpoint says 61930416; the file is damaged or of another checkpoint, fetch it again"].assert_eq(&result.unwrap_err().replace(&prefix.parent().unwrap().display().to_string(), "models"));
    fs::write(data(&prefix, 1), b"short").unwrap();
    let (result, bytes, _) = pieces(&prefix);
    assert!(bytes.is_empty());
    assert!(result.unwrap_err().contains("has 5 bytes"));
}

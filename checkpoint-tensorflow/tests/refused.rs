//! What would end the process, or would be read wrongly, is an error.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, DType, Name, Tensor};
use checkpoint_tensorflow::{compare, open, reads};
use checkpoint_tests::conformance::data;
use checkpoint_tests::tensorflow::found;
use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};
use tempfile::TempDir;

/// Writes a checkpoint into a folder of its own; `None`, and a notice, where there is no library.
fn written(bundle: Bundle) -> Option<(TempDir, PathBuf)> {
    found(checkpoint_tensorflow::version(), "what TensorFlow is not asked for")?;
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    Some((folder, prefix))
}

fn data_file(prefix: &Path) -> PathBuf {
    prefix.with_file_name("model.ckpt.data-00000-of-00001")
}

/// Checks an error, where the folder is called `D`.
#[track_caller]
fn says<T>(result: Result<T, impl ToString>, prefix: &Path, expected: &Expect) {
    let message = result.err().expect("an error").to_string();
    let folder = prefix.parent().unwrap().display().to_string();
    expected.assert_eq(&message.replace(&folder, "D"));
}

#[test]
fn dtypes_that_end_the_process_are_listed_and_not_read() {
    let dtypes = || DType::all().filter(|&dtype| !reads(dtype));
    let tensor = |dtype: DType| match dtype.width() {
        Some(width) => Tensor::from_bytes(dtype, [2], &vec![1; 2 * width]).unwrap(),
        None => Tensor::from_variants([2], ["", ""]).unwrap(),
    };
    let add = |bundle: Bundle, dtype: DType| {
        bundle.tensor(dtype.name(), dtype, &[2], data(&tensor(dtype)))
    };
    let bundle = dtypes().fold(Bundle::new().f32("w", &[1], &[0.5]), add);
    let Some((_folder, prefix)) = written(bundle) else { return };
    let checkpoint = open(&prefix).unwrap();
    for dtype in dtypes() {
        let variable = checkpoint.get(dtype.name()).unwrap();
        assert_eq!((variable.dtype, variable.shape.dims()), (dtype, &[2][..]));
        let problem = "which cannot be read through TensorFlow's C API; read it natively";
        let expected = format!("cannot read `{}`: it is {dtype}, {problem}", dtype.name());
        assert_eq!(checkpoint.read(dtype.name()).unwrap_err().to_string(), expected);
    }
    assert_eq!(dtypes().count(), 11);
    assert_eq!(checkpoint.read_array::<f32>("w").unwrap()[0].to_bits(), 0.5_f32.to_bits());
}

#[test]
fn names_that_the_library_cannot_be_asked_for_are_errors() {
    let bundle = Bundle::new().f32(b"\xff", &[1], &[1.0]).f32("good", &[1], &[2.0]);
    let Some((_folder, prefix)) = written(bundle) else { return };
    let checkpoint = open(&prefix).unwrap();
    assert_eq!(checkpoint.read("good").unwrap().spec().to_string(), "f32 [1]");
    says(
        checkpoint.read(b"\xff"),
        &prefix,
        &expect![[
            r#"cannot read `\xff`: TensorFlow cannot be asked for it: its name is not UTF-8; read it natively"#
        ]],
    );
    for other in ["a", "b"] {
        let bundle = Bundle::new().f32(b"a\0b", &[1], &[1.0]).f32(other, &[1], &[2.0]);
        bundle.write(&prefix).unwrap();
        let message = open(&prefix).unwrap_err().to_string();
        let problem = "its name has a zero byte, which cuts it off; read it natively";
        let expected = format!("TensorFlow lists `a` in `{}`, but {problem}", prefix.display());
        assert_eq!(message, expected);
    }
}

/// Their keys begin with a zero byte: the library lists them with an empty name, which ends the process if it is asked for.
#[test]
fn slices_of_no_variable_are_an_error() {
    let bundle = || Bundle::new().partition("p", DType::UInt8, &[4], (0, &[1, 3]), &[1_u8; 4]);
    let Some((_folder, prefix)) = written(bundle()) else { return };
    let mut index = bundle().write_data(&prefix).unwrap();
    index.entries.retain(|(key, _)| key != b"p");
    index.write(&prefix).unwrap();
    says(
        open(&prefix),
        &prefix,
        &expect![
            "TensorFlow lists `` in `D/model.ckpt`, but its name has a zero byte, which cuts it off; read it natively"
        ],
    );
}

#[test]
fn what_the_data_files_do_not_have_is_an_error() {
    let Some((_folder, prefix)) = written(Bundle::new().f32("w", &[3], &[1.0, 2.0, 3.0])) else {
        return;
    };
    let checkpoint = open(&prefix).unwrap();
    let file = OpenOptions::new().write(true).open(data_file(&prefix)).unwrap();
    file.set_len(11).unwrap();
    says(
        open(&prefix).unwrap().read("w"),
        &prefix,
        &expect![
            "cannot read `w`: TensorFlow cannot be asked for it: it is larger than the data files together; read it natively"
        ],
    );
    // It was whole when it was opened.
    says(
        checkpoint.read("w"),
        &prefix,
        &expect![
            "cannot read `w`: TensorFlow says OutOfRange: Read less bytes than requested; `ckpt verify` tells whether a file is damaged"
        ],
    );
    fs::remove_file(data_file(&prefix)).unwrap();
    says(
        checkpoint.read("w"),
        &prefix,
        &expect![
            "cannot read `w`: TensorFlow says NotFound: D/model.ckpt.data-00000-of-00001; No such file or directory; `ckpt verify` tells whether a file is damaged"
        ],
    );
}

#[test]
fn damaged_elements_are_an_error_of_both() {
    let bundle = Bundle::new().f32("w", &[2], &[1.0, 2.0]).strings("s", &[1], &["text"]);
    let Some((_folder, prefix)) = written(bundle) else { return };
    let mut bytes = fs::read(data_file(&prefix)).unwrap();
    bytes[2] ^= 1;
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(data_file(&prefix), bytes).unwrap();
    let (native, tensorflow) = (Checkpoint::open(&prefix).unwrap(), open(&prefix).unwrap());
    says(
        tensorflow.read("w"),
        &prefix,
        &expect![
            "cannot read `w`: TensorFlow says DataLoss: TensorBundle at D/model.ckpt shard 0 (8 bytes): Checksum does not match: stored 683723185 vs. calculated on the restored bytes 3354436264; `ckpt verify` tells whether a file is damaged"
        ],
    );
    says(
        tensorflow.read("s"),
        &prefix,
        &expect![
            "cannot read `s`: TensorFlow says DataLoss: TensorBundle at D/model.ckpt shard 0 (9 bytes): Checksum does not match: stored 815910488 vs. calculated on the restored bytes 3268037979; `ckpt verify` tells whether a file is damaged"
        ],
    );
    says(
        compare(&native, &tensorflow, &Name::from("w")),
        &prefix,
        &expect![
            "cannot read `w`: the checksum of its 8 bytes at byte 0 of the data file `D/model.ckpt.data-00000-of-00001` is c7f0a2a8, but the checkpoint says 28c0c9b1; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
}

#[test]
fn what_is_no_checkpoint_is_what_it_is_natively() {
    let Some((folder, prefix)) = written(Bundle::new().f32("w", &[1], &[1.0])) else { return };
    let message = |path: &Path| open(path).unwrap_err().to_string();
    assert_eq!(
        message(&folder.path().join("none")),
        Checkpoint::open(folder.path().join("none")).unwrap_err().to_string()
    );
    let index = prefix.with_extension("ckpt.index");
    let mut bytes = fs::read(&index).unwrap();
    bytes[3] ^= 1;
    fs::write(&index, bytes).unwrap();
    assert_eq!(message(&prefix), Checkpoint::open(&prefix).unwrap_err().to_string());
}

#[test]
fn a_checkpoint_of_several_v1_files_is_opened_by_what_natively_opens_it() {
    let Some((folder, _)) = written(Bundle::new().f32("w", &[1], &[1.0])) else { return };
    let path = |name: &str| folder.path().join(name);
    let part = |name: &str, value| checkpoint_tests::writer::V1::new().f32(name, &[1], &[value]);
    part("a", 1.0).write(path("old-00000-of-00002")).unwrap();
    part("b", 2.0).write(path("old-00001-of-00002")).unwrap();
    for name in ["old", "old-00001-of-00002", "old-?????-of-00002"] {
        let checkpoint = open(path(name)).unwrap();
        let read = |name| checkpoint.read_array::<f32>(name).unwrap()[0].to_bits();
        assert_eq!((read("a"), read("b")), (1.0_f32.to_bits(), 2.0_f32.to_bits()));
    }
}

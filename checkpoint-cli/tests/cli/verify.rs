//! `ckpt verify`

use std::fs;

use checkpoint_core::schema::dtype::DType;
use checkpoint_tests::corpus::{cases, real_cases};
use checkpoint_tests::writer::Bundle;
use expect_test::expect;

use crate::{ckpt, data_file, flip, three, write};

#[test]
fn a_checkpoint_as_it_was_written_is_good() {
    let (_folder, prefix) = write(three());
    for threads in ["1", "5"] {
        let run =
            ckpt(["verify".as_ref(), "--threads".as_ref(), threads.as_ref(), prefix.as_os_str()]);
        assert_eq!(run.good(), "3 variables, 1.20 MB: all checksums are right\n");
    }
}

#[test]
fn all_of_the_corpus_is_good() {
    for case in cases().unwrap().into_iter().chain(real_cases().unwrap()) {
        if case.truth.index_only {
            continue;
        }
        let verdict = ckpt(["verify".as_ref(), case.prefix.as_os_str()]).good();
        assert!(verdict.ends_with(": all checksums are right\n"), "{verdict}");
    }
}

#[test]
fn a_damaged_slice_and_a_damaged_string_are_found() {
    let slices = [1, 2, 3, 4, 5, 6];
    let bundle = Bundle::new()
        .partition("sliced", DType::UInt8, &[2, 3], (1, &[1, 2]), &slices)
        .strings("strings", &[1], &["good"]);
    let (_folder, prefix) = write(bundle);
    flip(&data_file(&prefix), 3);
    flip(&data_file(&prefix), 14);
    let run = ckpt(["verify".as_ref(), prefix.as_os_str()]).shown();
    expect![[r#"
        status 1
        error: cannot read `sliced`: the checksum of its 4 bytes at byte 2 of the data file `model.ckpt.data-00000-of-00001` is c3e62408, but the checkpoint says 66a7b676; the file is damaged or of another checkpoint, fetch it again
        error: cannot read `strings`: the checksum of its 9 bytes at byte 6 of the data file `model.ckpt.data-00000-of-00001` is 6b44e63c, but the checkpoint says 992f653f; the file is damaged or of another checkpoint, fetch it again
        damaged or missing: 2 of 2 variables
    "#]].assert_eq(&run.replace(&prefix.display().to_string(), "model.ckpt"));
}

#[test]
fn each_damaged_variable_is_named() {
    let (_folder, prefix) = write(three());
    flip(&data_file(&prefix), 7);
    flip(&data_file(&prefix), 1_200_010);
    expect![[r#"
        status 1
        error: cannot read `a`: the checksum of its 8 bytes at byte 0 of the data file `model.ckpt.data-00000-of-00001` is daab4ab2, but the checkpoint says 28c0c9b1; the file is damaged or of another checkpoint, fetch it again
        error: cannot read `step`: the checksum of its 8 bytes at byte 1200008 of the data file `model.ckpt.data-00000-of-00001` is 9941dc97, but the checkpoint says 7671b78e; the file is damaged or of another checkpoint, fetch it again
        damaged or missing: 2 of 3 variables
    "#]].assert_eq(&ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix));
    fs::remove_file(data_file(&prefix)).unwrap();
    let run = ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 1
        error: cannot read `a`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too
        error: cannot read `b/w`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too
        error: cannot read `step`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too
        damaged or missing: 3 of 3 variables
    "#]].assert_eq(&run);
}

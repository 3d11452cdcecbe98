//! `ckpt verify`

use std::fs;

use checkpoint_tests::corpus::{cases, real_cases};
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
        let run = ckpt(["verify".as_ref(), case.prefix.as_os_str()]);
        assert_eq!(run.status, 0, "{run:?}");
    }
}

#[test]
fn each_damaged_variable_is_named() {
    let (_folder, prefix) = write(three());
    flip(&data_file(&prefix), 7);
    flip(&data_file(&prefix), 1_200_010);
    expect![[r#"
        status 1
        error: cannot read `a`: the checksum of its 8 bytes at byte 0 of the data file `model.ckpt.data-00000-of-00001` is daab4ab2, but the index says 28c0c9b1; the file is damaged or of another checkpoint, so copy it again
        error: cannot read `step`: the checksum of its 8 bytes at byte 1200008 of the data file `model.ckpt.data-00000-of-00001` is 9941dc97, but the index says 7671b78e; the file is damaged or of another checkpoint, so copy it again
        damaged or missing: 2 of 3 variables
    "#]].assert_eq(&ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix));
    fs::remove_file(data_file(&prefix)).unwrap();
    let run = ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 1
        error: cannot read `a`: cannot open the data file `model.ckpt.data-00000-of-00001`: entity not found; put it beside the index
        error: cannot read `b/w`: cannot open the data file `model.ckpt.data-00000-of-00001`: entity not found; put it beside the index
        error: cannot read `step`: cannot open the data file `model.ckpt.data-00000-of-00001`: entity not found; put it beside the index
        damaged or missing: 3 of 3 variables
    "#]].assert_eq(&run);
}

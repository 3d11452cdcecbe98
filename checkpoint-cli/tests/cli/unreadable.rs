//! Variables that are listed, but cannot be read.

use std::path::PathBuf;

use checkpoint_core::DType;
use checkpoint_tests::writer::{Bundle, Extent};
use expect_test::{Expect, expect};
use tempfile::TempDir;

use crate::ckpt;

/// A sound variable, an incomplete one, and one with a dtype that there is not.
fn written() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    let bundle = Bundle::new()
        .f32("w", &[4, 2], &[0.5; 8])
        .slice("w/part", DType::UInt8, &[4], &[Extent::part(2, 2)], vec![1, 2])
        .f32("x", &[2], &[1.0, 2.0]);
    let mut index = bundle.write_data(&prefix).unwrap();
    index.entry("x").dtype = 99;
    index.write(&prefix).unwrap();
    (folder, prefix)
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn check(arguments: &[&str], expected: Expect) {
    let (_folder, prefix) = written();
    let place = prefix.display().to_string();
    let arguments = arguments.iter().map(|word| word.replace("model.ckpt", &place));
    expected.assert_eq(&ckpt(arguments).shown_of(&prefix));
}

#[test]
fn they_are_listed_as_such() {
    check(
        &["ls", "model.ckpt"],
        expect![[r#"
        status 0
        32 B  f32      [4, 2]  w
              u8       [4]     w/part (incomplete)
              unknown          x (damaged)
        3 variables, 2 of them incomplete or damaged, 8 elements, 32 B
    "#]],
    );
    check(
        &["ls", "--tree", "model.ckpt"],
        expect![[r#"
        status 0
        32 B  f32      [4, 2]  w
              u8       [4]       part
              unknown          x
        3 variables, 2 of them incomplete or damaged, 8 elements, 32 B
    "#]],
    );
    check(
        &["ls", "--json", "model.ckpt"],
        expect![[r#"
        status 0
        {"name":"w","dtype":"float32","shape":[4,2],"bytes":32}
        {"name":"w/part","dtype":"uint8","shape":[4],"defect":"incomplete","saved":2,"elements":4}
        {"name":"x","dtype":"unknown","shape":[],"defect":"damaged","reason":"its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again"}
    "#]],
    );
}

#[test]
fn verify_and_digest_name_them() {
    check(
        &["verify", "model.ckpt"],
        expect![[r#"
        status 1
        error: cannot read `w/part`: it is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        error: cannot read `x`: it is damaged: its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
        damaged or missing: 2 of 3 variables
    "#]],
    );
    check(
        &["digest", "model.ckpt"],
        expect![[r#"
        status 1
        error: cannot read `w/part`: it is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        error: cannot read `x`: it is damaged: its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
        {"name":"w","dtype":"float32","shape":[4,2],"sha256":"f09896aef1dbfb9ce734b68f8cd68c4687180da4c67c58696e65f78a2bcfa5b2"}
    "#]],
    );
}

#[test]
fn show_and_explain_say_what_is_known() {
    check(
        &["show", "model.ckpt", "w/part"],
        expect![[r#"
        status 1
        error: cannot read `w/part`: it is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        w/part
          dtype      u8
          shape      [4]
          elements   4
          stored     incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
    "#]],
    );
    check(
        &["show", "model.ckpt", "x"],
        expect![[r#"
        status 1
        error: cannot read `x`: it is damaged: its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
        x
          dtype      unknown
          stored     damaged: its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
    "#]],
    );
    check(
        &["explain", "model.ckpt", "x"],
        expect![[r#"
        status 0
        x
          dtype      unknown
          stored     damaged: its entry at byte 93 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again
    "#]],
    );
    check(
        &["explain", "--json", "model.ckpt", "w/part"],
        expect![[r#"
        status 0
        {"name":"w/part","dtype":"uint8","shape":[4],"defect":"incomplete","saved":2,"elements":4,"stored":[],"objects":[],"full_names":[],"slots":[]}
    "#]],
    );
}

#[test]
fn a_manifest_and_a_scaffold_leave_them_to_others() {
    check(
        &["manifest", "model.ckpt"],
        expect![[r#"
        status 0
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        w  f32 [4, 2]
        w/part  u8 [4]
        x  unknown
    "#]],
    );
    check(
        &["scaffold", "model.ckpt"],
        expect![[r#"
        status 0
        // These are incomplete or damaged, so that they are not loaded:
        // - `w/part`
        // - `x`

        use checkpoint_core::FromCheckpoint;
        use ndarray::Array2;

        /// 1 of the 3 variables of `model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(ignore("w/part", "x"))]
        pub struct Model {
            #[ckpt(shape = [4, 2])]
            pub w: Array2<f32>,
        }
    "#]],
    );
}

#[test]
fn a_conversion_counts_several_others() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    let bundle = Bundle::new().f32("w", &[1], &[0.5]);
    let bundle = ["a", "b", "c"].iter().fold(bundle, |bundle, name| bundle.f32(name, &[], &[1.0]));
    let mut index = bundle.write_data(&prefix).unwrap();
    for name in ["a", "b", "c"] {
        index.entry(name).dtype = 99;
    }
    index.write(&prefix).unwrap();
    let to = folder.path().join("to.npz");
    let run = ckpt(["convert".as_ref(), prefix.as_os_str(), to.as_os_str()]);
    expect![[r#"
        status 2
        error: `a` is damaged: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype 99; fetch the file again; or ignore it and 2 other variables that cannot be read
    "#]].assert_eq(&run.shown_of(&prefix));
}

#[test]
fn a_conversion_counts_those_that_it_would_need() {
    check(
        &["convert", "model.ckpt", "model.ckpt.npz"],
        expect![[r#"
        status 2
        error: `w/part` is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow; or ignore it and 1 other variable that cannot be read
    "#]],
    );
}

//! V1 checkpoints, which are one file.

use std::path::PathBuf;

use checkpoint_tests::writer::{TableOptions, V1};
use expect_test::expect;
use tempfile::TempDir;

use crate::{ckpt, flip};

/// Numbers, strings and nothing, each in a block of its own.
fn written() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let options = TableOptions { block_size: 1, ..TableOptions::default() };
    V1::new()
        .table(options)
        .f32("a", &[2], &[1.0, 2.0])
        .strings("s", &[2], &["hi", ""])
        .f32("none", &[0], &[])
        .write(&path)
        .unwrap();
    (folder, path)
}

#[test]
fn the_size_of_strings_is_not_known_before_they_are_read() {
    let (_folder, path) = written();
    let path = path.to_str().unwrap();
    expect![[r#"
        8 B  f32     [2]  a
        0 B  f32     [0]  none
             string  [2]  s
        3 variables, 4 elements, 8 B
    "#]]
    .assert_eq(&ckpt(["ls", path]).good());
    expect![[r#"
        8 B  f32     [2]  a
        0 B  f32     [0]  none
             string  [2]  s
        3 variables, 4 elements, 8 B
    "#]]
    .assert_eq(&ckpt(["ls", "--tree", path]).good());
    expect![[r#"
        {"name":"a","dtype":"float32","shape":[2],"bytes":8}
        {"name":"none","dtype":"float32","shape":[0],"bytes":0}
        {"name":"s","dtype":"string","shape":[2]}
    "#]]
    .assert_eq(&ckpt(["ls", "--json", path]).good());
    expect![[r#"
        s
          dtype      string
          shape      [2]
          elements   2
          stored     in another form than in memory
          shortest   0 bytes
          longest    2 bytes
          empty      1
          values     ["hi", ""]
    "#]]
    .assert_eq(&ckpt(["show", path, "s"]).good());
}

#[test]
fn a_damaged_block_is_found() {
    let (_folder, path) = written();
    let good = ckpt(["verify".as_ref(), path.as_os_str()]).good();
    expect![[r#"
        3 variables, 8 B: all checksums are right
    "#]]
    .assert_eq(&good);
    flip(&path, 150);
    let run = ckpt(["verify".as_ref(), path.as_os_str()]).shown();
    expect![[r#"
        status 1
        error: cannot read `none`: in `model.ckpt`, the block at byte 119 has the checksum 401e9aa2, but af2ef1bb is stored with it; the file is damaged, fetch it again
        damaged or missing: 1 of 3 variables
    "#]].assert_eq(&run.replace(&path.display().to_string(), "model.ckpt"));
}

//! A variable of 8 GB in a data file of 8 bytes. The commands run in 2 GB of memory.

use std::fs;
use std::process::Command;

use checkpoint_core::DType;
use checkpoint_tests::writer::{Bundle, V1};
use expect_test::{Expect, expect};

use crate::run;

/// The lengths of its axes.
const SHAPE: [u64; 2] = [2 << 20, 1 << 10];

/// Runs `ckpt` in 2 GB of address space, and returns its status and its messages.
fn limited(arguments: &[&str]) -> String {
    let limit = "ulimit -v 2000000; exec \"$@\"";
    let shell = ["-c", limit, "sh", env!("CARGO_BIN_EXE_ckpt")];
    let run = run(Command::new("sh").args(shell.iter().chain(arguments)));
    format!("{}: status {}\n{}", arguments[0], run.status, run.messages)
}

/// Checks the messages of all commands for the checkpoint `model` of a folder. They are equal for most.
fn check(folder: &tempfile::TempDir, expected: &Expect) {
    let path = |name: &str| folder.path().join(name).display().to_string();
    let model = path("model");
    let (npz, safetensors, copy) = (path("copy.npz"), path("copy.safetensors"), path("copy"));
    let said = [
        limited(&["ls", &model]),
        limited(&["manifest", &model]),
        limited(&["scaffold", &model]),
        limited(&["explain", &model, "w"]),
        limited(&["show", &model, "w"]),
        limited(&["verify", &model]),
        limited(&["digest", &model]),
        limited(&["diff", &model, &model]),
        limited(&["report", &model, "-o", "-"]),
        limited(&["convert", &model, &npz]),
        limited(&["convert", &model, &safetensors]),
        limited(&["convert", &model, &copy]),
    ];
    expected.assert_eq(&said.concat().replace(&model, "model"));
    assert_eq!(
        [npz, safetensors, copy + ".index"].map(|path| fs::exists(path).unwrap()),
        [false; 3]
    );
}

#[test]
fn in_a_v2_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model");
    let bundle = Bundle::new().tensor("w", DType::Float32, &[2], vec![0; 8]);
    let mut index = bundle.write_data(&prefix).unwrap();
    let entry = index.entry("w");
    (entry.shape, entry.size) = (SHAPE.map(u64::cast_signed).to_vec(), 8 << 30);
    index.write(&prefix).unwrap();
    check(
        &folder,
        &expect![[r#"
        ls: status 0
        manifest: status 0
        scaffold: status 0
        explain: status 0
        show: status 1
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        verify: status 1
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        digest: status 1
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        diff: status 2
        error: in `model`, cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        report: status 1
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        convert: status 2
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        convert: status 2
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        convert: status 2
        error: cannot read `w`: the data file `model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
    "#]],
    );
}

#[test]
fn in_a_v1_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = V1::new().tensor("w", DType::Float32, &SHAPE, vec![0; 8]);
    checkpoint.write(folder.path().join("model")).unwrap();
    check(
        &folder,
        &expect![[r#"
        ls: status 0
        manifest: status 0
        scaffold: status 0
        explain: status 0
        show: status 1
        error: cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again
        verify: status 1
        error: cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again
        digest: status 1
        error: cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again
        diff: status 2
        error: in `model`, cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again
        report: status 1
        error: cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again
        convert: status 2
        error: `w` is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again; or ignore it
        convert: status 2
        error: `w` is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again; or ignore it
        convert: status 2
        error: `w` is damaged: its entry at byte 7 is wrong: f32 [2097152, 1024] does not fit 3630 bytes; fetch the file again; or ignore it
    "#]],
    );
}

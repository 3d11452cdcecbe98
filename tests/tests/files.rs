//! Special files in place of files, and files that change while a checkpoint is open.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_tests::writer::{Bundle, StateFile, TableOptions, V1};
use expect_test::{Expect, expect};
use tempfile::TempDir;

/// Creates something at a path.
type Make = fn(&Path);

/// Special files.
const SPECIAL: [(&str, Make); 5] = [
    ("a directory", |path| fs::create_dir(path).unwrap()),
    ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("a device that never ends", |path| symlink("/dev/zero", path).unwrap()),
    ("a device that is empty", |path| symlink("/dev/null", path).unwrap()),
    ("a link to nothing", |path| symlink("gone", path).unwrap()),
];

#[derive(Debug, FromCheckpoint)]
struct Model {
    w: Vec<f32>,
}

/// Writes `v2` with the variable `w` in its second data file, and `v1` with the same.
fn write(folder: &Path) {
    let bundle = Bundle::new().shards(2).in_shard(1).f32("w", &[2], &[1.0, 2.0]);
    bundle.write(folder.join("v2")).unwrap();
    // Small blocks, so that a block of one variable is read each time.
    let table = TableOptions { block_size: 1, ..TableOptions::default() };
    let v1 = V1::new().table(table).f32("w", &[2], &[1.0, 2.0]);
    v1.write(folder.join("v1")).unwrap();
    StateFile::of("v2").write(folder).unwrap();
}

/// Returns the error of loading a model, with a timeout for reads that would wait forever.
fn load(folder: &TempDir, path: &str) -> String {
    let (sender, receiver) = channel();
    let path = folder.path().join(path);
    thread::spawn(move || sender.send(Model::load(path).unwrap_err().to_string()));
    let said = receiver.recv_timeout(Duration::from_mins(1)).expect("an error, and not a wait");
    said.replace(folder.path().to_str().unwrap(), "D")
}

/// Replaces a file by each special file, and loads the checkpoint at that path.
fn check(file: &str, path: &str, expected: &Expect) {
    let said = SPECIAL.map(|(name, make)| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        fs::remove_file(folder.path().join(file)).unwrap();
        make(&folder.path().join(file));
        format!("{name}: {}\n", load(&folder, path))
    });
    expected.assert_eq(&said.concat());
}

#[test]
fn what_is_no_file_is_no_index() {
    check(
        "v2.index",
        "v2",
        &expect![[r#"
        a directory: `D/v2.index` is not a regular file; check the path
        a pipe: `D/v2.index` is not a regular file; check the path
        a device that never ends: `D/v2.index` is not a regular file; check the path
        a device that is empty: `D/v2.index` is not a regular file; check the path
        a link to nothing: the data file `D/v2.data-00000-of-00002` cannot be read without its index `D/v2.index`; fetch the index too
    "#]],
    );
}

#[test]
fn what_is_no_file_is_no_index_by_its_own_name() {
    check(
        "v2.index",
        "v2.index",
        &expect![[r#"
            a directory: the directory `D/v2.index` has no `checkpoint` file that selects a checkpoint; it has no other checkpoint either, so check the path
            a pipe: `D/v2.index` is not a regular file; check the path
            a device that never ends: `D/v2.index` is not a regular file; check the path
            a device that is empty: `D/v2.index` is not a regular file; check the path
            a link to nothing: there is no checkpoint `D/v2.index`: no such file or directory, and no `D/v2.index.index`; check the path
        "#]],
    );
}

#[test]
fn what_is_no_file_is_nothing_of_a_directory() {
    let said = |name: &str, make: Make| {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join(name));
        format!("{}\n", load(&folder, ""))
    };
    let (_, make) = SPECIAL[1];
    let names =
        ["checkpoint", "a.index", ".index", "model.safetensors", "a.npz", "pytorch_model.bin"];
    expect![[r#"
        `D/checkpoint` is not a regular file; check the path
        `D/a.index` is not a regular file; check the path
        `D/.index` is not a regular file; check the path
        `D/model.safetensors` is not a regular file; check the path
        `D/a.npz` is not a regular file; check the path
        `D/pytorch_model.bin` is not a regular file; check the path
    "#]]
    .assert_eq(&names.map(|name| said(name, make)).concat());
}

#[test]
fn what_is_no_file_is_no_data_file() {
    check(
        "v2.data-00001-of-00002",
        "v2",
        &expect![[r#"
            a directory: field `Model.w`: cannot read `w`: the data file `D/v2.data-00001-of-00002` is not a regular file; put a copy of the file there
            a pipe: field `Model.w`: cannot read `w`: the data file `D/v2.data-00001-of-00002` is not a regular file; put a copy of the file there
            a device that never ends: field `Model.w`: cannot read `w`: the data file `D/v2.data-00001-of-00002` is not a regular file; put a copy of the file there
            a device that is empty: field `Model.w`: cannot read `w`: the data file `D/v2.data-00001-of-00002` is not a regular file; put a copy of the file there
            a link to nothing: field `Model.w`: cannot read `w`: cannot open the data file `D/v2.data-00001-of-00002`: no such file; fetch it too
        "#]],
    );
}

#[test]
fn what_is_no_file_is_no_v1_checkpoint() {
    check(
        "v1",
        "v1",
        &expect![[r#"
            a directory: the directory `D/v1` has no `checkpoint` file that selects a checkpoint; it has no other checkpoint either, so check the path
            a pipe: `D/v1` is not a regular file; check the path
            a device that never ends: `D/v1` is not a regular file; check the path
            a device that is empty: `D/v1` is not a regular file; check the path
            a link to nothing: there is no checkpoint `D/v1`: no such file or directory, and no `D/v1.index`; did you mean `D/v2`?
        "#]],
    );
}

#[test]
fn what_is_no_file_is_no_state_file() {
    check(
        "checkpoint",
        "",
        &expect![[r#"
            a directory: the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/v2` or `D/v1`
            a pipe: the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/v2` or `D/v1`
            a device that never ends: the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/v2` or `D/v1`
            a device that is empty: the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/v2` or `D/v1`
            a link to nothing: the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/v2` or `D/v1`
        "#]],
    );
}

/// Opens a checkpoint and reads from it, changes a file, and loads again.
fn changed(path: &str, file: &str, change: impl FnOnce(&Path), expected: &Expect) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let checkpoint = Checkpoint::open(folder.path().join(path)).unwrap();
    assert_eq!(Model::load_with(&checkpoint, LoadOptions::new()).unwrap().0.w, [1.0, 2.0]);
    change(&folder.path().join(file));
    let said = match Model::load_with(&checkpoint, LoadOptions::new()) {
        Ok((model, _)) => format!("{:?}", model.w),
        Err(error) => error.to_string().replace(folder.path().to_str().unwrap(), "D"),
    };
    expected.assert_eq(&said);
}

fn cut(path: &Path) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(5).unwrap();
}

/// Writes other bytes to the same file.
fn overwrite(path: &Path) {
    fs::write(path, vec![7; fs::read(path).unwrap().len()]).unwrap();
}

/// Replaces the file by another one.
fn replace(path: &Path) {
    let other = path.with_extension("other");
    fs::write(&other, [7; 4]).unwrap();
    fs::rename(other, path).unwrap();
}

const DATA: &str = "v2.data-00001-of-00002";

#[test]
fn a_data_file_that_is_cut_while_it_is_open_is_named_with_the_field_and_the_variable() {
    changed(
        "v2",
        DATA,
        cut,
        &expect![
            "field `Model.w`: cannot read `w`: cannot read byte 0 of the data file `D/v2.data-00001-of-00002`: unexpected end of file"
        ],
    );
}

#[test]
fn a_data_file_that_is_overwritten_while_it_is_open_has_another_checksum() {
    changed(
        "v2",
        DATA,
        overwrite,
        &expect![
            "field `Model.w`: cannot read `w`: the checksum of its 8 bytes at byte 0 of the data file `D/v2.data-00001-of-00002` is 86fc84e3, but the checkpoint says 28c0c9b1; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
}

#[test]
fn a_data_file_that_is_replaced_while_it_is_open_is_read_as_it_was() {
    changed("v2", DATA, replace, &expect!["[1.0, 2.0]"]);
    changed("v2", DATA, |path| fs::remove_file(path).unwrap(), &expect!["[1.0, 2.0]"]);
}

#[test]
fn an_index_that_changes_while_the_checkpoint_is_open_is_not_read_again() {
    changed("v2", "v2.index", cut, &expect!["[1.0, 2.0]"]);
}

#[test]
fn a_v1_checkpoint_that_is_cut_or_overwritten_while_it_is_open_is_named() {
    changed(
        "v1",
        "v1",
        cut,
        &expect![
            "field `Model.w`: cannot read `w`: cannot read byte 39 of the data file `D/v1`: unexpected end of file"
        ],
    );
    changed(
        "v1",
        "v1",
        overwrite,
        &expect![
            "field `Model.w`: cannot read `w`: in `D/v1`, the block at byte 39 has the checksum 01166e35, but 0e17b242 is stored with it; the file is damaged, fetch it again"
        ],
    );
    changed("v1", "v1", replace, &expect!["[1.0, 2.0]"]);
}

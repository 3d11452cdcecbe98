//! Opening: every form of path, and the errors for missing checkpoints.

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, Limits, OpenError, OpenOptions};
use checkpoint_tests::corpus;
use checkpoint_tests::writer::{Bundle, StateFile, V1};
use expect_test::{Expect, expect};
use tempfile::TempDir;

/// Creates a folder with the checkpoint `model.ckpt` in two data files, and a file `checkpoint` that names it.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let bundle = Bundle::new().f32("first", &[2], &[1.0, 2.0]).in_shard(1);
    bundle.f32("second", &[1], &[3.0]).write(folder.path().join("model.ckpt")).unwrap();
    StateFile::of("model.ckpt").write(folder.path()).unwrap();
    folder
}

fn second(path: &Path) -> Vec<f32> {
    let tensor = Checkpoint::open(path).unwrap().read("second").unwrap();
    tensor.into_array().unwrap().into_raw_vec_and_offset().0
}

/// Checks the error for a path in the folder. Messages show the folder as `D`.
fn check(folder: &TempDir, path: &str, expected: &Expect) {
    let error = Checkpoint::open(folder.path().join(path)).unwrap_err().to_string();
    expected.assert_eq(&(error.replace(folder.path().to_str().unwrap(), "D") + "\n"));
}

#[test]
fn a_checkpoint_is_opened_by_its_prefix_its_files_and_its_directory() {
    let folder = folder();
    let paths = [
        "model.ckpt",
        "model.ckpt.index",
        "model.ckpt.data-00000-of-00002",
        "model.ckpt.data-00001-of-00002",
        "checkpoint",
        "",
    ];
    for path in paths {
        assert_eq!(second(&folder.path().join(path)), [3.0], "`{path}`");
    }
}

/// Writes a checkpoint with this value of the variable `second`.
fn write(prefix: &Path, second: f32) {
    fs::create_dir_all(prefix.parent().unwrap()).unwrap();
    Bundle::new().f32("second", &[1], &[second]).write(prefix).unwrap();
}

#[test]
fn a_slash_at_the_end_tells_the_checkpoint_in_a_directory_from_the_one_beside_it() {
    let folder = TempDir::new().unwrap();
    let path = |path: &str| folder.path().join(path);
    write(&path("a"), 1.0);
    // The name by `save_weights("a/")` of Keras.
    write(&path("a_"), 2.0);
    fs::create_dir(path("a")).unwrap();
    fs::rename(path("a_.index"), path("a/.index")).unwrap();
    fs::rename(path("a_.data-00000-of-00001"), path("a/.data-00000-of-00001")).unwrap();
    assert_eq!(second(&path("a")), [1.0]);
    for name in ["a/", "a/.index", "a/.data-00000-of-00001"] {
        assert_eq!(second(&path(name)), [2.0], "{name}");
    }
    StateFile::of(".").write(path("a")).unwrap();
    assert_eq!(second(&path("a/checkpoint")), [2.0]);
    fs::remove_file(path("a.index")).unwrap();
    assert_eq!(second(&path("a")), [2.0]);
}

#[test]
fn an_index_may_have_another_name_than_its_data_files() {
    let folder = TempDir::new().unwrap();
    let path = |path: &str| folder.path().join(path);
    write(&path("model.ckpt-7"), 7.0);
    fs::rename(path("model.ckpt-7.index"), path("the index")).unwrap();
    assert_eq!(second(&path("the index")), [7.0]);
}

#[test]
fn a_data_file_that_is_still_being_written_is_told() {
    let folder = TempDir::new().unwrap();
    let path = |path: &str| folder.path().join(path);
    write(&path("model"), 7.0);
    let data = path("model.data-00000-of-00001");
    fs::rename(&data, path("model.data-00000-of-00001.tempstate12")).unwrap();
    let error = Checkpoint::open(path("model")).unwrap().read("second").unwrap_err().to_string();
    expect![[r#"
        cannot read `second`: there is no data file `D/model.data-00000-of-00001`, but `D/model.data-00000-of-00001.tempstate12` of an unfinished write; wait for it, or save the checkpoint again
    "#]].assert_eq(&(error.replace(folder.path().to_str().unwrap(), "D") + "\n"));
}

#[test]
fn the_variables_of_a_saved_model_are_opened_by_its_directory() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("variables")).unwrap();
    fs::write(folder.path().join("saved_model.pb"), "a graph").unwrap();
    let bundle = Bundle::new().f32("second", &[1], &[3.0]);
    bundle.write(folder.path().join("variables/variables")).unwrap();
    assert_eq!(second(folder.path()), [3.0]);
}

#[test]
fn the_latest_of_several_checkpoints_is_opened() {
    let directory = corpus::case("gen/state-relative").unwrap().prefix;
    let directory = directory.parent().unwrap();
    let checkpoint = Checkpoint::open(directory).unwrap();
    assert_eq!(checkpoint.path(), directory.join("model.ckpt-30"));
}

#[test]
fn a_checkpoint_file_of_another_machine_leads_to_the_one_beside_it() {
    let folder = folder();
    StateFile::of("/cns/home/runs/7/model.ckpt").write(folder.path()).unwrap();
    assert_eq!(second(folder.path()), [3.0]);
    StateFile::of("/cns/home/runs/7/model.ckpt-9").write(folder.path()).unwrap();
    check(
        &folder,
        "",
        &expect![[r#"
        `D/checkpoint` refers to the checkpoint `/cns/home/runs/7/model.ckpt-9`, but there is no `/cns/home/runs/7/model.ckpt-9.index` or `D/model.ckpt-9.index`; fetch it, or open `D/model.ckpt`
    "#]],
    );
}

#[test]
fn data_files_that_are_fewer_than_the_index_says_are_found() {
    let folder = TempDir::new().unwrap();
    let prefix = folder.path().join("merged");
    let mut index = Bundle::new().f32("second", &[1], &[3.0]).write_data(&prefix).unwrap();
    index.header.num_shards = 2;
    index.write(&prefix).unwrap();
    assert_eq!(second(&prefix), [3.0]);
}

#[test]
fn what_is_wrong_with_an_index_is_said_with_its_path() {
    let folder = folder();
    let index = folder.path().join("model.ckpt.index");
    let mut bytes = fs::read(&index).unwrap();
    bytes[20] ^= 1;
    fs::write(&index, &bytes).unwrap();
    check(
        &folder,
        "model.ckpt",
        &expect![[r#"
        cannot read the index `D/model.ckpt.index`: the block at byte 0 has the checksum de230e2e, but 912b0972 is stored with it; the file is damaged, fetch it again
    "#]],
    );
    fs::write(&index, "").unwrap();
    check(
        &folder,
        "model.ckpt",
        &expect![[r#"
        cannot read the index `D/model.ckpt.index`: the length of the file is 0, less than the 48 bytes in which an index ends; it is cut or something else, so check the path or fetch the file again
    "#]],
    );
}

#[test]
fn what_lies_where_the_index_should_be_is_called_what_it_is() {
    let folder = folder();
    let index = folder.path().join("model.ckpt.index");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4247720\n";
    fs::write(&index, pointer).unwrap();
    check(
        &folder,
        "model.ckpt",
        &expect![[r#"
        `D/model.ckpt.index` is a pointer of Git LFS and not the file itself; run `git lfs pull`
    "#]],
    );
}

#[test]
fn an_index_beyond_the_limits_is_refused() {
    let folder = folder();
    let mut limits = Limits::default();
    (limits.memory, limits.memory_per_byte) = (100, 0);
    let error = OpenOptions::new().limits(limits).open(folder.path()).unwrap_err();
    assert!(matches!(error, OpenError::Index { .. }), "{error}");
}

#[test]
fn a_v1_checkpoint_that_cannot_be_read_is_named_with_the_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("model.ckpt");
    let mut bytes = V1::new().f32("w", &[1], &[3.0]).to_bytes().unwrap();
    bytes[20] ^= 1;
    fs::write(file, bytes).unwrap();
    check(
        &folder,
        "model.ckpt",
        &expect![[r#"
        cannot read the V1 checkpoint `D/model.ckpt`: the block at byte 0 has the checksum dd12b91f, but 4f49928e is stored with it; the file is damaged, fetch it again
    "#]],
    );
}

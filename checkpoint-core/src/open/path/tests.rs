use std::fs;

use checkpoint_schema::format::tensorflow::table::MAGIC;
use expect_test::{Expect, expect};
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// A temporary directory with files.
struct Directory(TempDir);

impl Directory {
    fn of<const N: usize>(names: [&str; N]) -> Self {
        let directory = Self(TempDir::new().unwrap());
        for name in names {
            directory.write(name, b"");
        }
        directory
    }

    fn with(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        self.write(name, contents.as_ref());
        self
    }

    /// Adds a file that looks like a table.
    fn with_table(self, name: &str) -> Self {
        self.with(name, [&[0; 40], &MAGIC[..]].concat())
    }

    fn write(&self, name: &str, contents: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The checkpoint that is found at this path; `D` stands for the directory.
    fn find(&self, path: &str) -> String {
        let found = match find(&FileSystem::Local, &self.path(path)) {
            Ok(Found { prefix, version: Version::V2 { index } }) => {
                let other = if index == index_path(&prefix) { None } else { Some(index.display()) };
                let other = other.map(|index| format!(" with the index {index}"));
                let found = format!("V2 {}{}", prefix.display(), other.unwrap_or_default());
                other_format(&FileSystem::Local, &index).map_or(found, |error| error.to_string())
            }
            Ok(Found { prefix, version: Version::V1 { files } }) => {
                format!("V1 {}: {files:?}", prefix.display())
            }
            Err(error) => error.to_string(),
        };
        found.replace(self.0.path().to_str().unwrap(), "D")
    }

    fn check<const N: usize>(&self, paths: [&str; N], expected: &Expect) {
        let found = paths.map(|path| format!("{path:?}: {}\n", self.find(path)));
        expected.assert_eq(&found.concat());
    }
}

/// The index of a real checkpoint.
const INDEX: &[u8] = include_bytes!("../../../../tests/corpus/models/gpt2-nano/model.ckpt.index");

fn state(path: &str) -> String {
    format!("model_checkpoint_path: \"{path}\"\n")
}

#[test]
fn a_v2_checkpoint_is_found_by_its_prefix_and_by_its_files() {
    let directory = Directory::of([
        "model.ckpt.index",
        "model.ckpt.data-00000-of-00002",
        "model.ckpt.data-00001-of-00002",
        "step-100.index",
        "step-100.data-00000-of-123456",
    ]);
    let paths = [
        "model.ckpt",
        "model.ckpt/",
        "./model.ckpt",
        "model.ckpt.index",
        "model.ckpt.data-00000-of-00002",
        "model.ckpt.data-00001-of-00002",
        "step-100",
        "step-100.data-00000-of-123456",
    ];
    directory.check(
        paths,
        &expect![[r#"
        "model.ckpt": V2 D/model.ckpt
        "model.ckpt/": V2 D/model.ckpt
        "./model.ckpt": V2 D/./model.ckpt
        "model.ckpt.index": V2 D/model.ckpt
        "model.ckpt.data-00000-of-00002": V2 D/model.ckpt
        "model.ckpt.data-00001-of-00002": V2 D/model.ckpt
        "step-100": V2 D/step-100
        "step-100.data-00000-of-123456": V2 D/step-100
    "#]],
    );
}

#[test]
fn a_checkpoint_comes_before_a_directory_of_its_name() {
    let directory = Directory::of(["model.index", "model/other.index"]);
    directory.check(
        ["model"],
        &expect![[r#"
        "model": V2 D/model
    "#]],
    );
}

#[test]
fn a_slash_at_the_end_means_what_is_in_a_directory() {
    let directory = Directory::of(["a.index", "a/.index", "a/.data-00000-of-00001", "b.index"])
        .with("state/checkpoint", state("model"))
        .with("state/model.index", "")
        .with("state/.index", "")
        .with("keras/checkpoint", state("."))
        .with("keras/.index", "")
        .with("moved/checkpoint", state("/home/of/another/"))
        .with("moved/.index", "")
        .with("b/readme", "");
    let paths = [
        "a/",
        "a",
        "a/.",
        "a/.index",
        "a/.data-00000-of-00001",
        "state/",
        "state",
        "keras/",
        "keras",
        "keras/checkpoint",
        "moved",
        "b/",
        "b",
        "a.index/",
    ];
    directory.check(
        paths,
        &expect![[r#"
            "a/": V2 D/a/
            "a": V2 D/a
            "a/.": V2 D/a/
            "a/.index": V2 D/a/
            "a/.data-00000-of-00001": V2 D/a/
            "state/": V2 D/state/
            "state": V2 D/state/model
            "keras/": V2 D/keras/
            "keras": V2 D/keras/
            "keras/checkpoint": V2 D/keras/
            "moved": V2 D/moved/
            "b/": the directory `D/b/` has no `checkpoint` file that selects a checkpoint; open `D/b`
            "b": V2 D/b
            "a.index/": V2 D/a
        "#]],
    );
}

#[test]
fn an_index_of_another_name_is_found_with_the_data_files_beside_it() {
    let directory = Directory::of(["a/model.ckpt.data-00000-of-00001"])
        .with("a/model.ckpt", INDEX)
        .with("b/model.data-00000-of-00001", "")
        .with("b/model.idx", INDEX)
        .with("c/one.data-00000-of-00001", "")
        .with("c/renamed", INDEX)
        .with("c/two.data-00000-of-00001", "")
        .with("c/two.index", INDEX)
        .with("d/one.data-00000-of-00001", "")
        .with("d/two.data-00000-of-00001", "")
        .with("d/renamed", INDEX)
        .with("e/alone", INDEX)
        .with("f/checkpoint", state("model.index"))
        .with("f/model.index", INDEX)
        .with("g/checkpoint", state("renamed"))
        .with("g/renamed", INDEX)
        .with("g/model.data-00000-of-00001", "");
    let paths = ["a/model.ckpt", "b/model.idx", "c/renamed", "d/renamed", "e/alone", "f", "g"];
    directory.check(paths, &expect![[r#"
        "a/model.ckpt": V2 D/a/model.ckpt with the index D/a/model.ckpt
        "b/model.idx": V2 D/b/model with the index D/b/model.idx
        "c/renamed": V2 D/c/one with the index D/c/renamed
        "d/renamed": the data files of the index `D/d/renamed` have another name, maybe that of `D/d/one` or `D/d/two`; rename the index to the name of its data files, with `.index` at the end
        "e/alone": V2 D/e/alone with the index D/e/alone
        "f": V2 D/f/model
        "g": V2 D/g/model with the index D/g/renamed
    "#]]);
}

#[test]
fn the_variables_of_a_saved_model_are_found() {
    let directory = Directory::of([
        "binary/saved_model.pb",
        "binary/variables/variables.index",
        "text/saved_model.pbtxt",
        "text/variables/variables.index",
        "none/saved_model.pb",
    ]);
    let paths = ["binary", "text", "binary/variables/variables", "none", "binary/saved_model.pb"];
    directory.check(paths, &expect![[r#"
        "binary": V2 D/binary/variables/variables
        "text": V2 D/text/variables/variables
        "binary/variables/variables": V2 D/binary/variables/variables
        "none": the SavedModel `D/none` has no variables: there is no `D/none/variables/variables.index`; fetch the directory `variables` too
        "binary/saved_model.pb": `D/binary/saved_model.pb` has a graph and no variables; open `D/binary` instead
    "#]]);
}

#[test]
fn a_directory_without_a_checkpoint_file_lists_what_it_has() {
    let many = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("many/{name}.index"));
    let mut directory = Directory::of([
        "one/bert_model.ckpt.index",
        "two/a.index",
        "two/b.index",
        "exported/variables/variables.index",
        "none/vocab.txt",
    ]);
    for name in many {
        directory = directory.with(&name, "");
    }
    directory.check(["one", "two", "many", "exported", "none"], &expect![[r#"
        "one": the directory `D/one` has no `checkpoint` file that selects a checkpoint; open `D/one/bert_model.ckpt`
        "two": the directory `D/two` has no `checkpoint` file that selects a checkpoint; open `D/two/a` or `D/two/b`
        "many": the directory `D/many` has no `checkpoint` file that selects a checkpoint; open `D/many/a`, `D/many/b`, `D/many/c`, `D/many/d`, `D/many/e` or one of 2 more
        "exported": the directory `D/exported` has no `checkpoint` file that selects a checkpoint; open `D/exported/variables/variables`
        "none": the directory `D/none` has no `checkpoint` file that selects a checkpoint; it has no other checkpoint either, so check the path
    "#]]);
}

#[test]
fn the_latest_checkpoint_is_the_one_that_tensorflow_finds() {
    let cases = include_str!("../../../../tests/corpus/state/state.json");
    let cases: Value = serde_json::from_str(cases).unwrap();
    let directory = Directory::of([
        "model.ckpt-1.index",
        "model.ckpt-1.data-00000-of-00001",
        "sub/model.ckpt-3.index",
        "we ird.ckpt.index",
        "ü.ckpt.index",
        "nodata.ckpt.index",
        "onlydata.data-00000-of-00001",
    ]);
    let directory = directory.with_table("v1.ckpt").with_table("shardedv1-00000-of-00002");
    let here = directory.0.path().to_str().unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap().replace("D/", &format!("{here}/"));
        directory.write("checkpoint", text.as_bytes());
        let latest = find(&FileSystem::Local, directory.0.path()).ok().map(|found| found.prefix);
        let expected = match case["id"].as_str().unwrap() {
            // TensorFlow finds no checkpoint here.
            "absolute-foreign" => Some("D/model.ckpt-1"),
            _ => case["latest_checkpoint"].as_str(),
        };
        let expected = expected.map(|path| PathBuf::from(path.replace("D/", &format!("{here}/"))));
        assert_eq!(latest, expected, "{}", case["id"]);
    }
}

#[test]
fn paths_in_a_checkpoint_file_start_at_its_directory() {
    let directory = Directory::of(["a/model.index", "b/model.index"])
        .with("a/checkpoint", state("model"))
        .with("b/checkpoint", state("../a/model"))
        .with("c/checkpoint", state("./../a/model"));
    directory.check(
        ["a", "a/checkpoint", "b", "c"],
        &expect![[r#"
        "a": V2 D/a/model
        "a/checkpoint": V2 D/a/model
        "b": V2 D/b/../a/model
        "c": V2 D/c/./../a/model
    "#]],
    );
}

#[test]
fn a_path_of_another_machine_means_the_file_of_that_name() {
    let directory = Directory::of(["model.index", "sub/model.index"]);
    let paths = [
        "/cns/yo-d/home/albert_base/model",
        r"C:\\runs\\model",
        r"\\\\server\\runs\\model",
        "gs://bucket/runs/model",
        // On this machine, but missing.
        "runs/model",
        "/cns/runs/model-2",
    ];
    let found = paths.map(|path| {
        directory.write("checkpoint", state(path).as_bytes());
        directory.find("") + "\n"
    });
    expect![[r#"
        V2 D/model
        V2 D/model
        V2 D/model
        V2 D/model
        `D/checkpoint` refers to the checkpoint `runs/model`, but there is no `D/runs/model.index`; fetch it, or open `D/model`
        `D/checkpoint` refers to the checkpoint `/cns/runs/model-2`, but there is no `/cns/runs/model-2.index` or `D/model-2.index`; fetch it, or open `D/model`
    "#]].assert_eq(&found.concat());
}

#[test]
fn a_path_of_windows_may_have_single_backslashes() {
    let directory = Directory::of(["bert_model.ckpt.index", "runs/model.index"]);
    let paths =
        [r"C:\Users\someone\bert_model.ckpt", r"runs\model", r"runs\\model", r"C:\gone\model"];
    let found = paths.map(|path| {
        directory.write("checkpoint", state(path).as_bytes());
        directory.find("") + "\n"
    });
    expect![[r#"
        V2 D/bert_model.ckpt
        V2 D/runs/model
        V2 D/runs/model
        `D/checkpoint` refers to the checkpoint `C:\gone\model`, but there is no `D/C:\gone\model.index` or `D/model.index`; fetch it, or open `D/bert_model.ckpt`
    "#]].assert_eq(&found.concat());
}

#[test]
fn a_checkpoint_file_may_have_any_name() {
    let directory = Directory::of(["best_dev-1.index"])
        .with("best_dev_checkpoint", state("best_dev-1"))
        .with("gone", state("model"))
        .with("text", "model_checkpoint_path");
    directory.check(["best_dev_checkpoint", "gone", "text"], &expect![[r#"
        "best_dev_checkpoint": V2 D/best_dev-1
        "gone": `D/gone` refers to the checkpoint `model`, but there is no `D/model.index`; fetch it, or open `D/best_dev-1`
        "text": `D/text` is not a checkpoint of a known format, or its end is missing; check the path or fetch the file again
    "#]]);
}

#[test]
fn a_checkpoint_file_that_cannot_be_understood_is_named() {
    let long = "#".repeat((1 << 20) + 1);
    let directory = Directory::of(["none/checkpoint"])
        .with("broken/checkpoint", "model_checkpoint_path: model.ckpt\n")
        .with("long/checkpoint", long)
        .with("strange/checkpoint", state(r"a\nb\000"));
    directory.check(["none", "broken", "long", "strange"], &expect![[r#"
        "none": cannot read `D/none/checkpoint`: `model_checkpoint_path` is missing or empty; open a checkpoint by its prefix instead
        "broken": cannot read `D/broken/checkpoint`: line 1, column 24: expected a quoted string; open a checkpoint by its prefix instead
        "long": cannot read `D/long/checkpoint`: it is longer than 1048576 bytes; open a checkpoint by its prefix instead
        "strange": `D/strange/checkpoint` refers to the checkpoint `a\nb\u{0}`, but there is no `D/strange/a\nb\u{0}.index`, `D/strange/a\nb\000.index` or `D/strange/a/nb/000.index`; fetch it
    "#]]);
}

#[test]
fn a_v1_checkpoint_is_found_by_its_files_and_by_their_pattern() {
    let directory = Directory::of([])
        .with_table("model.ckpt")
        .with_table("export-00000-of-00001")
        .with_table("parts-00000-of-00002")
        .with_table("parts-00001-of-00002")
        .with("one/checkpoint", state("../model.ckpt"))
        .with("parts/checkpoint", state("/gone/parts-?????-of-00002"))
        .with_table("parts/parts-00000-of-00002")
        .with_table("parts/parts-00001-of-00002");
    let paths = [
        "model.ckpt",
        "export-00000-of-00001",
        "export",
        "parts-?????-of-00002",
        "parts-00001-of-00002",
        "one",
        "parts",
    ];
    directory.check(
        paths,
        &expect![[r#"
        "model.ckpt": V1 D/model.ckpt: ["D/model.ckpt"]
        "export-00000-of-00001": V1 D/export: ["D/export-00000-of-00001"]
        "export": V1 D/export: ["D/export-00000-of-00001"]
        "parts-?????-of-00002": V1 D/parts: ["D/parts-00000-of-00002", "D/parts-00001-of-00002"]
        "parts-00001-of-00002": V1 D/parts: ["D/parts-00000-of-00002", "D/parts-00001-of-00002"]
        "one": V1 D/one/../model.ckpt: ["D/one/../model.ckpt"]
        "parts": V1 D/parts/parts: ["D/parts/parts-00000-of-00002", "D/parts/parts-00001-of-00002"]
    "#]],
    );
}

#[test]
fn a_v1_checkpoint_can_be_files_of_any_names_by_their_pattern() {
    let directory = Directory::of(["other-graph.pbtxt"])
        .with_table("lm/ckpt-base")
        .with_table("lm/ckpt-softmax0")
        .with_table("lm/ckpt-softmax1")
        .with_table("other-a")
        .with("text-a", "")
        .with("folder-a/file", "");
    let paths = [
        "lm/ckpt-*",
        "lm/ckpt-softmax[01]",
        "lm/ckpt-softmax?",
        "lm/ckpt-base",
        "lm/none-*",
        "other-*",
        "text-*",
        "folder-*",
        "lm",
    ];
    directory.check(paths, &expect![[r#"
        "lm/ckpt-*": V1 D/lm/ckpt-*: ["D/lm/ckpt-base", "D/lm/ckpt-softmax0", "D/lm/ckpt-softmax1"]
        "lm/ckpt-softmax[01]": V1 D/lm/ckpt-softmax[01]: ["D/lm/ckpt-softmax0", "D/lm/ckpt-softmax1"]
        "lm/ckpt-softmax?": V1 D/lm/ckpt-softmax?: ["D/lm/ckpt-softmax0", "D/lm/ckpt-softmax1"]
        "lm/ckpt-base": V1 D/lm/ckpt-base: ["D/lm/ckpt-base"]
        "lm/none-*": there is no checkpoint `D/lm/none-*`: no such file or directory, and no `D/lm/none-*.index`; check the path
        "other-*": `D/other-graph.pbtxt` is empty; fetch it again
        "text-*": `D/text-a` is empty; fetch it again
        "folder-*": `D/folder-a` is not a regular file; check the path
        "lm": the directory `D/lm` has no `checkpoint` file that selects a checkpoint; open `D/lm/ckpt-base`, `D/lm/ckpt-softmax0`, `D/lm/ckpt-softmax1` or `D/lm/ckpt-*`
    "#]]);
}

#[test]
fn a_v1_checkpoint_of_several_files_has_to_be_complete_and_the_only_one() {
    let directory = Directory::of(["records-00000-of-00002"])
        .with_table("cut-00000-of-00002")
        .with_table("two-00000-of-00001")
        .with_table("two-00000-of-00002")
        .with_table("two-00001-of-00002");
    let paths = [
        "cut",
        "cut-00000-of-00002",
        "cut-00001-of-00002",
        "two",
        "two-00000-of-00002",
        "records",
        "records-00000-of-00002",
    ];
    directory.check(paths, &expect![[r#"
        "cut": the checkpoint `D/cut` has no file `D/cut-00001-of-00002`; fetch it too
        "cut-00000-of-00002": the checkpoint `D/cut-00000-of-00002` has no file `D/cut-00001-of-00002`; fetch it too
        "cut-00001-of-00002": the checkpoint `D/cut-00001-of-00002` has no file `D/cut-00001-of-00002`; fetch it too
        "two": `D/two` is the prefix of several checkpoints; open one by `D/two-00000-of-00001` or `D/two-00000-of-00002`
        "two-00000-of-00002": V1 D/two: ["D/two-00000-of-00002", "D/two-00001-of-00002"]
        "records": there is no checkpoint `D/records`: no such file or directory, and no `D/records.index`; check the path
        "records-00000-of-00002": `D/records-00000-of-00002` is empty; fetch it again
    "#]]);
}

#[test]
fn what_is_not_there_is_said_with_what_is_beside_it() {
    let directory = Directory::of(["model.ckpt.index", "empty/file"]);
    directory.check(["model.ckp", "empty/model", "gone/model", "a\0b"], &expect![[r#"
        "model.ckp": there is no checkpoint `D/model.ckp`: no such file or directory, and no `D/model.ckp.index`; did you mean `D/model.ckpt`?
        "empty/model": there is no checkpoint `D/empty/model`: no such file or directory, and no `D/empty/model.index`; check the path
        "gone/model": there is no checkpoint `D/gone/model`: no such file or directory, and no `D/gone/model.index`; check the path
        "a\0b": there is no checkpoint `D/a\u{0}b`: no such file or directory, and no `D/a\u{0}b.index`; did you mean `D/model.ckpt`?
    "#]]);
}

#[test]
fn a_data_file_without_its_index_is_not_enough() {
    let directory = Directory::of(["model.data-00000-of-00001"]);
    directory.check(["model.data-00000-of-00001", "model"], &expect![[r#"
        "model.data-00000-of-00001": the data file `D/model.data-00000-of-00001` cannot be read without its index `D/model.index`; fetch the index too
        "model": the data file `D/model.data-00000-of-00001` cannot be read without its index `D/model.index`; fetch the index too
    "#]]);
}

#[test]
fn a_write_that_did_not_end_is_recognised() {
    let directory = Directory::of([
        "a.index.tempstate123",
        "b.data-00000-of-00001",
        "b.index.tempstate7",
        "c.data-00000-of-00001.tempstate9",
        "d_temp/part-00000-of-00001.index",
        // A later, unfinished write of an existing checkpoint is harmless.
        "e.index",
        "e.index.tempstate5",
    ]);
    let paths = [
        "a",
        "a.index.tempstate123",
        "b",
        "b.data-00000-of-00001",
        "c",
        "c.data-00000-of-00001.tempstate9",
        "d",
        "e",
    ];
    directory.check(paths, &expect![[r#"
        "a": the checkpoint `D/a` is not complete: there is `D/a.index.tempstate123` of an unfinished write; wait for it, or save again
        "a.index.tempstate123": the checkpoint `D/a` is not complete: there is `D/a.index.tempstate123` of an unfinished write; wait for it, or save again
        "b": the checkpoint `D/b` is not complete: there is `D/b.index.tempstate7` of an unfinished write; wait for it, or save again
        "b.data-00000-of-00001": the checkpoint `D/b` is not complete: there is `D/b.index.tempstate7` of an unfinished write; wait for it, or save again
        "c": the checkpoint `D/c` is not complete: there is `D/c.data-00000-of-00001.tempstate9` of an unfinished write; wait for it, or save again
        "c.data-00000-of-00001.tempstate9": the checkpoint `D/c` is not complete: there is `D/c.data-00000-of-00001.tempstate9` of an unfinished write; wait for it, or save again
        "d": the checkpoint `D/d` is not complete: there is `D/d_temp` of an unfinished write; wait for it, or save again
        "e": V2 D/e
    "#]]);
}

#[test]
fn a_directory_of_what_is_no_checkpoint_is_told_what_it_has_and_lacks() {
    let directory = Directory::of([
        "data/model-1.data-00000-of-00001",
        "meta/model-1.meta",
        "temporary/model-1.data-00000-of-00001.tempstate12",
        "temporary/model-1.index.tempstate12",
        "merging/model-1_temp/part-00000-of-00001.index",
        "merging-before/model-1_temp_0a1b/part-00000-of-00001.index",
        "orbax/100/_CHECKPOINT_METADATA",
        "orbax/100/default/manifest.ocdbt",
        "notes/readme",
        "zoo/124M/checkpoint",
        "zoo/345M/model.ckpt.index",
        "zoo/readme",
    ])
    .with_table("v1/model.ckpt-1")
    .with("torch/pytorch_model.bin", zip("archive/data.pkl"))
    .with("orbax-file/_CHECKPOINT_METADATA", r#"{"item_handlers": null}"#)
    .with("graph/model-1.meta", "")
    .with("graph/model-1.index", "");
    let paths = [
        "data",
        "meta",
        "meta/model-1.meta",
        "meta/model-1",
        "temporary",
        "merging",
        "merging/model-1",
        "merging-before",
        "orbax",
        "orbax/100",
        "orbax/100/default",
        "orbax-file/_CHECKPOINT_METADATA",
        "notes",
        "zoo",
        "v1",
        "torch",
        "graph/model-1.meta",
    ];
    directory.check(paths, &expect![[r#"
        "data": the data file `D/data/model-1.data-00000-of-00001` cannot be read without its index `D/data/model-1.index`; fetch the index too
        "meta": `D/meta/model-1.meta` has a graph and no variables, and there is no `D/meta/model-1.index`; fetch it and its data files
        "meta/model-1.meta": `D/meta/model-1.meta` has a graph and no variables, and there is no `D/meta/model-1.index`; fetch it and its data files
        "meta/model-1": `D/meta/model-1.meta` has a graph and no variables, and there is no `D/meta/model-1.index`; fetch it and its data files
        "temporary": the checkpoint `D/temporary/model-1` is not complete: there is `D/temporary/model-1.data-00000-of-00001.tempstate12` of an unfinished write; wait for it, or save again
        "merging": the checkpoint `D/merging/model-1` is not complete: there is `D/merging/model-1_temp` of an unfinished write; wait for it, or save again
        "merging/model-1": the checkpoint `D/merging/model-1` is not complete: there is `D/merging/model-1_temp` of an unfinished write; wait for it, or save again
        "merging-before": the checkpoint `D/merging-before/model-1` is not complete: there is `D/merging-before/model-1_temp_0a1b` of an unfinished write; wait for it, or save again
        "orbax": `D/orbax` is an Orbax checkpoint, which is not read; restore it with `orbax.checkpoint`
        "orbax/100": `D/orbax/100` is an Orbax checkpoint, which is not read; restore it with `orbax.checkpoint`
        "orbax/100/default": `D/orbax/100/default` is an Orbax checkpoint, which is not read; restore it with `orbax.checkpoint`
        "orbax-file/_CHECKPOINT_METADATA": `D/orbax-file/_CHECKPOINT_METADATA` is an Orbax checkpoint, which is not read; restore it with `orbax.checkpoint`
        "notes": the directory `D/notes` has no `checkpoint` file that selects a checkpoint; it has no other checkpoint either, so check the path
        "zoo": the directory `D/zoo` has no `checkpoint` file that selects a checkpoint; open `D/zoo/124M` or `D/zoo/345M`
        "v1": the directory `D/v1` has no `checkpoint` file that selects a checkpoint; open `D/v1/model.ckpt-1`
        "torch": `D/torch/pytorch_model.bin` is a PyTorch checkpoint, and no part of a TensorFlow one; open it by its own path
        "graph/model-1.meta": `D/graph/model-1.meta` has a graph and no variables; open `D/graph/model-1` instead
    "#]]);
}

/// The start of an archive whose first file has this name.
fn zip(name: &str) -> Vec<u8> {
    let len = u8::try_from(name.len()).unwrap();
    [b"PK\x03\x04", &[0; 22][..], &[len, 0, 0, 0], name.as_bytes(), b"\x80"].concat()
}

#[test]
fn models_of_other_libraries_are_recognised() {
    let directory = Directory::of([])
        .with("lightning.ckpt", zip("sd-v1-4/data.pkl"))
        .with("legacy.pth", b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02")
        .with("weights.npz", zip("a.npy"))
        .with("w.npy", b"\x93NUMPY\x01\0v\0{'descr'")
        .with("vocab.pkl", b"\x80\x04\x95\x10\0\0\0\0\0\0\0}")
        .with("flax/checkpoint", b"\x81\xa6params\x81\xa1w\xc7")
        .with("m.gguf", b"GGUF\x03\0\0\0")
        .with("m.tflite", b"\x1c\0\0\0TFL3\0\0");
    let paths = [
        "lightning.ckpt",
        "legacy.pth",
        "weights.npz",
        "w.npy",
        "vocab.pkl",
        "flax",
        "flax/checkpoint",
        "m.gguf",
        "m.tflite",
    ];
    directory.check(paths, &expect![[r#"
        "lightning.ckpt": `D/lightning.ckpt` is a PyTorch checkpoint, and no part of a TensorFlow one; open it by its own path
        "legacy.pth": `D/legacy.pth` is a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer
        "weights.npz": `D/weights.npz` is an archive of NumPy arrays (`.npz`), and no part of a TensorFlow checkpoint; open it by its own path
        "w.npy": `D/w.npy` is a NumPy array (`.npy`), and no part of a TensorFlow checkpoint; open it by its own path
        "vocab.pkl": `D/vocab.pkl` is a Python pickle, which is not read; load it in Python, with the library that wrote it
        "flax": `D/flax/checkpoint` is a msgpack file, which is not read; restore it with `flax.serialization` or T5X, which write such files
        "flax/checkpoint": `D/flax/checkpoint` is a msgpack file, which is not read; restore it with `flax.serialization` or T5X, which write such files
        "m.gguf": `D/m.gguf` is a GGUF model, which is not read; open the checkpoint that it was converted from
        "m.tflite": `D/m.tflite` is a TFLite model, which is not read; open the checkpoint that it was converted from
    "#]]);
}

#[test]
fn files_of_other_kinds_are_recognised() {
    let lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 497759232\n";
    let safetensors = [&[2, 0, 0, 0, 0, 0, 0, 0][..], b"{}"].concat();
    let directory = Directory::of(["empty", "model.meta"])
        .with("graph.pb", "....")
        .with("model.h5", b"\x89HDF\r\n\x1a\n....")
        .with("model.keras", b"PK\x03\x04....")
        .with("model.tar.gz", b"\x1f\x8b\x08....")
        .with("model.safetensors", safetensors)
        .with("pointer", lfs)
        .with("cloned.ckpt.index", lfs)
        .with("page", "<!doctype HTML>\n<html>")
        .with("text", "a, b, c");
    let paths = [
        "empty",
        "graph.pb",
        "model.meta",
        "model.h5",
        "model.keras",
        "model.tar.gz",
        "model.safetensors",
        "pointer",
        "cloned.ckpt",
        "cloned.ckpt.index",
        "page",
        "text",
    ];
    directory.check(paths, &expect![[r#"
        "empty": `D/empty` is empty; fetch it again
        "graph.pb": `D/graph.pb` is a graph, and holds no variables; save those with `tf.compat.v1.train.Saver().save(...)`
        "model.meta": `D/model.meta` has a graph and no variables, and there is no `D/model.index`; fetch it and its data files
        "model.h5": `D/model.h5` is an HDF5 file, which is not read; load it in Keras, and save it with `tf.train.Checkpoint(model=model).write(...)`
        "model.keras": `D/model.keras` is a zip archive, which is not read; unpack it if it holds a checkpoint, or load it in Keras and save it with `tf.train.Checkpoint(model=model).write(...)`
        "model.tar.gz": `D/model.tar.gz` is a gzip archive, which is not read; unpack it
        "model.safetensors": `D/model.safetensors` is a safetensors file, and no part of a TensorFlow checkpoint; open it by its own path
        "pointer": `D/pointer` is a pointer of Git LFS and not the file itself; run `git lfs pull`
        "cloned.ckpt": `D/cloned.ckpt.index` is a pointer of Git LFS and not the file itself; run `git lfs pull`
        "cloned.ckpt.index": `D/cloned.ckpt.index` is a pointer of Git LFS and not the file itself; run `git lfs pull`
        "page": `D/page` is a web page and not the file itself; fetch what it links to
        "text": `D/text` is not a checkpoint of a known format, or its end is missing; check the path or fetch the file again
    "#]]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_opened() {
    let directory = Directory::of([]);
    let _socket = std::os::unix::net::UnixListener::bind(directory.path("model")).unwrap();
    let _index = std::os::unix::net::UnixListener::bind(directory.path("other.index")).unwrap();
    directory.check(
        ["model", "other", "other.index"],
        &expect![[r#"
        "model": `D/model` is not a regular file; check the path
        "other": `D/other.index` is not a regular file; check the path
        "other.index": `D/other.index` is not a regular file; check the path
    "#]],
    );
}

#[test]
fn data_files_are_named_by_number() {
    let path = |shard, shards| shard_path(Path::new("a/model.ckpt"), shard, shards);
    assert_eq!(path(0, 1), Path::new("a/model.ckpt.data-00000-of-00001"));
    assert_eq!(path(99_999, 123_456), Path::new("a/model.ckpt.data-99999-of-123456"));
}

#[test]
fn data_files_of_a_merge_can_be_fewer_than_the_index_says() {
    let directory = Directory::of([
        "as-said.data-00001-of-00002",
        "as-said.data-00000-of-00001",
        "fewer.data-00000-of-00001",
        "not-all.data-00000-of-00003",
        "not-all.data-00001-of-00003",
        "several.data-00000-of-00001",
        "several.data-00000-of-00003",
        "several.data-00001-of-00003",
        "several.data-00002-of-00003",
        "misnamed.data-0-of-1",
        "misnamed.data-00003-of-00001",
    ]);
    let named = |name| named_shards(&FileSystem::Local, &directory.path(name), 2);
    assert_eq!(named("as-said"), 2);
    assert_eq!(named("fewer"), 1);
    assert_eq!(named("not-all"), 2);
    assert_eq!(named("several"), 2);
    assert_eq!(named("misnamed"), 2);
    assert_eq!(named("gone"), 2);
}

/// The system generates these files on read: some never end, some block.
#[cfg(target_os = "linux")]
#[test]
fn files_of_the_system_are_not_read() {
    let directory = Directory::of([]);
    std::os::unix::fs::symlink("/proc/self/maps", directory.path("model.ckpt")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", directory.path("zero.index")).unwrap();
    directory.write("checkpoint", state("model.ckpt").as_bytes());
    directory.check(["model.ckpt", "zero", "checkpoint"], &expect![[r#"
        "model.ckpt": `D/model.ckpt` is not a regular file; check the path
        "zero": `D/zero.index` is not a regular file; check the path
        "checkpoint": `D/checkpoint` refers to the checkpoint `model.ckpt`, but there is no `D/model.ckpt.index`; fetch it
    "#]]);
}

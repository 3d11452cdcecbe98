//! `ckpt convert --part`, `--finish`

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use expect_test::expect;

use crate::{ckpt, command, run};

const MODEL: &str = "models/gpt2-shakespeare";

/// The options of all conversions here: several data files.
fn convert(more: &[&str], to: &Path) -> Vec<String> {
    let words = ["convert", "--max-shard-size", "200kB"].iter().chain(more);
    let words = words.chain([&MODEL]).map(|word| (*word).to_owned());
    words.chain([to.display().to_string()]).collect()
}

/// The names and bytes of all files.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = |path: std::path::PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    };
    let mut files: Vec<_> = entries.map(file).collect();
    files.sort();
    files
}

#[test]
fn four_parts_are_the_conversion_byte_for_byte() {
    for name in ["model.safetensors", "model.ckpt"] {
        let (one, four) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        ckpt(convert(&[], &one.path().join(name))).good();
        let to = four.path().join(name);
        // In any order, and one of them by the variables of a launcher.
        for part in ["3/4", "1/4", "4/4"] {
            ckpt(convert(&["--part", part], &to)).good();
        }
        let early = ckpt(convert(&["--finish"], &to));
        assert_eq!(early.status, 2);
        assert!(
            early.messages.contains("data files are not there or of another plan"),
            "{early:?}"
        );
        assert_eq!(ckpt(["ls", to.to_str().unwrap()]).status, 2, "it opens");
        let mut of_launcher = command();
        of_launcher.env("OMPI_COMM_WORLD_RANK", "1").env("OMPI_COMM_WORLD_SIZE", "4");
        run(of_launcher.args(convert(&["--part", "env"], &to))).good();
        ckpt(convert(&["--finish"], &to)).good();
        assert_eq!(files(one.path()), files(four.path()));
    }
}

#[test]
fn parts_that_are_killed_go_on_where_they_were() {
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    ckpt(convert(&[], &one.path().join("model.ckpt"))).good();
    let to = three.path().join("model.ckpt");
    for wait in [0, 1, 2, 3, 5, 8, 13, 21] {
        let mut parts: Vec<_> = (1..=3)
            .map(|part| {
                let mut command = command();
                let words = convert(&["--part", &format!("{part}/3")], &to);
                command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        thread::sleep(Duration::from_millis(wait));
        for part in &mut parts {
            // It may have ended.
            let _ = part.kill();
            part.wait().unwrap();
        }
    }
    for part in ["1/3", "2/3", "3/3"] {
        ckpt(convert(&["--part", part], &to)).good();
    }
    ckpt(convert(&["--finish"], &to)).good();
    assert_eq!(files(one.path()), files(three.path()));
}

#[test]
fn files_that_are_whole_are_skipped_and_those_of_another_plan_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("model.safetensors");
    expect![[r#"
        part 1 of 2: 5 data files, 793.2 kB
    "#]]
    .assert_eq(&ckpt(convert(&["--part", "1/2"], &to)).good());
    expect![[r#"
        part 1 of 2: 5 data files, 793.2 kB; 5 of them were whole already
    "#]]
    .assert_eq(&ckpt(convert(&["--part", "1/2"], &to)).good());
    expect![[r#"
        part 1 of 2: 2 data files, 335.4 kB
    "#]]
    .assert_eq(&ckpt(convert(&["--part", "1/2", "--dtype", "bf16"], &to)).good());
    let shown = |run: crate::Run| run.shown().replace(folder.path().to_str().unwrap(), "D");
    expect![[r#"
        status 2
        error: cannot save `D/model.safetensors` in parts: 5 of 10 data files are not there or of another plan, the first is `D/model-00001-of-00010.safetensors`; run the parts that have not ended again, with the same options
    "#]].assert_eq(&shown(ckpt(convert(&["--finish"], &to))));
    let npz = folder.path().join("model.npz");
    expect![[r#"
        status 2
        error: cannot save `D/model.npz` in parts: it is one file; save as TensorFlow or safetensors, and set `SaveOptions::max_shard_size`
    "#]].assert_eq(&shown(ckpt(convert(&["--part", "1/2"], &npz))));
    expect![[r#"
        status 2
        error: cannot save `D/model.safetensors` in parts: 10 data files cannot be shared by 99 parts; set a shorter `SaveOptions::max_shard_size`, or take fewer parts
    "#]].assert_eq(&shown(ckpt(convert(&["--part", "1/99"], &to))));
    expect![[r#"
        status 2
        error: invalid value '2/1' for '--part <I/N>': expected a part such as `1/4`, found `2/1`; parts begin at 1

        For more information, try '--help'.
    "#]].assert_eq(&shown(ckpt(convert(&["--part", "2/1"], &to))));
}

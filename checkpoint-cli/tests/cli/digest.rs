//! `ckpt digest`

use std::fs;
#[cfg(target_os = "linux")]
use std::os::linux::fs::MetadataExt as _;
use std::process::Command;

use checkpoint_tests::corpus::{Case, cases, real_cases};
use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use serde::Deserialize;

use crate::{ckpt, corpus, data_file, flip, run, three, write};

#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    dtype: String,
    shape: Vec<u64>,
    sha256: String,
}

/// Compares the digest of a case with what `TensorFlow` reads, and says how many variables are the same.
fn compare(case: &Case) -> usize {
    let digest = ckpt(["digest".as_ref(), case.prefix.as_os_str()]).good();
    assert_eq!(digest.lines().count(), case.truth.tensors.len(), "{}", case.name);
    for (line, truth) in digest.lines().zip(&case.truth.tensors) {
        let line: Line = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line.name, &line.dtype, &line.shape),
            (&truth.name, &truth.dtype, &truth.shape)
        );
        // What TensorFlow refuses there is no truth about.
        let expected = truth.sha256.as_ref().unwrap_or(&line.sha256);
        assert_eq!(line.sha256, *expected, "{} {}", case.name, line.name);
    }
    case.truth.tensors.len()
}

#[test]
fn the_digest_of_the_corpus_is_what_tensorflow_reads() {
    let cases = cases().unwrap().into_iter().chain(real_cases().unwrap());
    let cases = cases.filter(|case| !case.truth.index_only);
    let compared: usize = cases.map(|case| compare(&case)).sum();
    assert!(compared > 300, "only {compared} were compared");
}

#[test]
fn lines_are_sorted_by_name_however_many_threads_there_are() {
    let digest = |threads: &str| {
        ckpt(["digest", "--threads", threads, "models/gpt2-shakespeare/model.ckpt"]).good()
    };
    let (one, seven) = (digest("1"), digest("7"));
    assert_eq!(one, seven);
    assert_eq!(one.lines().count(), 40);
    assert!(one.lines().is_sorted());
}

#[test]
fn a_variable_that_cannot_be_read_is_named_and_the_others_come() {
    let (_folder, prefix) = write(three());
    flip(&data_file(&prefix), 10_000);
    expect![[r#"
        status 1
        error: cannot read `b/w`: the checksum of its 1200000 bytes at byte 8 of the data file `model.ckpt.data-00000-of-00001` is 8f690254, but the checkpoint says 8401c680; the file is damaged or of another checkpoint, fetch it again
        {"name":"a","dtype":"float32","shape":[2],"sha256":"b9c80b5adeca450753a16950c3cc655d271f7bef7a485bc83f112b72fef21d37"}
        {"name":"step","dtype":"int64","shape":[],"sha256":"aae89fc0f03e2959ae4d701a80cc3915918c950b159f6abb6c92c1433b1a8534"}
    "#]].assert_eq(&ckpt(["digest".as_ref(), prefix.as_os_str()]).shown_of(&prefix));
    fs::write(data_file(&prefix), [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]).unwrap();
    let run = ckpt(["digest".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 1
        error: cannot read `b/w`: the data file `model.ckpt.data-00000-of-00001` has 8 bytes, but the checkpoint has 1200000 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
        error: cannot read `step`: the data file `model.ckpt.data-00000-of-00001` has 8 bytes, but the checkpoint has 8 at byte 1200008 of it; the file is damaged or of another checkpoint, fetch it again
        {"name":"a","dtype":"float32","shape":[2],"sha256":"b9c80b5adeca450753a16950c3cc655d271f7bef7a485bc83f112b72fef21d37"}
    "#]].assert_eq(&run);
}

#[test]
fn a_name_that_is_not_utf_8_is_there_in_hexadecimal() {
    let (_folder, prefix) = write(Bundle::new().f32(b"a\xff", &[1], &[1.0]).f32("b", &[1], &[1.0]));
    expect![[r#"
        {"name":"a�","name_hex":"61ff","dtype":"float32","shape":[1],"sha256":"e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"}
        {"name":"b","dtype":"float32","shape":[1],"sha256":"e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"}
    "#]].assert_eq(&ckpt(["digest".as_ref(), prefix.as_os_str()]).good());
}

/// A container may allow a process no threads but its own.
#[cfg(target_os = "linux")]
#[test]
fn where_there_are_no_threads_one_is_enough() {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.st_uid() == 0);
    // The limit does not hold for the administrator.
    let user: &[&str] =
        if is_root { &["setpriv", "--reuid=65534", "--clear-groups"] } else { &["env"] };
    let limited = |arguments: &[&str]| {
        let mut command = Command::new(user[0]);
        command.args(&user[1..]).args(["prlimit", "--nproc=1", env!("CARGO_BIN_EXE_ckpt")]);
        run(command.args(arguments).current_dir(corpus()))
    };
    if !["setpriv", "prlimit"]
        .iter()
        .all(|tool| Command::new(tool).arg("--version").output().is_ok())
        || limited(&["ls", "models/gpt2-nano"]).status != 0
    {
        println!("skipped: there is no `prlimit`, or no other user can read the corpus");
        return;
    }
    let arguments = ["digest", "--threads", "4", "models/gpt2-nano"];
    assert_eq!(limited(&arguments).good(), ckpt(arguments).good());
    assert_eq!(
        limited(&["verify", "models/gpt2-nano"]).good(),
        ckpt(["verify", "models/gpt2-nano"]).good()
    );
}

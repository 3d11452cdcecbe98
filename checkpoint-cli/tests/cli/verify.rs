//! `ckpt verify`

use std::fs;

use checkpoint_core::DType;
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
        error: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too (3 variables are in it)
        damaged or missing: 3 of 3 variables
    "#]].assert_eq(&run);
}

#[test]
fn a_data_file_that_is_missing_is_one_line() {
    let bundle = Bundle::new().f32("a", &[1], &[1.0]).f32("b", &[1], &[2.0]).in_shard(1);
    let (_folder, prefix) = write(bundle.f32("c", &[1], &[3.0]).f32("d", &[1], &[4.0]));
    fs::remove_file(prefix.with_file_name("model.ckpt.data-00001-of-00002")).unwrap();
    for command in ["verify", "digest"] {
        let run = ckpt([command.as_ref(), prefix.as_os_str()]).shown_of(&prefix);
        let line = "error: cannot open the data file `model.ckpt.data-00001-of-00002`: no such file; fetch it too (2 variables \
                    are in it)\n";
        assert!(run.starts_with("status 1\n"), "{run}");
        assert_eq!(run.matches("error: ").count(), 1, "{run}");
        assert!(run.contains(line), "{run}");
    }
}

#[test]
fn the_data_file_of_another_checkpoint_is_one_line() {
    let model = |first: f32| {
        let names = (0..40).map(|number: u8| (format!("w{number}"), first + f32::from(number)));
        names.fold(Bundle::new(), |bundle, (name, value)| bundle.f32(name, &[1], &[value]))
    };
    let (_folder, prefix) = write(model(1.0));
    let (_other_folder, other) = write(model(100.0));
    fs::copy(data_file(&other), data_file(&prefix)).unwrap();
    let run = ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 1
        error: 40 of the 40 variables in the data file `model.ckpt.data-00000-of-00001` are not those that the index describes, such as `w0`; the file is of another checkpoint or damaged, fetch it and its index again
        damaged or missing: 40 of 40 variables
    "#]].assert_eq(&run);
    // Shorter than any variable.
    fs::write(data_file(&prefix), "x").unwrap();
    let run = ckpt(["verify".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 1
        error: 40 of the 40 variables in the data file `model.ckpt.data-00000-of-00001` are not those that the index describes, such as `w0`; the file is of another checkpoint or damaged, fetch it and its index again
        damaged or missing: 40 of 40 variables
    "#]].assert_eq(&run);
}

#[test]
fn a_checkpoint_without_variables_says_so() {
    let (_folder, prefix) = write(Bundle::new());
    for command in ["ls", "verify"] {
        assert_eq!(
            ckpt([command.as_ref(), prefix.as_os_str()]).good(),
            "the checkpoint has no variables\n"
        );
    }
}

#[cfg(unix)]
#[test]
fn damage_has_its_status_though_nobody_reads_the_output() {
    use std::process::Stdio;

    let (_folder, prefix) = write(three());
    flip(&data_file(&prefix), 7);
    for command in ["verify", "digest"] {
        // The other end is closed when the command ends, before anything is written.
        let mut closed = std::process::Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let pipe = closed.stdin.take().unwrap();
        closed.wait().unwrap();
        let mut run = crate::command();
        let run = run.arg(command).arg(&prefix).stdout(Stdio::from(pipe)).output().unwrap();
        assert_eq!(run.status.code(), Some(1), "{command}: {run:?}");
    }
}

//! `ckpt verify --against tensorflow`

use std::path::Path;

use expect_test::expect;

use crate::{Run, command, run, three, write};

/// Runs it on a checkpoint, where the library is the one of this folder, or the one of the caller.
fn against(prefix: &Path, library: Option<&Path>) -> Run {
    let mut command = command();
    command.env("TF_CPP_MIN_LOG_LEVEL", "2");
    if let Some(library) = library {
        command.env("TENSORFLOW_DIR", library).env_remove("LD_LIBRARY_PATH");
    }
    run(command.args(["verify", "--against", "tensorflow"]).arg(prefix))
}

#[cfg(not(feature = "tensorflow"))]
#[test]
fn a_binary_without_it_says_how_to_build_one_with_it() {
    let (_folder, prefix) = write(three());
    expect![[r#"
        status 2
        error: this `ckpt` was built without TensorFlow; build one with it: `cargo install ckpt --features tensorflow`, or `cargo run --release -p ckpt --features tensorflow -- verify ...` in a copy of the repository
    "#]].assert_eq(&against(&prefix, None).shown());
}

#[cfg(feature = "tensorflow")]
mod built {
    use std::fs;

    use checkpoint_core::DType;
    use checkpoint_tests::corpus::{cases, real_cases};
    use checkpoint_tests::tensorflow::found;
    use checkpoint_tests::writer::Bundle;

    use super::*;
    use crate::{data_file, flip};

    #[test]
    fn a_library_that_is_missing_or_none_says_how_to_fetch_it() {
        let (folder, prefix) = write(three());
        let shown =
            |run: &Run| run.shown_of(&prefix).replace(&folder.path().display().to_string(), "D");
        let run = against(&prefix, Some(folder.path()));
        // Unless it is where it is looked for in any case.
        if run.status != 0 {
            expect![[r#"
                status 2
                error: there is no TensorFlow library: no `D/libtensorflow.so`, `/usr/local/lib/libtensorflow.so` or `/usr/local/lib/libtensorflow/libtensorflow.so`; in a copy of the repository, these two commands fetch it:
                  scripts/get-libtensorflow.sh target/libtensorflow
                  export TENSORFLOW_DIR="$PWD/target/libtensorflow"
            "#]].assert_eq(&shown(&run));
        }
        fs::write(folder.path().join("libtensorflow.so"), "").unwrap();
        expect![[r#"
            status 2
            error: cannot use the TensorFlow library `D/libtensorflow.so`: D/libtensorflow.so: file too short; in a copy of the repository, these two commands fetch it:
              scripts/get-libtensorflow.sh target/libtensorflow
              export TENSORFLOW_DIR="$PWD/target/libtensorflow"
        "#]].assert_eq(&shown(&against(&prefix, Some(folder.path()))));
    }

    #[test]
    fn all_of_the_corpus_is_read_the_same() {
        if found(checkpoint_tensorflow::version(), "`ckpt verify` against TensorFlow").is_none() {
            return;
        }
        for case in cases().unwrap().into_iter().chain(real_cases().unwrap()) {
            if case.truth.index_only {
                continue;
            }
            let verdict = against(&case.prefix, None).good();
            assert!(verdict.contains(" reads the same"), "{verdict}");
        }
    }

    #[test]
    fn what_differs_or_was_not_compared_is_said() {
        let Some(version) =
            found(checkpoint_tensorflow::version(), "`ckpt verify` against TensorFlow")
        else {
            return;
        };
        let half = Bundle::new().f32("a", &[1], &[1.0]).tensor("b", DType::Int4, &[2], vec![1, 2]);
        let (_folder, prefix) = write(half);
        let shown = || against(&prefix, None).shown_of(&prefix).replace(&version, "VERSION");
        expect![[r#"
            status 0
            2 variables, 6 B: TensorFlow VERSION reads the same, but for the elements of 1 variable that it was not asked for: i4
        "#]].assert_eq(&shown());
        flip(&data_file(&prefix), 1);
        expect![[r#"
            status 1
            error: cannot read `a`: the checksum of its 4 bytes at byte 0 of the data file `model.ckpt.data-00000-of-00001` is 781556d5, but the checkpoint says dd54c4ab; the file is damaged or of another checkpoint, fetch it again
            different or not read: 1 of 2 variables, by TensorFlow VERSION
        "#]].assert_eq(&shown());
    }
}

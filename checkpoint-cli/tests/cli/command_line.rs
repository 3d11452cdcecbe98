//! Help, exit statuses, and where output goes.

use std::fs;
use std::io;

use expect_test::expect;

use crate::{ckpt, command, data_file, flip, run, three, write};

#[test]
fn the_help_says_what_there_is() {
    expect![[r#"
        Inspect, compare and convert checkpoints of TensorFlow, safetensors, PyTorch and NumPy

        Usage: ckpt [OPTIONS] <COMMAND>

        Commands:
          ls           List the variables with their dtypes, shapes and sizes
          show         Show the place, the statistics and the first elements of a variable
          explain      Show the names, the family and the optimizer slots of a variable, and the field that takes it
          digest       Print the SHA-256 of each variable's elements, as one line of JSON for each variable
          verify       Verify all checksums, or compare all tensors with those that TensorFlow reads
          diff         Compare the names, dtypes, shapes and values of two checkpoints of any formats
          convert      Convert a checkpoint to another format, other names, layouts or dtypes
          manifest     Write a manifest: the variables of a checkpoint as text, to check structs at compile time
          scaffold     Write Rust structs that load a checkpoint, with `#[derive(FromCheckpoint)]`
          recover      Complete an interrupted save over an existing checkpoint
          report       Write an HTML page: the tree, sizes, statistics and histograms of a checkpoint
          completions  Print completions for a shell
          man          Write a manual page for each command
          help         Print this message or the help of the given subcommand(s)

        Options:
              --color <WHEN>  Colors: `auto` (see `NO_COLOR`), `always` or `never` [default: auto]
          -h, --help          Print help
          -V, --version       Print version

        Examples:
          ckpt ls models/124M
          ckpt show models/124M model/wte
          ckpt explain models/124M model/wte
          ckpt verify models/124M
          ckpt digest models/124M
          ckpt diff models/124M gpt2.safetensors
          ckpt convert models/124M gpt2.safetensors
          ckpt manifest models/124M -o gpt2.txt
          ckpt scaffold --name Gpt2 models/124M
          ckpt report models/124M -o 124M.html

        Exit status:
          0  success
          1  a variable is damaged, different, unreadable or missing
          2  the checkpoint cannot be read, the command line is invalid, or the output cannot be written
    "#]].assert_eq(&ckpt(["--help"]).good());
}

#[test]
fn each_command_has_examples_and_says_what_its_status_means() {
    let statuses = "Exit status:
  0  success
  1  a variable is damaged, different, unreadable or missing
  2  the checkpoint cannot be read, the command line is invalid, or the output cannot be written\n";
    let names = [
        "ls", "show", "digest", "verify", "manifest", "explain", "scaffold", "report", "convert",
        "recover",
    ];
    for name in names {
        let help = ckpt([name, "--help"]).good();
        assert!(help.contains(&format!("Examples:\n  ckpt {name} ")), "{help}");
        assert!(help.ends_with(statuses), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    }
}

#[test]
fn a_wrong_command_line_has_status_2_and_no_output() {
    for arguments in [
        &["lst", "models/gpt2-nano/model.ckpt"][..],
        &["ls"],
        &["ls", "--json", "--tree", "models/gpt2-nano/model.ckpt"],
        &["ls", "models/gpt2-nano/model.ckpt", "a[b"],
        &["show", "models/gpt2-nano/model.ckpt"],
        &["explain", "models/gpt2-nano/model.ckpt"],
        &["scaffold", "--name", "gpt2", "models/gpt2-nano/model.ckpt"],
        &["scaffold", "--name", "Self", "models/gpt2-nano/model.ckpt"],
        &["verify", "--threads", "0", "models/gpt2-nano/model.ckpt"],
        &["manifest", "--check", "models/gpt2-nano/model.ckpt"],
        &["--color", "pink", "ls", "models/gpt2-nano/model.ckpt"],
    ] {
        let run = ckpt(arguments);
        assert_eq!((run.status, &run.data[..]), (2, ""), "{run:?}");
        assert!(run.messages.starts_with("error: "), "{run:?}");
    }
}

#[test]
fn what_is_no_checkpoint_has_status_2_and_no_output() {
    for name in ["ls", "digest", "verify", "show", "manifest", "scaffold", "explain"] {
        for path in ["gen/nothing", "models/gpt2-nano/hparams.json"] {
            let variable = ["show", "explain"].contains(&name).then_some("w");
            let run = ckpt([name, path].into_iter().chain(variable));
            assert_eq!((run.status, &run.data[..]), (2, ""), "{run:?}");
            assert!(run.messages.starts_with("error: "), "{run:?}");
            assert_eq!(run.messages.lines().count(), 1, "{run:?}");
        }
    }
}

#[test]
fn any_path_of_a_checkpoint_will_do() {
    let totals = |path: &str| ckpt(["ls", path]).good().lines().last().unwrap().to_owned();
    for path in ["", "/model.ckpt", "/model.ckpt.index", "/model.ckpt.data-00000-of-00001"] {
        let path = format!("models/gpt2-nano{path}");
        assert_eq!(totals(&path), "28 variables, 11,904 elements, 47.62 kB");
    }
}

#[test]
fn a_damaged_index_has_status_2_in_the_words_of_the_library() {
    let (_folder, prefix) = write(three());
    flip(&prefix.with_extension("ckpt.index"), 20);
    for name in ["ls", "digest", "verify", "manifest"] {
        let run = ckpt([name.as_ref(), prefix.as_os_str()]);
        assert_eq!((run.status, &run.data[..]), (2, ""), "{run:?}");
        assert!(run.messages.contains("the block at byte 0 has the checksum"), "{run:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let (_folder, prefix) = write(three());
    flip(&data_file(&prefix), 3_000);
    for arguments in [
        &["ls"][..],
        &["ls", "--json"],
        &["ls", "--tree"],
        &["digest"],
        &["manifest"],
        &["show"],
        &["scaffold"],
        &["show"],
        &["explain"],
        &["--help"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = command();
        command.args(arguments);
        if arguments != ["--help"] {
            command.arg(&prefix);
        }
        if arguments == ["show"] || arguments == ["explain"] {
            command.arg("a");
        }
        let run = run(command.stdout(writer));
        // What went wrong until then may be said.
        assert_eq!(run.status, 0, "{run:?}");
        assert!(!run.messages.contains("panic") && !run.messages.contains("output"), "{run:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    for name in ["ls", "digest", "verify", "manifest", "scaffold"] {
        let full = fs::File::create("/dev/full").unwrap();
        let mut command = command();
        let run = run(command.args([name, "models/gpt2-nano/model.ckpt"]).stdout(full));
        assert_eq!(run.status, 2);
        expect!["error: cannot write to the standard output: no storage space\n"]
            .assert_eq(&run.messages);
    }
}

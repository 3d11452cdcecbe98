//! Files that commands write with `-o`: whole or not at all, and never over a checkpoint.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use checkpoint_tests::writer::Bundle;
use expect_test::expect;

use crate::{Run, ckpt, corpus, run, write};

/// The commands that write a file.
const COMMANDS: [&str; 3] = ["manifest", "scaffold", "report"];

fn to(command: &str, prefix: &Path, file: &Path) -> Run {
    ckpt([OsStr::new(command), prefix.as_os_str(), OsStr::new("-o"), file.as_os_str()])
}

#[test]
fn a_file_has_what_would_be_printed() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let file = folder.path().join("file");
    for command in COMMANDS {
        assert_eq!(to(command, &prefix, &file).good(), "");
        let printed = ckpt([OsStr::new(command), prefix.as_os_str()]).good();
        assert_eq!(fs::read_to_string(&file).unwrap(), printed);
        assert_eq!(to(command, &prefix, Path::new("-")).good(), printed);
    }
}

#[test]
fn no_file_of_a_checkpoint_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        fs::copy(corpus().join(from), folder.path().join(to)).unwrap();
    };
    copy("models/gpt2-nano/model.ckpt.index", "m.index");
    copy("models/gpt2-nano/model.ckpt.data-00000-of-00001", "m.data-00000-of-00001");
    copy("gen/v1-basic/model.ckpt", "old.ckpt");
    fs::write(folder.path().join("checkpoint"), "model_checkpoint_path: \"m\"\n").unwrap();
    let prefix = folder.path().join("m");
    let mut shown = String::new();
    for file in ["m.index", "m.data-00000-of-00001", "old.ckpt", "checkpoint"] {
        let path = folder.path().join(file);
        let before = fs::read(&path).unwrap();
        let [first, others @ ..] = COMMANDS.map(|command| to(command, &prefix, &path).shown());
        assert_eq!(others, [first.as_str(); 2]);
        shown += &first.replace(&folder.path().display().to_string(), "folder");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    expect![[r#"
        status 2
        error: `folder/m.index` is a file of a checkpoint; name another file
        status 2
        error: `folder/m.data-00000-of-00001` is a file of a checkpoint; name another file
        status 2
        error: `folder/old.ckpt` is a file of a checkpoint; name another file
        status 2
        error: `folder/checkpoint` is a file of a checkpoint; name another file
    "#]]
    .assert_eq(&shown);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_file() {
    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    let file = folder.path().join("file");
    let before = fs::read_dir(folder.path()).unwrap().count();
    let full = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
    let shell = ["-c", full, "sh", env!("CARGO_BIN_EXE_ckpt")].map(OsStr::new);
    let shown = COMMANDS.map(|command| {
        let arguments =
            [OsStr::new(command), prefix.as_os_str(), OsStr::new("-o"), file.as_os_str()];
        let shown = run(Command::new("sh").args(shell.into_iter().chain(arguments))).shown();
        shown.replace(&file.display().to_string(), "file")
    });
    expect![[r#"
        status 2
        error: cannot write `file`: file too large; name another file
        status 2
        error: cannot write `file`: file too large; name another file
        status 2
        error: cannot write `file`: file too large; name another file
    "#]]
    .assert_eq(&shown.concat());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}

#[cfg(unix)]
#[test]
fn a_new_file_has_the_mode_of_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, prefix) = write(Bundle::new().f32("w", &[], &[0.0]));
    for (umask, expected) in [("027", 0o640), ("002", 0o664)] {
        for command in COMMANDS {
            let file = folder.path().join(format!("{command}-{umask}"));
            let script = format!("umask {umask}; exec \"$@\"");
            let shell = ["-c", &script, "sh", env!("CARGO_BIN_EXE_ckpt"), command].map(OsStr::new);
            let arguments = [prefix.as_os_str(), OsStr::new("-o"), file.as_os_str()];
            run(Command::new("sh").args(shell.into_iter().chain(arguments))).good();
            let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{command}");
        }
    }
}

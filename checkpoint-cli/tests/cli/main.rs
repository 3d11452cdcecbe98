//! The binary `ckpt`, as its users run it.

mod command_line;
mod convert;
mod diff;
mod digest;
mod explain;
mod files;
mod formats;
#[cfg(target_os = "linux")]
mod giants;
mod help_files;
mod ls;
mod manifest;
mod object_names;
mod parts;
mod readme;
mod recover;
mod remote;
mod report;
mod safetensors;
mod scaffold;
mod show;
mod tensorflow;
mod terminal;
mod unreadable;
mod v1;
mod verify;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use checkpoint_tests::writer::Bundle;
use tempfile::TempDir;

/// What a run has left.
#[derive(Debug)]
struct Run {
    status: i32,
    data: String,
    messages: String,
}

impl Run {
    /// What it printed, if all was well.
    #[track_caller]
    fn good(self) -> String {
        assert_eq!((self.status, &self.messages[..]), (0, ""), "{self:?}");
        self.data
    }

    /// All of it.
    fn shown(&self) -> String {
        format!("status {}\n{}{}", self.status, self.messages, self.data)
    }

    /// The same, where `prefix` is that of a checkpoint in a folder of its own.
    fn shown_of(&self, prefix: &Path) -> String {
        self.shown().replace(&prefix.display().to_string(), "model.ckpt")
    }
}

/// `ckpt` in the folder of the corpus, without what the caller's environment says of colors.
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ckpt"));
    command.current_dir(corpus());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus"))
}

/// Runs `ckpt` with these arguments.
fn ckpt<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    run(command().args(arguments))
}

fn run(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { status: status.code().unwrap(), data: text(stdout), messages: text(stderr) }
}

/// Writes a checkpoint into a folder of its own, and returns its prefix.
fn write(bundle: Bundle) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    (folder, prefix)
}

/// Three variables, of which the second is large.
fn three() -> Bundle {
    Bundle::new().f32("a", &[2], &[1.0, 2.0]).f32("b/w", &[300, 1000], &vec![0.5; 300_000]).i64(
        "step",
        &[],
        &[7],
    )
}

/// The first data file of a checkpoint with one.
fn data_file(prefix: &Path) -> PathBuf {
    prefix.with_file_name("model.ckpt.data-00000-of-00001")
}

/// Changes one bit.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

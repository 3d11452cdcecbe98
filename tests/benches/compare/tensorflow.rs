//! `TensorFlow`, if it is installed.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::subject::Files;
use crate::way::Way;

/// A Python that can import `TensorFlow`.
pub(crate) struct Python {
    program: OsString,
    /// The version of `TensorFlow` that is measured.
    pub(crate) version: String,
}

impl Python {
    /// Finds the Python in `CHECKPOINT_PYTHON`, or `python3`. Prints a notice and returns `None` if it lacks `TensorFlow`.
    pub(crate) fn find() -> Option<Self> {
        let program = env::var_os("CHECKPOINT_PYTHON").unwrap_or_else(|| "python3".into());
        let output = script(&program).arg("version").output();
        match output {
            Ok(output) if output.status.success() => {
                let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                Some(Self { program, version })
            }
            _ => {
                eprintln!(
                    "skipped: TensorFlow; `{}` cannot import it: set `CHECKPOINT_PYTHON` to a Python that can",
                    program.display()
                );
                None
            }
        }
    }

    /// Returns the command for one round.
    pub(crate) fn command(&self, way: Way, files: &Files) -> io::Result<Command> {
        let mut command = script(&self.program);
        let way = match way {
            Way::RestoreV2 => "restore",
            Way::RestoreAgain => "again",
            Way::LoadCheckpoint => "reader",
            Way::LoadVariable => "variables",
            Way::SaveV2 => "save",
            Way::ConvertInPython => "convert",
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        command.arg(way).arg(&files.prefix);
        Ok(command)
    }
}

fn script(program: &OsString) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/time-tensorflow.py");
    let mut command = Command::new(program);
    // Its messages about processors and devices do not matter here.
    command.arg(script).env("TF_CPP_MIN_LOG_LEVEL", "3").env("CUDA_VISIBLE_DEVICES", "");
    command
}

//! Errors of finding `TensorFlow` and opening checkpoints with it.

use std::path::{Path, PathBuf};

use checkpoint_core::{Name, OpenError};
use thiserror::Error;

/// The end of a message: how to get the library.
const COMMANDS: &str = "in a copy of the repository, these two commands fetch it:
  scripts/get-libtensorflow.sh target/libtensorflow
  export TENSORFLOW_DIR=\"$PWD/target/libtensorflow\"";

/// An error of finding `TensorFlow`, or of opening a checkpoint with it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The library is missing.
    #[error("there is no TensorFlow library: no {}; {COMMANDS}", or(looked))]
    Missing {
        /// The files that were looked for.
        looked: Vec<PathBuf>,
    },
    /// The library cannot be used.
    #[error("cannot use the TensorFlow library {}: {problem}; {COMMANDS}", quoted(path))]
    Library {
        /// The path of the library.
        path: PathBuf,
        /// The reason.
        problem: String,
    },
    /// The checkpoint is missing, or its index cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `TensorFlow` does not accept the path of the checkpoint.
    #[error("TensorFlow cannot be asked for {}: {problem}; move it", quoted(path))]
    Path {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The reason.
        problem: &'static str,
    },
    /// `TensorFlow` cannot open the checkpoint.
    #[error("TensorFlow cannot open {}: {message}; check it with `ckpt verify`", quoted(path))]
    Refused {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The message of `TensorFlow`.
        message: String,
    },
    /// `TensorFlow` lists a variable, but cannot describe it.
    #[error("TensorFlow lists `{name}` in {}, but {problem}; read it natively", quoted(path))]
    Listed {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The name as `TensorFlow` lists it.
        name: Name,
        /// The reason.
        problem: &'static str,
    },
}

/// The first line of a message of `TensorFlow`. The other lines are a position in its graph.
pub(crate) fn first_line(message: impl ToString) -> String {
    message.to_string().lines().next().unwrap_or_default().trim_end().to_owned()
}

/// ``a, b or c``
fn or(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(quoted).collect();
    match &paths[..] {
        [paths @ .., last] if !paths.is_empty() => format!("{} or {last}", paths.join(", ")),
        paths => paths.concat(),
    }
}

/// Quotes a path on one line, with unprintable characters escaped.
fn quoted(path: impl AsRef<Path>) -> String {
    format!("`{}`", Name::from(path.as_ref().to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_missing_library_says_where_it_was_looked_for_and_how_to_fetch_it() {
        let looked = ["/opt/libtensorflow.so", "/usr/local/lib/libtensorflow.so"].map(Into::into);
        expect![[r#"
            there is no TensorFlow library: no `/opt/libtensorflow.so` or `/usr/local/lib/libtensorflow.so`; in a copy of the repository, these two commands fetch it:
              scripts/get-libtensorflow.sh target/libtensorflow
              export TENSORFLOW_DIR="$PWD/target/libtensorflow"
        "#]].assert_eq(&format!("{}\n", Error::Missing { looked: looked.into() }));
    }
}

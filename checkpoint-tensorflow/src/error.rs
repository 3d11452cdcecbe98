//! Why `TensorFlow` cannot be used, or cannot open a checkpoint.

use std::path::{Path, PathBuf};

use checkpoint_core::{Name, OpenError};
use thiserror::Error;

/// How the library is got, at the end of a message.
const COMMANDS: &str = "in a copy of the repository, these two commands fetch it:
  scripts/get-libtensorflow.sh target/libtensorflow
  export TENSORFLOW_DIR=\"$PWD/target/libtensorflow\"";

/// Why `TensorFlow` cannot be used, or cannot open a checkpoint.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no library.
    #[error("there is no TensorFlow library: no {}; {COMMANDS}", or(looked))]
    Missing {
        /// The files that were looked for.
        looked: Vec<PathBuf>,
    },
    /// The library is not one that can be used.
    #[error("cannot use the TensorFlow library {}: {problem}; {COMMANDS}", quoted(path))]
    Library {
        /// The library.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no checkpoint, or its index cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `TensorFlow` cannot be told where the checkpoint is.
    #[error("TensorFlow cannot be asked for {}: {problem}; move it", quoted(path))]
    Path {
        /// The checkpoint.
        path: PathBuf,
        /// Why not.
        problem: &'static str,
    },
    /// `TensorFlow` does not open the checkpoint.
    #[error(
        "TensorFlow cannot open {}: {message}; see whether `ckpt verify` finds it whole",
        quoted(path)
    )]
    Refused {
        /// The checkpoint.
        path: PathBuf,
        /// What it says.
        message: String,
    },
    /// `TensorFlow` cannot be asked for a variable that it lists.
    #[error("TensorFlow lists `{name}` in {}, but {problem}; read it natively", quoted(path))]
    Listed {
        /// The checkpoint.
        path: PathBuf,
        /// The name as it is listed.
        name: Name,
        /// Why not.
        problem: &'static str,
    },
}

/// The first line of what `TensorFlow` says; the others tell where in its graph.
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

/// A path on one line, whatever it is made of.
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

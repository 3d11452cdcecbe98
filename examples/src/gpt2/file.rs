//! Reading the text files of a model's directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

/// Errors of reading a file of the model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(error))]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The file is not the expected JSON.
    #[error("`{}` is not what it should be: {error}", path.display())]
    Json {
        /// The path of the file.
        path: PathBuf,
        /// The problem and its position.
        error: serde_json::Error,
    },
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file; a model directory holds `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe`, `model.ckpt.index` and `model.ckpt.data-*`".into(),
        _ => error.to_string(),
    }
}

pub(super) fn read_text(path: PathBuf) -> Result<String, FileError> {
    fs::read_to_string(&path).map_err(|error| FileError::Read { path, error })
}

pub(super) fn read_json<T: DeserializeOwned>(directory: &Path, name: &str) -> Result<T, FileError> {
    let path = directory.join(name);
    let text = read_text(path.clone())?;
    serde_json::from_str(&text).map_err(|error| FileError::Json { path, error })
}

//! Reading the text files of a model's directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a file of the model cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(error))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not the JSON that is expected.
    #[error("`{}` is not what it should be: {error}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
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

//! The hyper-parameters: `hparams.json`.

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::file::{FileError, read_json};

/// The hyper-parameters of a GPT-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hparams {
    /// The number of tokens in the vocabulary.
    pub n_vocab: usize,
    /// The largest number of tokens that the model can read.
    pub n_ctx: usize,
    /// The width of the model.
    pub n_embd: usize,
    /// The number of attention heads.
    pub n_head: usize,
    /// The number of blocks.
    pub n_layer: usize,
}

/// Errors of [`Hparams`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HparamsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A hyper-parameter is 0.
    #[error("`hparams.json` says that {name} is 0; it is at least 1")]
    Zero {
        /// Its name.
        name: &'static str,
    },
    /// The width is not a multiple of the number of heads.
    #[error("`hparams.json` divides n_embd {n_embd} among n_head {n_head}, which leaves a rest")]
    Heads {
        /// The width.
        n_embd: usize,
        /// The number of heads.
        n_head: usize,
    },
}

impl Hparams {
    /// Reads `hparams.json` in `directory`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or if the hyper-parameters are not valid.
    pub fn read(directory: impl AsRef<Path>) -> Result<Self, HparamsError> {
        let hparams: Self = read_json(directory.as_ref(), "hparams.json")?;
        hparams.check()?;
        Ok(hparams)
    }

    /// Checks that the hyper-parameters are valid.
    pub(super) fn check(&self) -> Result<(), HparamsError> {
        let &Self { n_vocab, n_ctx, n_embd, n_head, n_layer } = self;
        let named = [
            ("n_vocab", n_vocab),
            ("n_ctx", n_ctx),
            ("n_embd", n_embd),
            ("n_head", n_head),
            ("n_layer", n_layer),
        ];
        if let Some((name, _)) = named.into_iter().find(|&(_, value)| value == 0) {
            return Err(HparamsError::Zero { name });
        }
        if !n_embd.is_multiple_of(n_head) {
            return Err(HparamsError::Heads { n_embd, n_head });
        }
        Ok(())
    }
}

//! What the model has read, and what may follow.

use thiserror::Error;

use super::language_model::LanguageModel;
use super::model::KvCache;

/// A text that grows token by token.
#[derive(Debug)]
pub struct Context<'m> {
    model: &'m LanguageModel,
    tokens: Vec<usize>,
    caches: Vec<KvCache>,
    logits: Vec<f32>,
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContextError {
    /// There is no text.
    #[error("the text is empty; the model continues at least one token")]
    Empty,
    /// There is too much text.
    #[error("the text has {tokens} tokens, but the model reads {n_ctx} at most; shorten it")]
    TooLong {
        /// The tokens of the text.
        tokens: usize,
        /// The tokens that the model reads at most.
        n_ctx: usize,
    },
    /// The tokenizer is another model's.
    #[error(
        "the model has {n_vocab} tokens, and none with the number {token}; `encoder.json` belongs to another model"
    )]
    UnknownToken {
        /// The token.
        token: usize,
        /// The tokens of the model.
        n_vocab: usize,
    },
    /// The weights are those of no model.
    #[error(
        "what the model computes is not a number; its weights are damaged, or training has failed"
    )]
    NotANumber,
}

impl<'m> Context<'m> {
    /// Reads `tokens`.
    ///
    /// # Errors
    /// If there are none, or more than the model reads, or if one is not in its vocabulary.
    pub fn new(model: &'m LanguageModel, tokens: &[usize]) -> Result<Self, ContextError> {
        let caches = model.caches();
        let mut context = Self { model, tokens: Vec::new(), caches, logits: Vec::new() };
        context.read(tokens)?;
        Ok(context)
    }

    /// For each token of the vocabulary, how likely it is to follow. All of them are finite.
    #[must_use]
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Reads one more token. If the context is full, its older half is forgotten: the model reads the newer half anew.
    ///
    /// # Errors
    /// If the token is not in the vocabulary.
    pub fn push(&mut self, token: usize) -> Result<(), ContextError> {
        let n_ctx = self.model.hparams().n_ctx;
        if self.tokens.len() < n_ctx {
            return self.read(&[token]);
        }
        let mut kept = std::mem::take(&mut self.tokens).split_off(n_ctx - n_ctx / 2);
        kept.push(token);
        self.read(&kept)
    }

    /// Reads tokens that fit.
    fn read(&mut self, tokens: &[usize]) -> Result<(), ContextError> {
        self.model.check(tokens)?;
        let past = self.tokens.len();
        let hidden = self.model.weights().forward(tokens, &mut self.caches, past);
        self.tokens.extend(tokens);
        self.logits = self.model.logits(hidden.row(tokens.len() - 1)).to_vec();
        if self.logits.iter().all(|logit| logit.is_finite()) {
            Ok(())
        } else {
            Err(ContextError::NotANumber)
        }
    }
}

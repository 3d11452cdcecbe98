//! The tokens that the model has read, and the logits of the next one.

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

/// Errors of [`Context`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The text is empty.
    #[error("the text is empty; the model continues at least one token")]
    Empty,
    /// The text is too long.
    #[error("the text has {tokens} tokens, but the model reads {n_ctx} at most; shorten it")]
    TooLong {
        /// The number of tokens in the text.
        tokens: usize,
        /// The number of tokens that the model can read.
        n_ctx: usize,
    },
    /// A token is not in the vocabulary, as with the tokenizer of another model.
    #[error(
        "the model has {n_vocab} tokens, and none with the number {token}; `encoder.json` belongs to another model"
    )]
    UnknownToken {
        /// The token.
        token: usize,
        /// The number of tokens in the vocabulary.
        n_vocab: usize,
    },
    /// A logit is not finite: the weights are damaged.
    #[error(
        "what the model computes is not a number; its weights are damaged, or training has failed"
    )]
    NotANumber,
}

impl<'m> Context<'m> {
    /// Reads `tokens`.
    ///
    /// # Errors
    /// Returns an error if `tokens` is empty, has more tokens than the model can read, or has one that is not in the vocabulary.
    pub fn new(model: &'m LanguageModel, tokens: &[usize]) -> Result<Self, ContextError> {
        let caches = model.caches();
        let mut context = Self { model, tokens: Vec::new(), caches, logits: Vec::new() };
        context.read(tokens)?;
        Ok(context)
    }

    /// Returns the logit of each token of the vocabulary, for the next token. All of them are finite.
    #[must_use]
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Reads one more token. If the context is full, it drops its older half, and the model reads the newer half again.
    ///
    /// # Errors
    /// Returns an error if the token is not in the vocabulary.
    pub fn push(&mut self, token: usize) -> Result<(), ContextError> {
        let n_ctx = self.model.hparams().n_ctx;
        if self.tokens.len() < n_ctx {
            return self.read(&[token]);
        }
        let mut kept = std::mem::take(&mut self.tokens).split_off(n_ctx - n_ctx / 2);
        kept.push(token);
        self.read(&kept)
    }

    /// Reads tokens. They must fit into the context.
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

//! Weights with matching hyper-parameters.

use ndarray::{Array1, Array2, ArrayView1};

use super::context::ContextError;
use super::hparams::Hparams;
use super::model::{Gpt2, KvCache};
use super::shapes::{self, ShapeError};

/// A GPT-2 that can compute: weights, and hyper-parameters that match them.
#[derive(Debug)]
pub struct LanguageModel {
    weights: Gpt2,
    hparams: Hparams,
}

impl LanguageModel {
    /// Combines weights and hyper-parameters.
    ///
    /// # Errors
    /// Returns an error if the weights do not have the shapes that follow from the hyper-parameters.
    pub fn new(weights: Gpt2, hparams: Hparams) -> Result<Self, ShapeError> {
        shapes::check(&weights, &hparams)?;
        Ok(Self { weights, hparams })
    }

    /// Returns the weights.
    #[must_use]
    pub fn weights(&self) -> &Gpt2 {
        &self.weights
    }

    /// Returns the hyper-parameters.
    #[must_use]
    pub fn hparams(&self) -> &Hparams {
        &self.hparams
    }

    /// Reads all `tokens` at once. Returns the logits of the next token at each position: `[t, n_vocab]`.
    ///
    /// To continue a text, use [`Context`](super::Context), which reads each token once.
    ///
    /// # Errors
    /// Returns an error if `tokens` is empty, has more tokens than the model can read, or has one that is not in the vocabulary.
    pub fn forward(&self, tokens: &[usize]) -> Result<Array2<f32>, ContextError> {
        self.check(tokens)?;
        let hidden = self.weights.forward(tokens, &mut self.caches(), 0);
        Ok(hidden.dot(&self.weights.wte.t()))
    }

    /// Checks that the model can read `tokens`.
    pub(super) fn check(&self, tokens: &[usize]) -> Result<(), ContextError> {
        let Hparams { n_vocab, n_ctx, .. } = self.hparams;
        if tokens.is_empty() {
            return Err(ContextError::Empty);
        }
        if tokens.len() > n_ctx {
            return Err(ContextError::TooLong { tokens: tokens.len(), n_ctx });
        }
        match tokens.iter().find(|&&token| token >= n_vocab) {
            Some(&token) => Err(ContextError::UnknownToken { token, n_vocab }),
            None => Ok(()),
        }
    }

    /// Returns empty key/value caches for all blocks.
    pub(super) fn caches(&self) -> Vec<KvCache> {
        let Hparams { n_ctx, n_embd, n_head, n_layer, .. } = self.hparams;
        (0..n_layer).map(|_| KvCache::new(n_head, n_ctx, n_embd / n_head)).collect()
    }

    /// Returns the logits of the next token, from the hidden state `hidden` of one position.
    pub(super) fn logits(&self, hidden: ArrayView1<'_, f32>) -> Array1<f32> {
        self.weights.wte.dot(&hidden)
    }
}

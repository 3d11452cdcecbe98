//! Weights and hyper-parameters that belong together.

use ndarray::{Array1, Array2, ArrayView1};

use super::context::ContextError;
use super::hparams::Hparams;
use super::model::{Gpt2, KvCache};
use super::shapes::{self, ShapeError};

/// A GPT-2 that can compute: weights, and hyper-parameters that fit them.
#[derive(Debug)]
pub struct LanguageModel {
    weights: Gpt2,
    hparams: Hparams,
}

impl LanguageModel {
    /// Puts weights and hyper-parameters together.
    ///
    /// # Errors
    /// If the weights do not have the shapes that the hyper-parameters ask for.
    pub fn new(weights: Gpt2, hparams: Hparams) -> Result<Self, ShapeError> {
        shapes::check(&weights, &hparams)?;
        Ok(Self { weights, hparams })
    }

    /// The weights.
    #[must_use]
    pub fn weights(&self) -> &Gpt2 {
        &self.weights
    }

    /// The hyper-parameters.
    #[must_use]
    pub fn hparams(&self) -> &Hparams {
        &self.hparams
    }

    /// Reads `tokens` at once: for each of them, how likely each token is to follow it, as logits `[t, n_vocab]`.
    ///
    /// To continue a text, use [`Context`](super::Context), which reads each token once.
    ///
    /// # Errors
    /// If there are none, or more than the model reads, or if one is not in its vocabulary.
    pub fn forward(&self, tokens: &[usize]) -> Result<Array2<f32>, ContextError> {
        self.check(tokens)?;
        let hidden = self.weights.forward(tokens, &mut self.caches(), 0);
        Ok(hidden.dot(&self.weights.wte.t()))
    }

    /// Makes sure that the model can read `tokens`.
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

    /// Empty key/value caches for all blocks.
    pub(super) fn caches(&self) -> Vec<KvCache> {
        let Hparams { n_ctx, n_embd, n_head, n_layer, .. } = self.hparams;
        (0..n_layer).map(|_| KvCache::new(n_head, n_ctx, n_embd / n_head)).collect()
    }

    /// The logits of what follows the position of which the model made `hidden`.
    pub(super) fn logits(&self, hidden: ArrayView1<'_, f32>) -> Array1<f32> {
        self.weights.wte.dot(&hidden)
    }
}

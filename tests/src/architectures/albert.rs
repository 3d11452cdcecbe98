//! Checkpoints of ALBERT as Google's code writes them: all layers share one block.

use super::bert::{dense, embeddings, heads, norm, training};
use super::listing::Listing;

/// The hyper-parameters of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Albert {
    /// The number of tokens.
    pub vocab: u64,
    /// The number of positions.
    pub positions: u64,
    /// The number of segment kinds.
    pub types: u64,
    /// The width of the embeddings.
    pub embedding: u64,
    /// The width of the model.
    pub hidden: u64,
    /// The width of the hidden layer of the perceptron.
    pub intermediate: u64,
}

impl Albert {
    /// ALBERT-base of version 2.
    pub const BASE: Self = Self {
        vocab: 30_000,
        positions: 512,
        types: 2,
        embedding: 128,
        hidden: 768,
        intermediate: 3072,
    };

    /// A small model, for tests of all elements.
    pub const TINY: Self =
        Self { vocab: 19, positions: 7, types: 2, embedding: 4, hidden: 6, intermediate: 10 };

    /// Returns the released checkpoint: the model, its heads for the two pre-training tasks, and the step counter.
    #[must_use]
    pub fn released(&self) -> Listing {
        let mut listing = self.weights();
        listing.counter("global_step");
        listing
    }

    /// Returns a checkpoint of a training. LAMB keeps the same slots as Adam, under the same names.
    #[must_use]
    pub fn trained(&self) -> Listing {
        training(self.weights())
    }

    fn weights(&self) -> Listing {
        let Self { vocab, positions, types, embedding, hidden, intermediate } = *self;
        let mut listing = Listing::default();
        embeddings(&mut listing, vocab, positions, types, embedding);
        dense(&mut listing, "bert/encoder/embedding_hidden_mapping_in", embedding, hidden);
        let at = |part: &str| format!("bert/encoder/transformer/group_0/inner_group_0/{part}");
        for part in ["query", "key", "value"] {
            dense(&mut listing, &at(&format!("attention_1/self/{part}")), hidden, hidden);
        }
        dense(&mut listing, &at("attention_1/output/dense"), hidden, hidden);
        norm(&mut listing, &at("LayerNorm"), hidden);
        dense(&mut listing, &at("ffn_1/intermediate/dense"), hidden, intermediate);
        dense(&mut listing, &at("ffn_1/intermediate/output/dense"), intermediate, hidden);
        norm(&mut listing, &at("LayerNorm_1"), hidden);
        dense(&mut listing, "bert/pooler/dense", hidden, hidden);
        heads(&mut listing, vocab, hidden, embedding);
        listing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn albert_base_has_the_33_variables_of_the_published_index() {
        assert_eq!(Albert::BASE.released().variables().len(), 33);
    }
}

//! Checkpoints of ELECTRA as Google's code writes them: the discriminator and the generator in one.

use super::bert::{dense, norm, training};
use super::listing::Listing;

/// The hyper-parameters of both models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Electra {
    /// The number of tokens.
    pub vocab: u64,
    /// The number of positions.
    pub positions: u64,
    /// The number of segment kinds.
    pub types: u64,
    /// The width of the embeddings.
    pub embedding: u64,
    /// The number of layers of each model.
    pub layers: u64,
    /// The widths of the discriminator and of the hidden layers of its perceptrons.
    pub discriminator: [u64; 2],
    /// The widths of the generator and of the hidden layers of its perceptrons.
    pub generator: [u64; 2],
}

impl Electra {
    /// ELECTRA-Small.
    pub const SMALL: Self = Self {
        vocab: 30_522,
        positions: 512,
        types: 2,
        embedding: 128,
        layers: 12,
        discriminator: [256, 1024],
        generator: [256, 1024],
    };

    /// A small model, for tests of all elements.
    pub const TINY: Self = Self {
        vocab: 19,
        positions: 7,
        types: 2,
        embedding: 4,
        layers: 3,
        discriminator: [6, 10],
        generator: [2, 8],
    };

    /// Returns a checkpoint of the weights of both models.
    #[must_use]
    pub fn released(&self) -> Listing {
        let Self { vocab, embedding, discriminator, generator, .. } = *self;
        let mut listing = self.shared();
        self.transformer(&mut listing, "electra", discriminator);
        self.transformer(&mut listing, "generator", generator);
        let [hidden, _] = discriminator;
        dense(&mut listing, "discriminator_predictions/dense", hidden, hidden);
        dense(&mut listing, "discriminator_predictions/dense_1", hidden, 1);
        let [hidden, _] = generator;
        dense(&mut listing, "generator_predictions/dense", hidden, embedding);
        norm(&mut listing, "generator_predictions/LayerNorm", embedding);
        listing.weight("generator_predictions/output_bias", &[vocab]);
        listing
    }

    /// Returns a checkpoint of a training.
    #[must_use]
    pub fn trained(&self) -> Listing {
        training(self.released())
    }

    fn shared(&self) -> Listing {
        let Self { vocab, positions, types, embedding, .. } = *self;
        let mut listing = Listing::default();
        for (table, rows) in [("word", vocab), ("position", positions), ("token_type", types)] {
            listing.weight(format!("electra/embeddings/{table}_embeddings"), &[rows, embedding]);
        }
        norm(&mut listing, "electra/embeddings/LayerNorm", embedding);
        listing
    }

    /// Adds a transformer. Only the discriminator does without a projection if the widths are equal.
    fn transformer(&self, listing: &mut Listing, at: &str, [hidden, intermediate]: [u64; 2]) {
        if at == "generator" || self.embedding != hidden {
            dense(listing, &format!("{at}/embeddings_project"), self.embedding, hidden);
        }
        for layer in 0..self.layers {
            let at = |part: &str| format!("{at}/encoder/layer_{layer}/{part}");
            for part in ["self/query", "self/key", "self/value", "output/dense"] {
                dense(listing, &at(&format!("attention/{part}")), hidden, hidden);
            }
            norm(listing, &at("attention/output/LayerNorm"), hidden);
            dense(listing, &at("intermediate/dense"), hidden, intermediate);
            dense(listing, &at("output/dense"), intermediate, hidden);
            norm(listing, &at("output/LayerNorm"), hidden);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_has_16_variables_in_a_layer() {
        let variables = Electra::SMALL.released().variables().len();
        assert_eq!(variables, 5 + 2 * (2 + 12 * 16) + 4 + 5);
    }
}

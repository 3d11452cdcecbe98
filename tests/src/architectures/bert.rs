//! Checkpoints of BERT as Google's code writes them: released, during training, and fine-tuned.

use super::listing::Listing;

/// The hyper-parameters of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bert {
    /// The number of tokens.
    pub vocab: u64,
    /// The number of positions.
    pub positions: u64,
    /// The number of segment kinds.
    pub types: u64,
    /// The width of the model.
    pub hidden: u64,
    /// The width of the hidden layers of the perceptrons.
    pub intermediate: u64,
    /// The number of layers.
    pub layers: u64,
}

impl Bert {
    /// BERT-Base, uncased.
    pub const BASE: Self = Self {
        vocab: 30_522,
        positions: 512,
        types: 2,
        hidden: 768,
        intermediate: 3072,
        layers: 12,
    };

    /// BERT-Large, uncased.
    pub const LARGE: Self = Self { hidden: 1024, intermediate: 4096, layers: 24, ..Self::BASE };

    /// Returns the released checkpoint: the model and its heads for the two pre-training tasks.
    #[must_use]
    pub fn released(&self) -> Listing {
        let mut listing = self.model();
        heads(&mut listing, self.vocab, self.hidden, self.hidden);
        listing
    }

    /// Returns a checkpoint of a training.
    #[must_use]
    pub fn trained(&self) -> Listing {
        training(self.released())
    }

    /// Returns a checkpoint of training a classifier with `labels` classes.
    #[must_use]
    pub fn fine_tuned(&self, labels: u64) -> Listing {
        let mut listing = self.model();
        listing.weight("output_weights", &[labels, self.hidden]);
        listing.weight("output_bias", &[labels]);
        training(listing)
    }

    fn model(&self) -> Listing {
        let Self { vocab, positions, types, hidden, intermediate, layers } = *self;
        let mut listing = Listing::default();
        embeddings(&mut listing, vocab, positions, types, hidden);
        for layer in 0..layers {
            let at = |part: &str| format!("bert/encoder/layer_{layer}/{part}");
            for part in ["query", "key", "value"] {
                dense(&mut listing, &at(&format!("attention/self/{part}")), hidden, hidden);
            }
            dense(&mut listing, &at("attention/output/dense"), hidden, hidden);
            norm(&mut listing, &at("attention/output/LayerNorm"), hidden);
            dense(&mut listing, &at("intermediate/dense"), hidden, intermediate);
            dense(&mut listing, &at("output/dense"), intermediate, hidden);
            norm(&mut listing, &at("output/LayerNorm"), hidden);
        }
        dense(&mut listing, "bert/pooler/dense", hidden, hidden);
        listing
    }
}

pub(super) fn embeddings(
    listing: &mut Listing,
    vocab: u64,
    positions: u64,
    types: u64,
    width: u64,
) {
    let tables = [("word", vocab), ("position", positions), ("token_type", types)];
    for (table, rows) in tables {
        listing.weight(format!("bert/embeddings/{table}_embeddings"), &[rows, width]);
    }
    norm(listing, "bert/embeddings/LayerNorm", width);
}

/// Adds the heads of the pre-training, of a model of width `hidden` with embeddings of width `width`.
pub(super) fn heads(listing: &mut Listing, vocab: u64, hidden: u64, width: u64) {
    dense(listing, "cls/predictions/transform/dense", hidden, width);
    norm(listing, "cls/predictions/transform/LayerNorm", width);
    listing.weight("cls/predictions/output_bias", &[vocab]);
    listing.weight("cls/seq_relationship/output_weights", &[2, hidden]);
    listing.weight("cls/seq_relationship/output_bias", &[2]);
}

pub(super) fn dense(listing: &mut Listing, at: &str, from: u64, to: u64) {
    listing.weight(format!("{at}/kernel"), &[from, to]);
    listing.weight(format!("{at}/bias"), &[to]);
}

pub(super) fn norm(listing: &mut Listing, at: &str, width: u64) {
    listing.weight(format!("{at}/beta"), &[width]);
    listing.weight(format!("{at}/gamma"), &[width]);
}

/// Adds the moments of each weight, and the step counter.
pub(super) fn training(mut listing: Listing) -> Listing {
    listing.twins(&["adam_m", "adam_v"], |_| true);
    listing.counter("global_step");
    listing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus;

    #[test]
    fn the_numbers_of_variables_are_those_of_the_published_indexes() {
        assert_eq!(Bert::BASE.released().variables().len(), 206);
        assert_eq!(Bert::BASE.trained().variables().len(), 619);
        assert_eq!(Bert::LARGE.released().variables().len(), 398);
    }

    #[test]
    fn the_names_and_shapes_are_those_of_a_trained_model() {
        let name = "real/keras-bert-toy";
        let cases = corpus::real_cases().unwrap();
        let Some(case) = cases.into_iter().find(|case| case.name == name) else { return };
        let toy =
            Bert { vocab: 15, positions: 16, types: 2, hidden: 4, intermediate: 16, layers: 2 };
        let mut listed: Vec<_> = toy
            .trained()
            .variables()
            .iter()
            .map(|listed| {
                (listed.name.clone(), listed.dtype.name().to_owned(), listed.shape.clone())
            })
            .collect();
        listed.sort();
        let found = case.truth.tensors.into_iter();
        let found: Vec<_> = found.map(|tensor| (tensor.name, tensor.dtype, tensor.shape)).collect();
        assert_eq!(listed, found);
    }
}

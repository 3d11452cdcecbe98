//! Checkpoints of T5 as Mesh TensorFlow writes them, with weights of `bfloat16` and the slots of Adafactor.

use checkpoint_schema::listing::dtype::DType;

use super::listing::Listing;

/// The hyper-parameters of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T5 {
    /// The number of tokens.
    pub vocab: u64,
    /// The width of the model.
    pub d_model: u64,
    /// The width of the hidden layers of the perceptrons.
    pub d_ff: u64,
    /// The number of heads.
    pub heads: u64,
    /// The width of a head.
    pub d_kv: u64,
    /// The number of blocks of the encoder, and of the decoder.
    pub blocks: u64,
    /// The version of the architecture.
    pub version: Version,
    /// The name of normalizations in a block, and of the last one.
    pub norms: [&'static str; 2],
}

/// The version of the architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The first version: the token embeddings are also the output layer.
    V1,
    /// Version 1.1: perceptrons have gates, and there is an output layer.
    V1p1,
}

/// The names of normalizations in released checkpoints.
pub const LAYER_NORM: [&str; 2] = ["layer_norm", "final_layer_norm"];

/// The names of normalizations in other checkpoints.
pub const RMS_NORM: [&str; 2] = ["rms_norm", "rms_norm"];

/// The number of buckets for distances.
const BUCKETS: u64 = 32;

/// The minimum length of two axes for which Adafactor keeps rows and columns.
const FACTORED_FROM: u64 = 128;

impl T5 {
    /// T5-Small.
    pub const SMALL: Self = Self {
        vocab: 32_128,
        d_model: 512,
        d_ff: 2048,
        heads: 8,
        d_kv: 64,
        blocks: 6,
        version: Version::V1,
        norms: LAYER_NORM,
    };

    /// T5-Small of version 1.1.
    pub const SMALL_1_1: Self =
        Self { d_ff: 1024, heads: 6, blocks: 8, version: Version::V1p1, ..Self::SMALL };

    /// Returns a checkpoint of a training. The released ones have the same variables.
    #[must_use]
    pub fn trained(&self) -> Listing {
        let mut listing = Listing::default();
        let weights = self.weights();
        for (name, shape) in &weights {
            listing.add(name.clone(), DType::BFloat16, shape);
        }
        for (name, shape) in &weights {
            slots(&mut listing, name, shape);
        }
        listing.counter("global_step");
        listing
    }

    fn weights(&self) -> Vec<(String, Vec<u64>)> {
        let &Self { vocab, d_model, .. } = self;
        let mut weights = vec![("shared/embedding".to_owned(), vec![vocab, d_model])];
        for stack in ["encoder", "decoder"] {
            for block in 0..self.blocks {
                let at = |part: &str| format!("{stack}/block_{block:03}/{part}");
                self.attention(&mut weights, &at("layer_000"), "SelfAttention");
                if block == 0 {
                    let bias = at("layer_000/SelfAttention/relative_attention_bias");
                    weights.push((bias, vec![self.heads, BUCKETS]));
                }
                if stack == "decoder" {
                    self.attention(&mut weights, &at("layer_001"), "EncDecAttention");
                    self.perceptron(&mut weights, &at("layer_002"));
                } else {
                    self.perceptron(&mut weights, &at("layer_001"));
                }
            }
            weights.push((format!("{stack}/{}/scale", self.norms[1]), vec![d_model]));
        }
        if self.version == Version::V1p1 {
            weights.push(("decoder/logits/kernel".to_owned(), vec![d_model, vocab]));
        }
        weights
    }

    fn attention(&self, weights: &mut Vec<(String, Vec<u64>)>, layer: &str, kind: &str) {
        let (outside, inside) = (self.d_model, self.heads * self.d_kv);
        let maps = [
            ("q", outside, inside),
            ("k", outside, inside),
            ("v", outside, inside),
            ("o", inside, outside),
        ];
        weights
            .extend(maps.map(|(map, from, to)| (format!("{layer}/{kind}/{map}"), vec![from, to])));
        weights.push((format!("{layer}/{}/scale", self.norms[0]), vec![outside]));
    }

    fn perceptron(&self, weights: &mut Vec<(String, Vec<u64>)>, layer: &str) {
        let &Self { d_model, d_ff, .. } = self;
        let inputs: &[&str] = match self.version {
            Version::V1 => &["wi"],
            Version::V1p1 => &["wi_0", "wi_1"],
        };
        let kernel = |map: &str| format!("{layer}/DenseReluDense/{map}/kernel");
        weights.extend(inputs.iter().map(|map| (kernel(map), vec![d_model, d_ff])));
        weights.push((kernel("wo"), vec![d_ff, d_model]));
        weights.push((format!("{layer}/{}/scale", self.norms[0]), vec![d_model]));
    }
}

/// Adds the slots of Adafactor: the means of rows and columns for a large variable.
fn slots(listing: &mut Listing, name: &str, shape: &[u64]) {
    match *shape {
        [one, other] if one.min(other) >= FACTORED_FROM => {
            // First without the longer axis, then without the other.
            listing.weight(format!("{name}_slot_vr"), &[one.min(other)]);
            listing.weight(format!("{name}_slot_vc"), &[one.max(other)]);
        }
        _ => listing.weight(format!("{name}_slot_v"), shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_model_has_the_variables_of_its_published_description() {
        let model =
            T5 { d_model: 32, d_ff: 64, heads: 2, blocks: 2, norms: RMS_NORM, ..T5::SMALL_1_1 };
        let weights = model.weights();
        assert_eq!(weights.len(), 52);
        let elements: u64 = weights.iter().map(|(_, shape)| shape.iter().product::<u64>()).sum();
        assert_eq!(elements, 2_179_584);
        assert_eq!(model.trained().variables().len(), 104 + 1);
    }

    #[test]
    fn large_matrices_have_two_slots_and_others_one() {
        let listing = T5::SMALL.trained();
        let slots: Vec<_> = listing
            .variables()
            .iter()
            .filter(|listed| {
                listed.name.starts_with("encoder/block_000/layer_001/DenseReluDense/wi/kernel_")
            })
            .map(|listed| (&listed.name[listed.name.len() - 7..], &listed.shape[..]))
            .collect();
        assert_eq!(slots, [("slot_vr", &[512_u64][..]), ("slot_vc", &[2048])]);
    }
}

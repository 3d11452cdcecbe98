//! Kinds of layers, recognized by their fields, whatever their names.

use super::words::{Words, words};
use crate::structs::{Field, Holds, Struct};

/// A kind of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dense,
    EinsumDense,
    Conv1d,
    Conv2d,
    Conv3d,
    BatchNorm,
    LayerNorm,
    /// Projections to queries, keys and values, and more.
    Attention,
}

/// Words of places that say more than the kind, because their weights are those of several layers in one.
const SPECIFIC: [&str; 6] = ["lstm", "gru", "rnn", "cell", "embedding", "embeddings"];

impl Kind {
    /// Returns the kind of a struct at a place of this name.
    pub(super) fn of(structure: &Struct, place: &Words) -> Option<Self> {
        if SPECIFIC.iter().any(|word| place.has(word)) {
            return None;
        }
        let fields: Vec<(Words, Option<usize>)> = structure.fields.iter().map(role).collect();
        let kind = norm(&fields).or_else(|| affine(&fields)).or_else(|| attention(&fields));
        // A kernel with an axis of heads can look like one with a window.
        kind.filter(|kind| *kind != Self::Conv1d || !place.has("dense"))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::EinsumDense => "einsum_dense",
            Self::Conv1d => "conv1d",
            Self::Conv2d => "conv2d",
            Self::Conv3d => "conv3d",
            Self::BatchNorm => "batch_norm",
            Self::LayerNorm => "layer_norm",
            Self::Attention => "attention",
        }
    }

    /// Returns the name of an axis's symbol, counting axes from the end, the last being 0. Returns `None` if only its number
    /// tells.
    pub(super) fn axis(self, from_end: usize) -> Option<&'static str> {
        match (self, from_end) {
            (Self::Dense | Self::Conv1d | Self::Conv2d | Self::Conv3d, 0) => Some("outputs"),
            (Self::Dense | Self::Conv1d | Self::Conv2d | Self::Conv3d, 1) => Some("inputs"),
            (Self::BatchNorm | Self::LayerNorm, 0) => Some("size"),
            _ => None,
        }
    }
}

/// Returns the words of a field, and the rank of its variable. Structs, lists and optional fields have no rank.
fn role(field: &Field) -> (Words, Option<usize>) {
    let words = field.path.first().map_or_else(Words::default, |first| words(&first.before));
    let rank = match field.holds {
        Holds::Variable(leaf) if !field.is_list() => Some(leaf.rank),
        _ => None,
    };
    (words, rank)
}

type Role = (Words, Option<usize>);

/// Returns the rank of the one field that has one of these names.
fn rank(fields: &[Role], names: &[&str]) -> Option<usize> {
    let is_named = |(words, _): &&Role| names.iter().any(|name| words.is(name));
    fields.iter().find(is_named).and_then(|(_, rank)| *rank)
}

fn norm(fields: &[Role]) -> Option<Kind> {
    let known = |names: &[&str]| usize::from(rank(fields, names) == Some(1));
    let scale = known(&["gamma", "g", "scale", "weight"]);
    let shift = known(&["beta", "b", "offset", "bias"]);
    let mean = known(&["moving_mean", "running_mean"]);
    let variance = known(&["moving_variance", "running_var"]);
    let count = usize::from(rank(fields, &["num_batches_tracked"]) == Some(0));
    let all = scale + shift + mean + variance + count == fields.len();
    match (all, scale + shift, mean + variance) {
        (true, _, 2) => Some(Kind::BatchNorm),
        (true, 2, 0) if count == 0 => Some(Kind::LayerNorm),
        _ => None,
    }
}

fn affine(fields: &[Role]) -> Option<Kind> {
    let weight = rank(fields, &["kernel", "weight", "weights", "w"])?;
    let bias = rank(fields, &["bias", "biases", "b"])?;
    match (fields.len(), weight, bias) {
        (2, 2, 1) => Some(Kind::Dense),
        (2, 3, 1) => Some(Kind::Conv1d),
        (2, 4, 1) => Some(Kind::Conv2d),
        (2, 5, 1) => Some(Kind::Conv3d),
        (2, 3.., 2..) => Some(Kind::EinsumDense),
        _ => None,
    }
}

fn attention(fields: &[Role]) -> Option<Kind> {
    let has =
        |names: [&str; 2]| fields.iter().any(|(words, _)| names.iter().any(|name| words.has(name)));
    let all = [["query", "q"], ["key", "k"], ["value", "v"]].into_iter().all(has);
    all.then_some(Kind::Attention)
}

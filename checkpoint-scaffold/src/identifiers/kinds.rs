//! Kinds of layers, recognized by their fields, whatever their names.

use super::words::{Words, words};
use crate::lengths::{Of, Position};
use crate::structs::{Field, Holds, Struct};

/// A kind of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dense,
    EinsumDense,
    Conv1d,
    Conv2d,
    Conv3d,
    /// A convolution with its normalization.
    ConvBatchNorm,
    BatchNorm,
    LayerNorm,
    /// Projections to queries, keys and values, and more.
    Attention,
}

/// Words of places that say more than the kind, because their weights are those of several layers in one.
const SPECIFIC: [&str; 6] = ["lstm", "gru", "rnn", "cell", "embedding", "embeddings"];

impl Kind {
    /// Returns the kind of a struct at a place of this name. `known` are the kinds of the structs before it.
    pub(super) fn of(structure: &Struct, place: &Words, known: &[Option<Self>]) -> Option<Self> {
        let fields: Vec<Role> = structure.fields.iter().map(role).collect();
        let kind = norm(&fields).or_else(|| affine(&fields)).or_else(|| attention(&fields));
        let kind = kind.or_else(|| conv_norm(structure, &fields, known));
        // A kernel with an axis of heads can look like one with a window.
        kind.filter(|kind| *kind != Self::Conv1d || !place.has("dense"))
    }

    /// True if the words of a place say more than the kind.
    pub(super) fn is_specific(place: &Words) -> bool {
        SPECIFIC.iter().any(|word| place.has(word))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::EinsumDense => "einsum_dense",
            Self::Conv1d => "conv1d",
            Self::Conv2d => "conv2d",
            Self::Conv3d => "conv3d",
            Self::ConvBatchNorm => "conv_batch_norm",
            Self::BatchNorm => "batch_norm",
            Self::LayerNorm => "layer_norm",
            Self::Attention => "attention",
        }
    }

    /// True for layers whose variables have one axis, of the same length.
    pub(super) const fn is_norm(self) -> bool {
        matches!(self, Self::BatchNorm | Self::LayerNorm)
    }
}

/// Names of weights and biases.
const WEIGHTS: [&str; 4] = ["kernel", "weight", "weights", "w"];
const BIASES: [&str; 3] = ["bias", "biases", "b"];

/// Returns the meaning of an axis of a weight, if a bias or a normalization tells: its length is that of the outputs. They are the
/// last axis in TensorFlow, and the first in PyTorch.
pub(super) fn meaning(is: &Struct, of: &Of, field: usize, axis: usize) -> Option<&'static str> {
    let roles: Vec<Role> = is.fields.iter().map(role).collect();
    let (name, rank) = roles.get(field)?;
    let rank = rank.filter(|rank| *rank > 1 && WEIGHTS.iter().any(|weight| name.has(weight)))?;
    let is_bias = |(name, rank): &Role| *rank == Some(1) && BIASES.iter().any(|bias| name.is(bias));
    let bias = roles.iter().position(is_bias).map(|field| Position::Axis { field, axis: 0 });
    let is_norm = |(name, rank): &Role| rank.is_none() && (name.has("norm") || name.has("bn"));
    let norm = roles.iter().position(is_norm).map(|field| Position::Within { field, symbol: 0 });
    let outputs = of.lengths.get(&bias.or(norm)?)?;
    let length = |axis| of.lengths.get(&Position::Axis { field, axis });
    let is_outputs = |axis| length(axis) == Some(outputs);
    // The axes of the outputs, of the inputs, and the first of a window.
    let (outputs, inputs, window) = match (is_outputs(rank - 1), is_outputs(0)) {
        (true, true) if rank == 2 => return Some("size"),
        (true, _) => (rank - 1, rank - 2, 0),
        (false, true) => (0, 1, 2),
        (false, false) => return is_outputs(axis).then_some("channels"),
    };
    let is_square = length(window) == length(window + 1);
    match axis.checked_sub(window) {
        _ if axis == outputs => Some("outputs"),
        _ if axis == inputs => Some("inputs"),
        Some(_) if rank == 4 && is_square => Some("window"),
        Some(0) if rank == 4 => Some("height"),
        Some(1) if rank == 4 => Some("width"),
        _ => None,
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
    let weight = rank(fields, &WEIGHTS)?;
    let bias = rank(fields, &BIASES)?;
    match (fields.len(), weight, bias) {
        (2, 2, 1) => Some(Kind::Dense),
        (2, 3, 1) => Some(Kind::Conv1d),
        (2, 4, 1) => Some(Kind::Conv2d),
        (2, 5, 1) => Some(Kind::Conv3d),
        (2, 3.., 2..) => Some(Kind::EinsumDense),
        _ => None,
    }
}

/// A kernel with a normalization, and maybe a bias.
fn conv_norm(structure: &Struct, fields: &[Role], known: &[Option<Kind>]) -> Option<Kind> {
    let is_norm = |field: &&Field| match field.holds {
        Holds::Struct(number) => known.get(number).copied().flatten() == Some(Kind::BatchNorm),
        Holds::Variable(_) => false,
    };
    let norms = structure.fields.iter().filter(is_norm).count();
    let biases = usize::from(rank(fields, &BIASES) == Some(1));
    let is_conv = rank(fields, &WEIGHTS) == Some(4) && norms == 1;
    (is_conv && fields.len() == 2 + biases).then_some(Kind::ConvBatchNorm)
}

fn attention(fields: &[Role]) -> Option<Kind> {
    let has =
        |names: [&str; 2]| fields.iter().any(|(words, _)| names.iter().any(|name| words.has(name)));
    let all = [["query", "q"], ["key", "k"], ["value", "v"]].into_iter().all(has);
    all.then_some(Kind::Attention)
}

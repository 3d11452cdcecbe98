//! The words of paths, to compare the names of two frameworks.

use std::collections::BTreeSet;

use crate::numbers::Segment;

/// Words with one meaning, in names of several frameworks. The first word stands for all.
const MEANINGS: [&[&str]; 9] = [
    &["weight", "weights", "kernel", "gamma", "scale", "g", "w"],
    &["bias", "biases", "beta", "b", "offset"],
    &["mean", "moving_mean", "running_mean"],
    &["var", "moving_variance", "running_var", "variance"],
    &[
        "norm",
        "layernorm",
        "layer_norm",
        "ln",
        "layer_normalization",
        "batchnorm",
        "bn",
        "batch_normalization",
    ],
    &["embedding", "embeddings", "emb", "wte"],
    &["layer", "layers", "block", "blocks", "h", "hidden"],
    &["attention", "attn", "att"],
    &["decoder", "dec"],
];

/// The words of a path, without numbers.
pub(super) fn words<'s>(path: impl Iterator<Item = &'s Segment>) -> BTreeSet<String> {
    let text = |segment: &Segment| format!("{} {}", segment.before, segment.after);
    path.flat_map(|segment| of_text(&text(segment))).collect()
}

fn of_text(text: &str) -> Vec<String> {
    let mut lower = String::new();
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            lower.push(' ');
        } else {
            lower.extend(letter.to_lowercase());
        }
    }
    let is_edge = |letter: char| !letter.is_alphanumeric() && letter != '_';
    let mut words = Vec::new();
    for word in lower.split(is_edge).map(|word| word.trim_matches('_')) {
        match meaning(word) {
            Some(meaning) => words.push(meaning.to_owned()),
            None => {
                words.extend(word.split('_').map(|part| meaning(part).unwrap_or(part).to_owned()));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn meaning(word: &str) -> Option<&'static str> {
    MEANINGS.iter().find(|words| words.contains(&word)).and_then(|words| words.first()).copied()
}

/// The likeness of paths with the same words.
pub(super) const SAME: usize = 1000;

/// The likeness of two paths: twice the words of both, relative to those of each.
pub(super) fn likeness(one: &BTreeSet<String>, other: &BTreeSet<String>) -> usize {
    let both = one.intersection(other).count();
    (2 * SAME * both).checked_div(one.len() + other.len()).unwrap_or_default()
}

//! Names of lengths, from the hyper-parameters beside a checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::hyper_parameters;

/// Files of a model's hyper-parameters. The first one found is read.
const FILES: [&str; 3] = ["hparams.json", "bert_config.json", "config.json"];

/// The shortest length with a name.
const SHORTEST: u64 = 8;

/// Parts of hyper-parameter names that are not lengths.
const COUNTS: [&str; 8] =
    ["layer", "head", "batch", "epoch", "step", "seed", "token_id", "dropout"];

/// Returns the names of lengths. A value of two hyper-parameters has no name.
pub(super) fn named(checkpoint: &Path) -> BTreeMap<u64, String> {
    let read = |file: &&str| hyper_parameters::beside(checkpoint, file);
    FILES.iter().find_map(read).map_or_else(BTreeMap::new, |all| lengths(&all))
}

fn lengths(all: &Map<String, Value>) -> BTreeMap<u64, String> {
    let mut names: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (name, value) in all {
        if let Some(value) = value.as_u64().filter(|value| *value >= SHORTEST) {
            names.entry(value).or_default().push(name);
        }
    }
    let only = |(value, names): (u64, Vec<&str>)| match names[..] {
        [name] if is_symbol(name) => Some((value, name.to_owned())),
        _ => None,
    };
    names.into_iter().filter_map(only).collect()
}

/// True if the name is valid for a symbol, and can be that of a length.
fn is_symbol(name: &str) -> bool {
    let is_letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    // A name of one word could be a Rust keyword.
    name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.contains('_')
        && name.chars().all(is_letter)
        && !COUNTS.iter().any(|count| name.contains(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_the_name_of_its_only_hyper_parameter() {
        let text = r#"{"n_vocab": 50257, "n_ctx": 1024, "n_positions": 1024, "n_embd": 768, "n_head": 12, "fn": 99, "rate_x": 0.5}"#;
        let all: Map<String, Value> = serde_json::from_str(text).unwrap();
        let expected = [(768, "n_embd"), (50257, "n_vocab")];
        assert_eq!(
            lengths(&all),
            BTreeMap::from(expected.map(|(value, name)| (value, name.to_owned())))
        );
    }
}

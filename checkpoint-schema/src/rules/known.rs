//! Rules for common architectures.

use crate::rules::Rules;

/// Common architectures, and their rules from the names of TensorFlow code to those of `transformers` in PyTorch. They are
/// reversible.
const KNOWN: [(&str, &str); 8] = [
    ("gpt2", include_str!("known/gpt2.rules")),
    ("bert", include_str!("known/bert.rules")),
    ("albert", include_str!("known/albert.rules")),
    ("t5", include_str!("known/t5.rules")),
    ("electra", include_str!("known/electra.rules")),
    ("electra-generator", include_str!("known/electra-generator.rules")),
    ("mobilenet-v1", include_str!("known/mobilenet-v1.rules")),
    ("mobilenet-v2", include_str!("known/mobilenet-v2.rules")),
];

impl Rules {
    /// Returns the architectures that [`known`](Self::known) has rules for.
    pub fn known_models() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(name, _)| *name)
    }

    /// Returns the rules for an architecture, from the names of TensorFlow code to those of `transformers` in PyTorch. Returns
    /// `None` if there are none.
    #[must_use]
    pub fn known(model: &str) -> Option<Self> {
        let (_, text) = KNOWN.iter().find(|(name, _)| *name == model)?;
        Self::parse(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_can_be_read_and_reversed() {
        for (model, text) in KNOWN {
            let rules = Rules::parse(text).and_then(|rules| rules.reversed());
            assert!(rules.is_ok_and(|rules| !rules.is_empty()), "{model}");
            // The displayed text parses to the same rules.
            let shown = Rules::parse(text).unwrap_or_default().to_string();
            let again = Rules::parse(&shown).unwrap_or_default().to_string();
            assert_eq!(shown, again);
            assert!(
                shown.lines().all(|line| text.contains(line) || line.starts_with("ignore ")),
                "{shown}"
            );
        }
    }
}

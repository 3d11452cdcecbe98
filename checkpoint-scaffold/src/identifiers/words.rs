//! The words of names.

use std::collections::BTreeMap;

/// The maximum number of letters in an identifier.
const MAX_LETTERS: usize = 40;

/// Words in lower case, of ASCII letters and digits, which are valid in every Rust identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Words(Vec<String>);

/// The maximum length of a text that is split into words. Its end is used, because it names the variable.
const MAX_TEXT: usize = 200;

/// Splits a text at changes of case or kind: `LayerNorm_1` is `layer`, `norm`, `1`.
pub(super) fn words(text: &str) -> Words {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let start = text.char_indices().rev().nth(MAX_TEXT).map_or(0, |(at, _)| at);
    let mut letters = text.get(start..).unwrap_or_default().chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii_alphanumeric() {
            let ends_capitals =
                before.is_ascii_uppercase() && letters.peek().is_some_and(char::is_ascii_lowercase);
            let starts = !before.is_ascii_alphanumeric()
                || (letter.is_ascii_uppercase() && (!before.is_ascii_uppercase() || ends_capitals));
            let lower = letter.to_ascii_lowercase();
            match words.last_mut() {
                Some(word) if !starts => word.push(lower),
                _ => words.push(lower.to_string()),
            }
        }
        before = letter;
    }
    Words(words)
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        words(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has_letters(&self) -> bool {
        self.0.iter().any(|word| !is_number(word))
    }

    /// True if one of the words is this one.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|own| own == word)
    }

    /// True if the words are those of this name, such as `moving_mean`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.0.iter().map(String::as_str).eq(name.split('_'))
    }

    /// True if each word is one letter, with or without a number: `h`, `h0`.
    pub(super) fn is_letters(&self) -> bool {
        self.0.iter().all(|word| word.trim_end_matches(is_digit).len() == 1)
    }

    pub(super) fn starts_with_letter(&self) -> bool {
        let letter = |letter: char| letter.is_ascii_alphabetic();
        self.0.first().is_some_and(|first| first.starts_with(letter))
    }

    /// True if the words are too long for an identifier.
    pub(super) fn is_long(&self) -> bool {
        self.0.iter().map(|word| word.len() + 1).sum::<usize>() > MAX_LETTERS + 1
    }

    /// Appends the words of a text.
    pub(super) fn and(self, text: &str) -> Self {
        self.then(words(text))
    }

    /// Appends other words.
    pub(super) fn then(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Removes numbers: `block1`, `2` is `block`. `4x4` and `v1` do not change.
    pub(super) fn without_numbers(mut self) -> Self {
        self.0.retain(|word| !is_number(word));
        for word in &mut self.0 {
            let bare = word.trim_end_matches(is_digit);
            if bare.len() > 1 && bare.chars().all(|letter| letter.is_ascii_alphabetic()) {
                word.truncate(bare.len());
            }
        }
        self
    }

    /// Keeps the first occurrence of each word, and all numbers.
    pub(super) fn without_repetition(self) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in self.0 {
            if is_number(&word) || !words.contains(&word) {
                words.push(word);
            }
        }
        Self(words)
    }

    /// Spells out abbreviations: `attn` is `attention`.
    pub(super) fn spelled_out(mut self) -> Self {
        self.0
            .iter_mut()
            .filter(|word| *word == "attn")
            .for_each(|word| *word = "attention".into());
        self
    }

    /// Removes words at the start and the end.
    pub(super) fn between(mut self, start: usize, end: usize) -> Self {
        self.0.truncate(self.0.len().saturating_sub(end));
        self.0.drain(..start.min(self.0.len()));
        self
    }

    /// Returns the number of common words at the start, or at the end.
    pub(super) fn shared(&self, other: &Self, from_end: bool) -> usize {
        let is_same = |(one, other): &(&String, &String)| one == other;
        if from_end {
            self.0.iter().rev().zip(other.0.iter().rev()).take_while(is_same).count()
        } else {
            self.0.iter().zip(&other.0).take_while(is_same).count()
        }
    }

    /// Returns the first words that are short enough together: `layer_norm`.
    pub(super) fn beginning(&self) -> String {
        let mut words = Self::default();
        for word in &self.0 {
            words.0.push(word.clone());
            if words.is_long() {
                words.0.pop();
                break;
            }
        }
        if words.is_empty() { self.identifier() } else { words.identifier() }
    }

    /// Returns the singular: `layers` is `layer`.
    pub(super) fn singular(mut self) -> Self {
        if let Some(word) = self.0.last_mut()
            && word.len() > 3
            && !word.ends_with("ss")
            && let Some(one) = word.strip_suffix('s')
        {
            *word = one.to_owned();
        }
        self
    }

    /// Returns the plural: `layer` is `layers`. Single letters do not change.
    pub(super) fn plural(mut self) -> Self {
        if let Some(word) = self.0.last_mut()
            && word.len() > 1
            && word.ends_with(|letter: char| letter.is_ascii_alphabetic() && letter != 's')
        {
            word.push('s');
        }
        self
    }

    /// Returns the last words that are short enough together, and no keyword: `layer_norm`.
    pub(super) fn identifier(&self) -> String {
        let mut name = String::new();
        for word in self.0.iter().rev() {
            if name.is_empty() {
                name = word.chars().take(MAX_LETTERS).collect();
            } else if name.len() + word.len() < MAX_LETTERS {
                name = format!("{word}_{name}");
            } else {
                break;
            }
        }
        if name.is_empty() {
            return "field".to_owned();
        }
        if name.starts_with(|letter: char| letter.is_ascii_digit()) {
            name.insert_str(0, "part_");
        }
        if KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
    }

    /// Returns the name of a type: `LayerNorm`.
    pub(super) fn type_name(&self) -> String {
        let name = self.0.iter().fold(String::new(), |mut name, word| {
            let mut letters = word.chars();
            name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            name.extend(letters);
            name
        });
        let name: String = name.chars().take(MAX_LETTERS).collect();
        if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            name
        } else {
            format!("Part{name}")
        }
    }
}

/// Returns the common part of several names: their common start or end, or the most frequent name.
pub(super) fn common(names: &[Words]) -> Words {
    let Some(first) = names.first() else { return Words::default() };
    for from_end in [false, true] {
        let len = names.iter().map(|name| first.shared(name, from_end)).min().unwrap_or_default();
        let start = if from_end { first.0.len() - len } else { 0 };
        let words = first.0.get(start..start + len).unwrap_or_default();
        if words.iter().any(|word| word.len() > 1) || names.iter().all(|name| name == first) {
            return Words(words.to_vec());
        }
    }
    let mut counts: BTreeMap<&Words, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let most = counts.values().max().copied();
    names.iter().find(|name| counts.get(name).copied() == most).cloned().unwrap_or_default()
}

/// Returns the common start of several names with the digits that follow in all of them: `mixed_6b`, `mixed_6c` is `mixed_6`. A
/// single name is returned whole.
pub(super) fn common_numbers(names: &[Words]) -> Option<Words> {
    let (first, others) = names.split_first()?;
    if others.iter().all(|other| other == first) {
        return Some(first.clone());
    }
    let len = others.iter().map(|other| first.shared(other, false)).min()?;
    let digits = |name: &Words| {
        let word = name.0.get(len)?;
        word.get(..word.find(|letter| !is_digit(letter)).unwrap_or(word.len())).map(str::to_owned)
    };
    let own = digits(first).filter(|own| !own.is_empty())?;
    let is_same = others.iter().all(|other| digits(other).as_ref() == Some(&own));
    let mut words = first.0.get(..len)?.to_vec();
    words.push(own);
    (is_same && len > 0).then_some(Words(words))
}

fn is_number(word: &str) -> bool {
    word.chars().all(is_digit)
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

/// Keywords, which cannot be names of fields.
#[rustfmt::skip]
const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while",
    "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        let check = |text: &str, expected: &str| assert_eq!(words(text).0.join(" "), expected);
        check("LayerNorm_1", "layer norm 1");
        check("c_attn", "c attn");
        check("conv2d", "conv2d");
        check("HTTPServer2", "http server2");
        check("a..b//c-d", "a b c d");
        check("名前", "");
    }

    #[test]
    fn identifiers_are_short_and_no_keywords() {
        let check = |text: &str, expected: &str| assert_eq!(words(text).identifier(), expected);
        check("type", "type_");
        check("2d", "part_2d");
        check("-", "field");
        check(
            "weights of a very long name that has more letters",
            "a_very_long_name_that_has_more_letters",
        );
        check(&"a".repeat(100), &"a".repeat(40));
    }

    #[test]
    fn numbers_that_all_names_share_tell_types_apart() {
        let check = |names: &[&str], expected: Option<&str>| {
            let names: Vec<Words> = names.iter().map(|name| words(name)).collect();
            assert_eq!(common_numbers(&names).map(|words| words.type_name()).as_deref(), expected);
        };
        check(&["Mixed_6b", "Mixed_6c"], Some("Mixed6"));
        check(&["Mixed_6b", "Mixed_5c"], None);
        check(&["Branch_1", "Branch_1"], Some("Branch1"));
        check(&["query", "key"], None);
        check(&["6b", "6c"], None);
    }

    #[test]
    fn a_type_is_called_by_what_names_have_in_common() {
        let check = |names: &[&str], expected: &str| {
            let names: Vec<Words> = names.iter().map(|name| words(name)).collect();
            assert_eq!(common(&names).type_name(), expected);
        };
        check(&["ln", "ln", "ln_f"], "Ln");
        check(&["wide_dense", "deep_dense"], "Dense");
        check(&["c_attn", "c_proj", "c_fc", "c_proj"], "CProj");
        check(&["query", "key", "dense", "dense"], "Dense");
        check(&["h", "h"], "H");
    }
}

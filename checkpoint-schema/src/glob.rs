//! Globs over names of variables: what `ignore` takes.
//!
//! `*` stands for any text within a segment, `**` for any text, `**/` for any number of whole segments, `?` for one
//! character, `[ab0-9]` for one of these and `[!ab]` for one other than these. Segments end at `/`, which only `**`
//! crosses.

use std::fmt;

/// A glob that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
    /// The texts between the wildcards; the first and the last can be empty.
    texts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// This character.
    Letter(char),
    /// `?`
    One,
    /// `[...]`: inclusive ranges.
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// `*`
    Segment,
    /// `**`
    Any,
    /// `**/` where a segment starts.
    Segments,
}

/// Why a glob cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobError {
    glob: String,
    message: &'static str,
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a glob: {}", self.glob, self.message)
    }
}

impl std::error::Error for GlobError {}

/// Makes sure that a glob can be read.
///
/// # Errors
/// As [`Glob::parse`].
pub fn check(glob: &str) -> Result<(), GlobError> {
    Glob::parse(glob).map(drop)
}

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// If it is empty, or if a `[` has no end or no meaning.
    pub fn parse(glob: &str) -> Result<Self, GlobError> {
        let error = |message| GlobError { glob: glob.to_owned(), message };
        let mut tokens = Vec::new();
        let mut rest = glob;
        while let Some(letter) = rest.chars().next() {
            let segment_starts =
                matches!(tokens.last(), None | Some(Token::Letter('/') | Token::Segments));
            let (token, len) = match letter {
                '*' if segment_starts && rest.starts_with("**/") => (Token::Segments, 3),
                '*' if rest.starts_with("**") => (Token::Any, 2),
                '*' => (Token::Segment, 1),
                '?' => (Token::One, 1),
                '[' => class(rest).map_err(error)?,
                letter => (Token::Letter(letter), letter.len_utf8()),
            };
            tokens.push(token);
            rest = rest.get(len..).unwrap_or_default();
        }
        if tokens.is_empty() {
            return Err(error("it is empty; `**` stands for every name"));
        }
        let texts = texts(&tokens);
        Ok(Self { tokens, texts })
    }

    /// Whether the whole name matches.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.has_texts(name) && self.run(name)
    }

    /// Whether the texts of the glob are in the name, one after another, and those at its ends at the ends of the name: it
    /// turns most names away at once.
    fn has_texts(&self, name: &str) -> bool {
        let [first, inner @ .., last] = self.texts.as_slice() else {
            return self.texts.iter().all(|text| text == name);
        };
        let Some(rest) = name.strip_prefix(first.as_str()) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_str()) else { return false };
        inner.iter().all(|text| {
            let after = rest.split_once(text.as_str()).map(|(_, after)| after);
            rest = after.unwrap_or_default();
            after.is_some()
        })
    }

    /// Follows all ways to match at once, so that the time is bounded by the product of the lengths.
    fn run(&self, name: &str) -> bool {
        let mut places = self.reached(vec![0], true);
        for letter in name.chars() {
            if places.is_empty() {
                return false;
            }
            let stepped = places.into_iter().filter_map(|place| self.step(place, letter)).collect();
            places = self.reached(stepped, letter == '/');
        }
        places.contains(&self.tokens.len())
    }

    /// Where a match that has come to the token at `place` is after the next letter.
    fn step(&self, place: usize, letter: char) -> Option<usize> {
        let next = place.checked_add(1);
        match self.tokens.get(place)? {
            Token::Letter(expected) => next.filter(|_| *expected == letter),
            Token::One => next.filter(|_| letter != '/'),
            Token::Class { negated, ranges } => {
                let inside = ranges.iter().any(|&(first, last)| (first..=last).contains(&letter));
                next.filter(|_| letter != '/' && inside != *negated)
            }
            Token::Segment => Some(place).filter(|_| letter != '/'),
            Token::Any | Token::Segments => Some(place),
        }
    }

    /// The places, and those that follow when wildcards stand for nothing; each once.
    fn reached(&self, mut places: Vec<usize>, segment_starts: bool) -> Vec<usize> {
        let mut at = 0;
        while let Some(&place) = places.get(at) {
            let empty = match self.tokens.get(place) {
                Some(Token::Segment | Token::Any) => true,
                Some(Token::Segments) => segment_starts,
                _ => false,
            };
            if empty {
                places.push(place.saturating_add(1));
            }
            at = at.saturating_add(1);
        }
        places.sort_unstable();
        places.dedup();
        places
    }
}

/// The texts between the wildcards.
fn texts(tokens: &[Token]) -> Vec<String> {
    let mut texts = vec![String::new()];
    for token in tokens {
        match (token, texts.last_mut()) {
            (Token::Letter(letter), Some(text)) => text.push(*letter),
            _ => texts.push(String::new()),
        }
    }
    texts
}

/// Reads `[...]` at the front, and says how long it is.
fn class(rest: &str) -> Result<(Token, usize), &'static str> {
    let (inner, _) =
        rest.get(1..).and_then(|rest| rest.split_once(']')).ok_or("`[` is not closed by `]`")?;
    let len = inner.len().saturating_add(2);
    let (negated, inner) = match inner.strip_prefix('!') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    let mut ranges = Vec::new();
    let mut letters = inner.chars().peekable();
    while let Some(first) = letters.next() {
        let mut ahead = letters.clone();
        let last = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                letters = ahead;
                last
            }
            _ => first,
        };
        if last < first {
            return Err("a range in `[]` runs backwards");
        }
        ranges.push((first, last));
    }
    if ranges.is_empty() {
        return Err("`[]` stands for no character");
    }
    Ok((Token::Class { negated, ranges }, len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::Preset;

    fn check(glob: &str, matching: &[&str], other: &[&str]) {
        let parsed = Glob::parse(glob).unwrap();
        for name in matching {
            assert!(parsed.matches(name), "{glob} should match {name}");
        }
        for name in other {
            assert!(!parsed.matches(name), "{glob} should not match {name}");
        }
    }

    #[test]
    fn each_wildcard_matches_what_the_page_says() {
        check("global_step", &["global_step"], &["global_step_1", "x/global_step", ""]);
        check("a/*", &["a/b", "a/"], &["a/b/c", "a", "b/a/b"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "b/a/b"]);
        check("**", &["", "a", "a/b"], &[]);
        check("**/Adam", &["Adam", "w/Adam", "a/b/Adam"], &["a/xAdam", "Adam/w", "a/Adam_1"]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["az", "a/bz", "a/b"]);
        check("**_slot_v", &["w_slot_v", "a/b_slot_v"], &["a_slot_vr", "_slot_v/a"]);
        check("a**/z", &["a/z", "ab/c/z"], &["az", "b/z"]);
        check("h?/w", &["h1/w", "hü/w"], &["h12/w", "h//w", "h/w"]);
        check("h[0-9]/[!wx]", &["h3/b"], &["h3/w", "ha/b", "h3//"]);
        check("[-a]", &["-", "a"], &["b"]);
    }

    #[test]
    fn a_hostile_glob_takes_no_exponential_time() {
        let glob = "*a".repeat(200) + "b";
        assert!(!Glob::parse(&glob).unwrap().matches(&("a".repeat(2000) + "c")));
        assert!(!Glob::parse(&(glob + "*")).unwrap().matches(&"a".repeat(2000)));
    }

    #[test]
    fn a_glob_without_meaning_is_refused() {
        for (glob, message) in [
            ("", "`` is not a glob: it is empty; `**` stands for every name"),
            ("a[b", "`a[b` is not a glob: `[` is not closed by `]`"),
            ("a[]", "`a[]` is not a glob: `[]` stands for no character"),
            ("a[!]", "`a[!]` is not a glob: `[]` stands for no character"),
            ("[z-a]", "`[z-a]` is not a glob: a range in `[]` runs backwards"),
        ] {
            assert_eq!(super::check(glob).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn the_presets_name_what_trainers_leave_behind() {
        let matches = |preset: Preset, name: &str| {
            preset.globs().iter().any(|glob| Glob::parse(glob).unwrap().matches(name))
        };
        for name in [
            "bert/pooler/dense/kernel/adam_m",
            "w/Adam_1",
            "beta1_power",
            "a/q_slot_vr",
            "conv2d/kernel/Momentum",
            "optimizer/learning_rate/.ATTRIBUTES/VARIABLE_VALUE",
            "optimizer/_variables/0/.ATTRIBUTES/VARIABLE_VALUE",
        ] {
            assert!(matches(Preset::Optimizer, name), "{name}");
        }
        for name in [
            "global_step",
            "_CHECKPOINTABLE_OBJECT_GRAPH",
            "save_counter/.ATTRIBUTES/VARIABLE_VALUE",
        ] {
            assert!(matches(Preset::Bookkeeping, name), "{name}");
        }
        assert!(matches(Preset::Ema, "Conv/weights/ExponentialMovingAverage"));
        for name in [
            "model/h0/attn/c_attn/w",
            "optimizer/_trainable_variables/0/.ATTRIBUTES/VARIABLE_VALUE",
        ] {
            assert!(!Preset::ALL.into_iter().any(|preset| matches(preset, name)), "{name}");
        }
    }
}

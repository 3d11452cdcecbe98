//! Globs over names of variables, as in `ignore`.
//!
//! `*` matches any text within a segment, `**` any text, and `**/` any number of whole segments. `?` matches one character,
//! `[ab0-9]` one of the listed characters, and `[!ab]` any other character. Segments end at `/`, which only `**` can match.

use std::fmt;

/// A valid glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glob<'a>(&'a str);

/// The error of an invalid glob.
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

/// Checks a glob.
///
/// # Errors
/// Returns the errors of [`Glob::parse`].
pub fn check(glob: &str) -> Result<(), GlobError> {
    Glob::parse(glob).map(drop)
}

impl<'a> Glob<'a> {
    /// Reads a glob.
    ///
    /// # Errors
    /// Returns an error if the glob is empty, or if a `[` is not closed or its contents are invalid.
    pub fn parse(glob: &'a str) -> Result<Self, GlobError> {
        let error = |message| GlobError { glob: glob.to_owned(), message };
        if glob.is_empty() {
            return Err(error("it is empty; `**` stands for every name"));
        }
        let mut rest = glob;
        while let Some(letter) = rest.chars().next() {
            let len = if letter == '[' { class(rest).map_err(error)? } else { letter.len_utf8() };
            rest = rest.get(len..).unwrap_or_default();
        }
        Ok(Self(glob))
    }

    /// True if the glob matches the whole name.
    #[must_use]
    pub const fn matches(&self, name: &str) -> bool {
        matches(self.0.as_bytes(), name.as_bytes())
    }
}

/// True if a valid glob matches the whole name.
///
/// On a mismatch, only the last `*` and the last `**` are retried at later positions: they cover all matches of earlier
/// ones. A `*` that reaches the end of its segment falls back to the `**` before it.
pub(crate) const fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    // The positions to resume at: in the glob after the wildcard, and in the name.
    let mut star: Option<(usize, usize)> = None;
    let mut stars: Option<(usize, usize, bool)> = None;
    loop {
        match glob.split_at(at).1 {
            [] if place == name.len() => return true,
            [b'*', b'*', b'/', ..] if at == 0 || glob[at - 1] == b'/' => {
                at += 3;
                (star, stars) = (None, Some((at, place, true)));
                continue;
            }
            [b'*', b'*', ..] => {
                at += 2;
                (star, stars) = (None, Some((at, place, false)));
                continue;
            }
            [b'*', ..] => {
                at += 1;
                star = Some((at, place));
                continue;
            }
            rest => {
                if let Some((token, letters)) = one(rest, name.split_at(place).1) {
                    (at, place) = (at + token, place + letters);
                    continue;
                }
            }
        }
        match (star, stars) {
            (Some((after, from)), _) if from < name.len() && name[from] != b'/' => {
                (at, place) = (after, next_letter(name, from));
                star = Some((at, place));
            }
            (_, Some((after, from, segments))) if from < name.len() => {
                let next =
                    if segments { next_segment(name, from) } else { next_letter(name, from) };
                if segments && next == name.len() && name[next - 1] != b'/' {
                    return false;
                }
                (at, place) = (after, next);
                (star, stars) = (None, Some((at, place, segments)));
            }
            _ => return false,
        }
    }
}

/// The lengths of a one-character token at the front of the glob, and of its match at the front of the name.
const fn one(glob: &[u8], name: &[u8]) -> Option<(usize, usize)> {
    match (glob, name) {
        ([b'?', ..], _) => match letter(name) {
            Some((_, rest)) => Some((1, name.len() - rest.len())),
            None => None,
        },
        ([b'[', inner @ ..], _) => match letter(name) {
            Some((found, rest)) => match in_class(inner, found) {
                Some(token) => Some((token + 1, name.len() - rest.len())),
                None => None,
            },
            None => None,
        },
        ([token, ..], [first, ..]) if *token == *first => Some((1, 1)),
        _ => None,
    }
}

/// The position of the next character.
const fn next_letter(name: &[u8], place: usize) -> usize {
    let mut next = place + 1;
    while next < name.len() && name[next] & 0xc0 == 0x80 {
        next += 1;
    }
    next
}

/// The start of the next segment, or the end of the name.
const fn next_segment(name: &[u8], place: usize) -> usize {
    let mut next = place;
    while next < name.len() {
        next += 1;
        if name[next - 1] == b'/' {
            return next;
        }
    }
    next
}

/// The length of the class after its `[` (`ab0-9]` or `!ab]`), if it matches the character.
const fn in_class(glob: &[u8], found: char) -> Option<usize> {
    let (negated, mut rest) = match glob {
        [b'!', rest @ ..] => (true, rest),
        _ => (false, glob),
    };
    let mut inside = false;
    while let Some((low, after)) = character(rest) {
        rest = after;
        if low == ']' {
            break;
        }
        match after {
            [b'-', behind @ ..] if !matches!(behind, [b']', ..]) => {
                let Some((high, behind)) = character(behind) else { return None };
                inside |= low <= found && found <= high;
                rest = behind;
            }
            _ => inside |= low == found,
        }
    }
    if inside == negated { None } else { Some(glob.len() - rest.len()) }
}

/// The first character of a name, and the rest. `None` at the end of a segment.
const fn letter(name: &[u8]) -> Option<(char, &[u8])> {
    match character(name) {
        Some(('/', _)) => None,
        other => other,
    }
}

/// The length of the `[...]` at the front, or an error if it is invalid.
fn class(rest: &str) -> Result<usize, &'static str> {
    let (inner, _) =
        rest.get(1..).and_then(|rest| rest.split_once(']')).ok_or("`[` is not closed by `]`")?;
    let len = inner.len().saturating_add(2);
    let mut letters = inner.strip_prefix('!').unwrap_or(inner).chars().peekable();
    if letters.peek().is_none() {
        return Err("`[]` stands for no character");
    }
    while let Some(first) = letters.next() {
        let mut ahead = letters.clone();
        if let (Some('-'), Some(last)) = (ahead.next(), ahead.next()) {
            if last < first {
                return Err("a range in `[]` runs backwards");
            }
            letters = ahead;
        }
    }
    Ok(len)
}

/// Splits off the first character of text.
pub(crate) const fn character(text: &[u8]) -> Option<(char, &[u8])> {
    let [first, ..] = text else { return None };
    let len = match *first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let Some((letter, rest)) = text.split_at_checked(len) else { return None };
    let (mut value, mut at) = (0_u32, 0);
    while at < len {
        let bits = if len == 1 {
            *first as u32
        } else if at == 0 {
            *first as u32 & (0x7f >> len)
        } else {
            letter[at] as u32 & 0x3f
        };
        value = value << 6 | bits;
        at += 1;
    }
    match char::from_u32(value) {
        Some(letter) => Some((letter, rest)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::description::Preset;

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

//! A glob and, on the next line, a name: they match if they do by a regular expression.

use checkpoint_schema::glob::Glob;
use regex::Regex;

use super::check_message;

/// Larger ones make regular expressions too large.
const LARGEST: usize = 200;

/// Takes a glob and a name.
pub(super) fn glob(bytes: &[u8]) {
    let (glob, name) = super::two_lines(bytes);
    let (Ok(glob), Ok(name)) = (str::from_utf8(glob), str::from_utf8(name)) else { return };
    let parsed = match Glob::parse(glob) {
        Ok(parsed) => parsed,
        Err(error) => return check_message(&error),
    };
    let matches = parsed.matches(name);
    if glob.len() <= LARGEST {
        let regex = Regex::new(&regular_expression(glob)).expect("a regular expression");
        assert_eq!(matches, regex.is_match(name), "{glob:?} {name:?} {regex}");
    }
}

/// What the glob, which can be read, is as a regular expression.
fn regular_expression(glob: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    let mut rest = glob;
    let mut segment_starts = true;
    while let Some(letter) = rest.chars().next() {
        let class = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (piece, len) = match (letter, class) {
            ('*', _) if segment_starts && rest.starts_with("**/") => ("(.*/)?".to_owned(), 3),
            ('*', _) if rest.starts_with("**") => (".*".to_owned(), 2),
            ('*', _) => ("[^/]*".to_owned(), 1),
            ('?', _) => ("[^/]".to_owned(), 1),
            ('[', Some((inner, _))) => (class_expression(inner), inner.len() + 2),
            _ => (escaped(letter), letter.len_utf8()),
        };
        regex.push_str(&piece);
        segment_starts = letter == '/' || len == 3 && letter == '*';
        rest = &rest[len..];
    }
    regex + r"\z"
}

fn class_expression(inner: &str) -> String {
    let (not, inner) = inner.strip_prefix('!').map_or(("", inner), |inner| ("^", inner));
    let mut ranges = String::new();
    let mut letters: &[char] = &inner.chars().collect::<Vec<_>>();
    while let [first, after @ ..] = letters {
        let (last, after) = match after {
            ['-', last, after @ ..] => (last, after),
            _ => (first, after),
        };
        ranges.extend([escaped(*first), "-".to_owned(), escaped(*last)]);
        letters = after;
    }
    format!("[[{not}{ranges}]&&[^/]]")
}

fn escaped(letter: char) -> String {
    format!(r"\x{{{:x}}}", u32::from(letter))
}

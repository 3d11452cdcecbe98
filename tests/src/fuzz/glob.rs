//! A glob and, on the next line, a name. The glob matches if trying every expansion of each wildcard finds a match.

use std::collections::HashMap;

use checkpoint_schema::listing::glob::Glob;

/// The maximum length. Longer inputs take too long.
const LONGEST: usize = 200;

/// Matches a glob against a name.
pub(super) fn glob(bytes: &[u8]) {
    let (glob, name) = super::two_lines(bytes);
    let (Ok(glob), Ok(name)) = (str::from_utf8(glob), str::from_utf8(name)) else { return };
    let parsed = match Glob::parse(glob) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(error.to_string().contains(glob), "{error} does not show the glob");
            return;
        }
    };
    let matches = parsed.matches(name);
    if glob.len().max(name.len()) <= LONGEST {
        assert_eq!(matches, Trial::default().matches(glob, name, true), "{glob:?} {name:?}");
    }
}

/// Results by the remaining lengths of the glob and of the name.
#[derive(Default)]
struct Trial(HashMap<(usize, usize), bool>);

impl Trial {
    /// True if a glob matches a name. `starts` is true at the start of a segment of the glob.
    fn matches(&mut self, glob: &str, name: &str, starts: bool) -> bool {
        let left = (glob.len(), name.len());
        if let Some(&known) = self.0.get(&left) {
            return known;
        }
        let matches = self.try_all(glob, name, starts);
        self.0.insert(left, matches);
        matches
    }

    fn try_all(&mut self, glob: &str, name: &str, starts: bool) -> bool {
        if let Some(rest) = glob.strip_prefix("**/").filter(|_| starts) {
            let segment = name.split_once('/');
            return self.matches(rest, name, true)
                || segment.is_some_and(|(_, name)| self.matches(glob, name, true));
        }
        let mut letters = name.chars();
        let letter = letters.next();
        let name_rest = letters.as_str();
        let inside = letter.is_some_and(|letter| letter != '/');
        if let Some(rest) = glob.strip_prefix("**") {
            return self.matches(rest, name, false)
                || letter.is_some() && self.matches(glob, name_rest, starts);
        }
        if let Some(rest) = glob.strip_prefix('*') {
            return self.matches(rest, name, false)
                || inside && self.matches(glob, name_rest, starts);
        }
        let (Some(first), Some(letter)) = (glob.chars().next(), letter) else {
            return glob.is_empty() && name.is_empty();
        };
        let class = glob.strip_prefix('[').and_then(|glob| glob.split_once(']'));
        let (fits, glob_rest) = match class {
            Some((class, rest)) => (inside && is_in(class, letter), rest),
            None => (first == '?' && inside || first == letter, &glob[first.len_utf8()..]),
        };
        fits && self.matches(glob_rest, name_rest, first == '/')
    }
}

/// True if `[class]` matches the letter.
fn is_in(class: &str, letter: char) -> bool {
    let (wanted, class) = class.strip_prefix('!').map_or((true, class), |class| (false, class));
    let mut found = false;
    let mut letters: &[char] = &class.chars().collect::<Vec<_>>();
    while let [first, after @ ..] = letters {
        let (last, after) = match after {
            ['-', last, after @ ..] => (last, after),
            _ => (first, after),
        };
        found |= (first..=last).contains(&&letter);
        letters = after;
    }
    found == wanted
}

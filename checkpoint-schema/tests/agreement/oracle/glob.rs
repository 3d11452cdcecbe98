//! Globs, matched letter by letter.

use checkpoint_schema::model::description::Ignore;

/// True if a name is ignored. `rest` is relative to the struct, and `whole` is the full name.
pub(super) fn ignores(ignore: &Ignore<'_>, rest: &str, whole: &str) -> bool {
    let matches = |glob: &str| match glob.strip_prefix('/') {
        Some(glob) => is(glob, whole),
        None => is(glob, rest),
    };
    match ignore {
        Ignore::Glob(glob) | Ignore::Optional(glob) => matches(glob),
        Ignore::Preset(preset) => preset.globs().iter().any(|glob| matches(glob)),
    }
}

/// True if a name matches a glob.
fn is(glob: &str, name: &str) -> bool {
    let rest = |len: usize| &glob[len..];
    let mut letters = name.char_indices();
    // Every end of a prefix of the name.
    let ends = || name.char_indices().map(|(at, _)| at).chain([name.len()]);
    if glob.is_empty() {
        name.is_empty()
    } else if glob.starts_with("**/") {
        let segments = || ends().filter(|&at| at == 0 || name[..at].ends_with('/'));
        segments().any(|at| is(rest(3), &name[at..]))
    } else if glob.starts_with("**") {
        ends().any(|at| is(rest(2), &name[at..]))
    } else if glob.starts_with('*') {
        ends().take_while(|&at| !name[..at].contains('/')).any(|at| is(rest(1), &name[at..]))
    } else {
        let (first, len) = match glob.strip_prefix('[').and_then(|set| set.split_once(']')) {
            Some((set, _)) => (set, set.len() + 2),
            None => ("", glob.chars().next().map_or(1, char::len_utf8)),
        };
        letters.next().is_some_and(|(_, letter)| {
            let fits = match &glob[..len] {
                "?" => letter != '/',
                _ if !first.is_empty() => in_set(first, letter),
                literal => literal.starts_with(letter),
            };
            fits && is(rest(len), letters.as_str())
        })
    }
}

/// True if a letter is in a set such as `ab0-9`, or not in one after `!`.
fn in_set(set: &str, letter: char) -> bool {
    if let Some(others) = set.strip_prefix('!') {
        return letter != '/' && !in_set(others, letter);
    }
    let letters: Vec<char> = set.chars().collect();
    let mut at = 0;
    while let Some(&start) = letters.get(at) {
        if let (Some('-'), Some(&end)) = (letters.get(at + 1), letters.get(at + 2)) {
            if (start..=end).contains(&letter) {
                return true;
            }
            at += 3;
        } else if start == letter {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

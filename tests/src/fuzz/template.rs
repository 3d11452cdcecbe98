//! A template and, on the next line, a name. A rendered template parses back to its indices.

use checkpoint_schema::model::template::{Piece, invert, parse, render};

/// The values that all indices are set to.
const VALUES: [usize; 8] = [0, 1, 2, 9, 10, 99, 1000, 123_456];

/// Parses a template, and matches a name.
pub(super) fn template(bytes: &[u8]) {
    let (template, name) = super::two_lines(bytes);
    let Ok(template) = str::from_utf8(template) else { return };
    let pieces = match parse(template) {
        Ok(parsed) => parsed.pieces,
        Err(error) => {
            assert!(error.to_string().contains(template), "{error} does not show the template");
            return;
        }
    };
    for value in VALUES {
        check(&pieces, |_| value);
        check(&pieces, |index| value + index.len());
    }
    if let Some(found) = invert(&pieces, name) {
        assert_eq!(written(&pieces, bound(&found)).as_bytes(), name, "{template} is not this name");
    }
}

/// Checks that the text of the pieces at these indices parses back to them. If several indices have no text between them, it may
/// parse to others with the same text.
fn check(pieces: &[Piece<'_>], index: impl Fn(&str) -> usize) {
    let is_negative = |piece: &Piece<'_>| match piece {
        Piece::Index(placeholder) => placeholder.number(index(placeholder.index)).is_none(),
        Piece::Text(_) => false,
    };
    if pieces.iter().any(is_negative) {
        return assert!(render(pieces, |name| Some(index(name)), &mut String::new()).is_err());
    }
    let name = written(pieces, &index);
    let found = invert(pieces, name.as_bytes()).unwrap_or_else(|| panic!("{name} does not match"));
    if let [(only, value)] = found[..] {
        assert_eq!(value, index(only), "{name} is that of another index");
    }
    assert_eq!(written(pieces, bound(&found)), name);
}

fn bound<'f>(found: &'f [(&str, usize)]) -> impl Fn(&str) -> usize + 'f {
    let value = |name: &str| found.iter().find(|(index, _)| *index == name).map(|found| found.1);
    move |name| value(name).unwrap_or_else(|| panic!("`{name}` has no value"))
}

fn written(pieces: &[Piece<'_>], index: impl Fn(&str) -> usize) -> String {
    let mut name = String::new();
    render(pieces, |name| Some(index(name)), &mut name).expect("every index has a value");
    name
}

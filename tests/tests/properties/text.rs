//! Templates and globs.

use checkpoint_schema::model::template::{Piece, invert, parse, render};
use checkpoint_tests::fuzz::target;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Templates with up to three indices, which can be adjacent or repeated. Some are refused.
fn template() -> impl Strategy<Value = String> {
    let placeholder = (
        select(&["", "2*", "3*"][..]),
        select(&["i", "j", "k"][..]),
        select(&["", "+1", "+10"][..]),
        select(&["", ":_", ":_", ":02", ":03"][..]),
    );
    let placeholder = placeholder
        .prop_map(|(factor, index, offset, form)| format!("<{factor}{index}{offset}{form}>"));
    let text =
        select(&["a", "/", "_", "_1", "_0", "0", "12", "<<", "ü"][..]).prop_map(str::to_owned);
    vec(prop_oneof![placeholder, text], 0..8).prop_map(|pieces| pieces.concat())
}

/// A value of each index.
fn values() -> impl Strategy<Value = [usize; 3]> {
    [(); 3].map(|()| prop_oneof![0..4_usize, 0..200_usize])
}

fn write(pieces: &[Piece<'_>], values: impl Fn(&str) -> Option<usize>) -> String {
    let mut name = String::new();
    render(pieces, values, &mut name).unwrap();
    name
}

/// Formats a template.
fn shown(pieces: &[Piece<'_>]) -> String {
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('<', "<<"),
        Piece::Index(placeholder) => placeholder.to_string(),
    });
    shown.collect()
}

/// Checks that the indices found in a name render to the same name.
fn check_found(pieces: &[Piece<'_>], name: &str) -> bool {
    let Some(found) = invert(pieces, name.as_bytes()) else { return false };
    let value = |index: &str| found.iter().find(|(name, _)| *name == index).map(|found| found.1);
    assert_eq!(write(pieces, value), name);
    true
}

/// Globs of all their elements. Some are refused.
fn glob() -> impl Strategy<Value = String> {
    let piece =
        select(&["a", "b", "/", "*", "**", "**/", "?", "[ab]", "[!a]", "[a-c]", "[", "ü"][..]);
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_template_is_read_as_it_is_shown(template in template()) {
        if let Ok(parsed) = parse(&template) {
            let start = if parsed.absolute { "/" } else { "" };
            let shown = format!("{start}{}", shown(&parsed.pieces));
            let again = parse(&shown).map(|again| again.pieces);
            prop_assert_eq!(again, Ok(parsed.pieces));
        }
    }

    #[test]
    fn a_name_that_a_template_writes_leads_back(template in template(), values in values()) {
        if let Ok(parsed) = parse(&template) {
            let value = |index: &str| Some(values["ijk".find(index)?]);
            prop_assert!(check_found(&parsed.pieces, &write(&parsed.pieces, value)));
        }
    }

    #[test]
    fn a_name_that_leads_to_indices_is_what_they_write(
        template in template(),
        values in values(),
        at: prop::sample::Index,
        letter in select(&["", "0", "1", "_", "/"][..]),
        replaced in 0..2_usize,
    ) {
        if let Ok(parsed) = parse(&template) {
            let value = |index: &str| Some(values["ijk".find(index)?]);
            let mut letters: Vec<char> = write(&parsed.pieces, value).chars().collect();
            let at = at.index(letters.len() + 1);
            let end = (at + replaced).min(letters.len());
            letters.splice(at..end, letter.chars());
            check_found(&parsed.pieces, &letters.into_iter().collect::<String>());
        }
    }

    #[test]
    fn a_glob_matches_what_its_wildcards_can_stand_for(glob in glob(), name in "[abcü/]{0,8}") {
        target("glob")(format!("{glob}\n{name}").as_bytes());
    }
}

//! Templates and globs.

use checkpoint_schema::model::template::{Part, invert, parse, render};
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
    vec(prop_oneof![placeholder, text], 0..8).prop_map(|parts| parts.concat())
}

/// A value of each index.
fn values() -> impl Strategy<Value = [usize; 3]> {
    [(); 3].map(|()| prop_oneof![0..4_usize, 0..200_usize])
}

fn write(parts: &[Part<'_>], values: impl Fn(&str) -> Option<usize>) -> String {
    let mut name = String::new();
    render(parts, values, &mut name).unwrap();
    name
}

/// Formats a template.
fn shown(parts: &[Part<'_>]) -> String {
    let shown = parts.iter().map(|part| match part {
        Part::Text(text) => text.replace('<', "<<"),
        Part::Index(placeholder) => placeholder.to_string(),
    });
    shown.collect()
}

/// Checks that the indices found in a name render to the same name.
fn check_found(parts: &[Part<'_>], name: &str) -> bool {
    let Some(found) = invert(parts, name.as_bytes()) else { return false };
    let value = |index: &str| found.iter().find(|(name, _)| *name == index).map(|found| found.1);
    assert_eq!(write(parts, value), name);
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
            let shown = format!("{start}{}", shown(&parsed.parts));
            let again = parse(&shown).map(|again| again.parts);
            prop_assert_eq!(again, Ok(parsed.parts));
        }
    }

    #[test]
    fn a_name_that_a_template_writes_leads_back(template in template(), values in values()) {
        if let Ok(parsed) = parse(&template) {
            let value = |index: &str| Some(values["ijk".find(index)?]);
            prop_assert!(check_found(&parsed.parts, &write(&parsed.parts, value)));
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
            let mut letters: Vec<char> = write(&parsed.parts, value).chars().collect();
            let at = at.index(letters.len() + 1);
            let end = (at + replaced).min(letters.len());
            letters.splice(at..end, letter.chars());
            check_found(&parsed.parts, &letters.into_iter().collect::<String>());
        }
    }

    #[test]
    fn a_glob_matches_what_its_wildcards_can_stand_for(glob in glob(), name in "[abcü/]{0,8}") {
        target("glob")(format!("{glob}\n{name}").as_bytes());
    }
}

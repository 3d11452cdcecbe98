//! The rules between words and between fields.

use std::iter::zip;

use quote::ToTokens as _;

use crate::attr::value::{Part, Path};
use crate::diag::Diag;
use crate::input::{Field, Input, Repeat};

/// Reports every rule that the item breaks.
pub(crate) fn check(diag: &mut Diag, input: &Input<'_>) {
    for (at, field) in input.fields.iter().enumerate() {
        contradictions(diag, field);
        paths_differ(diag, field);
        for other in input.fields.iter().take(at) {
            variables_differ(diag, other, field);
        }
    }
}

/// Words of which the first leaves the second nothing to say.
const CONTRADICTIONS: [(&str, &str); 2] = [("flatten", "path"), ("flatten", "alias")];

/// What is not loaded needs no word on how to load it, and what adds nothing to the path has none of its own.
fn contradictions(diag: &mut Diag, field: &Field<'_>) {
    let written = |word: &str| field.attributes.name(word).is_some();
    for name in field.attributes.names() {
        let skipped = (name != "skip" && written("skip")).then_some("skip");
        let other = CONTRADICTIONS.iter().find(|(word, other)| name == other && written(word));
        if let Some(word) = skipped.or(other.map(|(word, _)| *word)) {
            diag.error(name, format!("`{name}` contradicts `{word}`; remove one of them"));
        }
    }
}

/// An alias is another path.
fn paths_differ(diag: &mut Diag, field: &Field<'_>) {
    for (at, path) in field.paths.iter().enumerate() {
        if field.paths.iter().take(at).any(|before| same(before, None, path, None)) {
            diag.error(&path.place, "the field has this path already; remove it");
        }
    }
}

/// A variable goes to one field. Fields of different types may share a path, as what they take below it may differ;
/// and two lists may share a template where they count different indices.
fn variables_differ(diag: &mut Diag, first: &Field<'_>, second: &Field<'_>) {
    let ty = |field: &Field<'_>| field.ty.to_token_stream().to_string();
    let (counts, also_counts) = (first.repeat.as_ref(), second.repeat.as_ref());
    if ty(first) != ty(second) || counts.zip(also_counts).is_some_and(|(a, b)| !overlap(a, b)) {
        return;
    }
    let pairs =
        first.paths.iter().flat_map(|path| second.paths.iter().map(move |other| (path, other)));
    for (path, other) in pairs.filter(|(path, other)| same(path, counts, other, also_counts)) {
        let both = format!("`{}` and `{}` take the same variables", first.name(), second.name());
        for path in [path, other] {
            diag.error(&path.place, format!("{both}; give one of them another path"));
        }
    }
}

fn overlap(first: &Repeat, second: &Repeat) -> bool {
    let before = |first: &Repeat, second: &Repeat| first.end.is_some_and(|end| end <= second.start);
    !before(first, second) && !before(second, first)
}

/// Whether two paths are the same; what they call the index that their own field counts does not matter.
fn same(
    first: &Path,
    counts: Option<&Repeat>,
    second: &Path,
    also_counts: Option<&Repeat>,
) -> bool {
    let renamed = |part: &Part, repeat: Option<&Repeat>| match part {
        Part::Index { index, factor, offset, form } => {
            let own = repeat.is_some_and(|repeat| repeat.index == *index);
            let index = if own { String::new() } else { index.clone() };
            Part::Index { index, factor: *factor, offset: *offset, form: *form }
        }
        Part::Text(text) => Part::Text(text.clone()),
    };
    first.absolute == second.absolute
        && first.parts.len() == second.parts.len()
        && zip(&first.parts, &second.parts)
            .all(|(one, other)| renamed(one, counts) == renamed(other, also_counts))
}

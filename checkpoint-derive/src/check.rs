//! The rules between words and between fields.

use quote::ToTokens as _;

use crate::diag::Diag;
use crate::input::{Field, Input};
use crate::shared;

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
        if field.paths.iter().take(at).any(|before| before.is(path)) {
            diag.error(&path.place, "the field has this path already; remove it");
        }
    }
}

/// A variable goes to one field. Whether fields of different types that share a path take the same variables follows
/// from the types, which the compiler looks into.
fn variables_differ(diag: &mut Diag, first: &Field<'_>, second: &Field<'_>) {
    let ty = |field: &Field<'_>| field.ty.to_token_stream().to_string();
    let shared = if ty(first) == ty(second) { shared::path(first, second) } else { None };
    for path in shared.into_iter().flatten() {
        let both = format!("`{}` and `{}` take the same variables", first.name(), second.name());
        diag.error(&path.place, format!("{both}; give one of them another path"));
    }
}

//! The paths that two fields have in common.

use std::iter::zip;

use crate::attr::expression::Expression;
use crate::attr::repeat::Repeat;
use crate::attr::value::{Part, Path};
use crate::input::Field;

/// The first path that both fields have, as each writes it, of a variable that they do not share: two lists may count
/// different values of their indices, and two fields take different parts.
pub(crate) fn path<'f>(first: &'f Field<'_>, second: &'f Field<'_>) -> Option<[&'f Path; 2]> {
    let repeats = (first.repeat.as_ref(), second.repeat.as_ref());
    if let (Some(first), Some(second)) = repeats
        && (before(first, second) || before(second, first))
    {
        return None;
    }
    if first.takes_a_part() && second.takes_a_part() {
        return None;
    }
    let pairs =
        first.paths.iter().flat_map(|path| second.paths.iter().map(move |other| [path, other]));
    pairs.into_iter().find(|[path, other]| same(path, repeats.0, other, repeats.1))
}

fn before(first: &Repeat, second: &Repeat) -> bool {
    let end = first.end.as_ref().and_then(Expression::number);
    end.is_some_and(|end| end <= second.start)
}

/// Whether two paths are the same; what each calls the index that its own field counts does not matter.
fn same(first: &Path, counts: Option<&Repeat>, second: &Path, other: Option<&Repeat>) -> bool {
    first.absolute == second.absolute
        && first.parts.len() == second.parts.len()
        && zip(&first.parts, &second.parts)
            .all(|(part, with)| without_name(part, counts) == without_name(with, other))
}

fn without_name(part: &Part, counts: Option<&Repeat>) -> Part {
    let mut part = part.clone();
    if let (Part::Index { index, .. }, Some(repeat)) = (&mut part, counts)
        && *index == repeat.index
    {
        index.clear();
    }
    part
}

//! Paths that two fields share.

use std::collections::{BTreeMap, HashMap, HashSet};

use checkpoint_schema::model::description::Repeat;
use checkpoint_schema::model::expression::Expression;

use crate::attr::value::{Path, Piece};
use crate::input::Field;

/// Two fields that share a path.
pub(crate) struct Shared<'f> {
    /// The positions of the fields.
    pub(crate) fields: [usize; 2],
    /// The path, as written in each.
    pub(crate) paths: [&'f Path; 2],
}

/// All pairs of fields that share a path, sorted by the second field. Only fields with equal paths are compared.
pub(crate) fn paths<'f>(fields: impl IntoIterator<Item = &'f Field<'f>>) -> Vec<Shared<'f>> {
    let mut shared = Vec::new();
    let mut of_path = HashMap::<_, Vec<_>>::new();
    for (at, field) in fields.into_iter().enumerate() {
        let spellings = field.paths.iter().map(|path| spelling(path, field.repeat.as_ref()));
        let spellings: HashSet<_> = spellings.collect();
        let before = spellings.iter().filter_map(|path| of_path.get(path)).flatten();
        // Two fields that share two paths are one pair.
        let before: BTreeMap<usize, &Field<'_>> = before.copied().collect();
        shared.extend(before.into_iter().filter_map(|(before, other)| {
            Some(Shared { fields: [before, at], paths: path(other, field)? })
        }));
        for path in spellings {
            of_path.entry(path).or_default().push((at, field));
        }
    }
    shared
}

/// The first path that both fields share, as written in each. `None` if their variables differ, because two lists have disjoint
/// ranges of their indices, or because both fields take parts.
fn path<'f>(first: &'f Field<'_>, second: &'f Field<'_>) -> Option<[&'f Path; 2]> {
    let repeats = (first.repeat.as_ref(), second.repeat.as_ref());
    if let (Some(first), Some(second)) = repeats
        && (before(first, second) || before(second, first))
    {
        return None;
    }
    if first.takes_a_part() && second.takes_a_part() {
        return None;
    }
    let mut pairs =
        first.paths.iter().flat_map(|path| second.paths.iter().map(move |other| [path, other]));
    pairs.find(|[path, other]| spelling(path, repeats.0) == spelling(other, repeats.1))
}

fn before(first: &Repeat, second: &Repeat) -> bool {
    let end = first.end.as_ref().and_then(Expression::number);
    end.is_some_and(|end| end <= second.start)
}

/// A path in a form to compare, with the name of the field's own index removed: true if absolute, and its pieces.
fn spelling(path: &Path, counts: Option<&Repeat>) -> (bool, Vec<Piece>) {
    let pieces = path.pieces.iter().map(|piece| without_name(piece, counts));
    (path.absolute, pieces.collect())
}

fn without_name(piece: &Piece, counts: Option<&Repeat>) -> Piece {
    let mut piece = piece.clone();
    if let (Piece::Index { index, .. }, Some(repeat)) = (&mut piece, counts)
        && *index == repeat.index
    {
        index.clear();
    }
    piece
}

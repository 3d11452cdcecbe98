//! Matches names against templates: finds the indices for which a template gives a name, or its start.

use crate::fit::outline::{Index, Piece};
use crate::fit::stack::NONE;
use crate::manifest::{Family, FamilyPiece};
use crate::model::template::Form;
use crate::model::text::{ends, rests};

/// Matches the start of a name against a template. Returns the position of the rest of the name.
/// Resets `found` to [`NONE`], then stores the values of indices in it, by their numbers. The template must match the whole
/// name if `whole`.
pub(crate) const fn invert(
    pieces: &[Piece<'_>],
    name: &[u8],
    whole: bool,
    found: &mut [usize],
) -> Option<usize> {
    let mut at = 0;
    while at < found.len() {
        found[at] = NONE;
        at += 1;
    }
    match after(pieces, name, whole, found) {
        Some(rest) => Some(name.len() - rest.len()),
        None => None,
    }
}

/// The rest of a name after a template.
const fn after<'n>(
    pieces: &[Piece<'_>],
    name: &'n [u8],
    whole: bool,
    found: &mut [usize],
) -> Option<&'n [u8]> {
    let [piece, more @ ..] = pieces else {
        return if whole && !name.is_empty() { None } else { Some(name) };
    };
    match piece {
        Piece::Text { text, .. } => match rests(name, text.as_bytes()) {
            Some((rest, [])) => after(more, rest, whole, found),
            _ => None,
        },
        Piece::Number { number, digits } => match read_number(name, *digits) {
            Some((value, rest)) if value == *number => after(more, rest, whole, found),
            _ => None,
        },
        Piece::Index(index) => {
            if let Some((number, rest)) = index.form.read(name)
                && let Some(value) = index.placeholder().index_of(number)
            {
                let rest = bound(index, value, more, rest, whole, found);
                if rest.is_some() {
                    return rest;
                }
            }
            match index.form {
                Form::Suffix => match index.placeholder().index_of(0) {
                    Some(value) => bound(index, value, more, name, whole, found),
                    None => None,
                },
                Form::Plain | Form::Padded(_) => None,
            }
        }
    }
}

/// Continues with a value of an index. Each use of the index must have this value.
const fn bound<'n>(
    index: &Index<'_>,
    value: usize,
    more: &[Piece<'_>],
    name: &'n [u8],
    whole: bool,
    found: &mut [usize],
) -> Option<&'n [u8]> {
    if index.depth >= found.len() {
        return None;
    }
    let before = found[index.depth];
    if before != NONE && before != value {
        return None;
    }
    found[index.depth] = value;
    let rest = after(more, name, whole, found);
    if rest.is_none() {
        found[index.depth] = before;
    }
    rest
}

/// Reads a number with at least `digits` digits. Returns it and the rest.
const fn read_number(name: &[u8], digits: usize) -> Option<(usize, &[u8])> {
    let form = if digits > 1 { Form::Padded(digits) } else { Form::Plain };
    form.read(name)
}

/// False if no name of a family matches a whole template, since the texts before their first or after their last numbers differ.
///
/// In a constant, this saves writing the names of most families.
pub(crate) const fn may_match(pieces: &[Piece<'_>], family: &Family<'_>) -> bool {
    may_start(pieces, family) && may_end(pieces, family)
}

const fn may_start(pieces: &[Piece<'_>], family: &Family<'_>) -> bool {
    let [FamilyPiece::Text(text), ..] = family.pieces else { return true };
    let (mut pieces, mut name) = (pieces, text.as_bytes());
    while let [Piece::Text { text, .. }, more @ ..] = pieces {
        match rests(name, text.as_bytes()) {
            Some((rest, [])) => (pieces, name) = (more, rest),
            Some(_) => return family.pieces.len() > 1,
            None => return false,
        }
    }
    true
}

const fn may_end(pieces: &[Piece<'_>], family: &Family<'_>) -> bool {
    let [.., FamilyPiece::Text(name)] = family.pieces else { return true };
    let (mut pieces, mut name) = (pieces, name.as_bytes());
    while let [more @ .., Piece::Text { text, .. }] = pieces {
        let text = text.as_bytes();
        if text.len() > name.len() {
            return family.pieces.len() > 1 && ends(text, name);
        }
        if !ends(name, text) {
            return false;
        }
        (pieces, name) = (more, name.split_at(name.len() - text.len()).0);
    }
    true
}

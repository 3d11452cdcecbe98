//! Matches names against templates: finds the indices for which a template gives a name, or its start.

use crate::fit::outline::{Index, Piece};
use crate::fit::stack::NONE;
use crate::model::template::Form;
use crate::model::text::starts;

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
    from(pieces, 0, name, 0, whole, found)
}

const fn from(
    pieces: &[Piece<'_>],
    piece: usize,
    name: &[u8],
    at: usize,
    whole: bool,
    found: &mut [usize],
) -> Option<usize> {
    if piece == pieces.len() {
        return if whole && at < name.len() { None } else { Some(at) };
    }
    match &pieces[piece] {
        Piece::Text { text, .. } => {
            if starts(name, at, text.as_bytes()) {
                from(pieces, piece + 1, name, at + text.len(), whole, found)
            } else {
                None
            }
        }
        Piece::Number { number, digits } => match read_number(name, at, *digits) {
            Some((value, end)) if value == *number => {
                from(pieces, piece + 1, name, end, whole, found)
            }
            _ => None,
        },
        Piece::Index(index) => {
            if let Some((value, end)) = read(index, name, at) {
                let rest = bound(index, value, pieces, piece, name, end, whole, found);
                if rest.is_some() {
                    return rest;
                }
            }
            match (index.form, index_of(index, 0)) {
                (Form::Suffix, Some(value)) => {
                    bound(index, value, pieces, piece, name, at, whole, found)
                }
                _ => None,
            }
        }
    }
}

/// Continues with a value of an index. Each use of the index must have this value.
#[expect(clippy::too_many_arguments, reason = "a constant has no closures")]
const fn bound(
    index: &Index<'_>,
    value: usize,
    pieces: &[Piece<'_>],
    piece: usize,
    name: &[u8],
    at: usize,
    whole: bool,
    found: &mut [usize],
) -> Option<usize> {
    if index.depth >= found.len() {
        return None;
    }
    let before = found[index.depth];
    if before != NONE && before != value {
        return None;
    }
    found[index.depth] = value;
    let rest = from(pieces, piece + 1, name, at, whole, found);
    if rest.is_none() {
        found[index.depth] = before;
    }
    rest
}

/// Reads the index at a position of a name. Returns it and the position after it.
const fn read(index: &Index<'_>, name: &[u8], start: usize) -> Option<(usize, usize)> {
    let mut at = start;
    if matches!(index.form, Form::Suffix) {
        if at == name.len() || name[at] != b'_' {
            return None;
        }
        at += 1;
    }
    let (first, mut value) = (at, 0_usize);
    while at < name.len() && name[at].is_ascii_digit() {
        let Some(shifted) = value.checked_mul(10) else { return None };
        let Some(more) = shifted.checked_add((name[at] - b'0') as usize) else { return None };
        value = more;
        at += 1;
    }
    let digits = at - first;
    let canonical = match index.form {
        _ if digits == 0 => false,
        Form::Plain => digits == 1 || name[first] != b'0',
        Form::Padded(width) => digits == width || (digits > width && name[first] != b'0'),
        Form::Suffix => name[first] != b'0',
    };
    match index_of(index, value) {
        Some(value) if canonical => Some((value, at)),
        _ => None,
    }
}

/// Reads a number with at least `digits` digits. Returns it and the position after it.
const fn read_number(name: &[u8], start: usize, digits: usize) -> Option<(usize, usize)> {
    let form = if digits > 1 { Form::Padded(digits) } else { Form::Plain };
    read(&Index { name: "", depth: NONE, factor: 1, offset: 0, form }, name, start)
}

/// The index with this number in a name.
const fn index_of(index: &Index<'_>, value: usize) -> Option<usize> {
    match value.checked_sub_signed(index.offset) {
        Some(product) if product % index.factor == 0 => Some(product / index.factor),
        _ => None,
    }
}

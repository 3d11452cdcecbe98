//! Templates read backwards: the indices for which a template is a name, or the start of one.

use crate::fit::outline::{Index, NONE, Piece};
use crate::model::template::Form;

/// Where the rest of a name begins for which a template is the start; the values of indices by their numbers are in `found`,
/// which is all [`NONE`] at first. The template may have to be all of the name.
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

/// Goes on with a value of an index, which has it wherever it stands.
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

/// The index that a number in a name stands for, and where the name goes on.
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

/// A number in a name, in as many digits at least, and where the name goes on.
const fn read_number(name: &[u8], start: usize, digits: usize) -> Option<(usize, usize)> {
    let form = if digits > 1 { Form::Padded(digits) } else { Form::Plain };
    read(&Index { name: "", depth: NONE, factor: 1, offset: 0, form }, name, start)
}

/// The index that a number stands for.
const fn index_of(index: &Index<'_>, value: usize) -> Option<usize> {
    match value.checked_sub_signed(index.offset) {
        Some(product) if product % index.factor == 0 => Some(product / index.factor),
        _ => None,
    }
}

/// Whether text stands at a place of a name.
pub(crate) const fn starts(name: &[u8], at: usize, text: &[u8]) -> bool {
    if name.len() - at < text.len() {
        return false;
    }
    let mut byte = 0;
    while byte < text.len() {
        if name[at + byte] != text[byte] {
            return false;
        }
        byte += 1;
    }
    true
}

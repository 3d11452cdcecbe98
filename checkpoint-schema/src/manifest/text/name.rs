//! Names in a line of a manifest.

use std::fmt::Write as _;

use super::{TextProblem, in_file};
use crate::format::{Budget, Lease, OverBudget};
use crate::listing::catalog::{Name, is_seen};

/// The written form of an empty name.
const EMPTY: &str = "<>";

/// A piece of a name, or of the names of a family.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Number(Number),
}

/// The values of a number in the names of a family.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// The minimum number of digits.
    pub(super) digits: usize,
    /// The number of values.
    pub(super) count: u64,
    ranges: Vec<Range>,
}

/// Consecutive values: at least one.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: usize,
    end: usize,
    /// The number of values in the ranges before this one.
    before: u64,
}

impl Number {
    /// The value at position `nth`, counted from 0.
    pub(super) fn value(&self, nth: u64) -> u64 {
        let behind = self.ranges.partition_point(|range| range.before <= nth);
        let range = behind.checked_sub(1).and_then(|number| self.ranges.get(number));
        range.map_or(0, |Range { first, before, .. }| {
            in_file(*first).saturating_add(nth.saturating_sub(*before))
        })
    }

    /// The length of the longest value, in digits.
    pub(super) fn longest(&self) -> usize {
        let last = self.ranges.iter().map(|range| range.end.saturating_sub(1)).max();
        last.unwrap_or_default().to_string().len().max(self.digits)
    }
}

/// True if a name is written without escapes, apart from `<`, `\` and blanks.
pub(super) fn is_plain(name: &Name) -> bool {
    name.as_str().is_some_and(|text| text.chars().all(is_seen))
}

/// Writes a complete name.
pub(super) fn write(name: &Name) -> String {
    let mut out = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        write_text(chunk.valid(), &mut out);
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    if out.is_empty() { EMPTY.to_owned() } else { out }
}

/// Appends a part of a name to the part already written.
pub(super) fn write_text(text: &str, out: &mut String) {
    for letter in text.chars() {
        let starts_a_comment = letter == '#' && out.is_empty();
        let joins_names = letter == '=' && out.is_empty();
        match letter {
            '\\' => out.push_str("\\\\"),
            '<' => out.push_str("<<"),
            _ if letter == ' ' || starts_a_comment || joins_names || !is_seen(letter) => {
                out.extend(letter.escape_unicode());
            }
            _ => out.push(letter),
        }
    }
}

/// The memory of a piece and of a range of numbers, including the growth of their lists.
const PIECE: u64 = 160;
const RANGE: u64 = 72;

/// Charges the pieces of all names in a line for the lifetime of the lease.
pub(super) fn lease(line: &str, budget: &Budget) -> Result<Lease, OverBudget> {
    let memory = line.bytes().fold(0_u64, |memory, byte| match byte {
        b'<' => memory.saturating_add(2 * PIECE),
        b',' => memory.saturating_add(RANGE),
        _ => memory,
    });
    budget.lease("the numbers in names", memory)
}

/// Reads a written name.
pub(super) fn read(word: &str) -> Result<Vec<Piece>, TextProblem> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut rest = if word == EMPTY { "" } else { word };
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        rest = match letter {
            '\\' => escape(after, &mut text)?,
            '<' if after.starts_with('<') => {
                text.push(b'<');
                after.get(1..).unwrap_or_default()
            }
            '<' => {
                let (inside, after) = after.split_once('>').ok_or_else(|| number(rest))?;
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(values(inside).ok_or_else(|| number(&format!("<{inside}>")))?);
                after
            }
            letter => {
                text.extend(letter.encode_utf8(&mut [0; 4]).bytes());
                after
            }
        };
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

fn number(written: &str) -> TextProblem {
    TextProblem::Number { written: Name::from(written) }
}

/// Reads an escape after its backslash, and returns the rest.
fn escape<'t>(rest: &'t str, text: &mut Vec<u8>) -> Result<&'t str, TextProblem> {
    let read = || {
        if let Some(after) = rest.strip_prefix('\\') {
            return Some((vec![b'\\'], after));
        }
        if let Some(after) = rest.strip_prefix("u{") {
            let (digits, after) = after.split_once('}')?;
            let letter = char::from_u32(hexadecimal(digits)?)?;
            return Some((letter.to_string().into_bytes(), after));
        }
        let (digits, after) = rest.strip_prefix('x')?.split_at_checked(2)?;
        Some((vec![u8::try_from(hexadecimal(digits)?).ok()?], after))
    };
    let (bytes, after) = read().ok_or_else(|| {
        let written: String = ["\\"].into_iter().chain(rest.get(..1)).collect();
        TextProblem::Escape { written: Name::from(written) }
    })?;
    text.extend(bytes);
    Ok(after)
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| all)
}

/// The maximum number of digits, as in a template. Larger numbers could not be told apart.
const DIGITS: usize = 20;

/// Reads the numbers between `<` and `>`, such as `0..12`, `0,2..5` or `0..12:03`.
fn values(inside: &str) -> Option<Piece> {
    let (values, digits) = match inside.split_once(":0") {
        Some((values, digits)) => (values, decimal(digits).filter(|digits| *digits <= DIGITS)?),
        None => (inside, 1),
    };
    let mut count = 0_u64;
    let mut ranges = Vec::new();
    for range in values.split(',') {
        let (first, end) = match range.split_once("..") {
            Some((first, end)) => (decimal(first)?, decimal(end)?),
            None => (decimal(range)?, decimal(range)?.checked_add(1)?),
        };
        let values = end.checked_sub(first).filter(|values| *values > 0)?;
        ranges.push(Range { first, end, before: count });
        count = count.saturating_add(in_file(values));
    }
    Some(Piece::Number(Number { digits, count, ranges }))
}

fn decimal(digits: &str) -> Option<usize> {
    let all = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| all)
}

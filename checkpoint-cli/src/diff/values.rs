//! Compares the elements of a variable in two checkpoints, piece by piece.

use std::iter;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use checkpoint_core::{Checkpoint, DType, ReadError, Value, Variable};

use super::{Compared, Pair};
use crate::number::parts;

/// The maximum size of a variable that is read whole rather than in pieces, in bytes.
const SMALL: u64 = 1 << 20;

/// The size of a piece that is sent between threads, in bytes.
const PIECE: usize = 256 << 10;

/// The differences between the elements of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The number of elements that differ.
    pub(crate) elements: u64,
    /// The number of elements that are NaN in only one of both.
    pub(crate) nans: u64,
    /// The largest absolute and the largest relative difference of the others; `None` for strings.
    pub(crate) most: Option<(f64, f64)>,
    /// The number of the first one, in row-major order.
    pub(crate) first: u64,
    /// The first one in both checkpoints, formatted.
    pub(crate) values: [String; 2],
}

/// True if the elements can be compared: numbers with numbers, and strings with strings.
pub(super) fn is_comparable(first: &Variable, second: &Variable) -> bool {
    let is_number = |variable: &Variable| variable.dtype.width().is_some();
    let is_known = |variable: &Variable| variable.dtype != DType::Unknown;
    first.shape == second.shape
        && is_known(first)
        && is_known(second)
        && (first.dtype == second.dtype || is_number(first) && is_number(second))
}

/// Compares the elements of a variable. They must be comparable.
pub(super) fn compare(first: &Checkpoint, second: &Checkpoint, pair: &Pair<'_>) -> Compared {
    let read = |number: usize, checkpoint: &Checkpoint| {
        checkpoint.read(&pair.first.name).map_err(|error| (number, error))
    };
    if pair.first.dtype.width().is_none() {
        let (first, second) = (read(0, first)?, read(1, second)?);
        let strings = first.as_strings().zip(second.as_strings());
        return Ok(strings.and_then(|(first, second)| of_strings(first.iter(), second.iter())));
    }
    let mut elements = Comparison::new(pair);
    if pair.first.size().max(pair.second.size()) > SMALL
        && let Some(result) = in_pieces(first, second, pair, &mut elements)
    {
        result?;
    } else {
        let (first, second) = (read(0, first)?, read(1, second)?);
        elements.add(first.as_bytes(), second.as_bytes());
    }
    Ok(elements.found)
}

/// Reads both in pieces, the second one on another thread. Returns `None` if the thread cannot be started.
fn in_pieces(
    first: &Checkpoint,
    second: &Checkpoint,
    pair: &Pair<'_>,
    elements: &mut Comparison,
) -> Option<Result<(), (usize, ReadError)>> {
    let name = &pair.first.name;
    let (sender, receiver) = sync_channel::<Vec<u8>>(2);
    thread::scope(|scope| {
        let read = move || {
            second.read_pieces(name, |piece| {
                for piece in piece.chunks(PIECE) {
                    // The receiver is gone if the other variable cannot be read.
                    let _ = sender.send(piece.to_vec());
                }
            })
        };
        let reader = thread::Builder::new().spawn_scoped(scope, read).ok()?;
        let mut other = Other { pieces: receiver, piece: Vec::new(), at: 0 };
        let result = first.read_pieces(name, |piece| other.compare(piece, elements));
        drop(other);
        let of_second = reader.join().unwrap_or(Ok(()));
        Some(result.map_err(|error| (0, error)).and(of_second.map_err(|error| (1, error))))
    })
}

/// The pieces of the second variable.
struct Other {
    pieces: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl Other {
    /// Compares a piece of the first variable with the same elements of the second.
    fn compare(&mut self, mut piece: &[u8], elements: &mut Comparison) {
        while !piece.is_empty() {
            if self.at >= self.piece.len() {
                let Ok(next) = self.pieces.recv() else { return };
                (self.piece, self.at) = (next, 0);
            }
            let rest = self.piece.get(self.at..).unwrap_or_default();
            let [width, other_width] = elements.widths;
            let count = (piece.len() / width).min(rest.len() / other_width);
            let (now, later) = piece.split_at(count * width);
            let others = count * other_width;
            elements.add(now, rest.get(..others).unwrap_or_default());
            if count == 0 {
                return;
            }
            piece = later;
            self.at += others;
        }
    }
}

/// The comparison of elements so far.
struct Comparison {
    dtypes: [DType; 2],
    widths: [usize; 2],
    count: u64,
    found: Option<Difference>,
}

impl Comparison {
    fn new(pair: &Pair<'_>) -> Self {
        let dtypes = [pair.first.dtype, pair.second.dtype];
        let widths = dtypes.map(|dtype| dtype.width().unwrap_or(1));
        Self { dtypes, widths, count: 0, found: None }
    }

    /// Compares elements. Both have the same number.
    fn add(&mut self, first: &[u8], second: &[u8]) {
        let [width, other_width] = self.widths;
        let before = self.count;
        self.count += (first.len() / width) as u64;
        if self.dtypes[0] == self.dtypes[1] && first == second {
            return;
        }
        let elements = iter::zip(first.chunks_exact(width), second.chunks_exact(other_width));
        for (number, (one, other)) in (before..).zip(elements) {
            let one = Value::decode(self.dtypes[0], one);
            let other = Value::decode(self.dtypes[1], other);
            if let (Some(one), Some(other)) = (one, other)
                && let Some(distance) = distance(one, other)
            {
                let found = self.found.get_or_insert_with(|| Difference {
                    elements: 0,
                    nans: 0,
                    most: None,
                    first: number,
                    values: [one.to_string(), other.to_string()],
                });
                found.elements += 1;
                if distance.0.is_nan() {
                    found.nans += 1;
                } else {
                    found.most = most(found.most, Some(distance));
                }
            }
        }
    }
}

/// Returns the larger of two absolute differences, and of two relative ones.
pub(super) fn most(one: Option<(f64, f64)>, other: Option<(f64, f64)>) -> Option<(f64, f64)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.max(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

/// Returns the absolute and the relative difference of two numbers, or `None` if they are equal. The relative one is relative to
/// the larger number.
fn distance(one: Value, other: Value) -> Option<(f64, f64)> {
    if let (Value::Integer(one), Value::Integer(other)) = (one, other) {
        if one == other {
            return None;
        }
        let [difference, one, other] =
            [one - other, one, other].map(|value| parts(Value::Integer(value))[0].abs());
        return Some((difference, difference / one.max(other)));
    }
    let (one, other) = (parts(one), parts(other));
    #[expect(clippy::float_cmp, reason = "numbers are the same or not")]
    let is_same = |(one, other): (f64, f64)| one == other || one.is_nan() && other.is_nan();
    if iter::zip(one, other).all(is_same) {
        return None;
    }
    let size = |[real, imaginary]: [f64; 2]| real.hypot(imaginary);
    let difference = size([one[0] - other[0], one[1] - other[1]]);
    Some((difference, difference / size(one).max(size(other))))
}

fn of_strings<'s>(
    first: impl Iterator<Item = &'s [u8]>,
    second: impl Iterator<Item = &'s [u8]>,
) -> Option<Difference> {
    let mut different =
        (0..).zip(iter::zip(first, second)).filter(|(_, (one, other))| one != other);
    let (first, (one, other)) = different.next()?;
    let values = [one, other].map(crate::show::quoted);
    let elements = 1 + different.count() as u64;
    Some(Difference { elements, nans: 0, most: None, first, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let single = Value::Single;
        assert_eq!(distance(single(1.0), single(1.5)), Some((0.5, 1.0 / 3.0)));
        assert_eq!(distance(single(-0.0), single(0.0)), None);
        assert_eq!(distance(single(f32::NAN), Value::Double(f64::NAN)), None);
        assert_eq!(distance(single(f32::INFINITY), single(f32::INFINITY)), None);
        assert!(distance(single(f32::NAN), single(1.0)).unwrap().0.is_nan());
        assert!(distance(single(f32::INFINITY), single(1.0)).unwrap().0.is_infinite());
        assert_eq!(distance(Value::Integer(3), Value::Double(3.0)), None);
        let large = i128::from(i64::MAX);
        let one = distance(Value::Integer(large), Value::Integer(large - 1));
        assert_eq!(one.map(|(difference, _)| difference), Some(1.0));
        let complex = [Value::Complex64([3.0, 4.0]), Value::Complex64([0.0, 0.0])];
        assert_eq!(distance(complex[0], complex[1]), Some((5.0, 1.0)));
        assert_eq!(distance(Value::Bool(true), Value::Bool(false)), Some((1.0, 1.0)));
    }

    #[test]
    fn the_larger_differences_are_kept() {
        assert_eq!(most(Some((1.0, 0.5)), Some((2.0, 0.25))), Some((2.0, 0.5)));
        assert_eq!(most(None, Some((2.0, 0.25))), Some((2.0, 0.25)));
    }
}

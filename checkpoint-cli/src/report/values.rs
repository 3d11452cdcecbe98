//! Statistics and pictures of a variable, in one pass over its pieces.

use checkpoint_core::{Checkpoint, DType, ReadError, Strings, Value, Variable};
use serde::Serialize;

use super::heat_map::{Grid, Picture};
use crate::histogram::Histogram;
use crate::number::{decode, parts, rounded};
use crate::show::shortened;
use crate::statistics::Statistics;

/// The size of all pictures together, in bytes, unless there are very many.
const PICTURES: u64 = 2_000_000;

/// The maximum number of bins in a histogram. Half of it applies to many variables.
const BINS: usize = 64;

/// The number of variables that counts as many.
const MANY: u64 = 5_000;

/// The minimum and the maximum number of cells along each axis of a matrix.
const SIDES: (u64, u64) = (6, 64);

/// The maximum number of elements that are listed instead of a histogram.
const FEW: u64 = 8;

/// The number of strings that are shown, and the bytes of each.
const STRINGS: (usize, usize) = (4, 60);

/// The number of elements that are decoded at once.
const BLOCK: usize = 4096;

/// The letters of Base64.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The height of the highest bin.
const HEIGHT: u64 = 4095;

/// The detail of the pictures, which is chosen before anything is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    bins: usize,
    side: u64,
}

/// The minimum, maximum, mean and standard deviation of the finite elements; the numbers of NaN, infinities and zeros, and of
/// rows and columns of zeros; the histogram, the heat map, and the elements themselves if they are few.
#[derive(Debug, Default, Serialize)]
pub(super) struct ElementSummary(
    Option<Number>,
    Option<Number>,
    Option<f64>,
    Option<f64>,
    u64,
    u64,
    u64,
    [u64; 2],
    Option<Bins>,
    Option<Picture>,
    Option<Vec<String>>,
);

/// The exponent of the width, which is a power of two; the index of the first bin; and two letters for the height of each bin,
/// from 0 to 4095. The highest bin has 4095.
#[derive(Debug, PartialEq, Serialize)]
struct Bins(i32, i64, String);

/// An element.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Number {
    Single(f32),
    Double(f64),
    Integer(i64),
    /// An integer that JavaScript would round.
    Text(String),
}

impl Detail {
    /// Returns as much detail as fits into the limit.
    pub(super) fn of(variables: &[&Variable]) -> Self {
        let drawn = || variables.iter().filter(|variable| is_drawn(variable));
        let histograms = drawn().count() as u64;
        let matrices = drawn().filter(|variable| matrix(variable).is_some()).count() as u64;
        let bins = if histograms < MANY { BINS } else { BINS / 2 };
        let left = PICTURES.saturating_sub(histograms.saturating_mul(2 * bins as u64));
        let side = left.checked_div(matrices).unwrap_or_default().isqrt();
        Self { bins, side: side.clamp(SIDES.0, SIDES.1) }
    }
}

/// True if the variable has a histogram.
fn is_drawn(variable: &Variable) -> bool {
    variable.shape.elements() > FEW && Histogram::of(variable.dtype, BINS).is_some()
}

/// Returns the rows and columns of a matrix. Axes of length 1 are ignored.
fn matrix(variable: &Variable) -> Option<(u64, u64)> {
    let mut axes = variable.shape.dims().iter().filter(|axis| **axis != 1);
    let matrix = (*axes.next()?, *axes.next()?);
    axes.next().is_none().then_some(matrix)
}

/// Reads a variable. `progress` is called with numbers of bytes.
pub(super) fn read(
    checkpoint: &Checkpoint,
    variable: &Variable,
    detail: Detail,
    progress: impl Fn(u64),
) -> Result<ElementSummary, ReadError> {
    let Some(width) = variable.dtype.width() else {
        let tensor = checkpoint.read(&variable.name)?;
        progress(variable.size());
        let strings = tensor.as_strings().into_iter().flat_map(Strings::iter);
        let shown = strings.take(STRINGS.0).map(|string| shortened(string, STRINGS.1)).collect();
        return Ok(ElementSummary(
            None,
            None,
            None,
            None,
            0,
            0,
            0,
            [0; 2],
            None,
            None,
            Some(shown),
        ));
    };
    let mut pass = Pass::new(variable, width, detail);
    checkpoint.read_pieces(&variable.name, |piece| {
        pass.add(piece);
        progress(piece.len() as u64);
    })?;
    Ok(pass.values())
}

/// Statistics and pictures of the elements read so far.
struct Pass {
    dtype: DType,
    width: usize,
    statistics: Statistics,
    histogram: Option<Histogram>,
    grid: Option<Grid>,
    shown: Option<Vec<String>>,
    block: Vec<f64>,
}

impl Pass {
    fn new(variable: &Variable, width: usize, detail: Detail) -> Self {
        let is_drawn = is_drawn(variable);
        let matrix = matrix(variable).filter(|_| is_drawn);
        Self {
            dtype: variable.dtype,
            width,
            statistics: Statistics::default(),
            histogram: Histogram::of(variable.dtype, detail.bins).filter(|_| is_drawn),
            grid: matrix.map(|(rows, columns)| Grid::new(rows, columns, detail.side)),
            shown: (variable.shape.elements() <= FEW).then(Vec::new),
            block: Vec::with_capacity(BLOCK),
        }
    }

    fn add(&mut self, piece: &[u8]) {
        for bytes in piece.chunks(BLOCK * self.width) {
            self.block.clear();
            let Self { statistics, block, shown, .. } = self;
            decode(self.dtype, self.width, bytes, |value| {
                statistics.add(value);
                block.push(parts(value)[0]);
                if let Some(shown) = shown {
                    shown.push(value.to_string());
                }
            });
            if let Some(histogram) = &mut self.histogram {
                histogram.add(&self.block);
            }
            if let Some(grid) = &mut self.grid {
                grid.add(&self.block);
            }
        }
    }

    fn values(self) -> ElementSummary {
        let Self { statistics, histogram, grid, shown, .. } = self;
        let (least, greatest) = statistics.extremes().unzip();
        ElementSummary(
            least.and_then(number),
            greatest.and_then(number),
            statistics.average().map(rounded),
            statistics.deviation().map(rounded),
            statistics.nans,
            statistics.infinities,
            statistics.zeros,
            grid.as_ref().map(Grid::dead).unwrap_or_default(),
            histogram.as_ref().and_then(bins),
            grid.as_ref().and_then(Grid::picture),
            shown,
        )
    }
}

/// The limit of integers that JavaScript represents exactly.
const EXACT: i64 = 1 << 53;

fn number(value: Value) -> Option<Number> {
    match value {
        Value::Single(value) => Some(Number::Single(value)),
        Value::Double(value) => Some(Number::Double(value)),
        Value::Integer(value) => Some(match i64::try_from(value) {
            Ok(value) if (-EXACT..=EXACT).contains(&value) => Number::Integer(value),
            _ => Number::Text(value.to_string()),
        }),
        _ => None,
    }
}

fn bins(histogram: &Histogram) -> Option<Bins> {
    let (exponent, first, counts) = histogram.bins();
    let most = *counts.iter().max()?;
    let height = |count: &u64| {
        let height = u128::from(*count) * u128::from(HEIGHT) / u128::from(most.max(1));
        // A non-empty bin is at least 1 high, so that it is visible.
        u64::try_from(height).unwrap_or(HEIGHT).max(u64::from(*count > 0))
    };
    let letters = counts.iter().map(height);
    let letters = letters.flat_map(|height| [letter(height / 64), letter(height % 64)]).collect();
    Some(Bins(exponent, first, letters))
}

/// Returns the letter of a number below 64.
pub(super) fn letter(number: u64) -> char {
    let letter = usize::try_from(number).ok().and_then(|number| LETTERS.get(number));
    char::from(letter.copied().unwrap_or(b'/'))
}

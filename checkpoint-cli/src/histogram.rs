//! A histogram that is counted in one pass, before the range of the elements is known.
//!
//! The width of a bin is a power of two, and its edges are multiples of the width. For an element beyond the last bin, pairs of
//! bins are merged until there is room, so that every count is exact.

use checkpoint_core::{DType, Value};

use crate::number::power_of_two;

/// The smallest and the largest exponent of a width. Eight bins of the largest width cover all finite numbers.
const EXPONENTS: (i32, i32) = (-1000, 1022);

/// The maximum number of significant bits in the index of a bin.
const DIGITS: i32 = 50;

/// Counts of elements in bins of one width.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    /// The maximum number of bins.
    most: usize,
    /// True for whole numbers. Their bins are at least 1 wide.
    whole: bool,
    /// The width is two to this power.
    exponent: i32,
    /// The index of the first bin: its distance from zero in widths.
    first: i64,
    counts: Vec<u64>,
}

impl Histogram {
    /// Creates an empty histogram of at most `most` bins. `most` is raised to 8 if it is less.
    fn new(most: usize, whole: bool) -> Self {
        Self { most: most.max(8), whole, ..Self::default() }
    }

    /// Creates an empty histogram for elements of a dtype. Returns `None` if they are not real numbers.
    pub(crate) fn of(dtype: DType, most: usize) -> Option<Self> {
        let zero = vec![0; dtype.width()?];
        match Value::decode(dtype, &zero)? {
            Value::Complex64(_) | Value::Complex128(_) => None,
            value => {
                let whole = matches!(value, Value::Integer(_) | Value::Bool(_));
                Some(Self::new(most, whole))
            }
        }
    }

    /// Counts the finite elements.
    pub(crate) fn add(&mut self, numbers: &[f64]) {
        let finite = || numbers.iter().copied().filter(|number| number.is_finite());
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        for number in finite() {
            least = if number < least { number } else { least };
            greatest = if number > greatest { number } else { greatest };
        }
        if least > greatest {
            return;
        }
        self.make_room(least, greatest);
        let (scale, first) = (power_of_two(-self.exponent), self.first);
        for number in finite() {
            let bin = usize::try_from(bin(number, scale) - first).unwrap_or_default();
            if let Some(count) = self.counts.get_mut(bin) {
                *count += 1;
            }
        }
    }

    /// Returns the exponent of the width, the index of the first bin, and the counts.
    pub(crate) fn bins(&self) -> (i32, i64, &[u64]) {
        (self.exponent, self.first, &self.counts)
    }

    /// Widens the bins until the range fits.
    fn make_room(&mut self, least: f64, greatest: f64) {
        let largest = exponent_of(least.abs().max(greatest.abs()));
        let narrowest = (largest - DIGITS).max(if self.whole { 0 } else { EXPONENTS.0 });
        if self.counts.is_empty() {
            self.exponent = narrowest.min(EXPONENTS.1);
            self.first = bin(least, power_of_two(-self.exponent));
            self.counts.push(0);
        }
        while self.exponent < narrowest || !self.has_room(least, greatest) {
            self.widen();
        }
        let scale = power_of_two(-self.exponent);
        let before = usize::try_from(self.first - bin(least, scale)).unwrap_or_default();
        self.counts.splice(0..0, std::iter::repeat_n(0, before));
        self.first = self.first.min(bin(least, scale));
        let bins = usize::try_from(bin(greatest, scale) - self.first + 1).unwrap_or_default();
        self.counts.resize(bins.max(self.counts.len()), 0);
    }

    fn has_room(&self, least: f64, greatest: f64) -> bool {
        let scale = power_of_two(-self.exponent);
        let len = i64::try_from(self.counts.len()).unwrap_or(i64::MAX);
        let start = bin(least, scale).min(self.first);
        let end = bin(greatest, scale).max(self.first + len - 1);
        self.exponent >= EXPONENTS.1
            || usize::try_from(end - start).is_ok_and(|bins| bins < self.most)
    }

    /// Merges pairs of bins.
    fn widen(&mut self) {
        let first = self.first.div_euclid(2);
        let mut counts: Vec<u64> = Vec::with_capacity(self.counts.len() / 2 + 1);
        for (number, count) in (self.first..).zip(&self.counts) {
            let bin = usize::try_from(number.div_euclid(2) - first).unwrap_or_default();
            counts.resize(bin + 1, 0);
            if let Some(sum) = counts.last_mut() {
                *sum += count;
            }
        }
        (self.exponent, self.first, self.counts) = (self.exponent + 1, first, counts);
    }
}

/// Returns the index of the bin. `scale` is 1 divided by the width.
#[inline]
fn bin(number: f64, scale: f64) -> i64 {
    let scaled = number * scale;
    #[expect(clippy::cast_possible_truncation, reason = "beyond 64 bits, it is as far as can be")]
    let toward_zero = scaled as i64;
    // Rounds down by hand: `floor` is a function call on many processors.
    #[expect(clippy::cast_precision_loss, reason = "beyond 53 bits, both are whole numbers")]
    let down = toward_zero.saturating_sub(i64::from(toward_zero as f64 > scaled));
    // Half of the range, so that differences do not overflow.
    down.clamp(i64::MIN / 4, i64::MAX / 4)
}

/// Returns the exponent of the largest power of two that is at most `number`.
fn exponent_of(number: f64) -> i32 {
    let bits = i32::try_from((number.to_bits() >> 52) & 0x7ff).unwrap_or_default();
    (bits - 1023).max(EXPONENTS.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the non-empty bins, by their lower edges.
    fn counted(most: usize, whole: bool, blocks: &[&[f64]]) -> Vec<(f64, u64)> {
        let mut histogram = Histogram::new(most, whole);
        for block in blocks {
            histogram.add(block);
        }
        let (exponent, first, counts) = histogram.bins();
        assert!(counts.len() <= histogram.most);
        let elements = blocks.concat().into_iter().filter(|number| number.is_finite()).count();
        assert_eq!(counts.iter().sum::<u64>(), elements as u64);
        #[expect(clippy::cast_precision_loss, reason = "these are small")]
        let edge = |number: i64| number as f64 * power_of_two(exponent);
        let bins = (first..).map(edge).zip(counts.iter().copied());
        bins.filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn bins_have_edges_of_few_digits() {
        let found = counted(8, false, &[&[0.1, 0.2, 0.3, 0.9, -0.4]]);
        assert_eq!(found, [(-0.5, 1), (0.0, 2), (0.25, 1), (0.75, 1)]);
    }

    #[test]
    fn whole_numbers_are_in_bins_of_whole_numbers() {
        assert_eq!(counted(8, true, &[&[3.0, 4.0, 4.0]]), [(3.0, 1), (4.0, 2)]);
        assert_eq!(counted(8, true, &[&[0.0, 9.0, 1.0]]), [(0.0, 2), (8.0, 1)]);
    }

    #[test]
    fn the_order_of_the_elements_makes_no_difference_beyond_the_width() {
        let blocks: [&[f64]; 5] = [&[0.0], &[1e-300], &[f64::NAN, f64::INFINITY], &[3.0], &[-5.0]];
        assert_eq!(counted(8, false, &blocks), [(-6.0, 1), (0.0, 2), (2.0, 1)]);
        let back: Vec<&[f64]> = blocks.into_iter().rev().collect();
        assert_eq!(counted(8, false, &back), [(-6.0, 1), (0.0, 2), (2.0, 1)]);
    }

    #[test]
    fn numbers_may_be_as_large_and_as_near_as_there_are() {
        let large = counted(8, false, &[&[f64::MAX], &[f64::MIN]]);
        assert_eq!(large.len(), 2);
        assert_eq!(counted(8, false, &[&[f64::MIN, 0.0, f64::MAX]]).len(), 3);
        assert_eq!(counted(8, false, &[&[5e-324, 0.0]]), [(0.0, 2)]);
        assert_eq!(counted(64, false, &[&[1e300, 1e300]]).len(), 1);
        assert_eq!(counted(8, true, &[&[0.0], &[18_446_744_073_709_551_615.0]]).len(), 2);
    }

    #[test]
    fn nothing_finite_is_no_bin() {
        assert_eq!(counted(8, false, &[&[], &[f64::NAN]]), []);
    }

    proptest::proptest! {
        #[test]
        fn every_finite_element_is_in_a_bin(
            numbers in proptest::collection::vec(proptest::num::f64::ANY, 0..20),
            whole in proptest::bool::ANY,
        ) {
            let blocks: Vec<&[f64]> = numbers.chunks(3).collect();
            counted(16, whole, &blocks);
        }
    }
}

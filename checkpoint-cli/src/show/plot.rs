//! A histogram of block characters.

use checkpoint_core::Value;
use indicatif::HumanCount;

use crate::histogram::Histogram;
use crate::number::{power_of_two, rounded};
use crate::variable::Row;

/// The maximum number of bins.
pub(super) const BINS: usize = 24;

/// The width of the longest bar, in characters.
const WIDTH: usize = 40;

/// One to eight eighths of a character.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Returns a row for each bin: its lower edge, a bar, and its count.
pub(super) fn rows(histogram: &Histogram) -> Vec<Row> {
    let (exponent, first, counts) = histogram.bins();
    let most = counts.iter().copied().max().unwrap_or_default();
    let edges: Vec<String> =
        (first..).take(counts.len()).map(|number| edge(number, exponent)).collect();
    let wide = edges.iter().map(String::len).max().unwrap_or_default();
    let row = |(number, (edge, &count)): (usize, (String, &u64))| {
        let label = if number == 0 { "plot" } else { "" };
        let (bar, count) = (bar(count, most), HumanCount(count));
        (label, format!("{edge:>wide$}  {bar:WIDTH$}  {count}"))
    };
    edges.into_iter().zip(counts).enumerate().map(row).collect()
}

/// Formats the lower edge of a bin.
fn edge(number: i64, exponent: i32) -> String {
    #[expect(clippy::cast_precision_loss, reason = "numbers of bins have 52 bits at most")]
    let edge = number as f64 * power_of_two(exponent);
    // The debug format, which values have, ends in `.0` for whole numbers.
    let is_short = exponent >= 0 && edge.abs() < 1e15;
    if is_short { edge.to_string() } else { Value::Double(rounded(edge)).to_string() }
}

/// Returns a bar for `count`, relative to `most`. The bar of a non-empty bin is visible.
fn bar(count: u64, most: u64) -> String {
    let eighths = u128::from(count) * (8 * WIDTH as u128) / u128::from(most.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(8 * WIDTH).max(usize::from(count > 0));
    let last = (eighths % 8).checked_sub(1).and_then(|rest| EIGHTHS.get(rest));
    "█".repeat(eighths / 8).chars().chain(last.copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(0, 100), "");
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(100, 100), "█".repeat(40));
        assert_eq!(bar(1, 40), "█");
        assert_eq!(bar(3, 80), "█▌");
        assert_eq!(bar(u64::MAX, u64::MAX).chars().count(), 40);
    }
}

//! The ranges of the first array that contain the elements of a layout.

use std::ops::Range;

use crate::strided::{Axis, Layout, reach};

impl Layout {
    /// The ranges of the first array that contain the elements. Gaps shorter than `gap` are included.
    #[must_use]
    pub fn ranges(&self, gap: u64) -> Vec<Range<u64>> {
        self.ranges_within(&(0..u64::MAX), gap)
    }

    /// The ranges within a part of the first array that contain the elements. Gaps shorter than `gap` are included.
    #[must_use]
    pub fn ranges_within(&self, within: &Range<u64>, gap: u64) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        if self.elements() > 0 {
            add_ranges(&mut ranges, self.from, &self.axes, gap, within);
        }
        ranges
    }

    /// True if there are gaps of at least `gap` between the elements.
    #[must_use]
    pub fn has_gaps(&self, gap: u64) -> bool {
        self.elements() > 0 && !is_dense(&self.axes, gap)
    }
}

/// The span of axes in the first array.
fn span(axes: &[Axis]) -> u64 {
    reach(axes, |axis| axis.from).unwrap_or(u64::MAX)
}

/// True if all gaps between the elements are shorter than `gap`.
fn is_dense(axes: &[Axis], gap: u64) -> bool {
    let mut within = axes;
    while let [outer, inner @ ..] = within {
        if outer.len > 1 && outer.from.saturating_sub(span(inner)) >= gap.max(1) {
            return false;
        }
        within = inner;
    }
    true
}

fn add_ranges(
    ranges: &mut Vec<Range<u64>>,
    from: u64,
    axes: &[Axis],
    gap: u64,
    within: &Range<u64>,
) {
    let end = from.saturating_add(span(axes));
    if from >= within.end || end <= within.start {
        return;
    }
    match axes {
        [outer, inner @ ..] if !is_dense(axes, gap) => {
            let before = within.start.saturating_sub(from.saturating_add(span(inner)));
            let first = before.checked_div(outer.from).unwrap_or(0);
            let after = within.end.saturating_sub(from).div_ceil(outer.from.max(1));
            for index in first..outer.len.min(after) {
                let from = from.saturating_add(index.saturating_mul(outer.from));
                add_ranges(ranges, from, inner, gap, within);
            }
        }
        _ => join(ranges, from.max(within.start)..end.min(within.end), gap),
    }
}

/// Appends a range to a list, or extends the last range if the gap between them is shorter than `gap`.
pub fn join(ranges: &mut Vec<Range<u64>>, range: Range<u64>, gap: u64) {
    match ranges.last_mut() {
        Some(last) if range.start.saturating_sub(last.end) < gap.max(1) => {
            last.end = last.end.max(range.end);
        }
        _ => ranges.push(range),
    }
}

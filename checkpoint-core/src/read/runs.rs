//! The memory of an array that the elements of a layout fill, and its division among threads.

use std::ops::Range;

use checkpoint_schema::strided::{Axis, Layout, reach};
use smallvec::SmallVec;

use crate::system::number::as_u64;

/// Contiguous elements of an array, divided into runs of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    /// The range of all elements.
    pub(crate) elements: Range<u64>,
    /// The number of elements per run.
    pub(crate) step: u64,
}

impl Runs {
    /// The memory range of all elements in the array, divided into runs. Threads can fill different parts of the runs, each
    /// thread the same part of every run. `None` if no such division exists.
    pub(crate) fn of(layout: &Layout) -> Option<Self> {
        let reach_of_all = reach(&layout.axes, |axis| axis.into).unwrap_or(u64::MAX);
        let elements = layout.into..layout.into.saturating_add(reach_of_all);
        let count = elements.end.saturating_sub(elements.start);
        if layout.is_in_order() {
            return Some(Self { elements, step: count });
        }
        let [outer, inner @ ..] = &layout.axes[..] else { return None };
        let step = outer.len.checked_mul(outer.into)?;
        let is_within = |axis: &&Axis| axis.into < outer.into;
        let within: SmallVec<[Axis; 4]> = inner.iter().filter(is_within).copied().collect();
        let is_dense =
            count == layout.elements() && reach(&within, |axis| axis.into)? <= outer.into;
        let are_runs =
            inner.iter().filter(|axis| !is_within(axis)).all(|axis| axis.into.is_multiple_of(step));
        (is_dense && are_runs).then_some(Self { elements, step })
    }

    /// The part of the first run that these elements of a layout fill. For bounds that do not [divide](divides) the elements, the
    /// part covers more than them.
    pub(crate) fn part(layout: &Layout, numbers: &Range<u64>) -> Range<u64> {
        if layout.is_in_order() && !numbers.is_empty() {
            let (_, first) = layout.place(numbers.start);
            let (_, last) = layout.place(numbers.end.saturating_sub(1));
            return first..last.saturating_add(1);
        }
        let each = each(layout).max(1);
        let step = layout.axes.first().map_or(1, |outer| outer.into);
        let place = |index: u64| layout.into.saturating_add(index.saturating_mul(step));
        place(numbers.start.div_euclid(each))..place(numbers.end.div_ceil(each))
    }
}

/// True if the elements before this one, and those from it on, fill different parts of the runs.
pub(crate) fn divides(layout: &Layout, number: u64) -> bool {
    layout.is_in_order() || number.is_multiple_of(each(layout))
}

/// The number of elements per index of the first axis.
fn each(layout: &Layout) -> u64 {
    let outer = layout.axes.first();
    outer.and_then(|outer| layout.elements().checked_div(outer.len)).unwrap_or(1)
}

/// The first axis, if the order of elements changes.
pub(crate) fn moved(layout: &Layout) -> Option<Axis> {
    layout.axes.first().filter(|_| !layout.is_in_order()).copied()
}

/// The stride in the variable of the axis with the smallest stride in the array.
pub(crate) fn nearest_step(layout: &Layout) -> u64 {
    layout.axes.iter().min_by_key(|axis| axis.into).map_or(1, |axis| axis.from)
}

/// Converts a number of elements to a number of bytes.
pub(crate) fn bytes(elements: u64, width: usize) -> u64 {
    elements.saturating_mul(as_u64(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(into: u64, axes: &[(u64, u64, u64)]) -> Layout {
        Layout::new(0, into, axes.iter().map(|&(len, from, into)| Axis { len, from, into }))
    }

    #[test]
    fn threads_can_fill_parts_of_runs() {
        let parts = |layout: &Layout, numbers: Range<u64>| {
            let Runs { elements, step } = Runs::of(layout)?;
            Some((elements, step, Runs::part(layout, &numbers)))
        };
        // In order: the range from the first to the last element.
        let block = layout(7, &[(10, 30, 20), (20, 1, 1)]);
        assert_eq!(parts(&block, 40..60), Some((7..207, 200, 47..67)));
        // Transposed: a part of each row.
        let transposed = layout(0, &[(10, 30, 1), (30, 1, 10)]);
        assert_eq!(parts(&transposed, 60..150), Some((0..300, 10, 2..5)));
        assert!(divides(&transposed, 60) && !divides(&transposed, 61));
        // Heads, each with all rows: a part of each head.
        let heads = layout(0, &[(10, 12, 4), (3, 4, 40), (4, 1, 1)]);
        assert_eq!(parts(&heads, 12..36), Some((0..120, 40, 4..12)));
        // A batch of transposed matrices: some of the matrices.
        let batch = layout(0, &[(5, 6, 6), (2, 3, 1), (3, 1, 2)]);
        assert_eq!(parts(&batch, 6..18), Some((0..30, 30, 6..18)));
        // Between other elements, and out of order.
        assert_eq!(parts(&layout(0, &[(10, 30, 2), (30, 1, 20)]), 0..30), None);
    }
}

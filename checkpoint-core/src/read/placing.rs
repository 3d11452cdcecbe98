//! Positions of the elements of a variable in an array, by element and by range.

use std::ops::Range;

use checkpoint_schema::plan::Layout;
use smallvec::{SmallVec, smallvec};

use crate::system::number::as_u64;

/// A [`Layout`] with an element count. The elements are numbered in the order of the variable.
#[derive(Clone, Debug)]
pub(crate) struct Placing {
    /// The index of the first element in the variable.
    from: u64,
    /// The index of the first element in the array.
    into: u64,
    /// The axes in the order of the variable: each stride is beyond the span of all later axes.
    axes: SmallVec<[Axis; 1]>,
    elements: u64,
}

/// The length of an axis, and its strides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    pub(crate) len: u64,
    /// The stride in the variable, in elements.
    pub(crate) from: u64,
    /// The stride in the array, in elements.
    pub(crate) into: u64,
}

/// Contiguous elements of an array, divided into runs of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    /// The range of all elements.
    pub(crate) elements: Range<u64>,
    /// The number of elements per run.
    pub(crate) step: u64,
}

/// Elements at all index combinations of some axes.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The index of the first element in the variable.
    pub(crate) from: u64,
    /// The index of the first element in the array.
    pub(crate) into: u64,
    /// The axes, none of length 1. The last axis has the smallest stride in the array.
    pub(crate) axes: Vec<Axis>,
}

impl Placing {
    /// All elements of a variable, in order.
    pub(crate) fn whole(elements: u64) -> Self {
        let axes = smallvec![Axis { len: elements, from: 1, into: 1 }];
        Self { from: 0, into: 0, axes, elements }
    }

    /// Resolves a layout for a variable of `of` elements and an array of `room` elements; `None` if it is out of bounds.
    pub(crate) fn new(layout: &Layout, of: u64, room: u64) -> Option<Self> {
        let axis = |axis: &checkpoint_schema::plan::Stride| Axis {
            len: axis.len,
            from: axis.from,
            into: axis.into,
        };
        Self::of(layout.from, layout.into, layout.axes.iter().map(axis).collect(), of, room)
    }

    /// Builds a placing of these axes for a variable of `of` elements and an array of `room` elements.
    fn of(from: u64, into: u64, axes: SmallVec<[Axis; 1]>, of: u64, room: u64) -> Option<Self> {
        let elements = axes.iter().try_fold(1_u64, |product, axis| product.checked_mul(axis.len));
        let placing = Self { from, into, axes, elements: elements? };
        let is_within = |first: u64, step: fn(&Axis) -> u64, room: u64| {
            first.checked_add(reach(&placing.axes, step)?).filter(|&end| end <= room)
        };
        if placing.elements > 0 {
            is_within(from, |axis| axis.from, of)?;
            is_within(into, |axis| axis.into, room)?;
        }
        Some(placing)
    }

    pub(crate) fn elements(&self) -> u64 {
        self.elements
    }

    /// True if the elements are contiguous in the variable, and contiguous in the same order in the array.
    pub(crate) fn is_run(&self) -> bool {
        match self.axes[..] {
            [] => true,
            [Axis { from, into, .. }] => (from, into) == (1, 1),
            _ => false,
        }
    }

    /// True if the elements have the same order in the variable and in the array.
    pub(crate) fn is_in_order(&self) -> bool {
        let mut within: &[Axis] = &self.axes;
        while let [outer, inner @ ..] = within {
            if reach(inner, |axis| axis.into).is_none_or(|reach| outer.into < reach) {
                return false;
            }
            within = inner;
        }
        true
    }

    /// The number of placed elements before index `at` of the variable.
    pub(crate) fn before(&self, at: u64) -> u64 {
        let Some(mut rest) = at.checked_sub(self.from) else { return 0 };
        let (mut before, mut count) = (0_u64, self.elements);
        for axis in &self.axes {
            count = count.checked_div(axis.len).unwrap_or(0);
            let index = rest.checked_div(axis.from).unwrap_or(0);
            if index >= axis.len {
                return before.saturating_add(axis.len.saturating_mul(count));
            }
            before = before.saturating_add(index.saturating_mul(count));
            rest = rest.saturating_sub(index.saturating_mul(axis.from));
        }
        before.saturating_add(u64::from(rest > 0))
    }

    /// The index of an element in the variable, and its index in the array.
    pub(crate) fn place(&self, number: u64) -> (u64, u64) {
        let (mut from, mut into) = (self.from, self.into);
        let (mut rest, mut count) = (number, self.elements);
        for axis in &self.axes {
            count = count.checked_div(axis.len).unwrap_or(0);
            let index = rest.checked_div(count).unwrap_or(0);
            rest = rest.checked_rem(count).unwrap_or(0);
            from = from.saturating_add(index.saturating_mul(axis.from));
            into = into.saturating_add(index.saturating_mul(axis.into));
        }
        (from, into)
    }

    /// The memory range of all elements in the array, divided into runs. Threads can fill different parts of the runs, each
    /// thread the same part of every run. `None` if no such division exists.
    pub(crate) fn runs(&self) -> Option<Runs> {
        let elements = self.places();
        let count = elements.end.saturating_sub(elements.start);
        if self.is_in_order() {
            return Some(Runs { elements, step: count });
        }
        let [outer, inner @ ..] = &self.axes[..] else { return None };
        let step = outer.len.checked_mul(outer.into)?;
        let is_within = |axis: &&Axis| axis.into < outer.into;
        let within: SmallVec<[Axis; 4]> = inner.iter().filter(is_within).copied().collect();
        let is_dense = count == self.elements && reach(&within, |axis| axis.into)? <= outer.into;
        let are_runs =
            inner.iter().filter(|axis| !is_within(axis)).all(|axis| axis.into.is_multiple_of(step));
        (is_dense && are_runs).then_some(Runs { elements, step })
    }

    /// The part of the first run that these elements fill. For bounds that do not [divide](Self::divides) the elements, the
    /// part covers more than them.
    pub(crate) fn part(&self, numbers: &Range<u64>) -> Range<u64> {
        if self.is_in_order() && !numbers.is_empty() {
            let (_, first) = self.place(numbers.start);
            let (_, last) = self.place(numbers.end.saturating_sub(1));
            return first..last.saturating_add(1);
        }
        let each = self.each().max(1);
        let step = self.axes.first().map_or(1, |outer| outer.into);
        let place = |index: u64| self.into.saturating_add(index.saturating_mul(step));
        place(numbers.start.div_euclid(each))..place(numbers.end.div_ceil(each))
    }

    /// True if the elements before this one, and those from it on, fill different parts of the runs.
    pub(crate) fn divides(&self, number: u64) -> bool {
        self.is_in_order() || number.is_multiple_of(self.each())
    }

    /// The number of elements per index of the first axis.
    fn each(&self) -> u64 {
        self.axes.first().and_then(|outer| self.elements.checked_div(outer.len)).unwrap_or(1)
    }

    /// The strides of the first axis in the variable and in the array, if the order of elements changes.
    pub(crate) fn moved(&self) -> Option<(u64, u64)> {
        let outer = self.axes.first().filter(|_| !self.is_in_order())?;
        Some((outer.from, outer.into))
    }

    /// The range in the array from the first element to the last.
    fn places(&self) -> Range<u64> {
        let reach = reach(&self.axes, |axis| axis.into).unwrap_or(u64::MAX);
        self.into..self.into.saturating_add(reach)
    }

    /// The ranges of the variable that contain the elements. Gaps shorter than `gap` are included.
    pub(crate) fn ranges(&self, gap: u64) -> Vec<Range<u64>> {
        self.ranges_within(&(0..u64::MAX), gap)
    }

    /// The ranges within a part of the variable that contain the elements. Gaps shorter than `gap` are included.
    pub(crate) fn ranges_within(&self, within: &Range<u64>, gap: u64) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        if self.elements > 0 {
            add_ranges(&mut ranges, self.from, &self.axes, gap, within);
        }
        ranges
    }

    /// True if there are gaps of at least `gap` between the elements.
    pub(crate) fn has_gaps(&self, gap: u64) -> bool {
        self.elements > 0 && !is_dense(&self.axes, gap)
    }

    /// The stride in the variable of the axis with the smallest stride in the array.
    pub(crate) fn nearest_step(&self) -> u64 {
        self.axes.iter().min_by_key(|axis| axis.into).map_or(1, |axis| axis.from)
    }

    /// Cuts these elements into blocks.
    pub(crate) fn blocks(&self, numbers: Range<u64>, visit: &mut impl FnMut(Block)) {
        let block = Block { from: self.from, into: self.into, axes: Vec::new() };
        cut(&block, &self.axes, self.elements, numbers, visit);
    }
}

/// The span from the first element to the last, both included; `None` on overflow.
fn reach(axes: &[Axis], step: fn(&Axis) -> u64) -> Option<u64> {
    axes.iter().try_fold(1_u64, |reach, axis| {
        reach.checked_add(axis.len.saturating_sub(1).checked_mul(step(axis))?)
    })
}

/// The span of axes in the variable.
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

/// Appends a range to a list, or extends the last range.
pub(crate) fn join(ranges: &mut Vec<Range<u64>>, range: Range<u64>, gap: u64) {
    match ranges.last_mut() {
        Some(last) if range.start.saturating_sub(last.end) < gap.max(1) => {
            last.end = last.end.max(range.end);
        }
        _ => ranges.push(range),
    }
}

/// Cuts these elements, among the `count` of some axes, into blocks. Blocks consist of whole indices of an axis, and of partial
/// indices at both ends.
fn cut(at: &Block, axes: &[Axis], count: u64, numbers: Range<u64>, visit: &mut impl FnMut(Block)) {
    let Range { start, end } = numbers;
    if start >= end {
        return;
    }
    let [outer, within @ ..] = axes else { return visit(at.clone()) };
    let Some(count) = count.checked_div(outer.len).filter(|&count| count > 0) else { return };
    let inside = |index: u64| Block {
        from: at.from.saturating_add(index.saturating_mul(outer.from)),
        into: at.into.saturating_add(index.saturating_mul(outer.into)),
        axes: Vec::new(),
    };
    let (first, last) = (start.div_ceil(count), end.div_euclid(count));
    let number = |index: u64| index.saturating_mul(count);
    if first > last {
        let before = number(last);
        let numbers = start.saturating_sub(before)..end.saturating_sub(before);
        return cut(&inside(last), within, count, numbers, visit);
    }
    if start < number(first) {
        let index = first.saturating_sub(1);
        let numbers = start.saturating_sub(number(index))..count;
        cut(&inside(index), within, count, numbers, visit);
    }
    if first < last {
        let mut block = inside(first);
        block.axes.push(Axis { len: last.saturating_sub(first), ..*outer });
        block.axes.extend(within);
        block.axes.retain(|axis| axis.len != 1);
        block.axes.sort_by_key(|axis| std::cmp::Reverse(axis.into));
        visit(block);
    }
    cut(&inside(last), within, count, 0..end.saturating_sub(number(last)), visit);
}

impl Block {
    /// Splits off the last axis as a row. Returns a row of one element, with all axes, if the last axis crosses runs of an
    /// array that are `step` apart.
    pub(crate) fn row(&self, step: u64) -> (Row, &[Axis]) {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match self.axes.split_last() {
            Some((&Axis { len, from, into }, outer)) if into < step => {
                (Row { len: size(len), from: size(from), into: size(into) }, outer)
            }
            _ => (Row { len: 1, from: 1, into: 1 }, &self.axes),
        }
    }

    /// Calls `visit` for each index of the outer axes, with the start in the variable and in the array.
    pub(crate) fn starts<E>(
        &self,
        outer: &[Axis],
        visit: &mut impl FnMut(u64, u64) -> Result<(), E>,
    ) -> Result<(), E> {
        starts(outer, self.from, self.into, visit)
    }
}

fn starts<E>(
    axes: &[Axis],
    from: u64,
    into: u64,
    visit: &mut impl FnMut(u64, u64) -> Result<(), E>,
) -> Result<(), E> {
    let [outer, within @ ..] = axes else { return visit(from, into) };
    let (mut from, mut into) = (from, into);
    for _ in 0..outer.len {
        if within.is_empty() {
            visit(from, into)?;
        } else {
            starts(within, from, into, visit)?;
        }
        from = from.saturating_add(outer.from);
        into = into.saturating_add(outer.into);
    }
    Ok(())
}

/// Elements with constant strides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) len: usize,
    pub(crate) from: usize,
    pub(crate) into: usize,
}

impl Row {
    /// True if the elements are contiguous in the variable and in the array.
    pub(crate) fn is_run(self) -> bool {
        self.len < 2 || (self.from, self.into) == (1, 1)
    }
}

/// Converts a number of elements to a number of bytes.
pub(crate) fn bytes(elements: u64, width: usize) -> u64 {
    elements.saturating_mul(as_u64(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placing(into: u64, axes: &[(u64, u64, u64)]) -> Placing {
        let axes = axes.iter().map(|&(len, from, into)| Axis { len, from, into }).collect();
        Placing::of(0, into, axes, 1_000_000, 1_000_000).unwrap()
    }

    #[test]
    fn threads_can_fill_parts_of_runs() {
        let parts = |placing: &Placing, numbers: Range<u64>| {
            let Runs { elements, step } = placing.runs()?;
            Some((elements, step, placing.part(&numbers)))
        };
        // In order: the range from the first to the last element.
        let block = placing(7, &[(10, 30, 20), (20, 1, 1)]);
        assert_eq!(parts(&block, 40..60), Some((7..207, 200, 47..67)));
        // Transposed: a part of each row.
        let transposed = placing(0, &[(10, 30, 1), (30, 1, 10)]);
        assert_eq!(parts(&transposed, 60..150), Some((0..300, 10, 2..5)));
        assert!(transposed.divides(60) && !transposed.divides(61));
        // Heads, each with all rows: a part of each head.
        let heads = placing(0, &[(10, 12, 4), (3, 4, 40), (4, 1, 1)]);
        assert_eq!(parts(&heads, 12..36), Some((0..120, 40, 4..12)));
        // A batch of transposed matrices: some of the matrices.
        let batch = placing(0, &[(5, 6, 6), (2, 3, 1), (3, 1, 2)]);
        assert_eq!(parts(&batch, 6..18), Some((0..30, 30, 6..18)));
        // Between other elements, and out of order.
        assert_eq!(parts(&placing(0, &[(10, 30, 2), (30, 1, 20)]), 0..30), None);
    }
}

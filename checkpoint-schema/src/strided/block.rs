//! Blocks: the units in which elements are copied.

use std::ops::Range;

use crate::strided::{Axes, Axis, Layout};

/// Elements at all indices of some axes.
#[derive(Clone, Debug)]
pub struct Block {
    /// The first element in the first array.
    pub from: u64,
    /// Its position in the second array.
    pub into: u64,
    /// The axes, none of length 1. The last axis has the smallest stride in the second array.
    pub axes: Axes,
}

/// Elements with constant strides.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The number of elements.
    pub len: usize,
    /// The stride in the first array, in elements.
    pub from: usize,
    /// The stride in the second array, in elements.
    pub into: usize,
}

impl Row {
    /// True if the elements are contiguous in both arrays.
    #[must_use]
    pub fn is_run(self) -> bool {
        self.len < 2 || (self.from, self.into) == (1, 1)
    }
}

impl Layout {
    /// Cuts elements into blocks. These are the elements with the numbers `numbers`, in the order of the first array.
    pub fn blocks(&self, numbers: Range<u64>, visit: &mut impl FnMut(Block)) {
        cut((self.from, self.into), &self.axes, self.elements(), numbers, visit);
    }
}

/// Cuts elements, among the `count` of some axes, into blocks. Blocks consist of whole indices of an axis, and of partial indices at
/// both ends.
///
/// For example, the elements 4 to 21 of 3 rows of 10 are the end of a row, a whole row, and the start of a row.
fn cut(
    (from, into): (u64, u64),
    axes: &[Axis],
    count: u64,
    numbers: Range<u64>,
    visit: &mut impl FnMut(Block),
) {
    let Range { start, end } = numbers;
    if start >= end {
        return;
    }
    let Some((outer, inner)) = axes.split_first() else {
        return visit(Block { from, into, axes: Axes::new() });
    };
    let Some(count) = count.checked_div(outer.len).filter(|&count| count > 0) else { return };
    let at = |index: u64| {
        let step = |first: u64, stride: u64| first.saturating_add(index.saturating_mul(stride));
        (step(from, outer.from), step(into, outer.into))
    };
    let (first, last) = (start.div_ceil(count), end.div_euclid(count));
    let number = |index: u64| index.saturating_mul(count);
    if first > last {
        let before = number(last);
        let numbers = start.saturating_sub(before)..end.saturating_sub(before);
        return cut(at(last), inner, count, numbers, visit);
    }
    if start < number(first) {
        let index = first.saturating_sub(1);
        let numbers = start.saturating_sub(number(index))..count;
        cut(at(index), inner, count, numbers, visit);
    }
    if first < last {
        let whole = Axis { len: last.saturating_sub(first), ..*outer };
        visit(Block::new(at(first), [whole].iter().chain(inner)));
    }
    cut(at(last), inner, count, 0..end.saturating_sub(number(last)), visit);
}

impl Block {
    /// The block of these axes, in any order.
    pub(crate) fn new<'a>((from, into): (u64, u64), axes: impl Iterator<Item = &'a Axis>) -> Self {
        let mut axes: Axes = axes.filter(|axis| axis.len != 1).copied().collect();
        axes.sort_by_key(|axis| std::cmp::Reverse(axis.into));
        Self { from, into, axes }
    }

    /// The same elements, copied from the second array to the first.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let axes =
            self.axes.iter().map(|&Axis { len, from, into }| Axis { len, from: into, into: from });
        let axes: Axes = axes.collect();
        Self::new((self.into, self.from), axes.iter())
    }

    /// Splits off the last axis as a row. Returns a row of one element, with all axes, if the last axis crosses runs of the second
    /// array that are `step` apart.
    #[must_use]
    pub fn row(&self, step: u64) -> (Row, &[Axis]) {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match self.axes.split_last() {
            Some((&Axis { len, from, into }, outer)) if into < step => {
                (Row { len: size(len), from: size(from), into: size(into) }, outer)
            }
            _ => (Row { len: 1, from: 1, into: 1 }, &self.axes),
        }
    }

    /// Calls `visit` for each index of the outer axes, with the start in both arrays.
    ///
    /// # Errors
    /// Returns the first error of `visit`.
    pub fn starts<E>(
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

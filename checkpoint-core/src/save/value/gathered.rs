//! A variable, gathered from the arrays that a load would make of it.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

use checkpoint_schema::plan::{Layout, Stride};

use crate::save;
use crate::save::error::SaveError;
use crate::system::number::as_u64;
use crate::tensor::strings::Strings;
use crate::traits::values::{Elements, Strided};

/// The elements of a variable, with their positions in arrays.
pub(super) struct Gathered<'v> {
    /// The width of an element in bytes; 0 for strings.
    width: usize,
    /// The number of elements.
    elements: usize,
    parts: Vec<Part<'v>>,
    /// True if the arrays have only some of the elements.
    is_partial: bool,
}

/// The elements of one array.
struct Part<'v> {
    layout: &'v Layout,
    array: &'v Elements<'v>,
}

/// Elements with a constant stride, both in the variable and in the array.
struct Run {
    /// The index of the first element, and the stride, in the variable.
    from: [usize; 2],
    /// The same in the array, in row-major order.
    into: [usize; 2],
    len: usize,
}

impl<'v> Gathered<'v> {
    pub(super) fn new(
        width: Option<usize>,
        elements: u64,
        parts: impl Iterator<Item = (&'v Layout, &'v Elements<'v>)>,
    ) -> Self {
        let part = |(layout, array)| Part { layout, array };
        let elements = usize::try_from(elements).unwrap_or(usize::MAX);
        let parts = parts.map(part).collect();
        Self { width: width.unwrap_or(0), elements, parts, is_partial: false }
    }

    /// Allows the arrays to have only some of the elements.
    pub(super) fn partial(mut self, is_partial: bool) -> Self {
        self.is_partial = is_partial;
        self
    }
}

impl save::Elements for Gathered<'_> {
    fn held(&self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        if !self.is_partial {
            return None;
        }
        let width = self.width.max(1);
        let [first, end] = [range.start, range.end].map(|offset| usize_of(offset) / width);
        let mut held: Vec<Range<usize>> = Vec::new();
        for Part { layout, .. } in &self.parts {
            runs(layout, first..end, &mut |run: &Run| {
                let [from, step] = run.from;
                let (runs, len) = if step == 1 { (1, run.len) } else { (run.len, 1) };
                held.extend((0..runs).map(|run| from + run * step).map(|from| from..from + len));
            });
        }
        held.sort_unstable_by_key(|range| range.start);
        held.dedup_by(|next, last| {
            let continues = next.start == last.end;
            last.end = if continues { next.end } else { last.end };
            continues
        });
        let bytes = |range: Range<usize>| as_u64(range.start * width)..as_u64(range.end * width);
        Some(held.into_iter().map(bytes).collect())
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        let first =
            usize::try_from(offset).unwrap_or(usize::MAX).checked_div(self.width).unwrap_or(0);
        let count = into.len().checked_div(self.width).unwrap_or(0);
        if self.is_partial {
            into.fill(0);
        }
        for Part { layout, array } in &self.parts {
            let Elements::Bytes { bytes, strides } = array else { continue };
            let mut copy = |run: &Run| {
                let start = (run.from[0] - first) * self.width;
                copy(self.width, run, bytes, strides.as_ref(), &mut into[start..]);
            };
            runs(layout, first..first + count, &mut copy);
        }
        Ok(())
    }

    fn bytes(&self) -> Option<&[u8]> {
        match &self.parts[..] {
            [Part { layout, array: Elements::Bytes { bytes, strides: None } }]
                if layout.is_contiguous() && layout.into == 0 && !self.is_partial =>
            {
                Some(&**bytes).filter(|bytes| bytes.len() == self.elements * self.width)
            }
            _ => None,
        }
    }

    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        if self.width > 0 {
            return Ok(None);
        }
        if let [Part { array: Elements::Bytes { bytes, .. }, .. }] = &self.parts[..] {
            return Ok(Some(Cow::Owned([&**bytes].into_iter().collect())));
        }
        let mut placed = vec![&[][..]; self.elements];
        for Part { layout, array } in &self.parts {
            let Elements::Strings(strings) = array else { continue };
            runs(layout, 0..self.elements, &mut |run: &Run| {
                for (from, into) in iter::zip(steps(run.from), steps(run.into)).take(run.len) {
                    placed[from] = strings.get(into).unwrap_or_default();
                }
            });
        }
        Ok(Some(Cow::Owned(placed.into_iter().collect())))
    }
}

fn steps([first, step]: [usize; 2]) -> impl Iterator<Item = usize> {
    (0..).map(move |index: usize| first + index * step)
}

/// Visits the runs of a layout within a range of the variable, in order.
fn runs(layout: &Layout, range: Range<usize>, take: &mut impl FnMut(&Run)) {
    let axes: Vec<[usize; 3]> = layout
        .axes
        .iter()
        .map(|&Stride { len, from, into }| [len, from, into].map(usize_of))
        .collect();
    if layout.elements() > 0 {
        walk(&axes, usize_of(layout.from), usize_of(layout.into), &range, take);
    }
}

/// Indices of elements of an array in memory fit in a `usize`.
fn usize_of(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Visits the indices of the first axis within the range, and recursively those of inner axes.
fn walk(
    axes: &[[usize; 3]],
    from: usize,
    into: usize,
    range: &Range<usize>,
    take: &mut impl FnMut(&Run),
) {
    let Some((&[len, step, step_into], inner)) = axes.split_first() else {
        if range.contains(&from) {
            take(&Run { from: [from, 1], into: [into, 1], len: 1 });
        }
        return;
    };
    // An inner axis spans less than one step of this axis.
    let reach = if inner.is_empty() { 1 } else { step };
    let first = range.start.saturating_sub(from + reach - 1).div_ceil(step);
    let end = range.end.saturating_sub(from).div_ceil(step).min(len);
    if first >= end {
        return;
    }
    if inner.is_empty() {
        let (from, into) = (from + first * step, into + first * step_into);
        return take(&Run { from: [from, step], into: [into, step_into], len: end - first });
    }
    for index in first..end {
        walk(inner, from + index * step, into + index * step_into, range, take);
    }
}

/// Copies a run of elements from an array to the variable, of which `to` is a part.
fn copy(width: usize, run: &Run, bytes: &[u8], strides: Option<&Strided>, to: &mut [u8]) {
    let Run { from: [_, step], into: [first, step_into], len } = *run;
    if (step, step_into) == (1, 1) && strides.is_none() {
        let (start, size) = (first * width, len * width);
        return to[..size].copy_from_slice(&bytes[start..start + size]);
    }
    match width {
        1 => copy_each::<1>(run, bytes, strides, to),
        2 => copy_each::<2>(run, bytes, strides, to),
        4 => copy_each::<4>(run, bytes, strides, to),
        8 => copy_each::<8>(run, bytes, strides, to),
        _ => copy_each::<16>(run, bytes, strides, to),
    }
}

fn copy_each<const WIDTH: usize>(
    run: &Run,
    bytes: &[u8],
    strides: Option<&Strided>,
    to: &mut [u8],
) {
    let (elements, _) = bytes.as_chunks::<WIDTH>();
    let (to, _) = to.as_chunks_mut::<WIDTH>();
    let [_, step] = run.from;
    let positions = steps(run.into).take(run.len);
    let places = to.iter_mut().step_by(step);
    match strides {
        None => places.zip(positions).for_each(|(to, position)| *to = elements[position]),
        Some(strides) => places
            .zip(positions)
            .for_each(|(to, position)| *to = elements[strides.position(position)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::save::elements::Elements as _;
    use crate::traits::values::Bytes;

    /// Checks the variable read as a whole, and in pieces of all sizes.
    fn check(axes: &[[u64; 3]], into: u64, array: &[u8], expected: &[u8]) {
        let axes = axes.iter().map(|&[len, from, into]| Stride { len, from, into }).collect();
        let layout = Layout { from: 0, into, axes };
        let array = Elements::Bytes { bytes: Bytes::Borrowed(array), strides: None };
        let gathered = Gathered::new(Some(1), expected.len() as u64, iter::once((&layout, &array)));
        for size in 1..=expected.len() {
            let mut read = vec![0; expected.len()];
            for (number, piece) in read.chunks_mut(size).enumerate() {
                gathered.read((number * size) as u64, piece).unwrap();
            }
            assert_eq!(read, expected, "{size} at a time");
        }
    }

    #[test]
    fn elements_are_gathered_in_any_pieces() {
        check(&[[6, 1, 1]], 0, b"abcdef", b"abcdef");
        check(&[[4, 1, 1]], 2, b"abcdef", b"cdef");
        // A 2 x 3 matrix and its transpose.
        check(&[[2, 3, 1], [3, 1, 2]], 0, b"adbecf", b"abcdef");
        // Elements of other arrays stay unchanged.
        check(&[[3, 2, 1]], 0, b"abc", b"a\0b\0c\0");
        check(&[], 1, b"xy", b"y");
    }
}

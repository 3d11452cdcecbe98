//! Memory of an array that a single thread fills.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis, ShapeBuilder, Slice};

use crate::system::number::as_u64;

/// Runs of elements of an array, with equal lengths and a constant stride.
#[derive(Debug)]
pub(crate) struct Destination<'b> {
    /// The index of the first element of the first run.
    pub(crate) first: u64,
    /// The stride of the runs, in elements; no run is longer.
    pub(crate) step: u64,
    /// The bytes of each run.
    pub(crate) runs: ArrayViewMut2<'b, u8>,
}

impl<'b> Destination<'b> {
    /// Contiguous elements of this width, from index `first`; `None` without elements.
    pub(crate) fn one(first: u64, width: usize, bytes: &'b mut [u8]) -> Option<Self> {
        let step = as_u64(bytes.len().checked_div(width)?);
        let runs = ArrayViewMut2::from_shape((1, bytes.len()), bytes).ok()?;
        (step > 0).then_some(Self { first, step, runs })
    }

    /// The memory, if it is a single run.
    pub(crate) fn into_one(self) -> Option<&'b mut [u8]> {
        if self.runs.nrows() == 1 { self.runs.into_slice() } else { None }
    }

    /// The range from the first byte to the last.
    pub(crate) fn span(&self) -> Range<*const u8> {
        let start = self.runs.as_ptr();
        let end = self.runs.last().map_or(start, |last| std::ptr::from_ref(last).wrapping_add(1));
        start..end
    }

    /// The memory from an element of the array to the end of its run.
    pub(crate) fn from(&mut self, element: u64, width: usize) -> Option<&mut [u8]> {
        let (run, at) = self.find(element, width)?;
        self.runs.row_mut(run).into_slice()?.get_mut(at..)
    }

    /// The memory of columns at a constant stride: `rows` elements each, the first of which starts at `element`.
    pub(crate) fn columns(
        &mut self,
        element: u64,
        count: usize,
        step: usize,
        rows: usize,
        width: usize,
    ) -> Option<ArrayViewMut2<'_, u8>> {
        let (run, at) = self.find(element, width)?;
        let len = rows.checked_mul(width)?;
        let steps = u64::try_from(step).ok()?;
        if steps < self.step {
            let bytes = self.runs.row_mut(run).into_slice()?.get_mut(at..)?;
            let step = step.checked_mul(width)?;
            return ArrayViewMut2::from_shape((count, len).strides((step, 1)), bytes).ok();
        }
        let runs = steps.checked_div(self.step).filter(|_| steps.is_multiple_of(self.step))?;
        let runs = usize::try_from(runs).ok()?;
        let last = count.checked_sub(1)?.checked_mul(runs)?.checked_add(run)?;
        if last >= self.runs.nrows() || at.checked_add(len)? > self.runs.ncols() {
            return None;
        }
        let mut columns = self.runs.view_mut();
        columns.slice_axis_inplace(Axis(0), axis_slice(run, last, runs)?);
        columns
            .slice_axis_inplace(Axis(1), axis_slice(at, at.checked_add(len)?.checked_sub(1)?, 1)?);
        Some(columns)
    }

    /// The run of an element, and its byte offset in the run.
    fn find(&self, element: u64, width: usize) -> Option<(usize, usize)> {
        let at = element.checked_sub(self.first)?;
        let (run, at) = (at.checked_div(self.step)?, at.checked_rem(self.step)?);
        let run = usize::try_from(run).ok().filter(|&run| run < self.runs.nrows())?;
        Some((run, usize::try_from(at).ok()?.checked_mul(width)?))
    }
}

/// A slice between two indices, both included.
fn axis_slice(first: usize, last: usize, step: usize) -> Option<Slice> {
    let number = |index: usize| isize::try_from(index).ok();
    Some(Slice::new(number(first)?, Some(number(last.checked_add(1)?)?), number(step)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second half of each run of 8 elements, of two bytes each.
    fn place(memory: &mut [u8]) -> Destination<'_> {
        let runs = ArrayViewMut2::from_shape((3, 16), memory).unwrap();
        let (_, runs) = runs.split_at(Axis(1), 8);
        Destination { first: 4, step: 8, runs }
    }

    #[test]
    fn elements_are_found_in_their_runs() {
        let mut memory: Vec<u8> = (0..48).collect();
        let mut place = place(&mut memory);
        assert_eq!(place.from(4, 2).as_deref(), Some(&[8, 9, 10, 11, 12, 13, 14, 15][..]));
        assert_eq!(place.from(23, 2).as_deref(), Some(&[46, 47][..]));
        assert_eq!(place.from(3, 2), None);
        assert_eq!(place.from(28, 2), None);
    }

    #[test]
    fn columns_lie_along_runs_or_within_one() {
        let mut memory: Vec<u8> = (0..48).collect();
        let mut place = place(&mut memory);
        let mut columns = |element, count, step, rows| {
            let columns = place.columns(element, count, step, rows, 2)?;
            Some(columns.rows().into_iter().map(|column| column.to_vec()).collect::<Vec<_>>())
        };
        let along = vec![vec![10, 11, 12, 13], vec![26, 27, 28, 29], vec![42, 43, 44, 45]];
        assert_eq!(columns(5, 3, 8, 2), Some(along.clone()));
        assert_eq!(columns(5, 2, 16, 2), Some(vec![along[0].clone(), along[2].clone()]));
        assert_eq!(columns(12, 2, 2, 1), Some(vec![vec![24, 25], vec![28, 29]]));
        // Beyond the last run, beyond the end of a run, and across runs.
        assert_eq!(columns(5, 4, 8, 2), None);
        assert_eq!(columns(5, 3, 8, 4), None);
        assert_eq!(columns(12, 3, 2, 1), None);
        assert_eq!(columns(12, 2, 12, 1), None);
    }
}

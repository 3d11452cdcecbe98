//! Transposing rows into columns.
//!
//! Along a column, each element is in a different cache line. With the stride of a matrix, these lines evict each other before
//! their other elements are used. So elements move in tiles whose lines all fit in the cache. Rows are interleaved two at a
//! time, in loops that the compiler vectorizes. Then the pairs go to the columns.

use std::hint::black_box;
use std::ops::Range;

use checkpoint_schema::strided::{Axes, Block};
use ndarray::{ArrayViewMut1, ArrayViewMut2, Axis as Dimension};
use smallvec::SmallVec;

/// The number of rows of a tile.
pub(crate) const ROWS: usize = 32;

/// The number of columns of a tile.
const COLUMNS: usize = 64;

/// The smallest number of rows and columns for which tiles are faster than single elements.
const LEAST: usize = 16;

/// The size of a cache line, in bytes.
const LINE: usize = 64;

/// Elements of two axes: one has the smallest stride in the variable, the other in the array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transpose {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// The stride of the rows in the variable, in elements.
    from: usize,
    /// The stride of the columns in the array, in elements.
    pub(crate) into: usize,
}

/// Two rows of a tile, interleaved.
type Pairs<const W: usize> = [[[u8; W]; 2]; COLUMNS];

impl Transpose {
    /// The matrix of a block and its other axes; `None` if the block has no matrix, or a small one.
    pub(crate) fn of(block: &Block) -> Option<(Self, Axes)> {
        let size = |number: u64| usize::try_from(number).ok();
        let (rows, others) = block.axes.split_last().filter(|(last, _)| last.into == 1)?;
        let columns = others.iter().position(|axis| axis.from == 1)?;
        let mut outer = Axes::from_slice(others);
        let columns = outer.remove(columns);
        let matrix = Self {
            rows: size(rows.len)?,
            columns: size(columns.len)?,
            from: size(rows.from)?,
            into: size(columns.into)?,
        };
        // Rows that overlap are no matrix.
        let is_matrix = matrix.rows.min(matrix.columns) >= LEAST && matrix.from >= matrix.columns;
        is_matrix.then_some((matrix, outer))
    }

    /// Moves a matrix from its start in the variable to its columns in the array; `None` if it is out of bounds.
    pub(crate) fn run<const W: usize>(
        &self,
        from: &[[u8; W]],
        mut into: ArrayViewMut2<'_, u8>,
    ) -> Option<()> {
        let last = self.rows.checked_sub(1)?.checked_mul(self.from)?;
        let from = from.get(..last.checked_add(self.columns)?)?;
        let mut pairs = [[[[0; W]; 2]; COLUMNS]; ROWS / 2];
        let mut first = 0_usize;
        for mut strip in into.axis_chunks_iter_mut(Dimension(0), COLUMNS) {
            let columns = strip.outer_iter_mut().map(ArrayViewMut1::into_slice);
            let columns = columns.map(|column| Some(column?.as_chunks_mut().0));
            let mut columns = columns.collect::<Option<SmallVec<[_; COLUMNS]>>>()?;
            for row in (0..self.rows).step_by(ROWS) {
                let from = from.get(row.checked_mul(self.from)?.checked_add(first)?..)?;
                let rows = row..row.saturating_add(ROWS).min(self.rows);
                self.run_tile(from, rows, &mut columns, &mut pairs)?;
            }
            first = first.saturating_add(columns.len());
        }
        (first == self.columns).then_some(())
    }

    /// Moves these rows to a few columns.
    fn run_tile<const W: usize>(
        &self,
        from: &[[u8; W]],
        rows: Range<usize>,
        columns: &mut [&mut [[u8; W]]],
        pairs: &mut [Pairs<W>; ROWS / 2],
    ) -> Option<()> {
        touch(columns, &rows);
        let count = rows.len() / 2;
        for (two, pairs) in from.chunks(self.from.checked_mul(2)?).zip(&mut *pairs).take(count) {
            let (one, other) = (two.get(..columns.len())?, two.get(self.from..)?);
            for ((pair, one), other) in pairs.iter_mut().zip(one).zip(other) {
                *pair = [*one, *other];
            }
        }
        let last = rows.len().saturating_sub(1).checked_mul(self.from)?;
        for (number, column) in columns.iter_mut().enumerate() {
            let (column, odd) = column.get_mut(rows.clone())?.as_chunks_mut::<2>();
            for (into, pairs) in column.iter_mut().zip(&*pairs) {
                *into = *pairs.get(number)?;
            }
            if let [odd] = odd {
                *odd = *from.get(last.checked_add(number)?)?;
            }
        }
        Some(())
    }
}

/// Reads from each cache line that is written next, so that the processor fetches all of them in parallel. Writes alone wait
/// for one line after another, which takes longer than all other work.
fn touch<const W: usize>(columns: &[&mut [[u8; W]]], rows: &Range<usize>) {
    let step = LINE.checked_div(W).unwrap_or(1).max(1);
    let mut touched = 0;
    for column in columns {
        for line in column.get(rows.clone()).unwrap_or_default().chunks(step) {
            touched ^= line.last().and_then(|element| element.first()).unwrap_or(&0);
        }
    }
    black_box(touched);
}

#[cfg(test)]
mod tests {
    use checkpoint_schema::strided::Axis;
    use ndarray::ShapeBuilder;

    use super::*;

    fn block(axes: &[(u64, u64, u64)]) -> Block {
        let axes = axes.iter().map(|&(len, from, into)| Axis { len, from, into }).collect();
        Block { from: 0, into: 0, axes }
    }

    /// Moves the matrices of a variable whose elements are their own indices, `W` bytes each.
    fn check<const W: usize>(rows: usize, columns: usize) {
        // A matrix within a wider variable and a wider array.
        let (from_step, into_step) = (columns + 3, rows + 5);
        let block =
            block(&[(columns as u64, 1, into_step as u64), (rows as u64, from_step as u64, 1)]);
        let (matrix, outer) = Transpose::of(&block).unwrap();
        assert!(outer.is_empty());
        // Exactly the required elements.
        let element = |number: usize| {
            let bytes = number.to_le_bytes();
            std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(7))
        };
        let from: Vec<[u8; W]> = (0..(rows - 1) * from_step + columns).map(element).collect();
        let mut memory = vec![0xaa; ((columns - 1) * into_step + rows) * W];
        let mut turn = |from: &[[u8; W]], columns: usize| {
            let shape = (columns, rows * W).strides((into_step * W, 1));
            matrix.run(from, ArrayViewMut2::from_shape(shape, &mut memory).unwrap())
        };
        assert_eq!(turn(&from[1..], columns), None);
        assert_eq!(turn(&from, columns - 1), None);
        turn(&from, columns).unwrap();
        for (place, found) in memory.as_chunks::<W>().0.iter().enumerate() {
            let (column, row) = (place / into_step, place % into_step);
            let expected = if row < rows { element(row * from_step + column) } else { [0xaa; W] };
            assert_eq!(*found, expected, "{rows} {columns} {W} {place}");
        }
    }

    #[test]
    fn rows_of_any_number_become_columns() {
        for (rows, columns) in
            [(16, 16), (17, 40), (40, 17), (31, 64), (32, 65), (64, 16), (99, 130)]
        {
            check::<1>(rows, columns);
            check::<2>(rows, columns);
            check::<4>(rows, columns);
            check::<8>(rows, columns);
            check::<16>(rows, columns);
        }
    }

    #[test]
    fn planes_are_found_among_any_axes() {
        let found = |axes: &[(u64, u64, u64)]| {
            let (matrix, outer) = Transpose::of(&block(axes))?;
            let outer = outer.iter().map(|axis| (axis.len, axis.from, axis.into)).collect();
            Some((matrix.rows, matrix.columns, matrix.from, matrix.into, outer))
        };
        let (heads, rows, columns) = ((12, 64, 64 * 768), (64, 1, 768), (768, 768, 1));
        let expected: Vec<(u64, u64, u64)> = vec![heads];
        assert_eq!(found(&[heads, rows, columns]), Some((768, 64, 768, 768, expected)));
        // Too few rows, in order, and in reverse.
        assert_eq!(found(&[(15, 1, 768), columns]), None);
        assert_eq!(found(&[(64, 768, 768), (768, 1, 1)]), None);
        assert_eq!(found(&[(64, 1, 2), (768, 64, 3)]), None);
    }
}

//! Rows that become columns.
//!
//! Element by element along a column, each is in another line of the cache than the one before, and with the stride of a
//! matrix these lines drive each other out before their other elements are taken. So small squares are moved, of each
//! of which all lines stay in the cache.

use crate::read::placing::{Axis, Block};

/// The rows and columns of a square: as many elements of 4 bytes as a line of the cache has.
const SIDE: usize = 16;

/// Elements of two axes, whose neighbours along the one are nearest in the variable and along the other in the array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    rows: usize,
    columns: usize,
    /// The elements from one row to the next in the variable.
    from: usize,
    /// The elements from one column to the next in the array.
    into: usize,
}

impl Plane {
    /// The planes of a block, and the axes along which they lie; `None` if it has none, or if they are too small.
    pub(crate) fn of(block: &Block) -> Option<(Self, Vec<Axis>)> {
        let size = |number: u64| usize::try_from(number).ok();
        let (rows, others) = block.axes.split_last().filter(|(last, _)| last.into == 1)?;
        let columns = others.iter().position(|axis| axis.from == 1)?;
        let mut outer = others.to_vec();
        let columns = outer.remove(columns);
        let plane = Self {
            rows: size(rows.len)?,
            columns: size(columns.len)?,
            from: size(rows.from)?,
            into: size(columns.into)?,
        };
        (plane.rows.min(plane.columns) >= SIDE).then_some((plane, outer))
    }

    /// Moves a plane from where it starts in the variable to where it starts in the array; `None` if there is no room.
    pub(crate) fn turn<T: Copy>(&self, from: &[T], into: &mut [T]) -> Option<()> {
        let reach = |steps: usize, step: usize, len: usize| {
            steps.checked_sub(1)?.checked_mul(step)?.checked_add(len)
        };
        let from = from.get(..reach(self.rows, self.from, self.columns)?)?;
        let into = into.get_mut(..reach(self.columns, self.into, self.rows)?)?;
        for column in (0..self.columns).step_by(SIDE) {
            for row in (0..self.rows).step_by(SIDE) {
                let square = Self {
                    rows: self.rows.saturating_sub(row).min(SIDE),
                    columns: self.columns.saturating_sub(column).min(SIDE),
                    ..*self
                };
                let at = row.saturating_mul(self.from).saturating_add(column);
                let place = column.saturating_mul(self.into).saturating_add(row);
                square.turn_square(from.get(at..)?, into.get_mut(place..)?)?;
            }
        }
        Some(())
    }

    fn turn_square<T: Copy>(&self, from: &[T], into: &mut [T]) -> Option<()> {
        if (self.rows, self.columns) != (SIDE, SIDE) {
            return self.turn_each(from, into);
        }
        let mut rows: [&[T; SIDE]; SIDE] = [from.first_chunk()?; SIDE];
        for (row, from) in rows.iter_mut().zip(from.chunks(self.from)) {
            *row = from.first_chunk()?;
        }
        for (column, into) in (0..SIDE).zip(into.chunks_mut(self.into)) {
            let into: &mut [T; SIDE] = into.first_chunk_mut()?;
            #[expect(clippy::indexing_slicing, reason = "both have as many elements")]
            let turned = rows.map(|row| row[column]);
            *into = turned;
        }
        Some(())
    }

    /// Moves one element after another.
    fn turn_each<T: Copy>(&self, from: &[T], into: &mut [T]) -> Option<()> {
        for (column, into) in (0..self.columns).zip(into.chunks_mut(self.into)) {
            let column = from.get(column..)?.iter().step_by(self.from);
            let into = into.get_mut(..self.rows)?;
            into.iter_mut().zip(column).for_each(|(into, from)| *into = *from);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(axes: &[(u64, u64, u64)]) -> Block {
        let axes = axes.iter().map(|&(len, from, into)| Axis { len, from, into }).collect();
        Block { from: 0, into: 0, axes }
    }

    #[test]
    fn rows_of_any_number_become_columns() {
        for (rows, columns) in [(16, 16), (17, 40), (40, 17), (31, 33), (64, 16), (16, 64)] {
            // Of a wider variable and a wider array.
            let (from_step, into_step) = (columns + 3, rows + 5);
            let block =
                block(&[(columns as u64, 1, into_step as u64), (rows as u64, from_step as u64, 1)]);
            let (plane, outer) = Plane::of(&block).unwrap();
            assert_eq!(outer, []);
            // No more than what is needed.
            let from: Vec<usize> = (0..(rows - 1) * from_step + columns).collect();
            let mut into = vec![usize::MAX; (columns - 1) * into_step + rows];
            plane.turn(&from, &mut into).unwrap();
            for (place, &element) in into.iter().enumerate() {
                let (column, row) = (place / into_step, place % into_step);
                let expected = if row < rows { row * from_step + column } else { usize::MAX };
                assert_eq!(element, expected, "{rows} {columns} {place}");
            }
            assert_eq!(plane.turn(&from[1..], &mut into), None);
            assert_eq!(plane.turn(&from, &mut into[1..]), None);
        }
    }

    #[test]
    fn planes_are_found_among_any_axes() {
        let found = |axes: &[(u64, u64, u64)]| {
            let (plane, outer) = Plane::of(&block(axes))?;
            let outer = outer.iter().map(|axis| (axis.len, axis.from, axis.into)).collect();
            Some((plane.rows, plane.columns, plane.from, plane.into, outer))
        };
        let (heads, rows, columns) = ((12, 64, 64 * 768), (64, 1, 768), (768, 768, 1));
        let expected: Vec<(u64, u64, u64)> = vec![heads];
        assert_eq!(found(&[heads, rows, columns]), Some((768, 64, 768, 768, expected)));
        // Too few of them, in order, and in reverse.
        assert_eq!(found(&[(15, 1, 768), columns]), None);
        assert_eq!(found(&[(64, 768, 768), (768, 1, 1)]), None);
        assert_eq!(found(&[(64, 1, 2), (768, 64, 3)]), None);
    }
}

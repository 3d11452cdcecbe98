//! A matrix at reduced size, and its rows and columns of zeros, in one pass.

use serde::Serialize;

use crate::number::rounded;

/// The maximum number of columns that are checked for zeros.
const MAX_COLUMNS: usize = 1 << 20;

/// The largest level of a cell.
const LEVELS: f64 = 62.0;

/// The level of a cell with an element that is not finite.
const NOT_FINITE: u8 = 63;

/// The sum of the squares of the elements, for each cell.
#[derive(Debug)]
pub(super) struct Grid {
    columns: u64,
    rows: u64,
    height: u64,
    width: u64,
    cells: Vec<Cell>,
    /// The position of the next element.
    row: u64,
    column: u64,
    row_has_any: bool,
    dead_rows: u64,
    /// True for each column with a non-zero element; empty if there are too many columns.
    column_has_any: Vec<bool>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    squares: f64,
    elements: u64,
    is_finite: bool,
}

/// Height and width, the largest root mean square, and the cells in row-major order. Each cell is a letter of Base64, for its
/// level from 0 to the largest. `/` stands for an element that is not finite.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Picture(u64, u64, f64, String);

impl Grid {
    /// Creates a grid of at most `side` cells along each axis.
    pub(super) fn new(rows: u64, columns: u64, side: u64) -> Self {
        let (height, width) = (rows.min(side), columns.min(side));
        let cells = usize::try_from(height * width).unwrap_or_default();
        let tracked = usize::try_from(columns).ok().filter(|columns| *columns <= MAX_COLUMNS);
        Self {
            columns,
            rows,
            height,
            width,
            cells: vec![Cell { is_finite: true, ..Cell::default() }; cells],
            row: 0,
            column: 0,
            row_has_any: false,
            dead_rows: 0,
            column_has_any: vec![false; tracked.unwrap_or_default()],
        }
    }

    /// Adds the next elements.
    pub(super) fn add(&mut self, mut numbers: &[f64]) {
        while !numbers.is_empty() {
            let left = usize::try_from(self.columns - self.column).unwrap_or(usize::MAX);
            let (segment, rest) = numbers.split_at(left.min(numbers.len()));
            self.add_segment(segment);
            numbers = rest;
        }
    }

    /// Adds elements of one row.
    fn add_segment(&mut self, segment: &[f64]) {
        let start = usize::try_from(self.column).unwrap_or(usize::MAX);
        self.row_has_any |= segment.iter().any(|number| *number != 0.0);
        for (has_any, number) in self.column_has_any.iter_mut().skip(start).zip(segment) {
            *has_any |= *number != 0.0;
        }
        self.add_to_cells(segment);
        self.column += segment.len() as u64;
        if self.column == self.columns {
            self.dead_rows += u64::from(!self.row_has_any);
            (self.row, self.column, self.row_has_any) = (self.row + 1, 0, false);
        }
    }

    fn add_to_cells(&mut self, mut segment: &[f64]) {
        let line = scaled(self.row, self.height, self.rows) * self.width;
        let mut column = self.column;
        while !segment.is_empty() && self.width > 0 {
            let cell = scaled(column, self.width, self.columns);
            // The first column of the next cell.
            let end = scaled_up(cell + 1, self.columns, self.width);
            let len = usize::try_from(end - column).unwrap_or(usize::MAX).min(segment.len());
            let (own, rest) = segment.split_at(len);
            let cell = usize::try_from(line + cell).ok().and_then(|at| self.cells.get_mut(at));
            if let Some(cell) = cell {
                cell.add(own);
            }
            (segment, column) = (rest, column + len as u64);
        }
    }

    /// Returns the numbers of rows and of columns of zeros.
    pub(super) fn dead(&self) -> [u64; 2] {
        let columns = self.column_has_any.iter().filter(|has_any| !**has_any).count();
        [self.dead_rows, columns as u64]
    }

    /// Returns the cells, or `None` if there are none.
    pub(super) fn picture(&self) -> Option<Picture> {
        let roots: Vec<Option<f64>> = self.cells.iter().map(Cell::root).collect();
        let most = roots.iter().flatten().copied().fold(0.0, f64::max);
        let level = |root: &Option<f64>| match root {
            None => NOT_FINITE,
            Some(_) if most == 0.0 => 0,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is between 0 and 62"
            )]
            Some(root) => (root / most * LEVELS).round() as u8,
        };
        let letters = roots.iter().map(level).map(|level| super::values::letter(level.into()));
        let letters: String = letters.collect();
        let most = rounded(most);
        (!letters.is_empty()).then_some(Picture(self.height, self.width, most, letters))
    }
}

impl Cell {
    fn add(&mut self, numbers: &[f64]) {
        self.squares += numbers.iter().map(|number| number * number).sum::<f64>();
        self.elements += numbers.len() as u64;
        self.is_finite &= self.squares.is_finite();
    }

    /// Returns the root mean square, or `None` if an element or its square is not finite.
    fn root(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
        let mean = self.squares / self.elements.max(1) as f64;
        self.is_finite.then(|| mean.sqrt())
    }
}

/// `value * to / from`, rounded down.
fn scaled(value: u64, to: u64, from: u64) -> u64 {
    let scaled = u128::from(value) * u128::from(to) / u128::from(from.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// `value * to / from`, rounded up.
fn scaled_up(value: u64, to: u64, from: u64) -> u64 {
    let scaled = (u128::from(value) * u128::from(to)).div_ceil(u128::from(from.max(1)));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: u64, columns: u64, side: u64, numbers: &[f64], block: usize) -> Grid {
        let mut grid = Grid::new(rows, columns, side);
        numbers.chunks(block).for_each(|block| grid.add(block));
        grid
    }

    #[test]
    fn cells_are_root_mean_squares() {
        let numbers = [3.0, -3.0, 0.0, 0.0, 0.0, 0.0, 4.0, f64::NAN];
        for block in 1..9 {
            let grid = grid(2, 4, 2, &numbers, block);
            let expected = Picture(2, 2, 3.0, "+AA/".to_owned());
            assert_eq!(grid.picture(), Some(expected), "{block}");
        }
    }

    #[test]
    fn every_cell_has_its_elements() {
        for (rows, columns, side) in [(5, 7, 3), (3, 3, 8), (1, 10, 4), (10, 1, 4), (7, 9, 7)] {
            let numbers = vec![2.0; usize::try_from(rows * columns).unwrap()];
            let grid = grid(rows, columns, side, &numbers, 4);
            assert_eq!(grid.cells.iter().map(|cell| cell.elements).sum::<u64>(), rows * columns);
            assert!(grid.cells.iter().all(|cell| cell.root() == Some(2.0)));
        }
    }

    #[test]
    fn rows_and_columns_of_zeros_are_counted() {
        let numbers = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, f64::NAN, -0.0];
        for block in 1..10 {
            assert_eq!(grid(3, 3, 2, &numbers, block).dead(), [1, 2]);
        }
    }

    #[test]
    fn a_grid_without_cells_has_no_picture() {
        assert_eq!(grid(2, 2, 0, &[0.0; 4], 4).picture(), None);
        assert_eq!(grid(2, 2, 0, &[0.0; 4], 4).dead(), [2, 2]);
    }
}

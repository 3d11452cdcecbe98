//! Moving elements from one array to another.

use checkpoint_schema::strided::{Block, Order, Row};

use crate::tensor::cast::Conversion;
use crate::tensor::destination::Destination;
use crate::tensor::transpose::Transpose;

/// The number of non-contiguous elements that are converted at a time.
const TILE: usize = 512;

/// Copies the elements of an array, of this width, from a stored order to row-major order. Several elements can be stored once. `None`
/// if the array does not have exactly the size of `into`, or if `from` is too short.
pub(crate) fn gather(
    order: &Order,
    dims: &[u64],
    width: usize,
    from: &[u8],
    into: &mut [u8],
) -> Option<()> {
    let elements = dims.iter().try_fold(1_u64, |all, dim| all.checked_mul(*dim))?;
    let size = usize::try_from(elements).ok()?.checked_mul(width)?;
    let stored = usize::try_from(order.span(dims)?).ok()?.checked_mul(width)?;
    if size != into.len() || stored > from.len() {
        return None;
    }
    let Some(mut into) = Destination::one(0, width, into) else { return Some(()) };
    Moves { block: &order.block(dims), first: 0 }.copy(width, from, &mut into)
}

/// A block to move from elements of a variable, which start at index `first`, to an array.
pub(crate) struct Moves<'a> {
    pub(crate) block: &'a Block,
    pub(crate) first: u64,
}

impl Moves<'_> {
    /// The elements of the variable from index `element`, of this width.
    fn from<'f>(&self, from: &'f [u8], element: u64, width: usize) -> Option<&'f [u8]> {
        let at = usize::try_from(element.checked_sub(self.first)?).ok()?;
        from.get(at.checked_mul(width)?..)
    }

    /// Copies elements of this width; `None` if the destination is too small.
    pub(crate) fn copy(&self, width: usize, from: &[u8], into: &mut Destination<'_>) -> Option<()> {
        match width {
            1 => self.copy_words::<1>(from, into),
            2 => self.copy_words::<2>(from, into),
            4 => self.copy_words::<4>(from, into),
            8 => self.copy_words::<8>(from, into),
            _ => self.copy_words::<16>(from, into),
        }
    }

    fn copy_words<const W: usize>(&self, from: &[u8], into: &mut Destination<'_>) -> Option<()> {
        if let Some((transpose, outer)) = Transpose::of(self.block) {
            let Transpose { rows, columns, into: step, .. } = transpose;
            let mut turn = |at: u64, place: u64| {
                let from = self.from(from, at, W).ok_or(())?.as_chunks::<W>().0;
                let columns = into.columns(place, columns, step, rows, W).ok_or(())?;
                transpose.run(from, columns).ok_or(())
            };
            return self.block.starts(&outer, &mut turn).ok();
        }
        let (row, outer) = self.block.row(into.step);
        let mut copy = |at: u64, place: u64| {
            let from = self.from(from, at, W).ok_or(())?.as_chunks::<W>().0;
            let into = into.from(place, W).ok_or(())?.as_chunks_mut::<W>().0;
            copy_row(row, from, into).ok_or(())
        };
        self.block.starts(outer, &mut copy).ok()
    }

    /// Converts elements; `None` if an element cannot be represented.
    pub(crate) fn convert(
        &self,
        conversion: &Conversion,
        from: &[u8],
        into: &mut Destination<'_>,
    ) -> Option<()> {
        let (row, outer) = self.block.row(into.step);
        let (width, into_width) = (conversion.from_width, conversion.into_width);
        let mut tiles =
            Tiles { from: vec![0; tile(row, width)], into: vec![0; tile(row, into_width)] };
        let mut convert = |at: u64, place: u64| {
            let from = self.from(from, at, width).ok_or(())?;
            let into = into.from(place, into_width).ok_or(())?;
            if row.is_run() {
                let from = from.get(..row.len.saturating_mul(width)).ok_or(())?;
                return conversion.run(from, into).map_err(drop);
            }
            tiles.convert(row, conversion, from, into).ok_or(())
        };
        self.block.starts(outer, &mut convert).ok()
    }
}

/// The size of a tile buffer, in bytes; 0 if no tile is needed.
fn tile(row: Row, width: usize) -> usize {
    if row.is_run() { 0 } else { row.len.min(TILE).saturating_mul(width) }
}

/// Copies the elements of a row.
fn copy_row<T: Copy>(row: Row, from: &[T], into: &mut [T]) -> Option<()> {
    if row.is_run() {
        into.get_mut(..row.len)?.copy_from_slice(from.get(..row.len)?);
        return Some(());
    }
    if row.from == 0 {
        let repeated = *from.first()?;
        into.iter_mut().step_by(row.into.max(1)).take(row.len).for_each(|into| *into = repeated);
        return Some(());
    }
    if row.into == 1 {
        let into = into.get_mut(..row.len)?;
        for (into, from) in into.iter_mut().zip(from.iter().step_by(row.from)) {
            *into = *from;
        }
        return Some(());
    }
    let from = from.iter().step_by(row.from);
    for (into, from) in into.iter_mut().step_by(row.into).zip(from).take(row.len) {
        *into = *from;
    }
    Some(())
}

/// Buffers for elements that are contiguous neither in the variable nor in the array.
struct Tiles {
    from: Vec<u8>,
    into: Vec<u8>,
}

impl Tiles {
    /// Converts a row, a tile at a time.
    fn convert(
        &mut self,
        row: Row,
        conversion: &Conversion,
        from: &[u8],
        into: &mut [u8],
    ) -> Option<()> {
        let (width, into_width) = (conversion.from_width, conversion.into_width);
        let mut done = 0_usize;
        while done < row.len {
            let len = row.len.saturating_sub(done).min(TILE);
            let gather = Row { len, from: row.from, into: 1 };
            let at = done.saturating_mul(row.from).saturating_mul(width);
            let tile = self.from.get_mut(..len.saturating_mul(width))?;
            copy_elements(width, gather, from.get(at..)?, tile)?;
            let converted = self.into.get_mut(..len.saturating_mul(into_width))?;
            conversion.run(tile, converted).ok()?;
            let place = done.saturating_mul(row.into).saturating_mul(into_width);
            let spread = Row { len, from: 1, into: row.into };
            copy_elements(into_width, spread, converted, into.get_mut(place..)?)?;
            done = done.saturating_add(len);
        }
        Some(())
    }
}

/// Copies the elements of a row, of this width.
fn copy_elements(width: usize, row: Row, from: &[u8], into: &mut [u8]) -> Option<()> {
    match width {
        1 => copy_row(row, from, into),
        2 => copy_row(row, from.as_chunks::<2>().0, into.as_chunks_mut::<2>().0),
        4 => copy_row(row, from.as_chunks::<4>().0, into.as_chunks_mut::<4>().0),
        8 => copy_row(row, from.as_chunks::<8>().0, into.as_chunks_mut::<8>().0),
        _ => copy_row(row, from.as_chunks::<16>().0, into.as_chunks_mut::<16>().0),
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    fn copied(dims: &[u64], strides: &[u64], len: usize) -> Option<Vec<u8>> {
        let bytes: Vec<u8> = (0..24).flat_map(|number| [number, 100 + number]).collect();
        let mut into = vec![0; len * 2];
        gather(&Order { first: 0, strides: strides.into() }, dims, 2, &bytes, &mut into)?;
        assert!(into.chunks(2).all(|pair| pair[1] == pair[0] + 100));
        Some(into.into_iter().step_by(2).collect())
    }

    #[test]
    fn elements_are_taken_by_strides() {
        assert_eq!(copied(&[2, 3], &[3, 1], 6), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(copied(&[3, 2], &[1, 3], 6), Some(vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(copied(&[2, 2, 2], &[1, 2, 4], 8), Some(vec![0, 4, 2, 6, 1, 5, 3, 7]));
        assert_eq!(copied(&[2, 3], &[1, 0], 6), Some(vec![0, 0, 0, 1, 1, 1]));
        assert_eq!(copied(&[], &[], 1), Some(vec![0]));
        assert_eq!(copied(&[0, 3], &[7, 9], 0), Some(vec![]));
        assert_eq!(copied(&[1, 24], &[u64::MAX, 1], 24).map(|all| all.len()), Some(24));
        assert_eq!(
            copied(&[3, 2, 2], &[1, 0, 6], 12),
            Some(vec![0, 6, 0, 6, 1, 7, 1, 7, 2, 8, 2, 8])
        );
    }

    #[test]
    fn many_elements_are_moved_in_tiles() {
        let dims = [3, 70, 2, 41];
        let count: usize = dims.iter().product();
        let bytes: Vec<u8> = (0..count).flat_map(usize::to_le_bytes).collect();
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            let mut strides = [0; 4];
            order.iter().rev().fold(1, |step, &axis| {
                strides[axis] = step;
                step * dims[axis]
            });
            let mut into = vec![0; bytes.len()];
            let order = Order { first: 0, strides: strides.map(|stride| stride as u64).into() };
            gather(&order, &dims.map(|dim| dim as u64), 8, &bytes, &mut into).unwrap();
            let numbers =
                into.chunks(8).map(|number| usize::from_le_bytes(number.try_into().unwrap()));
            for (at, number) in numbers.enumerate() {
                let index = [at / (70 * 2 * 41), at / (2 * 41) % 70, at / 41 % 2, at % 41];
                let expected: usize =
                    iter::zip(index, strides).map(|(index, stride)| index * stride).sum();
                assert_eq!(number, expected, "{order:?} {index:?}");
            }
        }
    }

    #[test]
    fn elements_that_are_not_there_are_none() {
        assert_eq!(copied(&[2], &[24], 2), None);
        assert_eq!(copied(&[2, 2], &[u64::MAX, 1], 4), None);
        assert_eq!(copied(&[3], &[1], 2), None);
    }
}

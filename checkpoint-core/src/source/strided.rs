//! Copies of strided elements into row-major order.

use std::iter;

/// Strided elements in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strided<'a> {
    /// All stored elements, of `width` bytes each.
    pub(crate) bytes: &'a [u8],
    pub(crate) width: usize,
    /// The lengths of the axes.
    pub(crate) dims: &'a [usize],
    /// The strides of the axes, in elements.
    pub(crate) strides: &'a [usize],
}

/// The strides of a column-major array: its first axis is the innermost one.
pub(crate) fn column_major(dims: &[usize]) -> Vec<usize> {
    let product = |stride: &mut usize, dim: &usize| {
        let this = *stride;
        *stride = stride.saturating_mul(*dim);
        Some(this)
    };
    dims.iter().scan(1, product).collect()
}

impl Strided<'_> {
    /// Copies all elements to `into`, in row-major order; `None` if `into` does not have exactly their size.
    pub(crate) fn copy(&self, into: &mut [u8]) -> Option<()> {
        let elements = self.dims.iter().try_fold(1_usize, |all, dim| all.checked_mul(*dim))?;
        if elements.checked_mul(self.width)? != into.len() {
            return None;
        }
        if into.is_empty() {
            return Some(());
        }
        let last = iter::zip(self.dims, self.strides)
            .try_fold(0_usize, |last, (dim, stride)| {
                last.checked_add(dim.checked_sub(1)?.checked_mul(*stride)?)
            })?;
        let end = last.checked_add(1)?.checked_mul(self.width)?;
        self.bytes.get(..end)?;
        match self.width {
            1 => self.elements::<1>(into),
            2 => self.elements::<2>(into),
            4 => self.elements::<4>(into),
            8 => self.elements::<8>(into),
            16 => self.elements::<16>(into),
            _ => None,
        }
    }

    /// Copies all elements; there must be at least one.
    fn elements<const WIDTH: usize>(&self, into: &mut [u8]) -> Option<()> {
        let (from, into) = (self.bytes.as_chunks::<WIDTH>().0, into.as_chunks_mut::<WIDTH>().0);
        let mut axes = self.axes();
        let columns = axes.pop().unwrap_or(Axis { len: 1, from: 0, into: 1 });
        // The axis with the smallest stride in the source, so that whole cache lines are used.
        let rows = (0..axes.len()).min_by_key(|&at| axes.get(at).map(|axis| axis.from));
        let rows = rows.map_or(Axis { len: 1, from: 0, into: 0 }, |at| axes.remove(at));
        Plane { rows, columns }.copy_all(&axes, from, 0, into, 0)
    }

    /// The axes longer than 1, the outermost first.
    fn axes(&self) -> Vec<Axis> {
        let mut step = 1_usize;
        let mut axes: Vec<Axis> = iter::zip(self.dims, self.strides)
            .rev()
            .map(|(&len, &from)| {
                let into = step;
                step = step.saturating_mul(len);
                Axis { len, from, into }
            })
            .filter(|axis| axis.len > 1)
            .collect();
        axes.reverse();
        axes
    }
}

/// An axis: its length, and its strides in the source and in the destination.
#[derive(Clone, Copy)]
struct Axis {
    len: usize,
    from: usize,
    into: usize,
}

/// The two axes that are copied in tiles.
#[derive(Clone, Copy)]
struct Plane {
    rows: Axis,
    columns: Axis,
}

/// The numbers of rows and of columns of a tile.
const TILE: usize = 32;

impl Plane {
    /// Copies the planes at all indices of the other axes.
    fn copy_all<const WIDTH: usize>(
        self,
        axes: &[Axis],
        from: &[[u8; WIDTH]],
        first: usize,
        into: &mut [[u8; WIDTH]],
        to: usize,
    ) -> Option<()> {
        let Some((outer, inner)) = axes.split_first() else {
            return self.copy(from, first, into, to);
        };
        let (mut first, mut to) = (first, to);
        for _ in 0..outer.len {
            self.copy_all(inner, from, first, into, to)?;
            (first, to) = (first.saturating_add(outer.from), to.saturating_add(outer.into));
        }
        Some(())
    }

    /// Copies a plane, tile by tile.
    fn copy<const WIDTH: usize>(
        self,
        from: &[[u8; WIDTH]],
        first: usize,
        into: &mut [[u8; WIDTH]],
        to: usize,
    ) -> Option<()> {
        let Self { rows, columns } = self;
        for top in (0..rows.len).step_by(TILE) {
            for left in (0..columns.len).step_by(TILE) {
                let width = columns.len.saturating_sub(left).min(TILE);
                for row in top..rows.len.min(top.saturating_add(TILE)) {
                    let at =
                        row.checked_mul(rows.from)?.checked_add(left.checked_mul(columns.from)?)?;
                    let from = from.get(first.checked_add(at)?..)?;
                    let at = to.checked_add(row.checked_mul(rows.into)?)?.checked_add(left)?;
                    let into = into.get_mut(at..)?.get_mut(..width)?;
                    let elements = from.iter().step_by(columns.from.max(1));
                    if columns.from == 0 {
                        into.fill(*from.first()?);
                    } else {
                        iter::zip(into, elements).for_each(|(into, element)| *into = *element);
                    }
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(dims: &[usize], strides: &[usize], len: usize) -> Option<Vec<u8>> {
        let bytes: Vec<u8> = (0..24).flat_map(|number| [number, 100 + number]).collect();
        let mut into = vec![0; len * 2];
        Strided { bytes: &bytes, width: 2, dims, strides }.copy(&mut into)?;
        assert!(into.chunks(2).all(|pair| pair[1] == pair[0] + 100));
        Some(into.into_iter().step_by(2).collect())
    }

    #[test]
    fn elements_are_taken_by_strides() {
        assert_eq!(copied(&[2, 3], &[3, 1], 6), Some(vec![0, 1, 2, 3, 4, 5]));
        assert_eq!(copied(&[3, 2], &column_major(&[3, 2]), 6), Some(vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(
            copied(&[2, 2, 2], &column_major(&[2, 2, 2]), 8),
            Some(vec![0, 4, 2, 6, 1, 5, 3, 7])
        );
        assert_eq!(copied(&[2, 3], &[1, 0], 6), Some(vec![0, 0, 0, 1, 1, 1]));
        assert_eq!(copied(&[], &[], 1), Some(vec![0]));
        assert_eq!(copied(&[0, 3], &[7, 9], 0), Some(vec![]));
        assert_eq!(copied(&[1, 24], &[usize::MAX, 1], 24).map(|all| all.len()), Some(24));
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
            Strided { bytes: &bytes, width: 8, dims: &dims, strides: &strides }
                .copy(&mut into)
                .unwrap();
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
        assert_eq!(copied(&[2, 2], &[usize::MAX, 1], 4), None);
        assert_eq!(copied(&[3], &[1], 2), None);
    }
}

//! Elements that are strides apart, into row-major order.

use std::iter;

/// Elements in memory, which are strides apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strided<'a> {
    /// All elements that there are, each of `width` bytes.
    pub(crate) bytes: &'a [u8],
    pub(crate) width: usize,
    /// The lengths of the axes.
    pub(crate) dims: &'a [usize],
    /// The number of elements from one index to the next, of each axis.
    pub(crate) strides: &'a [usize],
}

/// The strides of an array of these axes whose first axis is the innermost one.
pub(crate) fn column_major(dims: &[usize]) -> Vec<usize> {
    let product = |stride: &mut usize, dim: &usize| {
        let this = *stride;
        *stride = stride.saturating_mul(*dim);
        Some(this)
    };
    dims.iter().scan(1, product).collect()
}

impl Strided<'_> {
    /// Copies all elements to `into`, in row-major order; `None` if there are not as many as that has room for.
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
            1 => self.axis::<1>(0, 0, into),
            2 => self.axis::<2>(0, 0, into),
            4 => self.axis::<4>(0, 0, into),
            8 => self.axis::<8>(0, 0, into),
            16 => self.axis::<16>(0, 0, into),
            _ => None,
        }
    }

    /// Copies what is within the axis of this number, whose first element is number `first`.
    fn axis<const WIDTH: usize>(&self, axis: usize, first: usize, into: &mut [u8]) -> Option<()> {
        let (Some(&dim), Some(&stride)) = (self.dims.get(axis), self.strides.get(axis)) else {
            let element = self.bytes.get(first.checked_mul(WIDTH)?..)?.get(..WIDTH)?;
            into.copy_from_slice(element);
            return Some(());
        };
        let next = axis.checked_add(1)?;
        let mut at = first;
        if next == self.dims.len() {
            for into in into.as_chunks_mut::<WIDTH>().0 {
                *into = *self.bytes.get(at.checked_mul(WIDTH)?..)?.first_chunk()?;
                at = at.checked_add(stride)?;
            }
            return Some(());
        }
        for into in into.chunks_exact_mut(into.len().checked_div(dim)?) {
            self.axis::<WIDTH>(next, at, into)?;
            at = at.checked_add(stride)?;
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
    }

    #[test]
    fn elements_that_are_not_there_are_none() {
        assert_eq!(copied(&[2], &[24], 2), None);
        assert_eq!(copied(&[2, 2], &[usize::MAX, 1], 4), None);
        assert_eq!(copied(&[3], &[1], 2), None);
    }
}

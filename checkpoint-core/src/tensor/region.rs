//! The position of a slice in its variable.

use std::iter;

use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::listing::shape::Shape;

use crate::system::number::as_u64;

/// A slice of a variable, both in row-major order.
///
/// Both have the same order. So the bytes of the slice within any contiguous range of the variable are contiguous in the slice.
#[derive(Debug)]
pub(crate) struct Region {
    /// All axes except the last, the outermost first.
    outer: Vec<Axis>,
    /// The last axis, contiguous in the slice and in the variable.
    last: Axis,
}

/// The extent of the slice along an axis.
#[derive(Debug)]
struct Axis {
    start: u64,
    count: u64,
    /// The stride in the variable, in bytes.
    stride: u64,
    /// The stride in the slice, in bytes.
    step: u64,
}

/// Bytes of the slice that are also contiguous in the variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The offset in the variable.
    pub(crate) place: u64,
    /// The length, in bytes.
    pub(crate) len: u64,
}

impl Region {
    /// The whole of a variable of this size.
    pub(crate) fn whole(bytes: u64) -> Self {
        let last = Axis { start: 0, count: bytes, stride: 1, step: 1 };
        Self { outer: Vec::new(), last }
    }

    /// The slice of a variable with these starts and this shape; `None` if it is out of bounds. Each element without a fixed
    /// width counts as one byte.
    pub(crate) fn of(starts: &[u64], shape: &Shape, variable: &Variable) -> Option<Self> {
        let (counts, dims) = (shape.dims(), variable.shape.dims());
        let width = as_u64(variable.dtype.width().unwrap_or(1));
        if starts.len() != dims.len() || counts.len() != dims.len() {
            return None;
        }
        let mut outer = Vec::new();
        let mut last = Axis { start: 0, count: width, stride: 1, step: 1 };
        let (mut stride, mut step) = (width, width);
        for ((&start, &count), &dim) in iter::zip(iter::zip(starts, counts), dims).rev() {
            start.checked_add(count).filter(|&end| end <= dim)?;
            if outer.is_empty() && last.count == stride {
                // The slice covers all inner axes completely.
                last.start = start.checked_mul(stride)?;
                last.count = count.checked_mul(stride)?;
            } else {
                outer.push(Axis { start, count, stride, step });
            }
            stride = stride.checked_mul(dim)?;
            step = step.checked_mul(count)?;
        }
        outer.reverse();
        Some(Self { outer, last })
    }

    /// True if it is contiguous in the variable.
    pub(crate) fn is_run(&self) -> bool {
        self.outer.is_empty()
    }

    fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.outer.iter().chain([&self.last])
    }

    /// The number of bytes of the slice before offset `at` of the variable.
    pub(crate) fn before(&self, at: u64) -> u64 {
        let (mut rest, mut before) = (at, 0_u64);
        for axis in self.axes() {
            let index = rest.checked_div(axis.stride).unwrap_or(0);
            rest = rest.checked_rem(axis.stride).unwrap_or(0);
            let Some(inside) = index.checked_sub(axis.start) else { break };
            before = before.saturating_add(inside.min(axis.count).saturating_mul(axis.step));
            if inside >= axis.count {
                break;
            }
        }
        before
    }

    /// The run from offset `at` of the slice to its end.
    pub(crate) fn run(&self, at: u64) -> Run {
        let mut run = Run { place: 0, len: 0 };
        let mut rest = at;
        for axis in self.axes() {
            let index = rest.checked_div(axis.step).unwrap_or(0);
            rest = rest.checked_rem(axis.step).unwrap_or(0);
            let index_of_variable = axis.start.saturating_add(index);
            let place = index_of_variable.saturating_mul(axis.stride);
            run.place = run.place.saturating_add(place);
            run.len = axis.count.saturating_sub(index);
        }
        run
    }

    /// Copies bytes of the slice, from its offset `at`, to their positions in `into`, which is the variable from offset `from`.
    pub(crate) fn scatter(&self, mut at: u64, mut bytes: &[u8], from: u64, into: &mut [u8]) {
        while !bytes.is_empty() {
            let Run { place, len } = self.run(at);
            let len = usize::try_from(len).unwrap_or(usize::MAX).min(bytes.len());
            let (run, rest) = bytes.split_at(len);
            let Some(into) = run_of(into, from, place, len) else { return };
            into.copy_from_slice(run);
            at = at.saturating_add(as_u64(len));
            bytes = rest;
        }
    }

    /// Copies elements of the slice to their positions in the variable. Each element counts as one byte.
    pub(crate) fn place<T>(&self, elements: impl Iterator<Item = T>, into: &mut [T]) {
        for (at, element) in (0..).zip(elements) {
            let place = usize::try_from(self.run(at).place).ok();
            if let Some(place) = place.and_then(|place| into.get_mut(place)) {
                *place = element;
            }
        }
    }
}

/// The `len` bytes at offset `place` of a variable, where `bytes` is the variable from offset `from`. `None` if they are out of
/// range or empty.
pub(crate) fn run_of(bytes: &mut [u8], from: u64, place: u64, len: usize) -> Option<&mut [u8]> {
    let start = usize::try_from(place.checked_sub(from)?).ok()?;
    bytes.get_mut(start..)?.get_mut(..len).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use checkpoint_schema::listing::catalog::{Name, Place};
    use checkpoint_schema::listing::dtype::DType;

    use super::*;

    fn region(dims: &[u64], start: &[u64], counts: &[u64], width: u64) -> Option<Region> {
        let dtype = match width {
            1 => DType::UInt8,
            2 => DType::Int16,
            4 => DType::Float32,
            _ => DType::Complex128,
        };
        let (name, shape) = (Name::from("w"), Shape::new(dims).unwrap());
        let variable = Variable { name, dtype, shape, place: Place::Opaque };
        Region::of(start, &Shape::new(counts).unwrap(), &variable)
    }

    /// The offsets in the variable of all bytes of a slice, by the definition of row-major order.
    fn places(dims: &[u64], start: &[u64], counts: &[u64], width: u64) -> Vec<u64> {
        let mut places = vec![0];
        for ((&dim, &start), &count) in iter::zip(iter::zip(dims, start), counts) {
            places = places
                .iter()
                .flat_map(|place| (start..start + count).map(move |index| place * dim + index))
                .collect();
        }
        places.iter().flat_map(|place| (0..width).map(move |byte| place * width + byte)).collect()
    }

    #[test]
    fn every_byte_of_a_slice_has_its_place() {
        for (dims, start, counts) in [
            (&[][..], &[][..], &[][..]),
            (&[5], &[1], &[3]),
            (&[3, 4], &[0, 0], &[3, 4]),
            (&[3, 4], &[1, 0], &[2, 4]),
            (&[3, 4], &[0, 1], &[3, 2]),
            (&[1, 4, 5], &[0, 1, 0], &[1, 2, 5]),
            (&[3, 4, 1, 5], &[1, 1, 0, 2], &[2, 3, 1, 2]),
            (&[2, 3, 2, 2], &[1, 0, 1, 0], &[1, 3, 1, 2]),
            (&[4, 0], &[1, 0], &[2, 0]),
        ] {
            for width in [1, 2, 16] {
                let region = region(dims, start, counts, width).unwrap();
                let places = places(dims, start, counts, width);
                for (at, &place) in places.iter().enumerate() {
                    let run = region.run(at as u64);
                    assert_eq!(run.place, place);
                    let following = places[at..]
                        .iter()
                        .enumerate()
                        .take_while(|&(n, &p)| p == place + n as u64);
                    // Runs may be adjacent.
                    assert!(run.len > 0 && run.len <= following.count() as u64);
                }
                let bytes = dims.iter().product::<u64>() * width;
                for at in 0..=bytes {
                    let before = places.iter().filter(|&&place| place < at).count();
                    assert_eq!(region.before(at), before as u64, "{dims:?} {start:?} {counts:?}");
                }
            }
        }
    }

    #[test]
    fn what_follows_in_both_is_one_run() {
        let rows = region(&[10, 4, 3], &[2, 0, 0], &[5, 4, 3], 4).unwrap();
        assert_eq!(rows.run(0), Run { place: 2 * 4 * 3 * 4, len: 5 * 4 * 3 * 4 });
        let columns = region(&[10, 4, 3], &[0, 1, 0], &[10, 2, 3], 4).unwrap();
        assert_eq!(columns.run(30), Run { place: 4 * 3 * 4 + 3 * 4 + 6, len: 18 });
    }

    #[test]
    fn bytes_are_copied_to_their_places_from_anywhere_on() {
        let region = region(&[3, 4], &[0, 1], &[3, 2], 2).unwrap();
        let bytes: Vec<u8> = (1..=12).collect();
        let mut into = [0; 16];
        region.scatter(4, &bytes[4..], 8, &mut into);
        assert_eq!(into, [0, 0, 5, 6, 7, 8, 0, 0, 0, 0, 9, 10, 11, 12, 0, 0]);
    }

    #[test]
    fn a_slice_that_is_not_within_is_refused() {
        assert!(region(&[3], &[2], &[2], 1).is_none());
        assert!(region(&[3], &[u64::MAX], &[2], 1).is_none());
        assert!(region(&[3], &[], &[], 1).is_none());
    }
}

//! A variable, gathered from the arrays that a load would make of it.

use std::borrow::Cow;
use std::ops::Range;

use checkpoint_schema::strided::{Layout, join};

use crate::save;
use crate::save::error::SaveError;
use crate::system::number::as_u64;
use crate::tensor::destination::Destination;
use crate::tensor::moves::Moves;
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
    /// The positions of the elements of the variable: in memory, or else by their row-major numbers.
    layout: Cow<'v, Layout>,
    array: &'v Elements<'v>,
    /// The order in memory, if the layout has row-major numbers, since strides cannot express the positions in memory.
    order: Option<&'v Strided>,
}

impl<'v> Part<'v> {
    fn new(layout: &'v Layout, array: &'v Elements<'v>) -> Self {
        let layout = Cow::Borrowed(layout);
        let Elements::Bytes { strides: Some(strided), .. } = array else {
            return Self { layout, array, order: None };
        };
        match strided.order.stored(&strided.dims, &layout.inverse()) {
            Some(stored) => Self { layout: Cow::Owned(stored.inverse()), array, order: None },
            None => Self { layout, array, order: Some(strided) },
        }
    }

    /// Copies the elements of the variable from index `first` on, as far as the array has them.
    fn copy(&self, first: u64, width: usize, into: &mut [u8]) {
        let Elements::Bytes { bytes, .. } = self.array else { return };
        let end = first + as_u64(into.len() / width);
        let numbers = self.layout.before(first)..self.layout.before(end);
        if let Some(Strided { dims, order }) = self.order {
            for (at, number) in numbers.map(|number| self.layout.place(number)) {
                let position = size(order.position(dims, number).unwrap_or(u64::MAX)) * width;
                let at = size(at - first) * width;
                into[at..at + width].copy_from_slice(&bytes[position..position + width]);
            }
            return;
        }
        let Some(mut into) = Destination::one(first, width, into) else { return };
        self.layout.blocks(numbers, &mut |block| {
            let moves = Moves { block: &block.inverse(), first: 0 };
            let copied = moves.copy(width, bytes, &mut into);
            debug_assert!(copied.is_some(), "the plan has checked the lengths of arrays");
        });
    }
}

/// A number of elements of an array in memory.
fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl<'v> Gathered<'v> {
    pub(super) fn new(
        width: Option<usize>,
        elements: u64,
        parts: impl Iterator<Item = (&'v Layout, &'v Elements<'v>)>,
    ) -> Self {
        let parts = parts.map(|(layout, array)| Part::new(layout, array)).collect();
        Self { width: width.unwrap_or(0), elements: size(elements), parts, is_partial: false }
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
        let width = as_u64(self.width.max(1));
        let elements = range.start / width..range.end / width;
        let of_part = |part: &Part<'_>| part.layout.ranges_within(&elements, 1);
        let mut ranges: Vec<Range<u64>> = self.parts.iter().flat_map(of_part).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut held = Vec::new();
        for range in ranges {
            join(&mut held, range.start * width..range.end * width, 1);
        }
        Some(held)
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        let first = offset.checked_div(as_u64(self.width)).unwrap_or(0);
        if self.is_partial {
            into.fill(0);
        }
        self.parts.iter().for_each(|part| part.copy(first, self.width, into));
        Ok(())
    }

    fn bytes(&self) -> Option<&[u8]> {
        match &self.parts[..] {
            [Part { layout, array: Elements::Bytes { bytes, .. }, order: None }]
                if layout.is_run() && layout.into == 0 && !self.is_partial =>
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
        for Part { layout, array, .. } in &self.parts {
            let Elements::Strings(strings) = array else { continue };
            for (from, into) in (0..layout.elements()).map(|number| layout.place(number)) {
                placed[size(from)] = strings.get(size(into)).unwrap_or_default();
            }
        }
        Ok(Some(Cow::Owned(placed.into_iter().collect())))
    }
}

#[cfg(test)]
mod tests {
    use std::iter;

    use checkpoint_schema::strided::{Axis, Order};

    use super::*;
    use crate::save::elements::Elements as _;
    use crate::traits::values::Bytes;

    /// Checks the variable read as a whole, and in pieces of all sizes.
    fn check(axes: &[[u64; 3]], into: u64, array: &[u8], expected: &[u8]) {
        let axes = axes.iter().map(|&[len, from, into]| Axis { len, from, into });
        let layout = Layout::new(0, into, axes);
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

    #[test]
    fn elements_are_gathered_from_any_order_of_memory() {
        // The matrix `abc def` in column-major order, and its first two rows of two elements.
        let (dims, order) = (vec![2, 3], Order::column_major(&[2, 3]).unwrap());
        let strides = Some(Strided { dims, order });
        let array = Elements::Bytes { bytes: Bytes::Borrowed(b"adbecf"), strides };
        let gathered = |axes: &[[u64; 3]]| {
            let axes = axes.iter().map(|&[len, from, into]| Axis { len, from, into });
            let layout = Layout::new(0, 0, axes);
            let elements = layout.elements();
            let gathered = Gathered::new(Some(1), elements, iter::once((&layout, &array)));
            let mut read = vec![0; usize::try_from(elements).unwrap()];
            gathered.read(0, &mut read).unwrap();
            String::from_utf8(read).unwrap()
        };
        assert_eq!(gathered(&[[6, 1, 1]]), "abcdef");
        assert_eq!(gathered(&[[3, 2, 1], [2, 1, 3]]), "adbecf");
        // Strides cannot express rows that continue in the next column.
        assert_eq!(gathered(&[[3, 2, 2], [2, 1, 1]]), "abcdef");
        assert_eq!(gathered(&[[2, 2, 1], [2, 1, 2]]), "acbd");
    }
}

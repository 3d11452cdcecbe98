//! Memory for the elements of a tensor.

use std::borrow::Borrow;
use std::ops::Range;

use bytemuck::Zeroable;
use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::strided::Layout;

use crate::tensor::region::scatter;
use crate::tensor::strings::Strings;

/// The elements of a tensor in memory, in units with the width and alignment of their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buffer {
    /// One byte per element.
    W8(Vec<u8>),
    /// Two bytes per element.
    W16(Vec<u16>),
    /// Four bytes per element.
    W32(Vec<u32>),
    /// Eight bytes per element.
    W64(Vec<u64>),
    /// Two times four bytes per element: complex numbers.
    W32x2(Vec<[u32; 2]>),
    /// Two times eight bytes per element: complex numbers.
    W64x2(Vec<[u64; 2]>),
    /// Strings, or the messages of variants.
    Strings(Strings),
}

impl Buffer {
    /// Zeroed memory for `len` elements; `None` if the dtype has no fixed width, or out of memory.
    pub(crate) fn zeroed(dtype: DType, len: usize) -> Option<Self> {
        match (dtype.width()?, dtype.swap_unit()?) {
            (1, _) => zeroed(len).map(Self::W8),
            (2, _) => zeroed(len).map(Self::W16),
            (4, _) => zeroed(len).map(Self::W32),
            (8, 8) => zeroed(len).map(Self::W64),
            (8, _) => zeroed(len).map(Self::W32x2),
            (16, _) => zeroed(len).map(Self::W64x2),
            _ => None,
        }
    }

    /// The elements of a variable, assembled from its slices; `None` if out of memory. The layouts of slices count bytes, or elements
    /// without a fixed width.
    pub(crate) fn assemble(
        variable: &Variable,
        parts: &[(impl Borrow<Layout>, Self)],
    ) -> Option<Self> {
        let elements = usize::try_from(variable.shape.elements()).ok()?;
        if variable.dtype.width().is_none() {
            let mut placed = Vec::new();
            placed.try_reserve_exact(elements).ok()?;
            placed.resize(elements, &[][..]);
            for (region, part) in parts {
                if let Self::Strings(strings) = part {
                    for (at, string) in (0..).zip(strings.iter()) {
                        let place = usize::try_from(region.borrow().place(at).0).ok();
                        if let Some(place) = place.and_then(|place| placed.get_mut(place)) {
                            *place = string;
                        }
                    }
                }
            }
            return Some(Self::Strings(placed.into_iter().collect()));
        }
        let mut whole = Self::zeroed(variable.dtype, elements)?;
        for (region, part) in parts {
            scatter(region.borrow(), 0, part.bytes(), 0, whole.bytes_mut());
        }
        Some(whole)
    }

    /// Copies a range of its elements, which have this dtype; `None` if the range or the dtype does not match, or if out of
    /// memory.
    pub(crate) fn part(&self, dtype: DType, elements: Range<usize>) -> Option<Self> {
        let Some(width) = dtype.width() else {
            let Self::Strings(strings) = self else { return None };
            return elements
                .map(|number| strings.get(number))
                .collect::<Option<_>>()
                .map(Self::Strings);
        };
        let bytes = elements.start.checked_mul(width)?..elements.end.checked_mul(width)?;
        let bytes = self.bytes().get(bytes)?;
        let mut part = Self::zeroed(dtype, elements.len())?;
        part.bytes_mut().copy_from_slice(bytes);
        Some(part)
    }

    /// The memory as bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::W8(words) => words,
            Self::W16(words) => bytemuck::cast_slice(words),
            Self::W32(words) => bytemuck::cast_slice(words),
            Self::W64(words) => bytemuck::cast_slice(words),
            Self::W32x2(words) => bytemuck::cast_slice(words),
            Self::W64x2(words) => bytemuck::cast_slice(words),
            Self::Strings(strings) => strings.as_bytes(),
        }
    }

    /// The memory as mutable bytes; none for strings, whose lengths are not known in advance.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::W8(words) => words,
            Self::W16(words) => bytemuck::cast_slice_mut(words),
            Self::W32(words) => bytemuck::cast_slice_mut(words),
            Self::W64(words) => bytemuck::cast_slice_mut(words),
            Self::W32x2(words) => bytemuck::cast_slice_mut(words),
            Self::W64x2(words) => bytemuck::cast_slice_mut(words),
            Self::Strings(_) => &mut [],
        }
    }
}

fn zeroed<T: Zeroable>(len: usize) -> Option<Vec<T>> {
    bytemuck::allocation::try_zeroed_slice_box(len).ok().map(Vec::from)
}

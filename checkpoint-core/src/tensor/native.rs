//! Conversion of stored elements to native elements.

use checkpoint_schema::listing::catalog::Endianness;
use checkpoint_schema::listing::dtype::DType;

/// The native byte order.
pub(crate) const NATIVE: Endianness =
    if cfg!(target_endian = "big") { Endianness::Big } else { Endianness::Little };

/// The conversion of stored elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToNative {
    /// The size of the units whose bytes are reversed.
    reverse: Option<usize>,
    /// The mapping of each byte.
    byte: Option<fn(u8) -> u8>,
}

impl ToNative {
    /// The conversion of elements of this dtype, stored in this byte order.
    pub(crate) fn new(dtype: DType, stored: Endianness) -> Self {
        let unit = dtype.swap_unit().filter(|&unit| unit > 1);
        Self { reverse: unit.filter(|_| stored != NATIVE), byte: byte(dtype) }
    }

    /// True if no conversion is needed.
    pub(crate) fn is_nothing(self) -> bool {
        self.reverse.is_none() && self.byte.is_none()
    }

    /// Converts these bytes, which must be whole elements.
    pub(crate) fn apply(self, bytes: &mut [u8]) {
        if let Some(unit) = self.reverse {
            bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
        if let Some(change) = self.byte {
            for byte in bytes {
                *byte = change(*byte);
            }
        }
    }
}

/// Normalizes elements with fewer than 8 bits. TensorFlow ignores their unused bits; in its memory and files, they are 0.
fn byte(dtype: DType) -> Option<fn(u8) -> u8> {
    let change: fn(u8) -> u8 = match dtype {
        DType::Bool => |byte| u8::from(byte != 0),
        DType::Int4 | DType::UInt4 | DType::Float4E2M1FN => |byte| byte & 0x0f,
        DType::Int2 | DType::UInt2 => |byte| byte & 0x03,
        _ => return None,
    };
    Some(change)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native<const N: usize>(dtype: DType, stored: Endianness, mut bytes: [u8; N]) -> [u8; N] {
        ToNative::new(dtype, stored).apply(&mut bytes);
        bytes
    }

    #[test]
    fn bits_that_are_no_part_of_an_element_are_cleared() {
        for stored in [Endianness::Little, Endianness::Big] {
            let bytes = [0x0e, 0xf8, 0x78, 0x07, 0xf1];
            assert_eq!(native(DType::Int4, stored, bytes), [0x0e, 0x08, 0x08, 0x07, 0x01]);
            assert_eq!(native(DType::UInt4, stored, bytes), [0x0e, 0x08, 0x08, 0x07, 0x01]);
            assert_eq!(native(DType::Float4E2M1FN, stored, bytes), [0x0e, 0x08, 0x08, 0x07, 0x01]);
            assert_eq!(native(DType::Int2, stored, bytes), [0x02, 0x00, 0x00, 0x03, 0x01]);
            assert_eq!(native(DType::UInt2, stored, bytes), [0x02, 0x00, 0x00, 0x03, 0x01]);
            assert_eq!(native(DType::Bool, stored, [0, 1, 0x80]), [0, 1, 1]);
            assert_eq!(native(DType::Int8, stored, bytes), bytes);
        }
    }

    #[test]
    fn numbers_of_another_order_are_reversed_complex_ones_by_halves() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        let other = if cfg!(target_endian = "big") { Endianness::Little } else { Endianness::Big };
        assert_eq!(native(DType::Float32, other, bytes), [4, 3, 2, 1, 8, 7, 6, 5]);
        assert_eq!(native(DType::Int64, other, bytes), [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(native(DType::Complex64, other, bytes), [4, 3, 2, 1, 8, 7, 6, 5]);
        assert_eq!(native(DType::Float32, NATIVE, bytes), bytes);
    }
}

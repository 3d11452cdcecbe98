//! Element types, numbered as in `tensorflow/core/framework/types.proto`.

use std::fmt;

/// The type of a variable's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are TensorFlow's own names")]
#[non_exhaustive]
#[repr(u8)]
pub enum DType {
    /// No dtype (`DT_INVALID`): the entry of the variable does not give one, so the variable cannot be read
    /// ([`Place::Unreadable`](crate::listing::catalog::Place::Unreadable)).
    Unknown = 0,
    Float32 = 1,
    Float64 = 2,
    Int32 = 3,
    UInt8 = 4,
    Int16 = 5,
    Int8 = 6,
    /// Bytes of any length, not necessarily UTF-8.
    String = 7,
    Complex64 = 8,
    Int64 = 9,
    Bool = 10,
    QInt8 = 11,
    QUInt8 = 12,
    QInt32 = 13,
    BFloat16 = 14,
    QInt16 = 15,
    QUInt16 = 16,
    UInt16 = 17,
    Complex128 = 18,
    Float16 = 19,
    /// One serialized `VariantTensorDataProto` per element.
    Variant = 21,
    UInt32 = 22,
    UInt64 = 23,
    Float8E5M2 = 24,
    Float8E4M3FN = 25,
    Float8E4M3FNUZ = 26,
    Float8E4M3B11FNUZ = 27,
    Float8E5M2FNUZ = 28,
    /// Stored as one element per byte, in the low four bits.
    Int4 = 29,
    /// Stored as one element per byte, in the low four bits.
    UInt4 = 30,
    /// Stored as one element per byte, in the low two bits.
    Int2 = 31,
    /// Stored as one element per byte, in the low two bits.
    UInt2 = 32,
    /// Stored as one element per byte, in the low four bits.
    Float4E2M1FN = 33,
    /// A power of two, stored as the exponent of an `f32`. It exists in safetensors, but not in `TensorFlow`.
    Float8E8M0FNU = 128,
}

/// The properties of each dtype: the dtype, its `TensorFlow` name, and its short name in messages.
///
/// Then the bytes of an element (0: no fixed width), and the bytes of the unit whose order a big-endian file reverses.
const TABLE: [(DType, &str, &str, usize, usize); 34] = [
    (DType::Unknown, "unknown", "unknown", 0, 0),
    (DType::Float32, "float32", "f32", 4, 4),
    (DType::Float64, "float64", "f64", 8, 8),
    (DType::Int32, "int32", "i32", 4, 4),
    (DType::UInt8, "uint8", "u8", 1, 1),
    (DType::Int16, "int16", "i16", 2, 2),
    (DType::Int8, "int8", "i8", 1, 1),
    (DType::String, "string", "string", 0, 0),
    (DType::Complex64, "complex64", "c64", 8, 4),
    (DType::Int64, "int64", "i64", 8, 8),
    (DType::Bool, "bool", "bool", 1, 1),
    (DType::QInt8, "qint8", "qint8", 1, 1),
    (DType::QUInt8, "quint8", "quint8", 1, 1),
    (DType::QInt32, "qint32", "qint32", 4, 4),
    (DType::BFloat16, "bfloat16", "bf16", 2, 2),
    (DType::QInt16, "qint16", "qint16", 2, 2),
    (DType::QUInt16, "quint16", "quint16", 2, 2),
    (DType::UInt16, "uint16", "u16", 2, 2),
    (DType::Complex128, "complex128", "c128", 16, 8),
    (DType::Float16, "float16", "f16", 2, 2),
    (DType::Variant, "variant", "variant", 0, 0),
    (DType::UInt32, "uint32", "u32", 4, 4),
    (DType::UInt64, "uint64", "u64", 8, 8),
    (DType::Float8E5M2, "float8_e5m2", "f8_e5m2", 1, 1),
    (DType::Float8E4M3FN, "float8_e4m3fn", "f8_e4m3fn", 1, 1),
    (DType::Float8E4M3FNUZ, "float8_e4m3fnuz", "f8_e4m3fnuz", 1, 1),
    (DType::Float8E4M3B11FNUZ, "float8_e4m3b11fnuz", "f8_e4m3b11fnuz", 1, 1),
    (DType::Float8E5M2FNUZ, "float8_e5m2fnuz", "f8_e5m2fnuz", 1, 1),
    (DType::Int4, "int4", "i4", 1, 1),
    (DType::UInt4, "uint4", "u4", 1, 1),
    (DType::Int2, "int2", "i2", 1, 1),
    (DType::UInt2, "uint2", "u2", 1, 1),
    (DType::Float4E2M1FN, "float4_e2m1fn", "f4_e2m1fn", 1, 1),
    (DType::Float8E8M0FNU, "float8_e8m0fnu", "f8_e8m0fnu", 1, 1),
];

/// The first number of dtypes that do not exist in `TensorFlow`.
const FOREIGN: u8 = 128;

impl DType {
    /// Iterates over all dtypes that a `TensorFlow` checkpoint can store, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        let is_held = |dtype: &Self| *dtype != Self::Unknown && dtype.number() < FOREIGN;
        TABLE.iter().map(|row| row.0).filter(is_held)
    }

    /// The dtype with this short name, in any format.
    #[must_use]
    pub fn from_short(name: &str) -> Option<Self> {
        TABLE.iter().map(|row| row.0).find(|dtype| dtype.short() == name && *dtype != Self::Unknown)
    }

    /// The dtype with this number in `types.proto`. `None` if no checkpoint can store it.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::all().find(|dtype| u64::from(dtype.number()) == number)
    }

    /// The number in `types.proto`, or at least 128 for dtypes that do not exist in `TensorFlow`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The `TensorFlow` name (`DType.name`): `float32`, `bfloat16`, ...
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The number of bytes of an element, in a file and in memory. `None` for strings and variants.
    #[must_use]
    pub fn width(self) -> Option<usize> {
        Some(self.row().3).filter(|&width| width > 0)
    }

    /// The number of bytes of the unit whose order a big-endian file reverses (half of a complex number). `None` for
    /// strings and variants.
    #[must_use]
    pub fn swap_unit(self) -> Option<usize> {
        Some(self.row().4).filter(|&unit| unit > 0)
    }

    /// The short name in messages: `f32`, `bf16`, `c64`, `string`.
    #[must_use]
    pub const fn short(self) -> &'static str {
        let mut at = 0;
        while at + 1 < TABLE.len() && TABLE[at].0 as u8 != self as u8 {
            at += 1;
        }
        TABLE[at].2
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, usize, usize) {
        // A variant without a row would show as the first row. The test `every_dtype_has_its_row` prevents this.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }
}

/// Prints the short name: `f32`, `bf16`, `c64`, `string`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for DType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_has_its_row() {
        let numbers: Vec<u8> = DType::all().map(DType::number).collect();
        let expected: Vec<u8> = (1..=33).filter(|&number| number != 20).collect();
        assert_eq!(numbers, expected);
        for dtype in DType::all() {
            assert_eq!(dtype.row().0, dtype);
            assert_eq!(DType::from_number(u64::from(dtype.number())), Some(dtype));
        }
        assert_eq!(DType::Unknown.row().0, DType::Unknown);
    }

    #[test]
    fn numbers_that_no_checkpoint_holds_have_no_dtype() {
        for number in [0, 20, 34, 101, 133, u64::MAX] {
            assert_eq!(DType::from_number(number), None);
        }
    }
}

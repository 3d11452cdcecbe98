//! Elements whose type is known at run time.

use std::fmt;

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::float::{FloatFormat, Special};

/// One element of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// An integer of any width, quantized or not.
    Integer(i128),
    /// A float of 32 bits or fewer. `f32` represents all of them exactly.
    Single(f32),
    /// A float of 64 bits.
    Double(f64),
    /// A complex number of two floats of 32 bits.
    Complex64([f32; 2]),
    /// A complex number of two floats of 64 bits.
    Complex128([f64; 2]),
}

impl Value {
    /// Decodes an element from bytes in the format of [`Tensor::as_bytes`](crate::Tensor::as_bytes). Returns `None` if the
    /// number of bytes does not match, or if the dtype has no fixed width.
    #[must_use]
    #[inline]
    pub fn decode(dtype: DType, bytes: &[u8]) -> Option<Self> {
        let value = match dtype {
            DType::Bool => Self::Bool(u8::from_ne_bytes(array(bytes)?) != 0),
            DType::Float32 => Self::Single(f32::from_ne_bytes(array(bytes)?)),
            DType::Float64 => Self::Double(f64::from_ne_bytes(array(bytes)?)),
            DType::Complex64 => Self::Complex64(pair(bytes, f32::from_ne_bytes)?),
            DType::Complex128 => Self::Complex128(pair(bytes, f64::from_ne_bytes)?),
            DType::String | DType::Variant => return None,
            _ => match FloatFormat::of(dtype) {
                Some(format) => Self::Single(widen(format, u16_of(bytes, dtype.width()?)?)),
                None => Self::Integer(integer(dtype, bytes)?),
            },
        };
        Some(value)
    }
}

/// `-3`, `0.1`, `1e-45`, `NaN`, `true`, `(1.0, -0.5)`
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The debug format of floats is short for very small and very large values too.
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Single(value) => write!(f, "{value:?}"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Complex64([real, imaginary]) => write!(f, "({real:?}, {imaginary:?})"),
            Self::Complex128([real, imaginary]) => write!(f, "({real:?}, {imaginary:?})"),
        }
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn pair<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Option<[T; 2]> {
    let (real, imaginary) = bytes.split_at_checked(N)?;
    Some([of(array(real)?), of(array(imaginary)?)])
}

/// The bits of a float of one or two bytes.
fn u16_of(bytes: &[u8], width: usize) -> Option<u16> {
    if width == 1 {
        Some(u16::from(u8::from_ne_bytes(array(bytes)?)))
    } else {
        Some(u16::from_ne_bytes(array(bytes)?))
    }
}

fn integer(dtype: DType, bytes: &[u8]) -> Option<i128> {
    let byte = || array(bytes).map(u8::from_ne_bytes);
    // Higher bits are padding. The shift back extends the sign.
    let signed = |bits: u32| byte().map(|byte| (byte << (8 - bits)).cast_signed() >> (8 - bits));
    Some(match dtype {
        DType::Int8 | DType::QInt8 => i8::from_ne_bytes(array(bytes)?).into(),
        DType::Int16 | DType::QInt16 => i16::from_ne_bytes(array(bytes)?).into(),
        DType::Int32 | DType::QInt32 => i32::from_ne_bytes(array(bytes)?).into(),
        DType::Int64 => i64::from_ne_bytes(array(bytes)?).into(),
        DType::UInt8 | DType::QUInt8 => byte()?.into(),
        DType::UInt16 | DType::QUInt16 => u16::from_ne_bytes(array(bytes)?).into(),
        DType::UInt32 => u32::from_ne_bytes(array(bytes)?).into(),
        DType::UInt64 => u64::from_ne_bytes(array(bytes)?).into(),
        DType::Int4 => signed(4)?.into(),
        DType::Int2 => signed(2)?.into(),
        DType::UInt4 => (byte()? & 0xf).into(),
        DType::UInt2 => (byte()? & 0x3).into(),
        _ => return None,
    })
}

/// Converts the bits of a small float to an `f32`.
fn widen(format: FloatFormat, bits: u16) -> f32 {
    let FloatFormat { exponent_bits, mantissa_bits, special, .. } = format;
    let bits = u32::from(bits);
    let mantissa = bits & ones(mantissa_bits);
    let exponent = (bits >> mantissa_bits) & ones(exponent_bits);
    let negative = (bits >> (mantissa_bits + exponent_bits)) & 1 == 1;
    let (is_largest, is_full) = (exponent == ones(exponent_bits), mantissa == ones(mantissa_bits));
    let magnitude = match special {
        Special::Ieee if is_largest && mantissa == 0 => f32::INFINITY,
        Special::Ieee | Special::Power if is_largest => f32::NAN,
        Special::Finite if is_largest && is_full => f32::NAN,
        Special::NegativeZero if negative && exponent == 0 && mantissa == 0 => f32::NAN,
        _ => finite(format, exponent, mantissa),
    };
    if negative { -magnitude } else { magnitude }
}

fn finite(format: FloatFormat, exponent: u32, mantissa: u32) -> f32 {
    let is_subnormal = exponent == 0 && format.special != Special::Power;
    let leading = if is_subnormal { 0 } else { 1 << format.mantissa_bits };
    // A subnormal number has the exponent of the smallest normal ones.
    let steps = if is_subnormal { 0 } else { exponent.cast_signed() - least(format) };
    // A product of at most 11 bits and a power of two. It is exact in `f64`, and in `f32` for the powers that occur.
    #[expect(clippy::cast_possible_truncation, reason = "every small float is one of 32 bits")]
    let value = (f64::from(mantissa + leading) * power_of_two(format.step() + steps)) as f32;
    value
}

/// The exponent of the smallest normal numbers.
fn least(format: FloatFormat) -> i32 {
    i32::from(format.special != Special::Power)
}

/// Two to the power of `power`, which is between -1022 and 1023.
fn power_of_two(power: i32) -> f64 {
    f64::from_bits(u64::from((power + 1023).unsigned_abs()) << 52)
}

fn ones(bits: u32) -> u32 {
    (1 << bits) - 1
}

//! Elements whose type is known at run time.

use std::fmt;

use checkpoint_schema::listing::dtype::DType;

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
            DType::Float8E8M0FNU => Self::Single(exponent(u8::from_ne_bytes(array(bytes)?))),
            DType::Complex64 => Self::Complex64(pair(bytes, f32::from_ne_bytes)?),
            DType::Complex128 => Self::Complex128(pair(bytes, f64::from_ne_bytes)?),
            DType::String | DType::Variant => return None,
            _ => match Layout::of(dtype) {
                Some(layout) => Self::Single(layout.widen(u16_of(bytes, dtype.width()?)?)),
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

/// Two to the power of a biased exponent. The largest exponent is NaN.
fn exponent(exponent: u8) -> f32 {
    match exponent {
        // The smallest value is subnormal.
        0 => f32::from_bits(1 << 22),
        u8::MAX => f32::NAN,
        exponent => f32::from_bits(u32::from(exponent) << 23),
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

/// The layout of a small float: a sign, then the exponent, then the mantissa.
#[derive(Clone, Copy)]
struct Layout {
    exponent_bits: u32,
    mantissa_bits: u32,
    bias: i32,
    special: Special,
}

/// The bit patterns that are not finite numbers.
#[derive(Clone, Copy)]
enum Special {
    /// Those with the largest exponent: infinity if the mantissa is 0, and NaN otherwise.
    Ieee,
    /// Those with the largest exponent and mantissa: NaN.
    Finite,
    /// Negative zero: NaN.
    NegativeZero,
    /// None.
    None,
}

impl Layout {
    fn of(dtype: DType) -> Option<Self> {
        let (exponent_bits, mantissa_bits, bias, special) = match dtype {
            DType::Float16 => (5, 10, 15, Special::Ieee),
            DType::BFloat16 => (8, 7, 127, Special::Ieee),
            DType::Float8E5M2 => (5, 2, 15, Special::Ieee),
            DType::Float8E4M3FN => (4, 3, 7, Special::Finite),
            DType::Float8E4M3FNUZ => (4, 3, 8, Special::NegativeZero),
            DType::Float8E4M3B11FNUZ => (4, 3, 11, Special::NegativeZero),
            DType::Float8E5M2FNUZ => (5, 2, 16, Special::NegativeZero),
            DType::Float4E2M1FN => (2, 1, 1, Special::None),
            _ => return None,
        };
        Some(Self { exponent_bits, mantissa_bits, bias, special })
    }

    /// Converts the bits to an `f32`.
    fn widen(self, bits: u16) -> f32 {
        let bits = u32::from(bits);
        let mantissa = bits & ones(self.mantissa_bits);
        let exponent = (bits >> self.mantissa_bits) & ones(self.exponent_bits);
        let negative = (bits >> (self.mantissa_bits + self.exponent_bits)) & 1 == 1;
        let magnitude = match self.special {
            Special::Ieee if exponent == ones(self.exponent_bits) => {
                if mantissa == 0 {
                    f32::INFINITY
                } else {
                    f32::NAN
                }
            }
            Special::Finite
                if exponent == ones(self.exponent_bits) && mantissa == ones(self.mantissa_bits) =>
            {
                f32::NAN
            }
            Special::NegativeZero if negative && exponent == 0 && mantissa == 0 => f32::NAN,
            _ => self.finite(exponent, mantissa),
        };
        if negative { -magnitude } else { magnitude }
    }

    fn finite(self, exponent: u32, mantissa: u32) -> f32 {
        // A subnormal number has no leading one, and the same exponent as the smallest normal numbers.
        let leading = if exponent == 0 { 0 } else { 1 << self.mantissa_bits };
        let power = exponent.max(1).cast_signed() - self.bias - self.mantissa_bits.cast_signed();
        // A product of at most 11 bits and a power of two. It is exact in `f64`, and in `f32` for the powers that occur.
        #[expect(clippy::cast_possible_truncation, reason = "every small float is one of 32 bits")]
        let value = (f64::from(mantissa + leading) * power_of_two(power)) as f32;
        value
    }
}

/// Two to the power of `power`, which is between -1022 and 1023.
fn power_of_two(power: i32) -> f64 {
    f64::from_bits(u64::from((power + 1023).unsigned_abs()) << 52)
}

fn ones(bits: u32) -> u32 {
    (1 << bits) - 1
}

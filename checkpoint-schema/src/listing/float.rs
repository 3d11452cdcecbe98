//! The formats of floats: the bits of each, and the numbers that follow from them.

use crate::listing::dtype::DType;

/// The bits of a float: a sign, then the exponent, then the mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatFormat {
    /// The number of bits of the exponent.
    pub exponent_bits: u32,
    /// The number of bits of the mantissa.
    pub mantissa_bits: u32,
    /// The number that is subtracted from an exponent.
    pub bias: i32,
    /// The bit patterns that are not finite numbers.
    pub special: Special,
}

/// The bit patterns of a float that are not finite numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Those with the largest exponent: infinity if the mantissa is 0, and NaN otherwise.
    Ieee,
    /// Those with the largest exponent and mantissa: NaN.
    Finite,
    /// Negative zero: NaN.
    NegativeZero,
    /// None.
    None,
    /// The largest exponent: NaN. There is no sign, no zero and no subnormal number: the bits are a power of two.
    Power,
}

impl FloatFormat {
    /// The format of a dtype, if it is a float.
    #[must_use]
    pub const fn of(dtype: DType) -> Option<Self> {
        let (exponent_bits, mantissa_bits, bias, special) = match dtype {
            DType::Float64 => (11, 52, 1023, Special::Ieee),
            DType::Float32 => (8, 23, 127, Special::Ieee),
            DType::Float16 => (5, 10, 15, Special::Ieee),
            DType::BFloat16 => (8, 7, 127, Special::Ieee),
            DType::Float8E5M2 => (5, 2, 15, Special::Ieee),
            DType::Float8E4M3FN => (4, 3, 7, Special::Finite),
            DType::Float8E4M3FNUZ => (4, 3, 8, Special::NegativeZero),
            DType::Float8E4M3B11FNUZ => (4, 3, 11, Special::NegativeZero),
            DType::Float8E5M2FNUZ => (5, 2, 16, Special::NegativeZero),
            DType::Float8E8M0FNU => (8, 0, 127, Special::Power),
            DType::Float4E2M1FN => (2, 1, 1, Special::None),
            _ => return None,
        };
        Some(Self { exponent_bits, mantissa_bits, bias, special })
    }

    /// The number of significant binary digits, including the leading one.
    #[must_use]
    pub const fn digits(self) -> u32 {
        self.mantissa_bits + 1
    }

    /// The exponent of a power of two that all magnitudes are below.
    #[must_use]
    pub const fn below(self) -> i32 {
        let reserved = matches!(self.special, Special::Ieee | Special::Power) as i32;
        (1 << self.exponent_bits) - reserved - self.bias
    }

    /// The exponent of the smallest step between numbers, a power of two.
    #[must_use]
    pub const fn step(self) -> i32 {
        // A subnormal number has the exponent of the smallest normal ones.
        let least = !matches!(self.special, Special::Power) as i32;
        least - self.bias - self.mantissa_bits.cast_signed()
    }
}

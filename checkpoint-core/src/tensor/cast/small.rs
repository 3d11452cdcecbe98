//! Floats of 16 bits, in loops without branches. Tests compare all of them with the table of formats.

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::float::FloatFormat;

/// The bits of an infinite `f32`.
const INFINITE: u32 = 0x7f80_0000;

/// The formats of both types.
const F32: FloatFormat = FloatFormat::of(DType::Float32).unwrap();
const HALF: FloatFormat = FloatFormat::of(DType::Float16).unwrap();

/// The difference between the exponent biases of both types, at the exponent position of an `f32`.
const F16_BIAS: u32 = (F32.bias - HALF.bias).cast_unsigned() << F32.mantissa_bits;

/// An IEEE float of 16 bits.
pub(super) enum F16 {}

impl F16 {
    /// Converts the bits to an `f32`. There are no branches, so that the loop vectorizes.
    #[inline]
    pub(super) fn widen(bits: u16) -> f32 {
        let sign = u32::from(bits >> 15) << 31;
        let magnitude = u32::from(bits & 0x7fff);
        let normal = (magnitude << 13) + F16_BIAS;
        let infinite_or_nan = if magnitude >= 0x7c00 { F16_BIAS } else { 0 };
        // A subnormal number is a multiple of the smallest number.
        let smallest = f32::from_bits((127 - 24) << 23);
        let subnormal = (f32::from(bits & 0x03ff) * smallest).to_bits();
        let magnitude = if magnitude < 0x0400 { subnormal } else { normal + infinite_or_nan };
        f32::from_bits(sign | magnitude)
    }

    /// The bits of the nearest `f16`.
    #[inline]
    pub(super) fn round(value: f32) -> u16 {
        let sign = value.to_bits() >> 16 & 0x8000;
        let magnitude = value.to_bits() & 0x7fff_ffff;
        let bits = if magnitude > INFINITE {
            0x7c00 | payload(magnitude >> 13 & 0x03ff, 0x0200)
        } else if magnitude >= 0x477f_f000 {
            // Values from halfway between the largest number and the next power of two round to infinity.
            0x7c00
        } else if magnitude < (127 - 14) << 23 {
            // Added to one half, the last bit of an `f32` is that of the smallest `f16`, so the addition rounds.
            (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5_f32.to_bits()
        } else {
            let odd = magnitude >> 13 & 1;
            (magnitude - F16_BIAS + 0x0fff + odd) >> 13
        };
        low(sign | bits)
    }
}

/// The upper half of an `f32`.
pub(super) enum Bf16 {}

impl Bf16 {
    /// Converts the bits to an `f32`.
    #[inline]
    pub(super) fn widen(bits: u16) -> f32 {
        f32::from_bits(u32::from(bits) << 16)
    }

    /// The bits of the nearest `bf16`.
    #[inline]
    pub(super) fn round(value: f32) -> u16 {
        let bits = value.to_bits();
        if value.is_nan() {
            return low(bits >> 16 & 0xff80 | payload(bits >> 16 & 0x007f, 0x0040));
        }
        let odd = bits >> 16 & 1;
        low((bits + 0x7fff + odd) >> 16)
    }
}

/// The payload of a NaN. One of 0 would be infinite, so it becomes `quiet`; others are kept, so that each NaN of 16 bits is the same
/// after a conversion there and back.
#[inline]
fn payload(kept: u32, quiet: u32) -> u32 {
    if kept == 0 { quiet } else { kept }
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is 0")]
fn low(bits: u32) -> u16 {
    bits as u16
}

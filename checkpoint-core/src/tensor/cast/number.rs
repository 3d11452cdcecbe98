//! Number types as sources and targets of conversions.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::cast_lossless,
    reason = "what a conversion loses is looked at right after it, or is what rounding is"
)]

use crate::tensor::cast::small::{Bf16, F16};

/// A target type. Its functions return the bytes of a number, or `None` if the type cannot represent it.
pub(super) trait Number<const W: usize> {
    fn single(value: f32) -> Option<[u8; W]>;
    fn double(value: f64) -> Option<[u8; W]>;
    fn signed(value: i64) -> Option<[u8; W]>;
    fn unsigned(value: u64) -> Option<[u8; W]>;
}

/// A source type, stored in `F` bytes.
pub(super) trait Stored<const F: usize> {
    /// Converts the stored number to another type, and returns its bytes.
    fn convert<T: Number<W>, const W: usize>(bytes: [u8; F]) -> Option<[u8; W]>;
}

macro_rules! integers {
    ($($integer:ty, $width:literal, $by:ident($wide:ty);)*) => {$(
        impl Number<$width> for $integer {
            #[inline]
            fn single(value: f32) -> Option<[u8; $width]> {
                <Self as Number<$width>>::double(value.into())
            }

            #[inline]
            fn double(value: f64) -> Option<[u8; $width]> {
                // A power of two, since the largest integer may round up to it in this float.
                const END: f64 = (<$integer>::MAX / 2 + 1) as f64 * 2.0;
                let integer = value as $integer;
                (integer as f64 == value && value < END).then(|| integer.to_ne_bytes())
            }

            #[inline]
            fn signed(value: i64) -> Option<[u8; $width]> {
                Self::try_from(value).ok().map(Self::to_ne_bytes)
            }

            #[inline]
            fn unsigned(value: u64) -> Option<[u8; $width]> {
                Self::try_from(value).ok().map(Self::to_ne_bytes)
            }
        }

        impl Stored<$width> for $integer {
            #[inline]
            fn convert<T: Number<W>, const W: usize>(bytes: [u8; $width]) -> Option<[u8; W]> {
                T::$by(<$wide>::from(Self::from_ne_bytes(bytes)))
            }
        }
    )*};
}

integers! {
    i8, 1, signed(i64);
    i16, 2, signed(i64);
    i32, 4, signed(i64);
    i64, 8, signed(i64);
    u8, 1, unsigned(u64);
    u16, 2, unsigned(u64);
    u32, 4, unsigned(u64);
    u64, 8, unsigned(u64);
}

macro_rules! floats {
    ($($float:ty, $width:literal, $by:ident;)*) => {$(
        impl Number<$width> for $float {
            #[inline]
            fn single(value: f32) -> Option<[u8; $width]> {
                Some((value as $float).to_ne_bytes())
            }

            #[inline]
            fn double(value: f64) -> Option<[u8; $width]> {
                Some((value as $float).to_ne_bytes())
            }

            #[inline]
            fn signed(value: i64) -> Option<[u8; $width]> {
                Some((value as $float).to_ne_bytes())
            }

            #[inline]
            fn unsigned(value: u64) -> Option<[u8; $width]> {
                Some((value as $float).to_ne_bytes())
            }
        }

        impl Stored<$width> for $float {
            #[inline]
            fn convert<T: Number<W>, const W: usize>(bytes: [u8; $width]) -> Option<[u8; W]> {
                T::$by(Self::from_ne_bytes(bytes))
            }
        }
    )*};
}

floats! {
    f32, 4, single;
    f64, 8, double;
}

macro_rules! small_floats {
    ($($float:ty)*) => {$(
        impl Number<2> for $float {
            #[inline]
            fn single(value: f32) -> Option<[u8; 2]> {
                Some(Self::round(value).to_ne_bytes())
            }

            #[inline]
            fn double(value: f64) -> Option<[u8; 2]> {
                Self::single(to_odd(value))
            }

            #[inline]
            fn signed(value: i64) -> Option<[u8; 2]> {
                let magnitude = sticky(value.unsigned_abs()) as f64;
                Self::double(if value < 0 { -magnitude } else { magnitude })
            }

            #[inline]
            fn unsigned(value: u64) -> Option<[u8; 2]> {
                Self::double(sticky(value) as f64)
            }
        }

        impl Stored<2> for $float {
            #[inline]
            fn convert<T: Number<W>, const W: usize>(bytes: [u8; 2]) -> Option<[u8; W]> {
                T::single(Self::widen(u16::from_ne_bytes(bytes)))
            }
        }
    )*};
}

small_floats!(F16 Bf16);

/// Rounds to an `f32` with a last bit of 1 if anything was lost ("round to odd"). A second rounding to fewer bits then gives the
/// same result as rounding the number directly.
#[inline]
fn to_odd(value: f64) -> f32 {
    let nearest = value as f32;
    let back = f64::from(nearest);
    if back == value || value.is_nan() {
        return nearest;
    }
    let outwards = u32::from(back.abs() > value.abs());
    f32::from_bits((nearest.to_bits() - outwards) | 1)
}

/// Moves all bits that an `f64` would lose into one bit that it keeps.
#[inline]
fn sticky(value: u64) -> u64 {
    const LOST: u64 = (1 << 11) - 1;
    if value >> 53 == 0 { value } else { (value & !LOST) | (u64::from(value & LOST != 0) << 11) }
}

/// A `bool`.
pub(super) enum Truth {}

impl Number<1> for Truth {
    #[inline]
    fn single(value: f32) -> Option<[u8; 1]> {
        Self::double(value.into())
    }

    #[inline]
    fn double(value: f64) -> Option<[u8; 1]> {
        (value == 0.0 || value == 1.0).then_some([value as u8])
    }

    #[inline]
    fn signed(value: i64) -> Option<[u8; 1]> {
        matches!(value, 0 | 1).then_some([value as u8])
    }

    #[inline]
    fn unsigned(value: u64) -> Option<[u8; 1]> {
        matches!(value, 0 | 1).then_some([value as u8])
    }
}

/// A complex number with two floats. Real numbers have 0 as the second.
pub(super) struct Complex<T>(T);

macro_rules! complex {
    ($($float:ty, $half:literal, $width:literal;)*) => {$(
        impl Number<$width> for Complex<$float> {
            #[inline]
            fn single(value: f32) -> Option<[u8; $width]> {
                <$float as Number<$half>>::single(value).map(real)
            }

            #[inline]
            fn double(value: f64) -> Option<[u8; $width]> {
                <$float as Number<$half>>::double(value).map(real)
            }

            #[inline]
            fn signed(value: i64) -> Option<[u8; $width]> {
                <$float as Number<$half>>::signed(value).map(real)
            }

            #[inline]
            fn unsigned(value: u64) -> Option<[u8; $width]> {
                <$float as Number<$half>>::unsigned(value).map(real)
            }
        }
    )*};
}

complex! {
    f32, 4, 8;
    f64, 8, 16;
}

#[inline]
fn real<const H: usize, const W: usize>(half: [u8; H]) -> [u8; W] {
    let mut bytes = [0; W];
    for (into, byte) in bytes.iter_mut().zip(half) {
        *into = byte;
    }
    bytes
}

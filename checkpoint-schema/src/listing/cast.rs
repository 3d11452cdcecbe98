//! Conversions between dtypes.

use crate::listing::dtype::DType;
use crate::listing::float::FloatFormat;

/// The set of numbers of a dtype.
#[derive(Clone, Copy)]
enum Numbers {
    /// Integers below two to the power of `bits`. The lower bound is minus that power if signed, and 0 otherwise.
    Integers { signed: bool, bits: u32 },
    /// Floats with `digits` significant binary digits, including the leading one. Magnitudes are below two to the power of
    /// `below`. The smallest step is two to the power of `step`.
    Floats { digits: u32, below: i32, step: i32 },
    /// Pairs of floats.
    Complex { digits: u32, below: i32, step: i32 },
}

impl Numbers {
    /// The numbers of a dtype. `None` for strings and variants.
    const fn of(dtype: DType) -> Option<Self> {
        Some(match dtype {
            DType::Bool => Self::Integers { signed: false, bits: 1 },
            DType::UInt2 => Self::Integers { signed: false, bits: 2 },
            DType::UInt4 => Self::Integers { signed: false, bits: 4 },
            DType::UInt8 | DType::QUInt8 => Self::Integers { signed: false, bits: 8 },
            DType::UInt16 | DType::QUInt16 => Self::Integers { signed: false, bits: 16 },
            DType::UInt32 => Self::Integers { signed: false, bits: 32 },
            DType::UInt64 => Self::Integers { signed: false, bits: 64 },
            DType::Int2 => Self::Integers { signed: true, bits: 1 },
            DType::Int4 => Self::Integers { signed: true, bits: 3 },
            DType::Int8 | DType::QInt8 => Self::Integers { signed: true, bits: 7 },
            DType::Int16 | DType::QInt16 => Self::Integers { signed: true, bits: 15 },
            DType::Int32 | DType::QInt32 => Self::Integers { signed: true, bits: 31 },
            DType::Int64 => Self::Integers { signed: true, bits: 63 },
            DType::Complex64 => return Self::floats(DType::Float32, true),
            DType::Complex128 => return Self::floats(DType::Float64, true),
            _ => return Self::floats(dtype, false),
        })
    }

    /// The numbers of a float, or pairs of them. `None` for strings and variants.
    const fn floats(dtype: DType, is_pair: bool) -> Option<Self> {
        let Some(format) = FloatFormat::of(dtype) else { return None };
        let (digits, below, step) = (format.digits(), format.below(), format.step());
        Some(if is_pair {
            Self::Complex { digits, below, step }
        } else {
            Self::Floats { digits, below, step }
        })
    }

    /// True if each of these numbers is also among `others`.
    const fn are_among(self, others: Self) -> bool {
        match (self, others) {
            (Self::Integers { signed, bits }, Self::Integers { signed: sign, bits: most }) => {
                bits <= most && (sign || !signed)
            }
            // Two to the power of the digits is below the largest number of every destination float type.
            (
                Self::Integers { bits, .. },
                Self::Floats { digits, .. } | Self::Complex { digits, .. },
            ) => bits <= digits,
            (
                Self::Floats { digits, below, step },
                Self::Floats { digits: most, below: end, step: least }
                | Self::Complex { digits: most, below: end, step: least },
            )
            | (
                Self::Complex { digits, below, step },
                Self::Complex { digits: most, below: end, step: least },
            ) => digits <= most && below <= end && step >= least,
            (Self::Floats { .. } | Self::Complex { .. }, _) => false,
        }
    }
}

impl DType {
    /// True if `cast` converts this dtype to the other: the other can represent every value. NaN counts as one value.
    ///
    /// As for [`casts_to`](Self::casts_to), a Rust type must exist for the other dtype, unless both are the same.
    ///
    /// ```
    /// use checkpoint_schema::listing::dtype::DType;
    ///
    /// assert!(DType::BFloat16.casts_losslessly_to(DType::Float32));
    /// assert!(!DType::Int32.casts_losslessly_to(DType::Float32));
    /// ```
    #[must_use]
    pub const fn casts_losslessly_to(self, other: Self) -> bool {
        match (Numbers::of(self), Numbers::of(other)) {
            _ if self as u8 == other as u8 => true,
            (Some(numbers), Some(others)) => other.is_of_rust() && numbers.are_among(others),
            _ => false,
        }
    }

    /// True if `cast = "any"` converts this dtype to the other, provided that every number fits.
    ///
    /// A Rust type must exist for the other dtype: floats of at least 16 bits, integers of at least 8 bits, `bool`, or
    /// complex numbers. Complex numbers convert only to complex numbers.
    #[must_use]
    pub const fn casts_to(self, other: Self) -> bool {
        match (Numbers::of(self), Numbers::of(other)) {
            _ if self as u8 == other as u8 => true,
            (Some(Numbers::Complex { .. }), Some(Numbers::Complex { .. })) => true,
            (Some(Numbers::Complex { .. }), _) => false,
            (Some(_), Some(_)) => other.is_of_rust(),
            _ => false,
        }
    }

    /// True if a Rust type represents exactly the values of this dtype.
    const fn is_of_rust(self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::UInt8
                | Self::UInt16
                | Self::UInt32
                | Self::UInt64
                | Self::Float16
                | Self::BFloat16
                | Self::Float32
                | Self::Float64
                | Self::Complex64
                | Self::Complex128
        )
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    /// A table with the possible target dtypes of each dtype.
    fn table(casts: impl Fn(DType, DType) -> bool) -> String {
        let row = |from: DType| {
            let into = DType::all().filter(|&into| into != from && casts(from, into));
            let into: Vec<String> = into.map(|into| into.to_string()).collect();
            format!("{from}: {}\n", into.join(" "))
        };
        DType::all().map(row).collect()
    }

    #[test]
    fn what_loses_nothing() {
        expect![[r#"
            f32: f64 c64 c128
            f64: c128
            i32: f64 i64 c128
            u8: f32 f64 i32 i16 c64 i64 bf16 u16 c128 f16 u32 u64
            i16: f32 f64 i32 c64 i64 c128
            i8: f32 f64 i32 i16 c64 i64 bf16 c128 f16
            string: 
            c64: c128
            i64: 
            bool: f32 f64 i32 u8 i16 i8 c64 i64 bf16 u16 c128 f16 u32 u64
            qint8: f32 f64 i32 i16 i8 c64 i64 bf16 c128 f16
            quint8: f32 f64 i32 u8 i16 c64 i64 bf16 u16 c128 f16 u32 u64
            qint32: f64 i32 i64 c128
            bf16: f32 f64 c64 c128
            qint16: f32 f64 i32 i16 c64 i64 c128
            quint16: f32 f64 i32 c64 i64 u16 c128 u32 u64
            u16: f32 f64 i32 c64 i64 c128 u32 u64
            c128: 
            f16: f32 f64 c64 c128
            variant: 
            u32: f64 i64 c128 u64
            u64: 
            f8_e5m2: f32 f64 c64 bf16 c128 f16
            f8_e4m3fn: f32 f64 c64 bf16 c128 f16
            f8_e4m3fnuz: f32 f64 c64 bf16 c128 f16
            f8_e4m3b11fnuz: f32 f64 c64 bf16 c128 f16
            f8_e5m2fnuz: f32 f64 c64 bf16 c128 f16
            i4: f32 f64 i32 i16 i8 c64 i64 bf16 c128 f16
            u4: f32 f64 i32 u8 i16 i8 c64 i64 bf16 u16 c128 f16 u32 u64
            i2: f32 f64 i32 i16 i8 c64 i64 bf16 c128 f16
            u2: f32 f64 i32 u8 i16 i8 c64 i64 bf16 u16 c128 f16 u32 u64
            f4_e2m1fn: f32 f64 c64 bf16 c128 f16
        "#]]
        .assert_eq(&table(DType::casts_losslessly_to));
    }

    #[test]
    fn any_number_becomes_any_other_but_complex_ones_stay_complex() {
        let real = "f32 f64 i32 u8 i16 i8 c64 i64 bool bf16 u16 c128 f16 u32 u64";
        for line in table(DType::casts_to).lines() {
            let (from, into) = line.split_once(": ").unwrap();
            let others = |all: &str| {
                let others: Vec<&str> = all.split(' ').filter(|&into| into != from).collect();
                others.join(" ")
            };
            match from {
                "string" | "variant" => assert_eq!(into, ""),
                "c64" | "c128" => assert_eq!(into, others("c64 c128")),
                _ => assert_eq!(into, others(real)),
            }
        }
    }

    #[test]
    fn each_dtype_is_itself() {
        for dtype in DType::all() {
            assert!(dtype.casts_losslessly_to(dtype) && dtype.casts_to(dtype));
        }
    }

    #[test]
    fn what_loses_nothing_is_a_conversion_of_numbers() {
        for from in DType::all() {
            for into in DType::all().filter(|&into| from.casts_losslessly_to(into)) {
                assert!(from.casts_to(into), "{from} {into}");
            }
        }
    }
}

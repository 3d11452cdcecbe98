//! Conversions, against the definition of rounding in exact arithmetic.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "the numbers that are looked at are exact"
)]

use super::*;

/// Elements of a dtype: all of them for up to 16 bits, and a sample for others.
fn elements(dtype: DType) -> Vec<u8> {
    let width = dtype.width().unwrap();
    if width <= 2 {
        return (0..1_u32 << (8 * width))
            .flat_map(|bits| bits.to_ne_bytes()[..width].to_vec())
            .collect();
    }
    let mut bits: Vec<u128> = Vec::new();
    for at in 0..8 * width {
        for near in [0, 1, 2, 3] {
            let power = 1_u128 << at;
            bits.extend([power + near, power.wrapping_sub(near), !(power + near)]);
            // Halfway between two small floats, and beside it.
            bits.extend([power | power >> 8 | near, power | power >> 8 | power >> 9 | near]);
        }
    }
    for value in [0.5_f64, 1.0, -1.0, 65504.0, 65519.9, 65520.0, 65520.1, -65535.0, 1e-8, 3e38] {
        for exponent in -30..30 {
            let value = value * 2_f64.powi(exponent) * (1.0 + 2_f64.powi(exponent - 22));
            bits.push(value.to_bits().into());
            bits.push((value as f32).to_bits().into());
        }
    }
    let mut random = 1_u64;
    for _ in 0..3_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        let shift = random >> 58;
        bits.push(u128::from((random << 3) >> shift) << 64 | u128::from(random >> (shift / 2)));
    }
    bits.iter().flat_map(|bits| bits.to_le_bytes()[..width].to_vec()).collect()
}

/// The nearest number with this many binary digits that is a multiple of that power of two.
fn rounded(value: f64, digits: i32, step: i32, below: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = i32::try_from(value.to_bits() >> 52 & 0x7ff).unwrap() - 1023;
    let step = step.max(exponent - digits + 1);
    // In two steps, since one power of two could underflow.
    let units = (value / 2_f64.powi(step / 2) / 2_f64.powi(step - step / 2)).round_ties_even();
    let nearest = units * 2_f64.powi(step / 2) * 2_f64.powi(step - step / 2);
    if nearest.abs() >= 2_f64.powi(below - 1) * 2.0 { nearest * f64::INFINITY } else { nearest }
}

/// The nearest integer with this many binary digits.
fn rounded_integer(value: i128, digits: u32) -> f64 {
    let magnitude = value.unsigned_abs();
    let lost = (128 - magnitude.leading_zeros()).saturating_sub(digits);
    let (units, rest) = (magnitude >> lost, magnitude & ((1 << lost) - 1));
    let half = if lost == 0 { 1 } else { 1 << (lost - 1) };
    let up = rest > half || (rest == half && units & 1 == 1);
    let nearest = (units + u128::from(up && lost > 0)) << lost;
    if value < 0 { -(nearest as f64) } else { nearest as f64 }
}

/// The expected result; `None` if the dtype cannot represent the number.
fn expected(value: Value, into: DType) -> Option<Value> {
    let float = |digits: i32, step, below| match value {
        Value::Integer(integer) => {
            rounded(rounded_integer(integer, digits.unsigned_abs()), digits, step, below)
        }
        Value::Bool(value) => f64::from(u8::from(value)),
        Value::Single(value) => rounded(value.into(), digits, step, below),
        Value::Double(value) => rounded(value, digits, step, below),
        Value::Complex64([real, _]) => real.into(),
        Value::Complex128([real, _]) => rounded(real, digits, step, below),
    };
    let integer = || match value {
        Value::Integer(integer) => Some(integer),
        Value::Bool(value) => Some(value.into()),
        Value::Single(value) => (value.fract() == 0.0).then_some(value as i128),
        Value::Double(value) => (value.fract() == 0.0).then_some(value as i128),
        _ => None,
    };
    let within = |bits: u32, signed: bool| {
        let end = 1_i128 << (bits - u32::from(signed));
        let start = if signed { -end } else { 0 };
        integer().filter(|integer| (start..end).contains(integer)).map(Value::Integer)
    };
    let imaginary = match value {
        Value::Complex64([_, imaginary]) => imaginary.into(),
        Value::Complex128([_, imaginary]) => imaginary,
        _ => 0.0,
    };
    match into {
        DType::Float64 => Some(Value::Double(float(53, -1074, 1024))),
        DType::Float32 => Some(Value::Single(float(24, -149, 128) as f32)),
        DType::Float16 => Some(Value::Single(float(11, -24, 16) as f32)),
        DType::BFloat16 => Some(Value::Single(float(8, -133, 128) as f32)),
        DType::Complex64 => {
            let imaginary = rounded(imaginary, 24, -149, 128) as f32;
            Some(Value::Complex64([float(24, -149, 128) as f32, imaginary]))
        }
        DType::Complex128 => Some(Value::Complex128([float(53, -1074, 1024), imaginary])),
        DType::Bool => match within(1, false)? {
            Value::Integer(integer) => Some(Value::Bool(integer == 1)),
            _ => None,
        },
        DType::Int8 => within(8, true),
        DType::Int16 => within(16, true),
        DType::Int32 => within(32, true),
        DType::Int64 => within(64, true),
        DType::UInt8 => within(8, false),
        DType::UInt16 => within(16, false),
        DType::UInt32 => within(32, false),
        DType::UInt64 => within(64, false),
        _ => unreachable!("{into} is no destination"),
    }
}

/// NaN is NaN.
fn same(a: Value, b: Value) -> bool {
    let float = |a: f64, b: f64| a == b || a.is_nan() && b.is_nan();
    match (a, b) {
        (Value::Single(a), Value::Single(b)) => float(a.into(), b.into()),
        (Value::Double(a), Value::Double(b)) => float(a, b),
        (Value::Complex64(a), Value::Complex64(b)) => {
            a.iter().zip(b).all(|(&a, b)| float(a.into(), b.into()))
        }
        (Value::Complex128(a), Value::Complex128(b)) => a.iter().zip(b).all(|(&a, b)| float(a, b)),
        _ => a == b,
    }
}

#[test]
fn every_number_becomes_the_nearest_one_or_is_refused() {
    for from in DType::all().filter(|dtype| dtype.width().is_some()) {
        let elements = elements(from);
        for into in DType::all().filter(|&into| into != from && from.casts_to(into)) {
            let conversion = Conversion::of(from, into).unwrap();
            let (width, into_width) = (conversion.from_width, conversion.into_width);
            for element in elements.chunks_exact(width) {
                let value = Value::decode(from, element).unwrap();
                let mut converted = vec![0xaa; into_width];
                let result = conversion.run(element, &mut converted);
                match expected(value, into) {
                    Some(expected) => {
                        assert_eq!(result, Ok(()), "{from} {value} to {into}");
                        let found = Value::decode(into, &converted).unwrap();
                        assert!(
                            same(found, expected),
                            "{from} {value} to {into}: {found}, {expected}"
                        );
                    }
                    None => assert_eq!(result, Err(NotHeld(0)), "{from} {value} to {into}"),
                }
            }
        }
    }
}

#[test]
fn what_is_said_to_lose_nothing_comes_back() {
    for from in DType::all().filter(|dtype| dtype.width().is_some()) {
        let elements = elements(from);
        for into in DType::all().filter(|&into| into != from && from.casts_losslessly_to(into)) {
            let conversion = Conversion::of(from, into).unwrap();
            let count = elements.len() / conversion.from_width;
            let mut converted = vec![0; count * conversion.into_width];
            assert_eq!(conversion.run(&elements, &mut converted), Ok(()));
            let before = elements.chunks_exact(conversion.from_width);
            for (before, after) in before.zip(converted.chunks_exact(conversion.into_width)) {
                let (before, after) =
                    (Value::decode(from, before).unwrap(), Value::decode(into, after).unwrap());
                // Compares texts: each number is printed with the fewest digits that identify it in its type.
                assert!(
                    widest(before).is_nan() && widest(after).is_nan()
                        || widest(before) == widest(after)
                );
            }
        }
    }
}

#[test]
fn floats_of_16_bits_come_back_with_all_bits() {
    for dtype in [DType::Float16, DType::BFloat16] {
        let elements = elements(dtype);
        let (mut wide, mut back) = (vec![0; elements.len() * 2], vec![0; elements.len()]);
        Conversion::of(dtype, DType::Float32).unwrap().run(&elements, &mut wide).unwrap();
        Conversion::of(DType::Float32, dtype).unwrap().run(&wide, &mut back).unwrap();
        assert!(back == elements, "{dtype}");
    }
}

/// The real part.
fn widest(value: Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(value)),
        Value::Integer(value) => value as f64,
        Value::Single(value) | Value::Complex64([value, _]) => value.into(),
        Value::Double(value) | Value::Complex128([value, _]) => value,
    }
}

#[test]
fn the_first_that_does_not_fit_is_named() {
    let conversion = Conversion::of(DType::Int16, DType::UInt8).unwrap();
    let elements: Vec<u8> = [7_i16, 255, 256, -1].into_iter().flat_map(i16::to_ne_bytes).collect();
    assert_eq!(conversion.run(&elements, &mut [0; 4]), Err(NotHeld(2)));
    let conversion = Conversion::of(DType::Int8, DType::Bool).unwrap();
    assert_eq!(conversion.run(&[1, 0, 2], &mut [0; 3]), Err(NotHeld(2)));
}

#[test]
fn there_are_no_others() {
    for from in DType::all() {
        for into in DType::all() {
            let is_there = Conversion::of(from, into).is_some();
            assert_eq!(is_there, from != into && from.casts_to(into), "{from} {into}");
        }
    }
}

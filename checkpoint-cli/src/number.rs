//! Elements as floats.

use checkpoint_core::{DType, Value};

/// Returns the real and the imaginary part.
pub(crate) fn parts(value: Value) -> [f64; 2] {
    match value {
        Value::Bool(value) => [f64::from(u8::from(value)), 0.0],
        #[expect(clippy::cast_precision_loss, reason = "only sums and differences are made of it")]
        Value::Integer(value) => [value as f64, 0.0],
        Value::Single(value) => [value.into(), 0.0],
        Value::Double(value) => [value, 0.0],
        Value::Complex64(parts) => parts.map(f64::from),
        Value::Complex128(parts) => parts,
        _ => [f64::NAN; 2],
    }
}

/// Rounds a number to six digits.
pub(crate) fn rounded(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// Returns two to the power of `power`, limited to normal numbers.
pub(crate) fn power_of_two(power: i32) -> f64 {
    let power = power.clamp(-1022, 1023) + 1023;
    f64::from_bits(u64::from(power.unsigned_abs()) << 52)
}

/// Decodes elements of `width` bytes each.
pub(crate) fn decode(dtype: DType, width: usize, bytes: &[u8], mut visit: impl FnMut(Value)) {
    // Most elements are `f32`, and the loop is faster for a constant dtype.
    if dtype == DType::Float32 {
        let (elements, _) = bytes.as_chunks();
        return elements
            .iter()
            .for_each(|element| visit(Value::Single(f32::from_ne_bytes(*element))));
    }
    let elements = bytes.chunks_exact(width.max(1));
    elements.filter_map(|element| Value::decode(dtype, element)).for_each(visit);
}

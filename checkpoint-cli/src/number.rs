//! Elements as floats.

use checkpoint_core::Value;

/// The real and the imaginary part.
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

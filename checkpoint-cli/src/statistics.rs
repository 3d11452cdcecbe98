//! Statistics of elements.

use checkpoint_core::{Strings, Value};
use indicatif::HumanCount;

use crate::number::parts;
use crate::output::counted;
use crate::variable::Row;

/// Statistics of the elements so far.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    /// The first element, which determines the type of all.
    first: Option<Value>,
    finite: u64,
    pub(crate) nans: u64,
    pub(crate) infinities: u64,
    pub(crate) zeros: u64,
    /// The smallest and the largest finite element.
    extremes: Option<(Value, Value)>,
    /// The sum of the finite elements, real and imaginary.
    sum: [f64; 2],
    spread: Spread,
}

/// The distances of the finite elements from the first of them. This keeps precision if all elements are far from zero.
#[derive(Debug, Default)]
struct Spread {
    from: Option<f64>,
    sum: f64,
    squares: f64,
}

impl Spread {
    #[inline]
    fn add(&mut self, real: f64) {
        let distance = real - *self.from.get_or_insert(real);
        self.sum += distance;
        self.squares += distance * distance;
    }
}

impl Statistics {
    #[inline]
    pub(crate) fn add(&mut self, value: Value) {
        self.first.get_or_insert(value);
        let parts = parts(value);
        if parts.iter().any(|part| part.is_nan()) {
            self.nans += 1;
        } else if parts.iter().any(|part| part.is_infinite()) {
            self.infinities += 1;
        } else {
            self.add_finite(value, parts);
        }
    }

    #[inline]
    fn add_finite(&mut self, value: Value, [real, imaginary]: [f64; 2]) {
        self.finite += 1;
        self.zeros += u64::from(real == 0.0 && imaginary == 0.0);
        self.sum[0] += real;
        self.sum[1] += imaginary;
        self.spread.add(real);
        let (least, greatest) = self.extremes.get_or_insert((value, value));
        if is_less(value, *least) {
            *least = value;
        }
        if is_less(*greatest, value) {
            *greatest = value;
        }
    }

    /// Returns the lines that apply to elements of this type.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let count = |count| HumanCount(count).to_string();
        let mut rows = Vec::new();
        match self.first {
            None => return rows,
            Some(Value::Bool(_)) => {
                return vec![
                    ("true", count(self.finite - self.zeros)),
                    ("false", count(self.zeros)),
                ];
            }
            Some(_) => {}
        }
        if let Some((least, greatest)) = self.extremes() {
            rows.extend([("min", least.to_string()), ("max", greatest.to_string())]);
        }
        rows.extend(self.mean().map(|mean| ("mean", mean)));
        rows.extend(self.deviation().map(|deviation| ("std", self.in_width(deviation))));
        if !matches!(self.first, Some(Value::Integer(_))) {
            rows.extend([("NaN", count(self.nans)), ("infinite", count(self.infinities))]);
        }
        rows.push(("zero", count(self.zeros)));
        rows
    }

    /// Returns the smallest and the largest finite element, if this type has an order.
    pub(crate) fn extremes(&self) -> Option<(Value, Value)> {
        self.extremes.filter(|(least, _)| !is_complex(*least) && !matches!(least, Value::Bool(_)))
    }

    /// Returns the mean of the finite elements, if they are real numbers and their sum is finite.
    pub(crate) fn average(&self) -> Option<f64> {
        self.first.filter(|first| !is_complex(*first))?;
        #[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
        let mean = self.sum[0] / self.finite as f64;
        Some(mean).filter(|mean| mean.is_finite())
    }

    /// Returns the standard deviation of the finite elements, if they are real numbers and their squares are finite.
    pub(crate) fn deviation(&self) -> Option<f64> {
        self.first.filter(|first| !is_complex(*first))?;
        #[expect(clippy::cast_precision_loss, reason = "a deviation is rounded anyway")]
        let count = self.finite as f64;
        let Spread { sum, squares, .. } = self.spread;
        let variance = (squares - sum * sum / count) / count;
        Some(variance.max(0.0).sqrt()).filter(|_| variance.is_finite())
    }

    /// Formats a number with the precision of the elements.
    fn in_width(&self, number: f64) -> String {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no more digits than the elements have"
        )]
        let single = number as f32;
        match self.first {
            Some(Value::Single(_)) => Value::Single(single).to_string(),
            _ => Value::Double(number).to_string(),
        }
    }

    /// Formats the mean of the finite elements, if there are any.
    fn mean(&self) -> Option<String> {
        #[expect(clippy::cast_precision_loss, reason = "a mean is rounded anyway")]
        let mean = self.sum.map(|sum| sum / self.finite as f64);
        if self.finite == 0 {
            return None;
        }
        if mean.iter().any(|part| !part.is_finite()) {
            return Some("their sum is beyond 64 bits".to_owned());
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "no more digits than the elements have"
        )]
        let single = mean.map(|part| part as f32);
        let mean = match self.first? {
            Value::Single(_) => Value::Single(single[0]),
            Value::Complex64(_) => Value::Complex64(single),
            Value::Complex128(_) => Value::Complex128(mean),
            _ => Value::Double(mean[0]),
        };
        Some(mean.to_string())
    }
}

/// Returns statistics of strings.
pub(crate) fn lengths(strings: &Strings) -> Vec<Row> {
    let lengths = || strings.iter().map(<[u8]>::len);
    let bytes = |length: Option<usize>| counted(length.unwrap_or_default() as u64, "byte");
    let empty = lengths().filter(|&length| length == 0).count();
    vec![
        ("shortest", bytes(lengths().min())),
        ("longest", bytes(lengths().max())),
        ("empty", HumanCount(empty as u64).to_string()),
    ]
}

fn is_complex(value: Value) -> bool {
    matches!(value, Value::Complex64(_) | Value::Complex128(_))
}

/// True if the first value is smaller. Always false for complex numbers.
fn is_less(value: Value, other: Value) -> bool {
    match (value, other) {
        (Value::Integer(value), Value::Integer(other)) => value < other,
        (Value::Single(value), Value::Single(other)) => value < other,
        (Value::Double(value), Value::Double(other)) => value < other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
    fn check<T: Copy>(values: &[T], of: impl Fn(T) -> Value, expected: Expect) {
        let mut statistics = Statistics::default();
        for &value in values {
            statistics.add(of(value));
        }
        let rows = statistics.rows();
        let lines: Vec<String> =
            rows.iter().map(|(label, text)| format!("{label} {text}")).collect();
        expected.assert_eq(&lines.join(", "));
    }

    #[test]
    fn what_is_said_depends_on_what_the_elements_are() {
        check(
            &[3, -4, 0, 0],
            Value::Integer,
            expect!["min -4, max 3, mean -0.25, std 2.48746859276655, zero 2"],
        );
        check(
            &[0.1, -2.5, -0.0, f32::NAN, f32::NEG_INFINITY],
            Value::Single,
            expect!["min -2.5, max 0.1, mean -0.8, std 1.2027745, NaN 1, infinite 1, zero 1"],
        );
        check(
            &[0.1, 0.2],
            Value::Double,
            expect![
                "min 0.1, max 0.2, mean 0.15000000000000002, std 0.05, NaN 0, infinite 0, zero 0"
            ],
        );
        check(&[true, false, true], Value::Bool, expect!["true 2, false 1"]);
        check(
            &[[1.0, -0.5], [0.0; 2], [f32::NAN, f32::INFINITY]],
            Value::Complex64,
            expect!["mean (0.5, -0.25), NaN 1, infinite 0, zero 1"],
        );
        check(
            &[[1.0, -0.5], [f64::INFINITY, 0.0]],
            Value::Complex128,
            expect!["mean (1.0, -0.5), NaN 0, infinite 1, zero 0"],
        );
    }

    #[test]
    fn integers_are_not_rounded() {
        let large = i128::from(i64::MAX);
        check(
            &[large, large - 1],
            Value::Integer,
            expect![
                "min 9223372036854775806, max 9223372036854775807, mean 9.223372036854776e18, std 0.0, zero 0"
            ],
        );
    }

    #[test]
    fn what_is_not_there_is_not_said() {
        check(&[], Value::Single, expect![""]);
        check(&[f32::NAN, f32::INFINITY], Value::Single, expect!["NaN 1, infinite 1, zero 0"]);
        check(
            &[f64::MAX, f64::MAX],
            Value::Double,
            expect![
                "min 1.7976931348623157e308, max 1.7976931348623157e308, mean their sum is beyond 64 bits, std 0.0, NaN 0, infinite 0, zero 0"
            ],
        );
    }
}

//! Conversions between dtypes.
//!
//! Floats are rounded once, to nearest, ties to even. A value too large for the float becomes infinite. A conversion to an
//! integer or a `bool` (0 and 1) must be exact.

use checkpoint_schema::listing::dtype::DType;

use crate::tensor::value::Value;

mod number;
mod small;
#[cfg(test)]
mod tests;

use number::{Complex, Number, Stored, Truth};
use small::{Bf16, F16};

/// A conversion of elements from one dtype to another.
#[derive(Clone, Debug)]
pub(crate) struct Conversion {
    /// The width of a source element, in bytes.
    pub(crate) from_width: usize,
    /// The width of a converted element, in bytes.
    pub(crate) into_width: usize,
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    /// Converts one element after another.
    Each(fn(&[u8], &mut [u8]) -> Result<(), NotHeld>),
    /// A table for elements of one byte.
    Bytes(Box<Table>),
}

/// The index of the first element that the target dtype cannot represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHeld(pub(crate) usize);

impl Conversion {
    /// Returns the conversion between two dtypes; `None` if there is none.
    pub(crate) fn of(from: DType, into: DType) -> Option<Self> {
        if from == into || !from.casts_to(into) {
            return None;
        }
        let how = match into {
            DType::Float32 => to::<f32, 4>(from),
            DType::Float64 => to::<f64, 8>(from),
            DType::Float16 => to::<F16, 2>(from),
            DType::BFloat16 => to::<Bf16, 2>(from),
            DType::Int8 => to::<i8, 1>(from),
            DType::Int16 => to::<i16, 2>(from),
            DType::Int32 => to::<i32, 4>(from),
            DType::Int64 => to::<i64, 8>(from),
            DType::UInt8 => to::<u8, 1>(from),
            DType::UInt16 => to::<u16, 2>(from),
            DType::UInt32 => to::<u32, 4>(from),
            DType::UInt64 => to::<u64, 8>(from),
            DType::Bool => to::<Truth, 1>(from),
            // Both parts of a complex number are converted as floats.
            DType::Complex64 if from == DType::Complex128 => {
                Some(How::Each(each::<f64, f32, 8, 4>))
            }
            DType::Complex128 if from == DType::Complex64 => {
                Some(How::Each(each::<f32, f64, 4, 8>))
            }
            DType::Complex64 => to::<Complex<f32>, 8>(from),
            DType::Complex128 => to::<Complex<f64>, 16>(from),
            _ => None,
        };
        Some(Self { from_width: from.width()?, into_width: into.width()?, how: how? })
    }

    /// Converts as many elements as fit in both slices.
    pub(crate) fn run(&self, from: &[u8], into: &mut [u8]) -> Result<(), NotHeld> {
        match &self.how {
            How::Each(convert) => convert(from, into),
            How::Bytes(table) => table.run(from, into, self.into_width),
        }
    }
}

/// The conversion to the numbers `T`.
fn to<T: Number<W>, const W: usize>(from: DType) -> Option<How> {
    Some(How::Each(match from {
        DType::Float32 => each::<f32, T, 4, W>,
        DType::Float64 => each::<f64, T, 8, W>,
        DType::Float16 => each::<F16, T, 2, W>,
        DType::BFloat16 => each::<Bf16, T, 2, W>,
        DType::Int16 | DType::QInt16 => each::<i16, T, 2, W>,
        DType::Int32 | DType::QInt32 => each::<i32, T, 4, W>,
        DType::Int64 => each::<i64, T, 8, W>,
        DType::UInt16 | DType::QUInt16 => each::<u16, T, 2, W>,
        DType::UInt32 => each::<u32, T, 4, W>,
        DType::UInt64 => each::<u64, T, 8, W>,
        _ if from.width() == Some(1) => return Some(How::Bytes(Box::new(Table::of::<T, W>(from)))),
        _ => return None,
    }))
}

fn each<S: Stored<F>, T: Number<W>, const F: usize, const W: usize>(
    from: &[u8],
    into: &mut [u8],
) -> Result<(), NotHeld> {
    let (from, into) = (from.as_chunks::<F>().0, into.as_chunks_mut::<W>().0);
    for (number, (into, from)) in into.iter_mut().zip(from).enumerate() {
        match S::convert::<T, W>(*from) {
            Some(bytes) => *into = bytes,
            None => return Err(NotHeld(number)),
        }
    }
    Ok(())
}

/// The result for each byte.
#[derive(Clone, Debug)]
struct Table {
    /// The results, concatenated.
    bytes: Vec<u8>,
    /// True for bytes without a result.
    lost: Vec<bool>,
}

impl Table {
    fn of<T: Number<W>, const W: usize>(from: DType) -> Self {
        let mut table = Self { bytes: Vec::new(), lost: Vec::new() };
        for byte in 0..=u8::MAX {
            let number = match Value::decode(from, &[byte]) {
                Some(Value::Bool(value)) => T::unsigned(value.into()),
                Some(Value::Integer(value)) => i64::try_from(value).ok().and_then(T::signed),
                Some(Value::Single(value)) => T::single(value),
                _ => None,
            };
            table.bytes.extend(number.unwrap_or([0; W]));
            table.lost.push(number.is_none());
        }
        table
    }

    fn run(&self, from: &[u8], into: &mut [u8], width: usize) -> Result<(), NotHeld> {
        match width {
            1 => self.look_up::<1>(from, into),
            2 => self.look_up::<2>(from, into),
            4 => self.look_up::<4>(from, into),
            8 => self.look_up::<8>(from, into),
            _ => self.look_up::<16>(from, into),
        }
    }

    fn look_up<const W: usize>(&self, from: &[u8], into: &mut [u8]) -> Result<(), NotHeld> {
        let lost = |&byte: &u8| self.lost.get(usize::from(byte)).copied().unwrap_or(true);
        if self.lost.contains(&true)
            && let Some(number) = from.iter().position(lost)
        {
            return Err(NotHeld(number));
        }
        let values = self.bytes.as_chunks::<W>().0;
        for (into, &byte) in into.as_chunks_mut::<W>().0.iter_mut().zip(from) {
            *into = values.get(usize::from(byte)).copied().unwrap_or([0; W]);
        }
        Ok(())
    }
}

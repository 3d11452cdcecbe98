//! Variables that are saved in another dtype than that of their fields.

use std::mem;

use checkpoint_schema::dtype::DType;

use crate::convert::Conversion;
use crate::read::as_u64;
use crate::save::{Elements, Outgoing, SaveError};
use crate::value::Value;

/// The bytes of elements that are converted at once.
const CHUNK: usize = 1 << 18;

/// The elements of a variable, in another dtype.
struct Converted<'v> {
    elements: Box<dyn Elements + 'v>,
    conversion: Conversion,
}

/// What becomes of elements in another dtype.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// The number of elements that are rounded.
    pub(super) rounded: u64,
    /// The number of elements that the dtype does not hold: they would be infinite, or are no such integer.
    pub(super) lost: u64,
}

/// What becomes of the elements of a variable in another dtype; `None` if there is no conversion there and back.
pub(super) fn loss(outgoing: &Outgoing<'_>, dtype: DType) -> Result<Option<Loss>, SaveError> {
    let own = outgoing.spec.dtype;
    let there_and_back = (Conversion::of(own, dtype), Conversion::of(dtype, own));
    let (Some(there), Some(back)) = there_and_back else { return Ok(None) };
    let (width, other_width) = (there.from_width, there.into_width);
    let mut left = usize::try_from(outgoing.spec.shape.elements()).unwrap_or(usize::MAX);
    let step = (CHUNK / width).clamp(1, left.max(1));
    let mut bytes = vec![0; step * (width + other_width + width)];
    let (held, rest) = bytes.split_at_mut(step * width);
    let (other, again) = rest.split_at_mut(step * other_width);
    let (mut loss, mut offset) = (Loss::default(), 0);
    while left > 0 {
        let len = step.min(left);
        let (held, other, again) =
            (&mut held[..len * width], &mut other[..len * other_width], &mut again[..len * width]);
        outgoing.elements.read(offset, held)?;
        let converted = there.run(held, other).and_then(|()| back.run(other, again));
        if converted.is_err() || held != again {
            let each = held.chunks(width).zip(other.chunks_mut(other_width));
            for ((held, other), again) in each.zip(again.chunks_mut(width)) {
                let converted = there.run(held, other).and_then(|()| back.run(other, again));
                loss.add(own, held, converted.ok().map(|()| &*again));
            }
        }
        left -= len;
        offset += as_u64(len * width);
    }
    Ok(Some(loss))
}

impl Loss {
    /// Whether each element is in the other dtype what it was.
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, dtype: DType, held: &[u8], again: Option<&[u8]>) {
        match again {
            Some(again) if again == held => {}
            Some(again) if is_finite(dtype, again) == is_finite(dtype, held) => self.rounded += 1,
            _ => self.lost += 1,
        }
    }
}

fn is_finite(dtype: DType, bytes: &[u8]) -> bool {
    match Value::decode(dtype, bytes) {
        Some(Value::Single(value)) => value.is_finite(),
        Some(Value::Double(value)) => value.is_finite(),
        Some(Value::Complex64(pair)) => pair.iter().all(|value| value.is_finite()),
        Some(Value::Complex128(pair)) => pair.iter().all(|value| value.is_finite()),
        _ => true,
    }
}

/// Makes a variable one of another dtype.
pub(super) fn convert(outgoing: &mut Outgoing<'_>, dtype: DType) {
    if let Some(conversion) = Conversion::of(outgoing.spec.dtype, dtype) {
        let elements = mem::replace(&mut outgoing.elements, Box::new(&[][..]));
        outgoing.elements = Box::new(Converted { elements, conversion });
        outgoing.spec.dtype = dtype;
    }
}

impl Elements for Converted<'_> {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        let Conversion { from_width, into_width, .. } = self.conversion;
        let mut first = offset / as_u64(into_width) * as_u64(from_width);
        let step = (CHUNK / from_width).max(1);
        let mut held = vec![0; step.min(into.len() / into_width) * from_width];
        for into in into.chunks_mut(step * into_width) {
            let held = &mut held[..into.len() / into_width * from_width];
            self.elements.read(first, held)?;
            // All elements were converted once before, when it was found out what becomes of them.
            let _ = self.conversion.run(held, into);
            first += as_u64(held.len());
        }
        Ok(())
    }
}

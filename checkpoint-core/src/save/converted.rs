//! Variables saved in another dtype.

use std::mem;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use checkpoint_schema::listing::catalog::Name;
use checkpoint_schema::listing::dtype::DType;

use crate::save::elements::{Elements, NOTHING};
use crate::save::error::SaveError;
use crate::save::outgoing::Outgoing;
use crate::system::number::as_u64;
use crate::tensor::cast::Conversion;
use crate::tensor::value::Value;

/// The number of bytes converted at a time.
const CHUNK: usize = 256 << 10;

/// The number of elements that were rounded.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) fn rounded(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The conversions to another dtype and back.
struct Ways {
    own: DType,
    there: Conversion,
    back: Conversion,
}

impl Ways {
    fn of(own: DType, other: DType) -> Option<Self> {
        let (there, back) = (Conversion::of(own, other)?, Conversion::of(other, own)?);
        Some(Self { own, there, back })
    }

    /// Converts elements, and returns the number of rounded ones. Returns `None` if the dtype cannot represent one: it would be
    /// infinite, or is not an integer of that type.
    fn run(&self, held: &[u8], into: &mut [u8]) -> Option<u64> {
        let mut again = vec![0; held.len()];
        let converted = self.there.run(held, into).and_then(|()| self.back.run(into, &mut again));
        if converted.is_ok() && held == again {
            return Some(0);
        }
        converted.ok()?;
        let width = self.there.from_width;
        let mut rounded: u64 = 0;
        for (held, again) in held.chunks(width).zip(again.chunks(width)) {
            if is_finite(self.own, held) != is_finite(self.own, again) {
                return None;
            }
            rounded = rounded.saturating_add(u64::from(held != again));
        }
        Some(rounded)
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

/// The elements of a variable, converted to another dtype.
struct Converted<'v> {
    name: Name,
    elements: Box<dyn Elements + 'v>,
    dtype: DType,
    ways: Ways,
    tally: &'v Tally,
}

impl<'v> Outgoing<'v> {
    /// Converts the variable to another dtype, if there are conversions in both directions. Rounded elements are counted. An
    /// overflow fails the save.
    pub(crate) fn convert(&mut self, dtype: DType, tally: &'v Tally) {
        if let Some(ways) = Ways::of(self.spec.dtype, dtype) {
            let elements = mem::replace(&mut self.elements, Box::new(NOTHING));
            let own = self.own.take().zip(Ways::of(self.spec.dtype, dtype));
            let converted = |elements, ways| -> Box<dyn Elements + 'v> {
                let name = self.name.clone();
                Box::new(Converted { name, elements, dtype, ways, tally })
            };
            self.own = own.map(|(own, ways)| converted(own, ways));
            self.elements = converted(elements, ways);
            self.spec.dtype = dtype;
        }
    }

    /// True if the other dtype represents all its elements exactly.
    pub(crate) fn is_held_by(&self, dtype: DType) -> Result<bool, SaveError> {
        let Some(ways) = Ways::of(self.spec.dtype, dtype) else { return Ok(false) };
        let mut is_held = true;
        let size = self.bytes();
        let mut offset = 0;
        let mut chunk = Chunk::new(&ways.there);
        while is_held && offset < size {
            let (held, into) = chunk.of_bytes(size.saturating_sub(offset));
            self.elements.read(offset, held)?;
            is_held = ways.run(held, into) == Some(0);
            offset = offset.saturating_add(as_u64(held.len()));
        }
        Ok(is_held)
    }
}

/// Buffers for a conversion.
struct Chunk {
    held: Vec<u8>,
    into: Vec<u8>,
    widths: [usize; 2],
}

impl Chunk {
    fn new(conversion: &Conversion) -> Self {
        let Conversion { from_width, into_width, .. } = *conversion;
        let elements = CHUNK.checked_div(from_width).unwrap_or(1).max(1);
        let room = |width: usize| vec![0; elements.saturating_mul(width)];
        Self { held: room(from_width), into: room(into_width), widths: [from_width, into_width] }
    }

    /// Buffers for elements of at most this many bytes.
    fn of_bytes(&mut self, bytes: u64) -> (&mut [u8], &mut [u8]) {
        let [width, into_width] = self.widths;
        let held = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.held.len());
        let elements = held.checked_div(width).unwrap_or(0);
        let held = self.held.get_mut(..elements.saturating_mul(width)).unwrap_or_default();
        (held, self.into.get_mut(..elements.saturating_mul(into_width)).unwrap_or_default())
    }
}

impl Elements for Converted<'_> {
    fn held(&self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        let Conversion { from_width, into_width, .. } = self.ways.there;
        let scaled = |offset: u64, from: usize, into: usize| {
            offset.checked_div(as_u64(from)).unwrap_or(0).saturating_mul(as_u64(into))
        };
        let there = |offset| scaled(offset, into_width, from_width);
        let back = |offset| scaled(offset, from_width, into_width);
        let held = self.elements.held(there(range.start)..there(range.end))?;
        Some(held.into_iter().map(|range| back(range.start)..back(range.end)).collect())
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        let Conversion { from_width, into_width, .. } = self.ways.there;
        let elements = |bytes: u64| bytes.checked_div(as_u64(into_width)).unwrap_or(0);
        let mut first = elements(offset).saturating_mul(as_u64(from_width));
        let mut chunk = Chunk::new(&self.ways.there);
        let mut rest = into;
        while !rest.is_empty() {
            let left = elements(as_u64(rest.len())).saturating_mul(as_u64(from_width));
            let (held, into) = chunk.of_bytes(left);
            if held.is_empty() {
                break;
            }
            match self.elements.bytes() {
                Some(bytes) => super::elements::copy(bytes, first, held),
                None => self.elements.read(first, held)?,
            }
            let lost = || SaveError::Lost { name: self.name.clone(), dtype: self.dtype };
            let rounded = self.ways.run(held, into).ok_or_else(lost)?;
            self.tally.0.fetch_add(rounded, Ordering::Relaxed);
            first = first.saturating_add(as_u64(held.len()));
            let (done, others) = mem::take(&mut rest).split_at_mut(into.len());
            done.copy_from_slice(into);
            rest = others;
        }
        Ok(())
    }
}

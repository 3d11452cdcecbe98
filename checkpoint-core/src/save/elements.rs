//! The elements of variables to write.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use checkpoint_schema::listing::catalog::{Name, Spec, Variable};
use ndarray::{ArrayBase, Data, Dimension};

use crate::checkpoint::Checkpoint;
use crate::read::{Ranges, ReadErrorKind, Reading, failed};
use crate::save::error::SaveError;
use crate::save::outgoing::Outgoing;
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::element::Element;
use crate::tensor::strings::Strings;
use crate::tensor::{Tensor, shape_of};

/// The elements of a variable, in row-major order, each as in [`Tensor::as_bytes`].
pub(crate) trait Elements: Sync {
    /// Fills `into` with bytes of the elements from `offset` on. Threads call it concurrently, for whole elements. Each byte is
    /// requested once. Errors of checks along the way are returned by the last call.
    ///
    /// Strings and variants have no bytes here.
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError>;

    /// The byte ranges with elements within a range, in order; `None` for all of it. Other bytes are zeros.
    fn held(&self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        let _ = range;
        None
    }

    /// All bytes, if they are in memory. [`read`](Self::read) is then not called.
    fn bytes(&self) -> Option<&[u8]> {
        None
    }

    /// The strings, or the messages of variants; `None` for elements of a fixed width. It is called twice per variable.
    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        Ok(None)
    }
}

impl<'a> Outgoing<'a> {
    /// A tensor.
    pub(crate) fn tensor(name: impl Into<Name>, tensor: &'a Tensor) -> Self {
        Self::new(name, tensor.spec().clone(), tensor)
    }

    /// Creates a variable from an array. It is borrowed if a tensor has the same memory layout, and copied otherwise.
    ///
    /// # Errors
    /// Returns an error if the array has more axes than a tensor can have.
    pub(crate) fn array<T, S, D>(
        name: impl Into<Name>,
        array: &'a ArrayBase<S, D>,
    ) -> Result<Self, SaveError>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension,
    {
        let name = name.into();
        let failed = |source| SaveError::Tensor { name: name.clone(), source };
        if let Some(bytes) = array.as_slice().and_then(T::bytes) {
            let spec = Spec { dtype: T::DTYPE, shape: shape_of(array.shape()).map_err(failed)? };
            return Ok(Self::new(name, spec, bytes));
        }
        let tensor = Tensor::from_array(array.to_owned()).map_err(failed)?;
        Ok(Self::new(name, tensor.spec().clone(), tensor))
    }

    /// Creates a variable from one of an open checkpoint, with any name. Its checksum is verified during the write.
    ///
    /// # Errors
    /// Returns an error if its data files cannot be opened, or are too short.
    pub(crate) fn variable(
        name: impl Into<Name>,
        checkpoint: &'a Checkpoint,
        variable: &'a Variable,
    ) -> Result<Self, SaveError> {
        let reading = checkpoint.reading(Some(std::num::NonZero::<usize>::MIN));
        let ranges = Ranges::new(reading, variable)?;
        let elements = Stored { reading, variable, ranges, whole: Whole::default() };
        Ok(Self::new(name, variable.spec(), elements))
    }
}

/// Bytes in memory.
impl Elements for &[u8] {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        copy(self, offset, into);
        Ok(())
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// No elements.
pub(super) struct Nothing;

/// No elements.
pub(super) const NOTHING: Nothing = Nothing;

impl Elements for Nothing {
    fn read(&self, _: u64, into: &mut [u8]) -> Result<(), SaveError> {
        into.fill(0);
        Ok(())
    }

    fn held(&self, _: Range<u64>) -> Option<Vec<Range<u64>>> {
        Some(Vec::new())
    }
}

impl Elements for &Tensor {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        copy(self.as_bytes(), offset, into);
        Ok(())
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self.as_bytes())
    }

    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        Ok(self.as_strings().map(Cow::Borrowed))
    }
}

impl Elements for Tensor {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        (&self).read(offset, into)
    }

    fn bytes(&self) -> Option<&[u8]> {
        Some(self.as_bytes())
    }

    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        Ok(self.as_strings().map(Cow::Borrowed))
    }
}

/// A variable of an open checkpoint.
struct Stored<'a> {
    reading: Reading<'a>,
    variable: &'a Variable,
    /// Its bytes in data files; `None` if it can only be read whole.
    ranges: Option<Ranges<'a>>,
    whole: Whole,
}

impl Stored<'_> {
    fn buffer(&self) -> Result<Buffer, SaveError> {
        let buffer = self.reading.read(&[self.variable])?.pop();
        let missing = || failed(&self.variable.name, ReadErrorKind::Memory { bytes: 0 });
        Ok(buffer.ok_or_else(missing)?)
    }
}

impl Elements for Stored<'_> {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        match &self.ranges {
            Some(ranges) => Ok(ranges.read(offset, into)?),
            None => self.whole.copy(offset, into, || self.buffer()),
        }
    }

    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        if self.variable.dtype.width().is_some() {
            return Ok(None);
        }
        self.buffer().map(strings)
    }
}

/// The strings of a buffer.
pub(super) fn strings<'s>(buffer: Buffer) -> Option<Cow<'s, Strings>> {
    match buffer {
        Buffer::Strings(strings) => Some(Cow::Owned(strings)),
        _ => None,
    }
}

/// Elements that are in memory as a whole, from the first request to the last.
#[derive(Default)]
pub(super) struct Whole(Mutex<Option<(Arc<Buffer>, u64)>>);

impl Whole {
    /// Fills `into` with bytes from `offset` on. The elements are made on the first request.
    pub(super) fn copy(
        &self,
        offset: u64,
        into: &mut [u8],
        make: impl FnOnce() -> Result<Buffer, SaveError>,
    ) -> Result<(), SaveError> {
        copy(self.take(as_u64(into.len()), make)?.bytes(), offset, into);
        Ok(())
    }

    /// Returns all elements, and records how many bytes were taken.
    fn take(
        &self,
        bytes: u64,
        make: impl FnOnce() -> Result<Buffer, SaveError>,
    ) -> Result<Arc<Buffer>, SaveError> {
        let mut whole = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (elements, left) = if let Some(whole) = whole.take() {
            whole
        } else {
            let elements = make()?;
            let left = as_u64(elements.bytes().len());
            (Arc::new(elements), left)
        };
        let left = left.saturating_sub(bytes);
        *whole = (left > 0).then(|| (Arc::clone(&elements), left));
        Ok(elements)
    }
}

/// Fills `into` with bytes from `offset` on.
pub(super) fn copy(bytes: &[u8], offset: u64, into: &mut [u8]) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    if let Some(from) = bytes.get(start..).and_then(|rest| rest.get(..into.len())) {
        into.copy_from_slice(from);
    }
}

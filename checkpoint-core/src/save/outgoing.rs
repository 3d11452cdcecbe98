//! Variables to be written.

use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::dtype::DType;

use crate::save::elements::{Elements, copy};
use crate::save::error::SaveError;
use crate::save::layout::Sink;
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::{Tensor, TensorError};

/// A variable to be written.
pub(crate) struct Outgoing<'a> {
    /// The name in the checkpoint.
    pub(crate) name: Name,
    /// The dtype and shape.
    pub(crate) spec: Spec,
    /// The elements. In a save by ranks, those that all ranks have.
    pub(crate) elements: Box<dyn Elements + 'a>,
    /// The elements that only this rank has, if ranks divide the variable.
    pub(crate) own: Option<Box<dyn Elements + 'a>>,
    /// The index of its source. Variables with the same source and spec have the same elements, and can share a place.
    pub(crate) source: Option<usize>,
}

impl<'a> Outgoing<'a> {
    /// Creates a variable. The number of elements must match `spec`.
    pub(crate) fn new(name: impl Into<Name>, spec: Spec, elements: impl Elements + 'a) -> Self {
        Self { name: name.into(), spec, elements: Box::new(elements), own: None, source: None }
    }

    /// The size of the elements in a data file of a format, in bytes.
    pub(super) fn size(&self, sink: &dyn Sink) -> Result<u64, SaveError> {
        let changed = || SaveError::Changed { name: self.name.clone() };
        let Some(width) = self.spec.dtype.width() else {
            let strings = self.elements.strings()?.ok_or_else(changed)?;
            let is_all = as_u64(strings.len()) == self.spec.shape.elements();
            return is_all
                .then(|| sink.strings_size(self.spec.dtype, &strings))
                .ok_or_else(changed);
        };
        let size = self.spec.shape.elements().saturating_mul(as_u64(width));
        let in_memory = self.elements.bytes().map(|bytes| as_u64(bytes.len()));
        if in_memory.is_none_or(|len| len == size) { Ok(size) } else { Err(changed()) }
    }

    /// Reads the variable into a tensor.
    pub(crate) fn into_tensor(self) -> Result<Tensor, SaveError> {
        let failed = |source| SaveError::Tensor { name: self.name.clone(), source };
        let dims = self.spec.shape.dims();
        if let Some(strings) = self.elements.strings()? {
            let tensor = match self.spec.dtype {
                DType::Variant => Tensor::from_variants(dims, strings.iter()),
                _ => Tensor::from_strings(dims, strings.iter()),
            };
            return tensor.map_err(failed);
        }
        let memory = || failed(TensorError::Memory { bytes: self.bytes() });
        let len = usize::try_from(self.spec.shape.elements()).map_err(|_| memory())?;
        let mut buffer = Buffer::zeroed(self.spec.dtype, len).ok_or_else(memory)?;
        match self.elements.bytes() {
            Some(bytes) => copy(bytes, 0, buffer.bytes_mut()),
            None => self.elements.read(0, buffer.bytes_mut())?,
        }
        Ok(Tensor::new(self.spec, buffer))
    }

    /// The size of its elements in bytes; 0 if they have no fixed width.
    pub(super) fn bytes(&self) -> u64 {
        let width = self.spec.dtype.width().unwrap_or(0);
        self.spec.shape.elements().saturating_mul(as_u64(width))
    }
}

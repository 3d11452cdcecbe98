//! Tensors of a type that is known at run time.

use checkpoint_schema::catalog::{Spec, Variable};
use checkpoint_schema::shape::Shape;
use ndarray::{ArrayD, IxDyn};

use crate::buffer::Buffer;
use crate::element::Element;
use crate::strings::Strings;

/// A variable that was read, of a type that is known at run time.
#[derive(Clone, Debug)]
pub struct Tensor {
    spec: Spec,
    buffer: Buffer,
}

impl Tensor {
    /// The elements of a variable.
    pub(crate) fn of(variable: &Variable, buffer: Buffer) -> Self {
        Self { spec: variable.spec(), buffer }
    }

    pub(crate) fn into_buffer(self) -> Buffer {
        self.buffer
    }

    /// What it holds.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The elements one after another in row-major order, each as this machine has it in memory: a bool as 0 or 1, an
    /// element of fewer bits than a byte in the low bits of one, strings and variants without what is between them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// The strings, in row-major order; the messages (`VariantTensorDataProto`) of variants. `None` if the elements are
    /// neither.
    #[must_use]
    pub fn as_strings(&self) -> Option<&Strings> {
        match &self.buffer {
            Buffer::Strings(strings) => Some(strings),
            _ => None,
        }
    }

    /// The elements as an array; `None` if they are of another type, or if `ndarray` cannot hold the shape.
    #[must_use]
    pub fn into_array<T: Element>(self) -> Option<ArrayD<T>> {
        let Self { spec, buffer } = self;
        if spec.dtype != T::DTYPE {
            return None;
        }
        ArrayD::from_shape_vec(IxDyn(&dims(&spec.shape)), T::from_buffer(buffer)?).ok()
    }
}

/// A shape as `ndarray` takes it.
pub(crate) fn dims(shape: &Shape) -> Box<[usize]> {
    // What is too long for this machine only stands beside an axis of length 0, or else there was no memory for it;
    // `ndarray` refuses it with an error.
    shape.dims().iter().map(|&dim| usize::try_from(dim).unwrap_or(usize::MAX)).collect()
}

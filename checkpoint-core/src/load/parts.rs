//! The finished buffers of a load, in the order in which fields take them.

use std::fmt::Display;

use ndarray::{ArrayD, ArrayView, CowArray, Dimension, IxDyn, ShapeBuilder as _};
use smallvec::SmallVec;
use thiserror::Error;

use crate::load::borrow::Borrowed;
use crate::tensor::element::{Element, NoElements};
use crate::tensor::{Tensor, dims};

/// Loaded tensors, in the order of [`FromCheckpoint::NODE`](crate::FromCheckpoint::NODE).
#[derive(Debug)]
pub struct Parts<'c, C = ()> {
    rest: std::vec::IntoIter<Part<'c>>,
    context: C,
    /// The number of tensors taken so far.
    tensors: usize,
}

/// One part of a loaded value.
#[derive(Debug)]
pub(crate) enum Part<'c> {
    /// An array of elements in the memory of the checkpoint.
    Borrowed(Borrowed<'c>),
    /// A tensor.
    Tensor(Tensor),
    /// True if the checkpoint has the variables of an `Option` or of a field with `default = "function"`.
    Present(bool),
    /// A field whose `default` function makes its value. The shape has no axes if it is not known.
    Absent(Box<[usize]>),
    /// The value of a symbol.
    Dim(usize),
    /// The indices of the items of a list. The items follow.
    List(Vec<usize>),
}

/// Errors of building a value from loaded tensors.
#[derive(Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A manual implementation takes another part than its `NODE` describes.
    #[error(
        "`build` takes {wanted}, but `NODE` has another part here; take the parts in the order of `NODE`"
    )]
    Order {
        /// The part that was asked for.
        wanted: &'static str,
    },
    /// The array cannot be made.
    #[error("`ndarray` cannot hold the shape {shape:?}")]
    Shape {
        /// The shape.
        shape: Box<[usize]>,
        /// The error of `ndarray`.
        #[source]
        source: ndarray::ShapeError,
    },
    /// A string is not UTF-8.
    #[error(
        "field `{field}`: the string number {number} (from 0) is not UTF-8, so it cannot be a `String`; let the elements of \
         the field be `Vec<u8>`"
    )]
    Utf8 {
        /// The field: `Tokenizer.tokens`.
        field: String,
        /// The index of the string, in row-major order.
        number: usize,
    },
    /// A type of another crate rejects the tensor.
    #[error("field `{field}`: {reason}")]
    Other {
        /// The field: `Bert.wte`.
        field: String,
        /// The reason.
        reason: Box<str>,
    },
    /// User code for a field (`with`, `map`, `try_from`) rejects the value.
    #[error("field `{field}`: {reason}")]
    Refused {
        /// The struct and its field: `Gpt2.wte`.
        field: &'static str,
        /// The message of that code.
        reason: Box<str>,
    },
}

debug_as_display!(BuildError);

impl BuildError {
    /// Returns the error of a type that rejects the tensor it took last. The load adds the name of the field.
    pub fn other(reason: impl Display) -> Self {
        Self::Other { field: String::new(), reason: reason.to_string().into() }
    }

    pub(crate) fn refused(field: &'static str, error: &impl Display) -> Self {
        Self::Refused { field, reason: error.to_string().into() }
    }
}

impl<'c, C> Parts<'c, C> {
    pub(crate) fn new(parts: Vec<Part<'c>>, context: C) -> Self {
        Self { rest: parts.into_iter(), context, tensors: 0 }
    }

    /// Returns the context of the load, such as a device. It is set with [`LoadOptions::context`](crate::LoadOptions::context).
    pub fn context(&self) -> &C {
        &self.context
    }

    /// The index of the tensor that was taken last.
    pub(crate) fn last(&self) -> usize {
        self.tensors.saturating_sub(1)
    }

    /// Takes the next tensor.
    ///
    /// # Errors
    /// Returns an error if the next part is not a tensor of this element type, if one of its strings is not UTF-8, or if `ndarray`
    /// rejects its shape.
    pub fn tensor<T: Element>(&mut self) -> Result<ArrayD<T>, BuildError> {
        let (shape, elements) = self.elements()?;
        ArrayD::from_shape_vec(IxDyn(&shape), elements)
            .map_err(|source| BuildError::Shape { shape: shape.into_vec().into(), source })
    }

    /// Takes the next tensor, of any dtype.
    ///
    /// # Errors
    /// Returns an error if the next part is not a tensor.
    pub fn any(&mut self) -> Result<Tensor, BuildError> {
        match self.rest.next() {
            Some(Part::Tensor(tensor)) => {
                self.tensors = self.tensors.saturating_add(1);
                Ok(tensor)
            }
            _ => Err(BuildError::Order { wanted: "a tensor" }),
        }
    }

    /// Takes the shape and the elements of the next tensor.
    pub(crate) fn elements<T: Element>(
        &mut self,
    ) -> Result<(SmallVec<[usize; 4]>, Vec<T>), BuildError> {
        let tensor = self.any()?;
        let shape = dims(tensor.shape());
        let elements = T::from_buffer(tensor.into_buffer()).map_err(|error| match error {
            NoElements::Type => BuildError::Order { wanted: "a tensor" },
            NoElements::Utf8 { number } => BuildError::Utf8 { field: String::new(), number },
        });
        Ok((shape, elements?))
    }

    /// Takes the next tensor, borrowed from the checkpoint or owned.
    ///
    /// # Errors
    /// Returns an error if the next part is not a tensor of this element type and rank, or if `ndarray` rejects its shape.
    pub fn view<T: Element, D: Dimension>(&mut self) -> Result<CowArray<'c, T, D>, BuildError> {
        if let Some(Part::Borrowed(_)) = self.rest.as_slice().first() {
            return self.borrowed().map(CowArray::from);
        }
        let rank = |_| BuildError::Order { wanted: "a tensor of another rank" };
        self.tensor()?.into_dimensionality().map_err(rank).map(CowArray::from)
    }

    /// Takes the next tensor, which is borrowed from the checkpoint.
    pub(crate) fn borrowed<T: Element, D: Dimension>(
        &mut self,
    ) -> Result<ArrayView<'c, T, D>, BuildError> {
        let order = |wanted| BuildError::Order { wanted };
        let Some(Part::Borrowed(Borrowed { bytes, dims, strides })) = self.rest.next() else {
            return Err(order("a tensor that is borrowed"));
        };
        self.tensors += 1;
        let elements = T::borrowed(bytes).ok_or(order("a tensor of another type"))?;
        ArrayView::from_shape(IxDyn(&dims).strides(IxDyn(&strides)), elements)
            .map_err(|source| BuildError::Shape { shape: dims.to_vec().into(), source })?
            .into_dimensionality()
            .map_err(|_| order("a tensor of another rank"))
    }

    /// Takes the presence of an `Option`. Returns true if its value follows.
    ///
    /// # Errors
    /// Returns an error if another part is next.
    pub fn present(&mut self) -> Result<bool, BuildError> {
        match self.rest.next() {
            Some(Part::Present(present)) => Ok(present),
            _ => Err(BuildError::Order { wanted: "an optional value" }),
        }
    }

    /// Takes the expected shape of a missing field with `default = "function"`; the shape is empty if it is not known.
    /// Returns `None` if the field is present, and its value follows.
    ///
    /// # Errors
    /// Returns an error if another part is next.
    pub fn absent(&mut self) -> Result<Option<Box<[usize]>>, BuildError> {
        match self.rest.next() {
            Some(Part::Present(true)) => Ok(None),
            Some(Part::Present(false)) => Ok(Some(Box::default())),
            Some(Part::Absent(shape)) => Ok(Some(shape)),
            _ => Err(BuildError::Order { wanted: "a value with a default" }),
        }
    }

    /// Takes the value of a symbol.
    ///
    /// # Errors
    /// Returns an error if another part is next.
    pub fn dim(&mut self) -> Result<usize, BuildError> {
        match self.rest.next() {
            Some(Part::Dim(value)) => Ok(value),
            _ => Err(BuildError::Order { wanted: "the value of a symbol" }),
        }
    }

    /// Takes the indices of a list. Its items follow.
    ///
    /// # Errors
    /// Returns an error if another part is next.
    pub fn list(&mut self) -> Result<Vec<usize>, BuildError> {
        match self.rest.next() {
            Some(Part::List(indices)) => Ok(indices),
            _ => Err(BuildError::Order { wanted: "a list" }),
        }
    }
}

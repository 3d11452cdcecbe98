//! The finished buffers of a load, as the fields take them.

use std::fmt::Display;
use std::ops::Range;

use ndarray::{ArrayD, ArrayView, CowArray, Dimension, IxDyn, ShapeBuilder as _};
use thiserror::Error;

use crate::load::borrow::Borrowed;
use crate::tensor::element::{Element, NoElements};
use crate::tensor::{Tensor, dims};

/// What a load has ready, in the order in which [`FromCheckpoint::NODE`](crate::FromCheckpoint::NODE) names it.
#[derive(Debug)]
pub struct Parts<'c, C = ()> {
    rest: std::vec::IntoIter<Part<'c>>,
    context: C,
    /// The number of tensors that were taken.
    tensors: usize,
}

/// One of them.
#[derive(Debug)]
pub(crate) enum Part<'c> {
    /// An array of elements that the checkpoint holds.
    Borrowed(Borrowed<'c>),
    /// A tensor.
    Tensor(Tensor),
    /// Whether the checkpoint has what an `Option` or a field with `default = "function"` wants.
    Present(bool),
    /// That the function of a field makes its value, of this shape; of no axes if it is not known.
    Absent(Box<[usize]>),
    /// The value of a symbol.
    Dim(usize),
    /// The indices of a list's elements, which follow.
    List(Range<usize>),
}

/// Why a value could not be made of what was read.
#[derive(Error)]
#[non_exhaustive]
pub enum BuildError {
    /// An implementation by hand takes something else than its `NODE` names.
    #[error("`build` takes {wanted}, but `NODE` names something else there; make the two agree")]
    Order {
        /// What was asked for.
        wanted: &'static str,
    },
    /// The array cannot be made.
    #[error("`ndarray` cannot hold the shape {shape:?}")]
    Shape {
        /// The shape.
        shape: Box<[usize]>,
        /// What `ndarray` says.
        #[source]
        source: ndarray::ShapeError,
    },
    /// A string is not UTF-8.
    #[error(
        "field `{field}`: the string number {number} (from 0) is not UTF-8, so that it is no `String`; let the elements of \
         the field be `Vec<u8>`"
    )]
    Utf8 {
        /// The field: `Tokenizer.tokens`.
        field: String,
        /// The number of the string, in row-major order.
        number: usize,
    },
    /// A type of another crate makes no value of the tensor that was read.
    #[error("field `{field}`: {reason}")]
    Other {
        /// The field: `Bert.wte`.
        field: String,
        /// The reason.
        reason: Box<str>,
    },
    /// The program's own code makes no value of what was read.
    #[error("field `{field}`: {reason}")]
    Refused {
        /// The struct and its field: `Gpt2.wte`.
        field: &'static str,
        /// What that code says.
        reason: Box<str>,
    },
}

debug_as_display!(BuildError);

impl BuildError {
    /// The error of a type that makes no value of the tensor that it took last. The load adds the field.
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

    /// The context of the load, such as a device: what [`LoadOptions::context`](crate::LoadOptions::context) was given.
    pub fn context(&self) -> &C {
        &self.context
    }

    /// The number of the tensor that was taken last.
    pub(crate) fn last(&self) -> usize {
        self.tensors.saturating_sub(1)
    }

    /// Takes the next tensor.
    ///
    /// # Errors
    /// If a tensor of this element type is not next, if a string of it is not UTF-8, or if `ndarray` refuses its shape.
    pub fn tensor<T: Element>(&mut self) -> Result<ArrayD<T>, BuildError> {
        let (shape, elements) = self.elements()?;
        ArrayD::from_shape_vec(IxDyn(&shape), elements)
            .map_err(|source| BuildError::Shape { shape, source })
    }

    /// Takes the next tensor, whatever its elements are.
    ///
    /// # Errors
    /// If a tensor is not next.
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
    pub(crate) fn elements<T: Element>(&mut self) -> Result<(Box<[usize]>, Vec<T>), BuildError> {
        let tensor = self.any()?;
        let shape = dims(tensor.shape());
        let elements = T::from_buffer(tensor.into_buffer()).map_err(|error| match error {
            NoElements::Type => BuildError::Order { wanted: "a tensor" },
            NoElements::Utf8 { number } => BuildError::Utf8 { field: String::new(), number },
        });
        Ok((shape, elements?))
    }

    /// Takes the next tensor: borrowed from the checkpoint, or with its own elements.
    ///
    /// # Errors
    /// If a tensor of this element type and rank is not next, or if `ndarray` refuses its shape.
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

    /// Takes whether what an `Option` wants is there, and follows.
    ///
    /// # Errors
    /// If that is not what is next.
    pub fn present(&mut self) -> Result<bool, BuildError> {
        match self.rest.next() {
            Some(Part::Present(present)) => Ok(present),
            _ => Err(BuildError::Order { wanted: "an optional value" }),
        }
    }

    /// Takes that a field with `default = "function"` is absent, with the shape that its value should have, if that is
    /// known; `None` if it is there, and follows.
    ///
    /// # Errors
    /// If that is not what is next.
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
    /// If that is not what is next.
    pub fn dim(&mut self) -> Result<usize, BuildError> {
        match self.rest.next() {
            Some(Part::Dim(value)) => Ok(value),
            _ => Err(BuildError::Order { wanted: "the value of a symbol" }),
        }
    }

    /// Takes the indices of the elements of a list, which follow.
    ///
    /// # Errors
    /// If that is not what is next.
    pub fn list(&mut self) -> Result<Range<usize>, BuildError> {
        match self.rest.next() {
            Some(Part::List(indices)) => Ok(indices),
            _ => Err(BuildError::Order { wanted: "a list" }),
        }
    }
}

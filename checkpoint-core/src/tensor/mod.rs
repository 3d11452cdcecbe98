//! Tensors whose element type is known at run time.

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use ndarray::{Array, ArrayD, Dimension, IxDyn};
use smallvec::SmallVec;
use thiserror::Error;

use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::element::{Element, NoElements};
use crate::tensor::native::{NATIVE, ToNative};
use crate::tensor::strings::Strings;

pub(crate) mod buffer;
pub(crate) mod cast;
pub(crate) mod destination;
pub(crate) mod element;
pub(crate) mod moves;
pub(crate) mod native;
pub(crate) mod region;
pub(crate) mod strings;
pub(crate) mod transpose;
pub(crate) mod value;

/// A tensor whose dtype and shape are known at run time. Two tensors are equal if they are bitwise equal.
///
/// ```
/// use checkpoint_core::{DType, Tensor};
/// use ndarray::array;
///
/// let tensor = Tensor::from_array(array![[0.5_f32, 1.0], [2.0, 4.0]])?;
/// assert_eq!(tensor.spec().to_string(), "f32 [2, 2]");
/// assert_eq!(tensor.into_array::<f32>()?, array![[0.5, 1.0], [2.0, 4.0]].into_dyn());
///
/// let halves = Tensor::from_bytes(DType::BFloat16, [2], &[0x80, 0x3f, 0x00, 0x40])?;
/// assert_eq!(halves.as_bytes(), [0x80, 0x3f, 0x00, 0x40]);
/// # Ok::<(), checkpoint_core::TensorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    spec: Spec,
    buffer: Buffer,
}

/// Errors of making or converting a tensor.
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The element type does not match.
    #[error(
        "its elements are {found}, not {wanted}, and nothing is converted; ask for {found}, or take \
         `Tensor::as_bytes` or `Tensor::as_strings`"
    )]
    DType {
        /// The dtype of the tensor.
        found: DType,
        /// The requested dtype.
        wanted: DType,
    },
    /// `ndarray` rejects the shape.
    #[error("`ndarray` cannot hold the shape {shape}; take `Tensor::as_bytes`")]
    Array {
        /// The shape.
        shape: Shape,
    },
    /// No tensor has this shape.
    #[error("no tensor has the shape {dims:?}: too many axes or elements; take fewer")]
    Shape {
        /// The lengths of the axes.
        dims: Box<[u64]>,
    },
    /// The number of bytes or strings does not match the shape.
    #[error("expected {expected} {unit} for a tensor {spec}, found {found}")]
    Count {
        /// The dtype and shape of the tensor.
        spec: Box<Spec>,
        /// The unit of the counts.
        unit: &'static str,
        /// The expected number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// Bytes were given for a dtype without a fixed width.
    #[error("elements of {dtype} have no fixed width; use `Tensor::from_{dtype}s`")]
    NoWidth {
        /// The dtype.
        dtype: DType,
    },
    /// A string is not UTF-8.
    #[error("the string number {number} (from 0) is not UTF-8; take the elements as `Vec<u8>`")]
    Utf8 {
        /// The index of the string, in row-major order.
        number: usize,
    },
    /// Out of memory.
    #[error("out of memory: cannot allocate {bytes} bytes; use a smaller tensor")]
    Memory {
        /// The number of bytes needed.
        bytes: u64,
    },
}

debug_as_display!(TensorError);

impl Tensor {
    pub(crate) fn new(spec: Spec, buffer: Buffer) -> Self {
        Self { spec, buffer }
    }

    /// Returns a tensor with the elements of an array. Row-major elements are not copied.
    ///
    /// # Errors
    /// Returns an error if the array has more axes than a tensor can have.
    pub fn from_array<T: Element, D: Dimension>(array: Array<T, D>) -> Result<Self, TensorError> {
        let spec = Spec { dtype: T::DTYPE, shape: shape_of(array.shape())? };
        let elements = if array.is_standard_layout() {
            let len = array.len();
            // A sliced array still owns the elements around it.
            let (mut elements, first) = array.into_raw_vec_and_offset();
            elements.drain(..first.unwrap_or(0));
            elements.truncate(len);
            elements
        } else {
            array.into_iter().collect()
        };
        Ok(Self::new(spec, T::into_buffer(elements)))
    }

    /// Returns a tensor of any fixed-width dtype from bytes in the format of [`as_bytes`](Self::as_bytes).
    ///
    /// # Errors
    /// Returns an error if the number of bytes does not match the shape, or if the dtype has no fixed width.
    pub fn from_bytes(
        dtype: DType,
        shape: impl Into<Box<[u64]>>,
        bytes: &[u8],
    ) -> Result<Self, TensorError> {
        let spec = spec(dtype, shape)?;
        let width = TensorError::check_len(&spec, bytes.len())?;
        let elements = bytes.len().checked_div(width).unwrap_or(0);
        let memory = TensorError::Memory { bytes: as_u64(bytes.len()) };
        let mut buffer = Buffer::zeroed(dtype, elements).ok_or(memory)?;
        buffer.bytes_mut().copy_from_slice(bytes);
        ToNative::new(dtype, NATIVE).apply(buffer.bytes_mut());
        Ok(Self::new(spec, buffer))
    }

    /// Returns a tensor of strings, in row-major order.
    ///
    /// ```
    /// use checkpoint_core::Tensor;
    ///
    /// let tokens = Tensor::from_strings([2], ["hi", "\n"])?;
    /// assert_eq!(tokens.as_strings().and_then(|strings| strings.get(1)), Some(&b"\n"[..]));
    /// # Ok::<(), checkpoint_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the number of strings does not match the shape.
    pub fn from_strings(
        shape: impl Into<Box<[u64]>>,
        strings: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, TensorError> {
        without_width(DType::String, shape, "strings", strings.into_iter().collect())
    }

    /// Returns a tensor of variants from their messages (`VariantTensorDataProto`), in row-major order.
    ///
    /// # Errors
    /// Returns an error if the number of messages does not match the shape.
    pub fn from_variants(
        shape: impl Into<Box<[u64]>>,
        messages: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, TensorError> {
        without_width(DType::Variant, shape, "messages", messages.into_iter().collect())
    }

    pub(crate) fn into_buffer(self) -> Buffer {
        self.buffer
    }

    /// Returns the dtype and shape.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Returns the dtype.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.spec.dtype
    }

    /// Returns the shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.spec.shape
    }

    /// Returns the elements as bytes, in row-major order and in the byte order of this machine. A bool is 0 or 1. An element of
    /// less than a byte is in the low bits of a byte. Strings and variants follow one another without separators.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// Returns the strings, or the messages (`VariantTensorDataProto`) of variants, in row-major order; `None` for other dtypes.
    #[must_use]
    pub fn as_strings(&self) -> Option<&Strings> {
        match &self.buffer {
            Buffer::Strings(strings) => Some(strings),
            _ => None,
        }
    }

    /// Returns the elements in row-major order, without a copy or a conversion.
    ///
    /// ```
    /// use checkpoint_core::Tensor;
    /// use ndarray::array;
    ///
    /// let tensor = Tensor::from_array(array![[0.5_f32, 1.0], [2.0, 4.0]])?;
    /// assert_eq!(tensor.into_vec::<f32>()?, [0.5, 1.0, 2.0, 4.0]);
    /// # Ok::<(), checkpoint_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the element type does not match.
    pub fn into_vec<T: Element>(self) -> Result<Vec<T>, TensorError> {
        let found = self.dtype();
        TensorError::check::<T>(found)?;
        T::from_buffer(self.buffer).map_err(|error| TensorError::from_elements::<T>(found, error))
    }

    /// Returns the elements as an array of the same shape, without a copy or a conversion.
    ///
    /// # Errors
    /// Returns an error if the element type does not match, or if `ndarray` rejects the shape.
    pub fn into_array<T: Element>(self) -> Result<ArrayD<T>, TensorError> {
        let shape = self.spec.shape.clone();
        ArrayD::from_shape_vec(IxDyn(&dims(&shape)), self.into_vec()?)
            .map_err(|_| TensorError::Array { shape })
    }

    /// Returns the bits of the elements as an array of integers of the same width, without a copy. Use it for dtypes without an
    /// element type.
    ///
    /// ```
    /// use checkpoint_core::Tensor;
    /// use checkpoint_core::DType;
    ///
    /// let halves = Tensor::from_bytes(DType::BFloat16, [2], &[0x80, 0x3f, 0x00, 0x40])?;
    /// # #[cfg(target_endian = "little")]
    /// assert_eq!(halves.into_bits::<u16>()?.as_slice(), Some(&[0x3f80, 0x4000][..]));
    /// # Ok::<(), checkpoint_core::TensorError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the width of the dtype is not that of `T`, or if `ndarray` rejects the shape.
    pub fn into_bits<T: Element>(self) -> Result<ArrayD<T>, TensorError> {
        let found = self.dtype();
        if found.width().is_none() || found.width() != T::DTYPE.width() {
            return Err(TensorError::DType { found, wanted: T::DTYPE });
        }
        let spec = Spec { dtype: T::DTYPE, shape: self.spec.shape };
        Self::new(spec, self.buffer).into_array()
    }
}

impl TensorError {
    /// The error for elements of this dtype that are not `T`.
    pub(crate) fn from_elements<T: Element>(found: DType, error: NoElements) -> Self {
        match error {
            NoElements::Type => Self::DType { found, wanted: T::DTYPE },
            NoElements::Utf8 { number } => Self::Utf8 { number },
        }
    }

    /// Checks the number of bytes, and returns the width of an element.
    pub(crate) fn check_len(spec: &Spec, bytes: usize) -> Result<usize, Self> {
        let width = spec.dtype.width().ok_or(Self::NoWidth { dtype: spec.dtype })?;
        let expected = spec.shape.elements().saturating_mul(as_u64(width));
        let found = as_u64(bytes);
        if found == expected {
            return Ok(width);
        }
        Err(Self::Count { spec: Box::new(spec.clone()), unit: "bytes", expected, found })
    }

    /// Checks that elements of this dtype are `T`.
    pub(crate) fn check<T: Element>(found: DType) -> Result<(), Self> {
        let wanted = T::DTYPE;
        if found == wanted { Ok(()) } else { Err(Self::DType { found, wanted }) }
    }
}

fn spec(dtype: DType, dims: impl Into<Box<[u64]>>) -> Result<Spec, TensorError> {
    let dims = dims.into();
    let shape = Shape::new(&dims).ok_or(TensorError::Shape { dims })?;
    Ok(Spec { dtype, shape })
}

/// The shape of an array.
pub(crate) fn shape_of(dims: &[usize]) -> Result<Shape, TensorError> {
    let dims: SmallVec<[u64; 4]> = dims.iter().map(|&dim| as_u64(dim)).collect();
    Shape::new(&dims).ok_or_else(|| TensorError::Shape { dims: dims.into_vec().into() })
}

fn without_width(
    dtype: DType,
    dims: impl Into<Box<[u64]>>,
    unit: &'static str,
    strings: Strings,
) -> Result<Tensor, TensorError> {
    let spec = spec(dtype, dims)?;
    let (expected, found) = (spec.shape.elements(), as_u64(strings.len()));
    if found != expected {
        return Err(TensorError::Count { spec: Box::new(spec), unit, expected, found });
    }
    Ok(Tensor::new(spec, Buffer::Strings(strings)))
}

/// The shape in the form that `ndarray` takes.
pub(crate) fn dims(shape: &Shape) -> SmallVec<[usize; 4]> {
    // A length beyond `usize` can only occur beside an axis of length 0, since memory was allocated for the elements. `ndarray`
    // rejects it with an error.
    shape.dims().iter().map(|&dim| usize::try_from(dim).unwrap_or(usize::MAX)).collect()
}

//! Tensors of a type that is known at run time.

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use ndarray::{Array, ArrayD, Dimension, IxDyn};
use thiserror::Error;

use crate::read::as_u64;
use crate::read::native::{NATIVE, ToNative};
use crate::tensor::buffer::Buffer;
use crate::tensor::element::{Element, NoElements};
use crate::tensor::strings::Strings;

pub(crate) mod buffer;
pub(crate) mod cast;
pub(crate) mod element;
pub(crate) mod strings;
pub(crate) mod value;

/// Elements of one type in a shape, both known at run time. Two are equal if they are so bit by bit.
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

/// Why a tensor cannot be made, or is not what is wanted.
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Its elements are of another type.
    #[error(
        "its elements are {found}, not {wanted}, and nothing is converted; ask for {found}, or take \
         `Tensor::as_bytes` or `Tensor::as_strings`"
    )]
    DType {
        /// The type of its elements.
        found: DType,
        /// The type that is wanted.
        wanted: DType,
    },
    /// `ndarray` refuses the shape.
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
    /// There are more or fewer bytes or strings than the shape says.
    #[error("a tensor {spec} takes {expected} {unit}, but there are {found}; give exactly as many")]
    Count {
        /// What the tensor should hold.
        spec: Spec,
        /// What is counted.
        unit: &'static str,
        /// How many it takes.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// Bytes are given for elements that have no fixed width.
    #[error("elements of {dtype} have no fixed width; use `Tensor::from_{dtype}s`")]
    NoWidth {
        /// The type of the elements.
        dtype: DType,
    },
    /// A string is not UTF-8.
    #[error("the string number {number} (from 0) is not UTF-8; take the elements as `Vec<u8>`")]
    Utf8 {
        /// The number of the string, in row-major order.
        number: usize,
    },
    /// There is not enough memory.
    #[error("it takes {bytes} bytes of memory, which cannot be had; take a smaller one")]
    Memory {
        /// How much it takes.
        bytes: u64,
    },
}

debug_as_display!(TensorError);

impl Tensor {
    pub(crate) fn new(spec: Spec, buffer: Buffer) -> Self {
        Self { spec, buffer }
    }

    /// The elements of an array, which are not copied if they are in row-major order.
    ///
    /// # Errors
    /// If the array has more axes than tensors have.
    pub fn from_array<T: Element, D: Dimension>(array: Array<T, D>) -> Result<Self, TensorError> {
        let spec = Spec { dtype: T::DTYPE, shape: shape_of(array.shape())? };
        let elements = if array.is_standard_layout() {
            let len = array.len();
            // An array that was sliced keeps what is around it.
            let (mut elements, first) = array.into_raw_vec_and_offset();
            elements.drain(..first.unwrap_or(0));
            elements.truncate(len);
            elements
        } else {
            array.into_iter().collect()
        };
        Ok(Self::new(spec, T::into_buffer(elements)))
    }

    /// Elements of any fixed width, as [`as_bytes`](Self::as_bytes) has them.
    ///
    /// # Errors
    /// If there are not as many bytes as the shape says, or if the elements have no fixed width.
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

    /// Strings, in row-major order.
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
    /// If there are not as many as the shape says.
    pub fn from_strings(
        shape: impl Into<Box<[u64]>>,
        strings: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, TensorError> {
        without_width(DType::String, shape, "strings", strings.into_iter().collect())
    }

    /// Variants by their messages (`VariantTensorDataProto`), in row-major order.
    ///
    /// # Errors
    /// If there are not as many as the shape says.
    pub fn from_variants(
        shape: impl Into<Box<[u64]>>,
        messages: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Self, TensorError> {
        without_width(DType::Variant, shape, "messages", messages.into_iter().collect())
    }

    pub(crate) fn into_buffer(self) -> Buffer {
        self.buffer
    }

    /// What it holds.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The type of its elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.spec.dtype
    }

    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.spec.shape
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

    /// The elements in row-major order, without copying them. Nothing is converted.
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
    /// If they are of another type.
    pub fn into_vec<T: Element>(self) -> Result<Vec<T>, TensorError> {
        let found = self.dtype();
        TensorError::check::<T>(found)?;
        T::from_buffer(self.buffer).map_err(|error| TensorError::from_elements::<T>(found, error))
    }

    /// The elements as an array of its shape, without copying them. Nothing is converted.
    ///
    /// # Errors
    /// If they are of another type, or if `ndarray` cannot hold the shape.
    pub fn into_array<T: Element>(self) -> Result<ArrayD<T>, TensorError> {
        let shape = self.spec.shape.clone();
        ArrayD::from_shape_vec(IxDyn(&dims(&shape)), self.into_vec()?)
            .map_err(|_| TensorError::Array { shape })
    }

    /// The bits of the elements as integers of the same width, as an array of its shape and without copying them: for
    /// elements that have no type of their own.
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
    /// If the elements have another width than `T`, or none; if `ndarray` cannot hold the shape.
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
    /// Why elements of this dtype are no `T`s.
    pub(crate) fn from_elements<T: Element>(found: DType, error: NoElements) -> Self {
        match error {
            NoElements::Type => Self::DType { found, wanted: T::DTYPE },
            NoElements::Utf8 { number } => Self::Utf8 { number },
        }
    }

    /// Makes sure that there are as many bytes as elements take, and returns the width of one.
    pub(crate) fn check_len(spec: &Spec, bytes: usize) -> Result<usize, Self> {
        let width = spec.dtype.width().ok_or(Self::NoWidth { dtype: spec.dtype })?;
        let expected = spec.shape.elements().saturating_mul(as_u64(width));
        let found = as_u64(bytes);
        if found == expected {
            return Ok(width);
        }
        Err(Self::Count { spec: spec.clone(), unit: "bytes", expected, found })
    }

    /// Makes sure that elements of this dtype are a `T` each.
    pub(crate) fn check<T: Element>(found: DType) -> Result<(), Self> {
        let wanted = T::DTYPE;
        if found == wanted { Ok(()) } else { Err(Self::DType { found, wanted }) }
    }
}

fn spec(dtype: DType, dims: impl Into<Box<[u64]>>) -> Result<Spec, TensorError> {
    let dims = dims.into();
    let shape = Shape::new(dims.clone()).ok_or(TensorError::Shape { dims })?;
    Ok(Spec { dtype, shape })
}

/// The shape of an array.
pub(crate) fn shape_of(dims: &[usize]) -> Result<Shape, TensorError> {
    let dims: Box<[u64]> = dims.iter().map(|&dim| as_u64(dim)).collect();
    Shape::new(dims.clone()).ok_or(TensorError::Shape { dims })
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
        return Err(TensorError::Count { spec, unit, expected, found });
    }
    Ok(Tensor::new(spec, Buffer::Strings(strings)))
}

/// A shape as `ndarray` takes it.
pub(crate) fn dims(shape: &Shape) -> Box<[usize]> {
    // What is too long for this machine only stands beside an axis of length 0, or else there was no memory for it;
    // `ndarray` refuses it with an error.
    shape.dims().iter().map(|&dim| usize::try_from(dim).unwrap_or(usize::MAX)).collect()
}

//! Rust types of elements.

use checkpoint_schema::listing::dtype::DType;

use crate::tensor::buffer::Buffer;

/// An element type of arrays.
///
/// Each type corresponds to one [`DType`]. `f32` loads `float32`, and other dtypes only with `cast`. Strings are `String`, if
/// all are UTF-8, or `Vec<u8>`. `f16` and `bf16` are types of the `half` crate. Complex numbers are types of the `num-complex`
/// crate. Both need the feature of that name.
///
/// Floats of 8 and 4 bits, integers of 4 and 2 bits, and quantized types have no element type. A field with `cast` widens them,
/// and a [`Tensor`](crate::Tensor) stores them unchanged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of an array",
    label = "no dtype of a checkpoint fills this",
    note = "elements are numbers, `bool` and strings: `f32`, `i64`, `String`, `Vec<u8>`, ...",
    note = "if the field holds several variables or structs, write `#[ckpt(repeat)]` on it"
)]
pub trait Element: Clone + Send + Sync + 'static {
    /// The dtype that loads into this type.
    const DTYPE: DType;

    /// True if `Vec<Self>` can also hold the bytes of one string.
    #[doc(hidden)]
    const OR_STRING: bool = false;

    /// Returns the elements in a buffer.
    #[doc(hidden)]
    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements>;

    /// Returns a buffer with these elements.
    #[doc(hidden)]
    fn into_buffer(elements: Vec<Self>) -> Buffer;

    /// Borrows the bytes as elements; `None` if some bytes are not valid elements, or if they are not aligned.
    #[doc(hidden)]
    #[must_use]
    fn borrowed(_bytes: &[u8]) -> Option<&[Self]> {
        None
    }

    /// Borrows the elements as bytes; `None` if a tensor stores them in another way.
    #[doc(hidden)]
    #[must_use]
    fn bytes(_elements: &[Self]) -> Option<&[u8]> {
        None
    }

    /// Borrows the elements as mutable bytes; `None` if some bytes are not valid elements.
    #[doc(hidden)]
    fn bytes_mut(elements: &mut [Self]) -> Option<&mut [u8]>;
}

/// Errors of taking elements from a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElements {
    /// The buffer has another element type.
    Type,
    /// A string is not UTF-8.
    Utf8 {
        /// The index of the string, in row-major order.
        number: usize,
    },
}

macro_rules! elements {
    ($($element:ty: $dtype:ident in $words:ident,)*) => {$(
        impl Element for $element {
            const DTYPE: DType = DType::$dtype;

            fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements> {
                match buffer {
                    Buffer::$words(words) => Ok(bytemuck::allocation::cast_vec(words)),
                    _ => Err(NoElements::Type),
                }
            }

            fn into_buffer(elements: Vec<Self>) -> Buffer {
                Buffer::$words(bytemuck::allocation::cast_vec(elements))
            }

            fn borrowed(bytes: &[u8]) -> Option<&[Self]> {
                bytemuck::try_cast_slice(bytes).ok()
            }

            fn bytes(elements: &[Self]) -> Option<&[u8]> {
                Some(bytemuck::cast_slice(elements))
            }

            fn bytes_mut(elements: &mut [Self]) -> Option<&mut [u8]> {
                Some(bytemuck::cast_slice_mut(elements))
            }
        }
    )*};
}

elements! {
    f32: Float32 in W32,
    f64: Float64 in W64,
    i8: Int8 in W8,
    i16: Int16 in W16,
    i32: Int32 in W32,
    i64: Int64 in W64,
    u16: UInt16 in W16,
    u32: UInt32 in W32,
    u64: UInt64 in W64,
}

#[cfg(feature = "half")]
elements! {
    half::f16: Float16 in W16,
    half::bf16: BFloat16 in W16,
}

#[cfg(feature = "num-complex")]
elements! {
    num_complex::Complex<f32>: Complex64 in W32x2,
    num_complex::Complex<f64>: Complex128 in W64x2,
}

impl Element for u8 {
    const DTYPE: DType = DType::UInt8;
    const OR_STRING: bool = true;

    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements> {
        match buffer {
            Buffer::W8(bytes) => Ok(bytes),
            Buffer::Strings(strings) if strings.len() == 1 => Ok(strings.into_bytes()),
            _ => Err(NoElements::Type),
        }
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::W8(elements)
    }

    fn borrowed(bytes: &[u8]) -> Option<&[Self]> {
        Some(bytes)
    }

    fn bytes(elements: &[Self]) -> Option<&[u8]> {
        Some(elements)
    }

    fn bytes_mut(elements: &mut [Self]) -> Option<&mut [u8]> {
        Some(elements)
    }
}

/// Any nonzero byte is true, as in `TensorFlow`.
impl Element for bool {
    const DTYPE: DType = DType::Bool;

    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements> {
        match buffer {
            Buffer::W8(bytes) => Ok(bytes.into_iter().map(|byte| byte != 0).collect()),
            _ => Err(NoElements::Type),
        }
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::W8(elements.into_iter().map(u8::from).collect())
    }

    fn bytes(elements: &[Self]) -> Option<&[u8]> {
        Some(bytemuck::cast_slice(elements))
    }

    fn bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }
}

/// A string of arbitrary bytes.
impl Element for Vec<u8> {
    const DTYPE: DType = DType::String;

    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements> {
        match buffer {
            Buffer::Strings(strings) => Ok(strings.iter().map(<[u8]>::to_vec).collect()),
            _ => Err(NoElements::Type),
        }
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::Strings(elements.into_iter().collect())
    }

    fn bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }
}

/// A UTF-8 string.
impl Element for String {
    const DTYPE: DType = DType::String;

    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements> {
        let strings = <Vec<u8> as Element>::from_buffer(buffer)?;
        let string =
            |(number, bytes)| Self::from_utf8(bytes).map_err(|_| NoElements::Utf8 { number });
        strings.into_iter().enumerate().map(string).collect()
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::Strings(elements.into_iter().collect())
    }

    fn bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }
}

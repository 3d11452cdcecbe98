//! The Rust types of elements.

use checkpoint_schema::listing::dtype::DType;

use crate::tensor::buffer::Buffer;

/// A type of elements that arrays can have.
///
/// Each holds exactly one [`DType`]: `f32` is filled from `float32`, and from others only where a field says `cast`.
/// Strings are `String`, where all of them are UTF-8, or `Vec<u8>`. `f16` and `bf16` are those of the crate `half`, complex
/// numbers those of `num-complex`, behind the features of these names.
///
/// There is no type for floats of 8 and 4 bits, integers of 4 and 2, and quantized ones: a field with `cast` widens them,
/// and a [`Tensor`](crate::Tensor) holds them as they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of an array",
    label = "no dtype of a checkpoint fills this",
    note = "elements are numbers, `bool` and strings: `f32`, `i64`, `String`, `Vec<u8>`, ...",
    note = "if the field holds several variables or structs, write `#[ckpt(repeat)]` on it"
)]
pub trait Element: Clone + Send + Sync + 'static {
    /// The dtype of a variable that fills it.
    const DTYPE: DType;

    /// Whether `Vec<Self>` holds the bytes of one string as well.
    #[doc(hidden)]
    const OR_STRING: bool = false;

    /// The elements in a buffer.
    #[doc(hidden)]
    fn from_buffer(buffer: Buffer) -> Result<Vec<Self>, NoElements>;

    /// The buffer with these elements.
    #[doc(hidden)]
    fn into_buffer(elements: Vec<Self>) -> Buffer;

    /// The elements in these bytes as they are; `None` where not all bytes are elements, or if they are not aligned.
    #[doc(hidden)]
    #[must_use]
    fn borrowed(_bytes: &[u8]) -> Option<&[Self]> {
        None
    }

    /// The memory of these elements, byte by byte; `None` where they are not in memory as a tensor has them.
    #[doc(hidden)]
    #[must_use]
    fn bytes(_elements: &[Self]) -> Option<&[u8]> {
        None
    }

    /// The memory of these elements, to be written byte by byte; `None` where not all bytes are elements.
    #[doc(hidden)]
    fn bytes_mut(elements: &mut [Self]) -> Option<&mut [u8]>;
}

/// Why a buffer does not hold elements of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoElements {
    /// It holds others.
    Type,
    /// The string of this number is not UTF-8.
    Utf8 {
        /// The number, in row-major order.
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

/// Any byte but 0 is true, as for `TensorFlow`.
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

/// A string of any bytes.
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

/// A string that is UTF-8.
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

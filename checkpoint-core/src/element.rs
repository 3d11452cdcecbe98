//! The Rust types of elements.

use checkpoint_schema::dtype::DType;

use crate::buffer::Buffer;

/// A type of elements that arrays can have.
///
/// Each holds exactly one [`DType`]: `f32` is filled from `float32` and from nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of an array",
    label = "no dtype of a checkpoint fills this",
    note = "elements are numbers and `bool`: `f32`, `i64`, ...",
    note = "if the field holds several variables or structs, write `#[ckpt(repeat)]` on it"
)]
pub trait Element: Copy + Send + Sync + 'static {
    /// The dtype of a variable that fills it.
    const DTYPE: DType;

    /// The elements in a buffer; `None` if the buffer holds another width.
    #[doc(hidden)]
    fn from_buffer(buffer: Buffer) -> Option<Vec<Self>>;

    /// The buffer with these elements.
    #[doc(hidden)]
    fn into_buffer(elements: Vec<Self>) -> Buffer;

    /// The memory of these elements, to be written byte by byte; `None` where not all bytes are elements.
    #[doc(hidden)]
    fn bytes_mut(elements: &mut [Self]) -> Option<&mut [u8]>;
}

macro_rules! elements {
    ($($element:ty: $dtype:ident in $words:ident,)*) => {$(
        impl Element for $element {
            const DTYPE: DType = DType::$dtype;

            fn from_buffer(buffer: Buffer) -> Option<Vec<Self>> {
                match buffer {
                    Buffer::$words(words) => Some(bytemuck::allocation::cast_vec(words)),
                    _ => None,
                }
            }

            fn into_buffer(elements: Vec<Self>) -> Buffer {
                Buffer::$words(bytemuck::allocation::cast_vec(elements))
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
    u8: UInt8 in W8,
    u16: UInt16 in W16,
    u32: UInt32 in W32,
    u64: UInt64 in W64,
}

/// Any byte but 0 is true, as for `TensorFlow`.
impl Element for bool {
    const DTYPE: DType = DType::Bool;

    fn from_buffer(buffer: Buffer) -> Option<Vec<Self>> {
        match buffer {
            Buffer::W8(bytes) => Some(bytes.into_iter().map(|byte| byte != 0).collect()),
            _ => None,
        }
    }

    fn into_buffer(elements: Vec<Self>) -> Buffer {
        Buffer::W8(elements.into_iter().map(u8::from).collect())
    }

    fn bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }
}

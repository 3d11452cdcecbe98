//! Arrays in the format of NumPy.

use checkpoint_core::{DType, Tensor};

/// The dtypes that both the format and this project have, with their names in the format.
const DTYPES: [(&str, DType); 14] = [
    ("b1", DType::Bool),
    ("i1", DType::Int8),
    ("i2", DType::Int16),
    ("i4", DType::Int32),
    ("i8", DType::Int64),
    ("u1", DType::UInt8),
    ("u2", DType::UInt16),
    ("u4", DType::UInt32),
    ("u8", DType::UInt64),
    ("f2", DType::Float16),
    ("f4", DType::Float32),
    ("f8", DType::Float64),
    ("c8", DType::Complex64),
    ("c16", DType::Complex128),
];

/// The order of the elements, and of their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// True if the first axis is the innermost one.
    pub is_fortran: bool,
    /// True if the most significant byte of a number comes first.
    pub is_big: bool,
}

/// Returns the name of a dtype in the format, or `None` if the format lacks it.
#[must_use]
pub fn dtype(dtype: DType) -> Option<&'static str> {
    DTYPES.iter().find(|row| row.1 == dtype).map(|row| row.0)
}

/// Returns a file with this dictionary as its header, followed by these bytes.
///
/// # Panics
/// If the header is too long.
#[must_use]
pub fn with_header(header: &str, elements: &[u8]) -> Vec<u8> {
    let len = (10 + header.len() + 1).next_multiple_of(64) - 11;
    let text = format!("{header:len$}\n");
    let len = u16::try_from(text.len()).expect("a short header").to_le_bytes();
    [&b"\x93NUMPY\x01\0"[..], &len, text.as_bytes(), elements].concat()
}

/// Returns a file with this tensor.
///
/// # Panics
/// If the format lacks its dtype.
#[must_use]
pub fn npy(tensor: &Tensor, order: Order) -> Vec<u8> {
    let dims = tensor.shape().dims();
    let shape = dims.iter().map(|dim| format!("{dim}, ")).collect::<Vec<_>>().concat();
    let descr = dtype(tensor.dtype()).expect("a dtype of the format");
    let sign = if tensor.dtype().swap_unit() == Some(1) {
        '|'
    } else if order.is_big {
        '>'
    } else {
        '<'
    };
    let fortran = if order.is_fortran { "True" } else { "False" };
    let header =
        format!("{{'descr': '{sign}{descr}', 'fortran_order': {fortran}, 'shape': ({shape}), }}");
    with_header(&header, &elements(tensor, order))
}

/// Returns the bytes of the elements, in this order.
///
/// # Panics
/// If they have no fixed width.
#[must_use]
pub fn elements(tensor: &Tensor, order: Order) -> Vec<u8> {
    let width = tensor.dtype().width().expect("numbers");
    let mut bytes = tensor.as_bytes().to_vec();
    if order.is_big != cfg!(target_endian = "big") {
        bytes.chunks_mut(tensor.dtype().swap_unit().unwrap_or(1)).for_each(<[u8]>::reverse);
    }
    if !order.is_fortran || bytes.is_empty() {
        return bytes;
    }
    // The indices of an element in column-major order are the digits of its number.
    let dims: Vec<usize> =
        tensor.shape().dims().iter().map(|&dim| usize::try_from(dim).expect("in memory")).collect();
    let elements = (0..bytes.len() / width).flat_map(|number| {
        let mut rest = number;
        let index: Vec<usize> = dims
            .iter()
            .map(|dim| {
                let digit = rest % dim;
                rest /= dim;
                digit
            })
            .collect();
        let at = index.iter().zip(&dims).fold(0, |at, (index, dim)| at * dim + index);
        bytes[at * width..][..width].to_vec()
    });
    elements.collect()
}

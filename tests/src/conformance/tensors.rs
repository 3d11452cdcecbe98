//! The tensors for testing sources.

use std::ops::Range;

use checkpoint_core::{DType, Name, Tensor, TensorError};

use crate::conformance::Named;
use crate::writer::{Bundle, Data};

/// The shapes of the tensors of each dtype, with names.
const SHAPES: [(&str, &[u64]); 5] = [
    ("scalar", &[]),
    ("none", &[0, 3]),
    ("row", &[1]),
    ("matrix", &[7, 5]),
    ("rank 6", &[3, 1, 2, 1, 2, 2]),
];

/// Names in an order that is neither alphabetical nor by segments, and names with the suffixes of tensors.
const NAMES: [&str; 8] =
    ["names/a", "names/ü", "names/a/b", "names/B", "names/a.b", "names/b", "names/b:0", "names"];

/// Returns tensors of all dtypes that a source supports in all shapes, and tensors with special names.
pub(super) fn of_all_dtypes(holds: impl Fn(DType) -> bool) -> Vec<Named> {
    let dtypes = DType::all().filter(|&dtype| holds(dtype));
    let of = |dtype: DType| {
        SHAPES.map(|(name, dims)| (format!("{}/{name}", dtype.name()), tensor(dtype, dims)))
    };
    let named = NAMES.iter().zip(1..).map(|(&name, number)| {
        let tensor = Tensor::from_array(ndarray::arr1(&[number, number * number]) * 1_i64);
        (name.to_owned(), tensor.expect("a tensor"))
    });
    let tensors = dtypes.flat_map(of).chain(named);
    tensors.map(|(name, tensor)| (Name::from(name), tensor)).collect()
}

/// Returns a tensor whose elements differ.
fn tensor(dtype: DType, dims: &[u64]) -> Tensor {
    let elements = as_usize(dims.iter().product());
    let text = |number: usize| [b"\0\xff", "ü".repeat(number * number).as_bytes()].concat();
    let tensor: Result<_, TensorError> = match (dtype, dtype.width()) {
        (_, Some(width)) => {
            let bytes = (0..=u8::MAX).rev().cycle().step_by(37).take(elements * width);
            Tensor::from_bytes(dtype, dims, &bytes.collect::<Vec<_>>())
        }
        (DType::Variant, None) => Tensor::from_variants(dims, (0..elements).map(text)),
        (_, None) => Tensor::from_strings(dims, (0..elements).map(text)),
    };
    tensor.expect("a tensor")
}

/// Returns rows of a tensor.
pub(super) fn rows(tensor: &Tensor, rows: &Range<u64>) -> Tensor {
    let (count, others) = tensor.shape().dims().split_first().expect("an axis");
    let dims = [&[rows.end - rows.start], others].concat();
    let row = as_usize(others.iter().product());
    let range = as_usize(rows.start) * row..as_usize(rows.end) * row;
    assert!(rows.end <= *count);
    let rows = match (tensor.as_strings(), tensor.dtype().width()) {
        (Some(strings), _) => {
            let strings = strings.iter().skip(range.start).take(range.len());
            if tensor.dtype() == DType::Variant {
                Tensor::from_variants(dims, strings)
            } else {
                Tensor::from_strings(dims, strings)
            }
        }
        (None, width) => {
            let width = width.expect("elements of a width");
            let bytes = &tensor.as_bytes()[range.start * width..range.end * width];
            Tensor::from_bytes(tensor.dtype(), dims, bytes)
        }
    };
    rows.expect("a tensor")
}

/// Returns the elements of a tensor, for the [writer](crate::writer).
#[must_use]
pub fn data(tensor: &Tensor) -> Data {
    let strings = |strings: &checkpoint_core::Strings| strings.iter().map(<[u8]>::to_vec).collect();
    match (tensor.as_strings(), tensor.dtype()) {
        (Some(messages), DType::Variant) => Data::Variants(strings(messages)),
        (Some(all), _) => Data::Strings(strings(all)),
        (None, dtype) => {
            let mut bytes = tensor.as_bytes().to_vec();
            if cfg!(target_endian = "big") {
                bytes.chunks_mut(dtype.swap_unit().unwrap_or(1)).for_each(<[u8]>::reverse);
            }
            Data::Bytes(bytes)
        }
    }
}

/// Returns a V2 checkpoint of these tensors, to be written.
#[must_use]
pub fn bundle(tensors: &[Named]) -> Bundle {
    tensors.iter().fold(Bundle::new(), |bundle, (name, tensor)| {
        bundle.tensor(name, tensor.dtype(), tensor.shape().dims(), data(tensor))
    })
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).expect("a number of elements in memory")
}

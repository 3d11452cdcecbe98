//! The Rust types of variables.

use crate::content::Leaf;
use checkpoint_schema::listing::dtype::DType;

/// The maximum rank of an `ArrayN`.
const MAX_RANK: usize = 6;

/// A feature of `checkpoint-core`, with the name of the crate that it enables.
pub(super) const HALF: &str = "half";
pub(super) const COMPLEX: &str = "num-complex";

/// Returns the type of the elements, or `None` if Rust has none.
fn element(dtype: DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Float32 => "f32",
        DType::Float64 => "f64",
        DType::Int8 => "i8",
        DType::Int16 => "i16",
        DType::Int32 => "i32",
        DType::Int64 => "i64",
        DType::UInt8 => "u8",
        DType::UInt16 => "u16",
        DType::UInt32 => "u32",
        DType::UInt64 => "u64",
        DType::Bool => "bool",
        // The strings may not be UTF-8, which is only known when they are read.
        DType::String => "Vec<u8>",
        DType::Float16 => "half::f16",
        DType::BFloat16 => "half::bf16",
        DType::Complex64 => "num_complex::Complex<f32>",
        DType::Complex128 => "num_complex::Complex<f64>",
        _ => return None,
    })
}

/// Returns the feature of `checkpoint-core` that a dtype needs.
pub(super) fn feature(dtype: DType) -> Option<&'static str> {
    match dtype {
        DType::Float16 | DType::BFloat16 => Some(HALF),
        DType::Complex64 | DType::Complex128 => Some(COMPLEX),
        _ => None,
    }
}

impl Leaf {
    /// Returns the name of the imported type, without its parameters: `Array2`, `Tensor`.
    pub(super) fn import(self) -> Option<&'static str> {
        const ARRAYS: [&str; MAX_RANK] =
            ["Array1", "Array2", "Array3", "Array4", "Array5", "Array6"];
        match (element(self.dtype), self.rank) {
            (None, _) => Some("Tensor"),
            (Some(_), 0) => None,
            (Some(_), rank) => Some(ARRAYS.get(rank - 1).copied().unwrap_or("ArrayD")),
        }
    }

    /// Returns the type: `Array2<f32>`, `i64`.
    pub(super) fn ty(self) -> String {
        match (element(self.dtype), self.import()) {
            (Some(element), Some(array)) => format!("{array}<{element}>"),
            (Some(element), None) => element.to_owned(),
            (None, _) => "Tensor".to_owned(),
        }
    }
}

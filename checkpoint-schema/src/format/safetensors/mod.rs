//! safetensors: a header in JSON, and after it the elements of all tensors.
//!
//! A checkpoint is one file, or several with an index, `model.safetensors.index.json`, that says which tensor is in which.
//!
//! Everything is refused that the format forbids: keys that are there twice, holes between tensors, tensors that overlap,
//! and bytes that belong to no tensor.

mod error;
mod header;
mod json;
mod shards;

pub use self::error::{HeaderError, JsonError, ShardsError, TensorProblem};
pub use self::header::{Header, MAX_HEADER, METADATA, PREFIX, dtype_name};
pub use self::shards::Shards;

#[cfg(test)]
mod tests;

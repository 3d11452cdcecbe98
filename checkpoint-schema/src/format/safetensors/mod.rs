//! safetensors: a JSON header, followed by the elements of all tensors.
//!
//! A checkpoint is one file, or several with the index `model.safetensors.index.json`. The index maps each tensor to its
//! file.
//!
//! Reading is as strict as the format. Duplicate keys, holes between tensors, overlapping tensors, and bytes outside all
//! tensors are errors.

mod error;
mod header;
mod json;
mod shards;

pub use self::error::{HeaderError, JsonError, ShardsError, TensorProblem};
pub use self::header::{Header, MAX_HEADER, METADATA, PREFIX, dtype_name};
pub use self::shards::Shards;

#[cfg(test)]
mod tests;

//! The sources of checkpoints: files, memory, archives, and custom sources.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

mod access;
mod bundle;
mod memory;
mod npy;
#[cfg(feature = "npz")]
mod npz;
#[cfg(feature = "pytorch")]
mod pytorch;
mod safetensors;
mod tensorflow;
mod v1;

mod content;
mod error;
mod file;
mod files;
pub(crate) mod look;
pub(crate) mod other_format;
mod section;
mod shards;
mod storage;
mod table_file;
mod traits;
#[cfg(any(feature = "npz", feature = "pytorch"))]
mod zip;

pub use access::Access;
pub use error::SourceError;
pub use memory::Memory;
pub use other_format::OtherFormat;
pub use storage::Storage;
pub use traits::{DataFile, Source};

pub(crate) use content::{Hold, memory};
pub(crate) use error::{reason, reason_and};
pub(crate) use file::OpenFile;
pub(crate) use npy::Npy;
#[cfg(feature = "npz")]
pub(crate) use npz::Npz;
#[cfg(feature = "pytorch")]
pub(crate) use pytorch::PyTorch;
pub(crate) use safetensors::Safetensors;
pub(crate) use storage::{FileSystem, Kind};
pub(crate) use table_file::is_index;
pub(crate) use tensorflow::TensorFlow;
pub(crate) use v1::V1;

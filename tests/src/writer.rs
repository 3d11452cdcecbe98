//! A writer of checkpoints for tests: valid ones, byte for byte as `TensorFlow` writes them, and broken ones.
//!
//! ```
//! use checkpoint_tests::writer::Bundle;
//!
//! let (index, shards) = Bundle::new().f32("w", &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).in_memory()?;
//! assert_eq!(index.entries.len(), 1);
//! assert_eq!(shards[0].len(), 24);
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod bundle;
pub mod data;
pub mod graph;
pub mod index;
pub mod key;
pub mod npy;
pub mod safetensors;
pub mod state;
pub mod table;
pub mod torch;
pub mod v1;
pub mod wire;
pub mod zip;

mod crc;

pub use bundle::Bundle;
pub use data::{ByteOrder, Data};
pub use graph::Graph;
pub use index::{Entry, Extent, Header, Index, Version};
pub use state::StateFile;
pub use table::TableOptions;
pub use v1::V1;

pub use crc::masked_crc;

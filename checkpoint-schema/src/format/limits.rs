//! How much a checkpoint may ask for.

/// How much an index may ask for before it is refused.
///
/// The defaults are far above what real checkpoints need.
///
/// ```
/// use checkpoint_schema::format::Limits;
///
/// let mut limits = Limits::default();
/// limits.index_bytes = 1 << 20;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The size of an index file: 1 GiB.
    pub index_bytes: u64,
    /// The size of one block, decompressed: 512 MiB.
    pub block_bytes: u64,
    /// The size of one block of a V1 checkpoint, decompressed, in which there are tensors: 4 GiB.
    pub tensor_block_bytes: u64,
    /// The length of a key: 64 KiB.
    pub key_bytes: u64,
    /// The length of all keys together: 256 MiB. (Keys share their beginnings in the file, but not in memory.)
    pub all_keys_bytes: u64,
    /// The number of keys, or of variables and slices: 1 million. Each takes up to 320 bytes of memory besides its name and
    /// shape, while an index is read.
    pub keys: u64,
    /// The number of data files: 100,000.
    pub shards: u32,
    /// How many others each slice of a variable is compared with, on average, to find overlaps: 1024. Slices along one
    /// axis need one each, and `n` by `n` slices need `n` each.
    pub slice_comparisons: u64,
    /// The size of an object graph: 16 MiB. In memory it takes at most 32 times as much, while it is read.
    pub graph_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            index_bytes: 1 << 30,
            block_bytes: 512 << 20,
            tensor_block_bytes: 4 << 30,
            key_bytes: 64 << 10,
            all_keys_bytes: 256 << 20,
            keys: 1_000_000,
            shards: 100_000,
            slice_comparisons: 1024,
            graph_bytes: 16 << 20,
        }
    }
}

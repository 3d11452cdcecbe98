//! How much a checkpoint may ask for.

/// The most that a checkpoint may ask for; if it asks for more, it is refused.
///
/// The defaults are far above what real checkpoints need.
///
/// ```
/// use checkpoint_schema::format::Limits;
///
/// let mut limits = Limits::default();
/// limits.memory = 1 << 30;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The memory that all may take but the tensors, whatever the length of the files, in bytes: 64 MB.
    pub memory: u64,
    /// The memory besides, as a multiple of the length of the files: 8.
    pub memory_per_byte: u64,
    /// The memory that the tensors of one load, or of one call that reads several, may take, in bytes: as much as there is.
    /// Variables can share bytes of the files, so that these take less than the tensors do.
    pub load_bytes: u64,
    /// The length of a key, in bytes: 64 KiB. What messages, lists and structs say of a key takes time.
    pub key_bytes: u64,
    /// The number of data files: 100,000.
    pub shards: u32,
    /// How many others each slice of a variable is compared with, on average, to find overlaps: 1024. Slices along one
    /// axis need one each, and `n` by `n` slices need `n` each.
    pub slice_comparisons: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64_000_000,
            memory_per_byte: 8,
            load_bytes: u64::MAX,
            key_bytes: 64 << 10,
            shards: 100_000,
            slice_comparisons: 1024,
        }
    }
}

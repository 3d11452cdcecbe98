//! Limits for reading checkpoints.

/// Limits for reading a checkpoint. A checkpoint that exceeds one is refused.
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
    /// The memory for everything except tensors, independent of the length of the files, in bytes. Default: 64 MB.
    pub memory: u64,
    /// Additional memory per byte of the files. Default: 8.
    pub memory_per_byte: u64,
    /// The memory for the tensors of one load, or of one call that reads several tensors, in bytes. Unlimited by default.
    ///
    /// Tensors can need more memory than the files, because variables can share bytes of the files.
    pub load_bytes: u64,
    /// The length of a key, in bytes. Default: 64 KiB. Long keys make messages, listings and structs slow.
    pub key_bytes: u64,
    /// The number of data files. Default: 100,000.
    pub shards: u32,
    /// The average number of comparisons per slice when checking for overlaps. Default: 1024.
    ///
    /// Slices along one axis need one comparison each. An `n` by `n` grid of slices needs `n` each.
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

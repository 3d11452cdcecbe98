//! Numbers of this machine.

/// Converts a length in memory to a length in a file.
pub(crate) fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

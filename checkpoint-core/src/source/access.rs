//! Access patterns of data files.

use std::num::NonZero;

/// The access pattern that suits a [`DataFile`](crate::DataFile). The default suits local files.
///
/// ```
/// use checkpoint_core::Access;
///
/// // A server that takes 30 ms for each request, whatever its length.
/// let far = Access::default().chunk(4 << 20).small(1 << 20).near(1 << 20).in_flight(16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub(crate) chunk: usize,
    pub(crate) small: usize,
    pub(crate) near: u64,
    pub(crate) in_flight: Option<NonZero<usize>>,
}

/// The size of the widest element. Chunks are a multiple of this, so that no element is split.
const WIDEST: usize = 16;

/// The largest chunk, in bytes. Each thread has one in memory.
const LONGEST: usize = 64 << 20;

impl Default for Access {
    fn default() -> Self {
        Self { chunk: 256 << 10, small: 16 << 10, near: 4 << 10, in_flight: None }
    }
}

impl Access {
    /// Sets the largest read, in bytes; 256 KiB by default. A chunk of this size is still in the processor's cache when its
    /// checksum is computed. Each thread has one chunk in memory, so the limit is 64 MiB.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        let chunk = bytes.clamp(WIDEST, LONGEST);
        self.chunk = chunk.saturating_sub(chunk % WIDEST);
        self
    }

    /// Sets the largest size, in bytes, of a variable that is read together with its neighbours, up to a chunk; 16 KiB by
    /// default.
    #[must_use]
    pub fn small(mut self, bytes: usize) -> Self {
        self.small = bytes;
        self
    }

    /// Sets the largest gap, in bytes, between small variables that are read together; 4 KiB by default. The bytes of the gap
    /// are read and dropped.
    #[must_use]
    pub fn near(mut self, bytes: u64) -> Self {
        self.near = bytes;
        self
    }

    /// Sets the number of concurrent reads, each on its own thread. [`LoadOptions::threads`](crate::LoadOptions::threads)
    /// overrides it. The default, also for 0, is the number of cores.
    #[must_use]
    pub fn in_flight(mut self, reads: usize) -> Self {
        self.in_flight = NonZero::new(reads);
        self
    }
}

//! Reading that suits a data file.

use std::num::NonZero;

/// The way to read a [`DataFile`](crate::DataFile) best. The default suits files of this machine.
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

/// The elements of the widest type, and so of all others, are not cut where chunks are multiples of this.
const WIDEST: usize = 16;

/// The longest chunk: each thread has one in memory.
const LONGEST: usize = 64 << 20;

impl Default for Access {
    fn default() -> Self {
        Self { chunk: 256 << 10, small: 16 << 10, near: 4 << 10, in_flight: None }
    }
}

impl Access {
    /// The most bytes that are asked for at once; 256 KiB by default, few enough to be in the processor's cache still when their
    /// checksum is computed. Each thread has as many in memory, so that more than 64 MiB count as 64 MiB.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        let chunk = bytes.clamp(WIDEST, LONGEST);
        self.chunk = chunk.saturating_sub(chunk % WIDEST);
        self
    }

    /// The most bytes of a variable that is read together with those beside it, up to a chunk; 16 KiB by default.
    #[must_use]
    pub fn small(mut self, bytes: usize) -> Self {
        self.small = bytes;
        self
    }

    /// The most bytes between two small variables that are read together; 4 KiB by default. What lies between them is read for
    /// nothing.
    #[must_use]
    pub fn near(mut self, bytes: u64) -> Self {
        self.near = bytes;
        self
    }

    /// The number of reads at the same time, each on a thread of its own, unless
    /// [`LoadOptions::threads`](crate::LoadOptions::threads) says another; as many as there are cores by default, and where it
    /// is 0.
    #[must_use]
    pub fn in_flight(mut self, reads: usize) -> Self {
        self.in_flight = NonZero::new(reads);
        self
    }
}

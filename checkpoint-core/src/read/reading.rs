//! The parameters of reading, and its units.

use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::thread;

use crate::read::job::Job;
use crate::source::Source;

/// The largest task of a thread on one tensor, in bytes. Threads share larger tensors.
pub(crate) const PIECE: usize = 4 << 20;

/// The size unit of the blocks that a thread moves, in bytes.
pub(crate) const CHUNK: usize = 256 << 10;

/// The largest block on each thread, in bytes: memory in addition to the arrays, for variables whose elements are moved.
pub(crate) const BLOCK: usize = 4 << 20;

/// The largest total of these blocks on all threads, in bytes.
pub(crate) const BLOCKS: usize = 16 << 20;

/// Progress of a load, in bytes read and bytes verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of tensor bytes that have been read or verified, or passed over between wanted ones.
    pub done: u64,
    /// The total number of tensor bytes to read or verify. It is 0 if there are none, for example if all tensors are borrowed
    /// and not verified.
    pub total: u64,
}

/// The parameters of reading tensors.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a dyn Source,
    /// The number of threads; `None` for all cores.
    pub(crate) threads: Option<NonZero<usize>>,
    pub(crate) verify: bool,
    /// True if variables wanted in part are read whole if they have a checksum, to verify it.
    pub(crate) verify_parts: bool,
    pub(crate) on_progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// Set to cancel the read.
    pub(crate) cancel: Option<&'a AtomicBool>,
}

impl<'a> Reading<'a> {
    /// The default parameters: with checksums, and without reports.
    pub(crate) fn new(source: &'a dyn Source, threads: Option<NonZero<usize>>) -> Self {
        Self { source, threads, verify: true, verify_parts: false, on_progress: None, cancel: None }
    }

    /// True if all bytes of a variable's extents are read, to verify its checksum, although `taken` of its elements are fewer.
    pub(crate) fn reads_whole(&self, job: &Job<'_>, taken: u64) -> bool {
        // The checksum of a strided variable can cover other elements.
        let is_all = job.order.is_some() && taken >= job.variable.shape.elements();
        self.verify && (self.verify_parts || is_all) && job.variable.place.has_checksum()
    }

    /// The number of threads for this number of tasks.
    pub(crate) fn thread_count(&self, pieces: usize, jobs: &[Job<'_>]) -> usize {
        // Counting the cores reads files of the system, so skip it for a single task.
        if pieces < 2 {
            return 1;
        }
        let parts = jobs.iter().flat_map(|job| job.parts.iter());
        let threads =
            self.threads.or_else(|| parts.filter_map(|part| part.access().in_flight).max());
        let threads = threads.or_else(|| thread::available_parallelism().ok());
        threads.map_or(1, NonZero::get).min(pieces)
    }
}

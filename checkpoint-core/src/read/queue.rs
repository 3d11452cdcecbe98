//! The queue of tasks that threads take from.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use checkpoint_schema::listing::catalog::Name;

use crate::read::job::{Job, PlacedExtent};
use crate::read::scatter::Scatter;
use crate::source::{Access, DataFile};
use crate::system::number::as_u64;

/// A unit of work of a thread.
pub(crate) enum Task<'b> {
    /// Reads bytes of a variable straight to their destination.
    Piece {
        /// The index of the job.
        job: usize,
        /// The offset in the variable.
        at: u64,
        /// The destination.
        into: &'b mut [u8],
    },
    /// Reads bytes of variables, and moves the elements to their destinations.
    Scatter(Box<Scatter<'b>>),
    /// Reads a whole variable, and keeps the result.
    All {
        /// The index of the job.
        job: usize,
    },
    /// Reads bytes of a variable only to verify their checksum.
    Check {
        /// The index of the job.
        job: usize,
        /// The byte range; the whole variable if it can only be read whole.
        bytes: Range<u64>,
    },
}

/// The tasks that read the bytes of a variable from its offset `at`.
pub(crate) fn pieces(
    job: usize,
    mut at: u64,
    into: &mut [u8],
    piece: usize,
) -> impl Iterator<Item = Task<'_>> {
    into.chunks_mut(piece).map(move |into| {
        let start = at;
        at = at.saturating_add(as_u64(into.len()));
        Task::Piece { job, at: start, into }
    })
}

/// The tasks that verify a variable.
pub(crate) fn checks<'b>(number: usize, job: &Job<'_>) -> impl Iterator<Item = Task<'b>> + use<'b> {
    let (end, piece) = (job.size(), if job.is_of_bytes() { as_u64(job.piece()) } else { u64::MAX });
    let mut start = Some(0_u64).filter(|_| end > 0 || !job.is_of_bytes());
    std::iter::from_fn(move || {
        let at = start?;
        let next = at.saturating_add(piece).min(end);
        start = Some(next).filter(|next| *next < end);
        Some(Task::Check { job: number, bytes: at..next })
    })
}

/// The work that a thread takes at once: one task, or several small neighbouring tasks in a data file.
pub(crate) struct Batch<'j, 'b> {
    pub(crate) tasks: Vec<Task<'b>>,
    /// The common byte range, for small tasks.
    pub(crate) span: Option<Span<'j>>,
}

/// A byte range of a data file that is read at once for several small tasks.
#[derive(Clone)]
pub(crate) struct Span<'j> {
    pub(crate) file: &'j dyn DataFile,
    access: Access,
    pub(crate) shard: u32,
    pub(crate) bytes: Range<u64>,
}

impl Batch<'_, '_> {
    /// Extends the batch for another task, if its bytes are near. Returns true on success.
    fn takes(&mut self, other: Option<&Span<'_>>) -> bool {
        let both = self.span.as_mut().zip(other);
        both.is_some_and(|(span, other)| span.extend(other.shard, &other.bytes, span.access.chunk))
    }
}

impl Span<'_> {
    /// Extends the span if `bytes` start within it or near its end, and the result is at most `most` bytes. Returns true on
    /// success.
    fn extend(&mut self, shard: u32, bytes: &Range<u64>, most: usize) -> bool {
        let end = self.bytes.end.max(bytes.end);
        let is_near = bytes.start >= self.bytes.start
            && bytes.start <= self.bytes.end.saturating_add(self.access.near)
            && end.saturating_sub(self.bytes.start) <= as_u64(most);
        let extends = is_near && shard == self.shard;
        if extends {
            self.bytes.end = end;
        }
        extends
    }
}

/// The tasks that no thread has taken yet.
pub(crate) struct Queue<'j, 'b> {
    left: Mutex<std::vec::IntoIter<Batch<'j, 'b>>>,
    /// Set after a thread has failed.
    stop: AtomicBool,
    done: AtomicU64,
    /// The number of bytes of tasks that need not be read.
    skipped: AtomicU64,
    pub(crate) total: u64,
}

impl<'j, 'b> Queue<'j, 'b> {
    /// Creates a queue of tasks in file order.
    pub(crate) fn new(jobs: &'j [Job<'_>], mut tasks: Vec<Task<'b>>) -> Self {
        tasks.sort_by_cached_key(|task| order(jobs, task));
        let sizes = tasks.iter().map(|task| size(jobs, task));
        let total = sizes.fold(0, u64::saturating_add);
        let left = Mutex::new(batches(jobs, tasks).into_iter());
        let (done, skipped) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { left, stop: AtomicBool::new(false), done, skipped, total }
    }

    pub(crate) fn next(&self) -> Option<Batch<'j, 'b>> {
        if self.is_stopped() {
            return None;
        }
        // Taking the next item cannot leave the iterator in an invalid state.
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    pub(crate) fn len(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Stops the queue: threads take no more tasks.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// True if a thread has failed.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Adds to the number of bytes that are passed over.
    pub(crate) fn skip(&self, bytes: u64) {
        self.skipped.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The number of bytes that were passed over.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    /// Adds to the number of bytes read. Returns the total so far.
    pub(crate) fn read(&self, bytes: u64) -> u64 {
        self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
    }
}

/// Groups tasks, in file order, into batches of small neighbouring tasks.
pub(crate) fn batches<'j, 'b>(jobs: &'j [Job<'_>], tasks: Vec<Task<'b>>) -> Vec<Batch<'j, 'b>> {
    let mut batches: Vec<Batch<'j, 'b>> = Vec::new();
    for task in tasks {
        let span = span(jobs, &task);
        let near = batches.last_mut().and_then(|last| last.takes(span.as_ref()).then_some(last));
        match near {
            Some(batch) => batch.tasks.push(task),
            None => batches.push(Batch { tasks: vec![task], span }),
        }
    }
    batches
}

/// The start of a task in the files. Variables without data files are sorted by name, the likely order in their source.
fn order<'j>(jobs: &'j [Job<'_>], task: &Task<'_>) -> ((u32, u64), Option<&'j Name>) {
    let start = |job: usize, bytes: &Range<u64>| {
        jobs.get(job).map(|job| (job.start(bytes), Some(&job.variable.name)))
    };
    let start = match task {
        Task::Piece { job, at, into } => start(*job, &(*at..at.saturating_add(as_u64(into.len())))),
        Task::Scatter(scatter) => scatter.reads.first().and_then(|(job, bytes)| start(*job, bytes)),
        Task::All { job } => start(*job, &(0..u64::MAX)),
        Task::Check { job, bytes } => start(*job, bytes),
    };
    start.unwrap_or_default()
}

/// The number of bytes that a task reads or passes over.
fn size(jobs: &[Job<'_>], task: &Task<'_>) -> u64 {
    match task {
        Task::Piece { into, .. } => as_u64(into.len()),
        Task::Scatter(scatter) => {
            let sizes =
                scatter.reads.iter().map(|(_, bytes)| bytes.end.saturating_sub(bytes.start));
            sizes.fold(0, u64::saturating_add)
        }
        Task::All { job } => jobs.get(*job).map_or(0, Job::size),
        Task::Check { bytes, .. } => bytes.end.saturating_sub(bytes.start),
    }
}

/// The byte range of a small task, if its bytes are near one another in a data file that is not in memory.
fn span<'j>(jobs: &'j [Job<'_>], task: &Task<'_>) -> Option<Span<'j>> {
    let (one, more) = match task {
        Task::Piece { job, at, into } => {
            (Some((*job, *at..at.saturating_add(as_u64(into.len())))), &[][..])
        }
        Task::Check { job, bytes } => (Some((*job, bytes.clone())), &[][..]),
        Task::Scatter(scatter) => (None, &scatter.reads[..]),
        Task::All { .. } => return None,
    };
    let mut all: Option<Span<'j>> = None;
    for (job, bytes) in one.iter().chain(more) {
        let job = jobs.get(*job).filter(|job| job.is_of_bytes())?;
        for (_, PlacedExtent { extent, file, .. }, stored) in job.stored(bytes) {
            let at = |stored: u64| extent.offset.saturating_add(stored);
            let (shard, bytes) = (extent.shard, at(stored.start)..at(stored.end));
            let (file, access) = (*file, file.access());
            let none = bytes.start..bytes.start;
            let span = all.get_or_insert(Span { file, access, shard, bytes: none });
            if !span.extend(shard, &bytes, access.small) {
                return None;
            }
        }
    }
    all.filter(|span| span.file.bytes().is_none())
}

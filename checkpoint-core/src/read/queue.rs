//! What there is to read, as threads take it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use checkpoint_schema::catalog::Name;

use crate::read::job::Job;
use crate::read::scatter::Scatter;
use crate::read::{PIECE, as_u64};

/// What a thread does before it looks for more.
pub(crate) enum Task<'b> {
    /// Reads bytes of a variable straight to where they belong.
    Piece {
        /// The number of the job.
        job: usize,
        /// The first of the variable's bytes.
        at: u64,
        /// Where they belong.
        into: &'b mut [u8],
    },
    /// Reads bytes of variables, and moves them to where they belong.
    Scatter(Scatter<'b>),
    /// Reads all of a variable at once, and keeps it.
    All {
        /// The number of the job.
        job: usize,
    },
}

/// The tasks for bytes of a variable, the first of which is its byte `at`.
pub(crate) fn pieces(job: usize, mut at: u64, into: &mut [u8]) -> impl Iterator<Item = Task<'_>> {
    into.chunks_mut(PIECE).map(move |into| {
        let start = at;
        at = at.saturating_add(as_u64(into.len()));
        Task::Piece { job, at: start, into }
    })
}

/// The tasks that no thread has taken yet.
pub(crate) struct Queue<'b> {
    left: Mutex<std::vec::IntoIter<Task<'b>>>,
    /// Set where a thread has failed.
    stop: AtomicBool,
    done: AtomicU64,
    pub(crate) total: u64,
}

impl<'b> Queue<'b> {
    /// A queue of tasks in the order of the files.
    pub(crate) fn new(jobs: &[Job<'_>], mut tasks: Vec<Task<'b>>) -> Self {
        tasks.sort_by_cached_key(|task| order(jobs, task));
        let sizes = tasks.iter().map(|task| size(jobs, task));
        let total = sizes.fold(0, u64::saturating_add);
        let left = Mutex::new(tasks.into_iter());
        Self { left, stop: AtomicBool::new(false), done: AtomicU64::new(0), total }
    }

    pub(crate) fn next(&self) -> Option<Task<'b>> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        // Taking the next cannot leave the queue half changed.
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    pub(crate) fn len(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Lets threads take no more.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Notes that bytes were read; all that were so far.
    pub(crate) fn read(&self, bytes: u64) -> u64 {
        self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
    }
}

/// Where a task starts in the files; where only the source knows, its elements are likely to be in the order of names.
fn order<'j>(jobs: &'j [Job<'_>], task: &Task<'_>) -> ((u32, u64), Option<&'j Name>) {
    let start = |job: usize, bytes: &Range<u64>| {
        jobs.get(job).map(|job| (job.start(bytes), Some(&job.variable.name)))
    };
    let start = match task {
        Task::Piece { job, at, into } => start(*job, &(*at..at.saturating_add(as_u64(into.len())))),
        Task::Scatter(scatter) => scatter.reads.first().and_then(|(job, bytes)| start(*job, bytes)),
        Task::All { job } => start(*job, &(0..u64::MAX)),
    };
    start.unwrap_or_default()
}

/// The bytes that a task reads.
fn size(jobs: &[Job<'_>], task: &Task<'_>) -> u64 {
    match task {
        Task::Piece { into, .. } => as_u64(into.len()),
        Task::Scatter(scatter) => {
            let sizes =
                scatter.reads.iter().map(|(_, bytes)| bytes.end.saturating_sub(bytes.start));
            sizes.fold(0, u64::saturating_add)
        }
        Task::All { job } => jobs.get(*job).map_or(0, Job::size),
    }
}

//! What there is to read, as threads take it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use checkpoint_schema::listing::catalog::Name;

use crate::read::as_u64;
use crate::read::job::{Job, Part};
use crate::read::scatter::Scatter;
use crate::source::{Access, DataFile};

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
    /// Reads bytes of a variable for their checksum alone.
    Check {
        /// The number of the job.
        job: usize,
        /// The bytes; all of them where the variable can only be read at once.
        bytes: Range<u64>,
    },
}

/// The tasks for bytes of a variable, the first of which is its byte `at`.
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

/// What a thread takes at once: a task, or small ones that are near to one another in a data file.
pub(crate) struct Batch<'j, 'b> {
    pub(crate) tasks: Vec<Task<'b>>,
    /// Where they are, if they are small.
    pub(crate) span: Option<Span<'j>>,
}

/// Bytes of a data file that are read at once for what needs some of them.
#[derive(Clone)]
pub(crate) struct Span<'j> {
    pub(crate) file: &'j dyn DataFile,
    access: Access,
    pub(crate) shard: u32,
    pub(crate) bytes: Range<u64>,
}

impl Batch<'_, '_> {
    /// Makes room for another task, if what it reads is near; whether it is.
    fn takes(&mut self, other: Option<&Span<'_>>) -> bool {
        let both = self.span.as_mut().zip(other);
        both.is_some_and(|(span, other)| span.extend(other.shard, &other.bytes, span.access.chunk))
    }
}

impl Span<'_> {
    /// Adds bytes that begin within or not far behind it; whether they do, and it stays short.
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
    /// Set where a thread has failed.
    stop: AtomicBool,
    done: AtomicU64,
    pub(crate) total: u64,
}

impl<'j, 'b> Queue<'j, 'b> {
    /// A queue of tasks in the order of the files.
    pub(crate) fn new(jobs: &'j [Job<'_>], mut tasks: Vec<Task<'b>>) -> Self {
        tasks.sort_by_cached_key(|task| order(jobs, task));
        let sizes = tasks.iter().map(|task| size(jobs, task));
        let total = sizes.fold(0, u64::saturating_add);
        let left = Mutex::new(batches(jobs, tasks).into_iter());
        Self { left, stop: AtomicBool::new(false), done: AtomicU64::new(0), total }
    }

    pub(crate) fn next(&self) -> Option<Batch<'j, 'b>> {
        if self.is_stopped() {
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

    /// Whether a thread has failed.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Notes that bytes were read; all that were so far.
    pub(crate) fn read(&self, bytes: u64) -> u64 {
        self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes)
    }
}

/// Tasks in the order of the files, those together that are small and near to one another.
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

/// Where a task starts in the files; where only the source knows, its elements are likely to be in the order of names.
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
        Task::Check { bytes, .. } => bytes.end.saturating_sub(bytes.start),
    }
}

/// Where all bytes of a small task are, if they are near to one another in a data file that is not in memory.
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
        for (_, Part { extent, file, access, .. }, stored) in job.stored(bytes) {
            let at = |stored: u64| extent.offset.saturating_add(stored);
            let (shard, bytes) = (extent.shard, at(stored.start)..at(stored.end));
            let (file, access) = (*file, *access);
            let none = bytes.start..bytes.start;
            let span = all.get_or_insert(Span { file, access, shard, bytes: none });
            if !span.extend(shard, &bytes, access.small) {
                return None;
            }
        }
    }
    all.filter(|span| span.file.bytes().is_none())
}

//! Reading on several threads.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use checkpoint_schema::catalog::Name;
use checkpoint_schema::format::checksum::{Digest, combine, crc32c};
use checkpoint_schema::shape::Shape;

use crate::buffer::Buffer;
use crate::read::job::{Job, Part};
use crate::read::region::{Run, run_of};
use crate::read::scatter::{Lost, Scatter};
use crate::read::{
    BLOCK, CHUNK, PIECE, Progress, ReadError, ReadErrorKind, Reading, as_u64, failed,
};
use crate::source::SourceError;
use crate::value::Value;

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

/// The checksum of bytes of an extent that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sum {
    job: usize,
    part: usize,
    at: u64,
    len: u64,
    crc32c: u32,
}

/// What threads have done.
#[derive(Default)]
struct Done {
    sums: Vec<Sum>,
    /// What was read all at once, with the numbers of the jobs.
    all: Vec<(usize, Buffer)>,
}

/// The tasks that no thread has taken yet.
struct Queue<'b> {
    left: Mutex<std::vec::IntoIter<Task<'b>>>,
    stop: AtomicBool,
    done: AtomicU64,
    total: u64,
}

impl<'b> Queue<'b> {
    /// A queue of tasks in the order of the files.
    fn new(jobs: &[Job<'_>], mut tasks: Vec<Task<'b>>) -> Self {
        tasks.sort_by_cached_key(|task| order(jobs, task));
        let sizes = tasks.iter().map(|task| size(jobs, task));
        let total = sizes.fold(0, u64::saturating_add);
        let left = Mutex::new(tasks.into_iter());
        Self { left, stop: AtomicBool::new(false), done: AtomicU64::new(0), total }
    }

    fn next(&self) -> Option<Task<'b>> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        // Taking the next cannot leave the queue half changed.
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn len(&self) -> usize {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).len()
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

/// What is known after all tasks are done.
pub(crate) struct Outcome {
    /// What was read all at once and kept, with the numbers of the jobs.
    pub(crate) all: Vec<(usize, Buffer)>,
    /// The number of variables whose checksums were not verified, as not all of their bytes were read.
    pub(crate) unverified: usize,
}

impl Reading<'_> {
    /// Does all tasks, and verifies the checksums of all extents that were read as a whole.
    pub(crate) fn run(&self, jobs: &[Job<'_>], tasks: Vec<Task<'_>>) -> Result<Outcome, ReadError> {
        let queue = Queue::new(jobs, tasks);
        self.report(&queue, 0);
        let threads = self.threads.get().min(queue.len());
        let Done { sums, all } = if threads < 2 {
            self.work(jobs, &queue)?
        } else {
            self.work_on(threads, jobs, &queue)?
        };
        let unverified = if self.verify { verify(jobs, sums)? } else { jobs.len() };
        Ok(Outcome { all, unverified })
    }

    /// Shows all bytes of a variable to `visit`, in order, and verifies the checksums.
    pub(crate) fn run_in_order(
        &self,
        job: Job<'_>,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let jobs = [job];
        let [job] = &jobs;
        let queue = Queue::new(&jobs, Vec::new());
        let mut worker = Worker::new(self, &queue);
        let end = job.size();
        let mut memory = vec![0; usize::try_from(end).unwrap_or(CHUNK).min(CHUNK)];
        let mut at = 0;
        while at < end {
            let left = usize::try_from(end.saturating_sub(at)).unwrap_or(CHUNK);
            let into = memory.get_mut(..left.min(CHUNK)).unwrap_or_default();
            let task = Task::Piece { job: 0, at, into: &mut *into };
            worker.task(&jobs, task)?;
            visit(into);
            at = at.saturating_add(as_u64(into.len()));
        }
        if self.verify { verify(&jobs, worker.done.sums).map(drop) } else { Ok(()) }
    }

    fn work_on(
        &self,
        threads: usize,
        jobs: &[Job<'_>],
        queue: &Queue<'_>,
    ) -> Result<Done, ReadError> {
        thread::scope(|scope| {
            let start = |_| scope.spawn(|| self.work(jobs, queue));
            let workers: Vec<_> = (0..threads).map(start).collect();
            let mut all = Done::default();
            for worker in workers {
                let done =
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                all.sums.extend(done.sums);
                all.all.extend(done.all);
            }
            Ok(all)
        })
    }

    /// Does tasks until there are none, or until another thread has failed.
    fn work(&self, jobs: &[Job<'_>], queue: &Queue<'_>) -> Result<Done, ReadError> {
        let mut worker = Worker::new(self, queue);
        while let Some(task) = queue.next() {
            if let Err(error) = worker.task(jobs, task) {
                queue.stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(worker.done)
    }

    fn report(&self, queue: &Queue<'_>, read: u64) {
        if let Some(on_progress) = self.on_progress {
            let done = queue.done.fetch_add(read, Ordering::Relaxed).saturating_add(read);
            on_progress(Progress { done, total: queue.total });
        }
    }
}

/// A thread that reads.
struct Worker<'w, 'b> {
    reading: &'w Reading<'w>,
    queue: &'w Queue<'b>,
    /// Memory for bytes that do not follow one another where they belong.
    scratch: Vec<u8>,
    done: Done,
}

impl<'w, 'b> Worker<'w, 'b> {
    fn new(reading: &'w Reading<'w>, queue: &'w Queue<'b>) -> Self {
        Self { reading, queue, scratch: Vec::new(), done: Done::default() }
    }

    fn task(&mut self, jobs: &[Job<'_>], task: Task<'_>) -> Result<(), ReadError> {
        let job = |number: usize| jobs.get(number).map(|job| (number, job));
        match task {
            Task::Piece { job: number, at, into } => {
                let Some(job) = job(number) else { return Ok(()) };
                let bytes = at..at.saturating_add(as_u64(into.len()));
                self.parts(job, &bytes, |worker, part, stored| {
                    worker.piece(job.1, part, stored, at, into)
                })
            }
            Task::Scatter(mut scatter) => {
                for (number, bytes) in std::mem::take(&mut scatter.reads) {
                    let Some(job) = job(number) else { continue };
                    self.read(job, &bytes, &mut scatter)?;
                }
                Ok(())
            }
            Task::All { job: number } => {
                let Some((_, job)) = job(number) else { return Ok(()) };
                let all = self.all(job)?;
                self.done.all.push((number, all));
                Ok(())
            }
        }
    }

    /// Reads all of a variable at once.
    fn all(&self, job: &Job<'_>) -> Result<Buffer, ReadError> {
        let buffer = job.read_all(self.reading.verify);
        let buffer = buffer.map_err(|kind| failed(&job.variable.name, kind))?;
        self.reading.report(self.queue, job.size());
        Ok(buffer)
    }

    /// Reads bytes of a variable, and moves them to where they belong. What is not in data files is in memory as a whole
    /// while it is moved.
    fn read(
        &mut self,
        job: (usize, &Job<'_>),
        bytes: &Range<u64>,
        scatter: &mut Scatter<'_>,
    ) -> Result<(), ReadError> {
        let (number, it) = job;
        if !it.is_of_bytes() {
            let buffer = self.all(it)?;
            let moved = put(it, number, 0, buffer.bytes(), scatter);
            return moved.map_err(|kind| failed(&it.variable.name, kind));
        }
        self.parts(job, bytes, |worker, part, stored| worker.spread(job, part, stored, scatter))
    }

    /// Reads what each extent of a variable has of these bytes of the variable, in the way that is given.
    fn parts(
        &mut self,
        (number, job): (usize, &Job<'_>),
        bytes: &Range<u64>,
        mut read: impl FnMut(&mut Self, &Part<'_>, &Range<u64>) -> Result<u32, ReadErrorKind>,
    ) -> Result<(), ReadError> {
        for (part_number, part) in job.parts.iter().enumerate() {
            let stored = part.region.before(bytes.start)..part.region.before(bytes.end);
            if !stored.is_empty() {
                let crc32c = read(self, part, &stored);
                let crc32c = crc32c.map_err(|kind| failed(&job.variable.name, kind))?;
                let len = stored.end.saturating_sub(stored.start);
                let (part, at) = (part_number, stored.start);
                self.done.sums.push(Sum { job: number, part, at, len, crc32c });
            }
        }
        Ok(())
    }

    /// Reads these bytes of an extent, moves them to where they belong, and gives their checksum.
    fn spread(
        &mut self,
        (number, job): (usize, &Job<'_>),
        part: &Part<'_>,
        stored: &Range<u64>,
        scatter: &mut Scatter<'_>,
    ) -> Result<u32, ReadErrorKind> {
        let mut digest = Digest::new();
        let width = job.variable.dtype.width().unwrap_or(1);
        let at_once = scatter.at_once(number, width, CHUNK, BLOCK);
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut at = stored.start;
        while at < stored.end {
            let left = usize::try_from(stored.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(at_once);
            if scratch.len() < len {
                scratch.resize(len, 0);
            }
            let block = scratch.get_mut(..len).unwrap_or_default();
            let mut here = at;
            for chunk in block.chunks_mut(CHUNK) {
                self.chunk(job, part, here, chunk, &mut digest)?;
                here = here.saturating_add(as_u64(chunk.len()));
            }
            let (mut from, mut rest) = (at, &*block);
            while !rest.is_empty() {
                let Run { place, len } = part.region.run(from);
                let len = usize::try_from(len).unwrap_or(usize::MAX).clamp(1, rest.len());
                let (run, others) = rest.split_at(len);
                let moved = put(job, number, place, run, scatter);
                moved.map_err(|kind| self.or_damage(kind, part))?;
                from = from.saturating_add(as_u64(len));
                rest = others;
            }
            at = here;
        }
        self.scratch = scratch;
        Ok(digest.value())
    }

    /// The same, unless the extent is damaged: then any element may be something else.
    fn or_damage(&self, kind: ReadErrorKind, part: &Part<'_>) -> ReadErrorKind {
        if !self.reading.verify {
            return kind;
        }
        let Part { extent, file, .. } = part;
        let mut digest = Digest::new();
        let mut chunk = vec![0; CHUNK];
        let mut at = 0;
        while at < extent.size {
            let left = usize::try_from(extent.size.saturating_sub(at)).unwrap_or(CHUNK);
            let bytes = chunk.get_mut(..left.min(CHUNK)).unwrap_or_default();
            let offset = extent.offset.saturating_add(at);
            if let Err(error) = file.read(offset, bytes) {
                return SourceError::read(*file, offset, error).into();
            }
            digest.update(bytes);
            at = at.saturating_add(as_u64(bytes.len()));
        }
        match digest.value() {
            right if right == extent.crc32c => kind,
            computed => ReadErrorKind::checksum(*file, extent, computed).or_foreign(*file),
        }
    }

    /// Reads these bytes of an extent to where they belong in `into`, which is the variable from its byte `from` on, and
    /// gives their checksum.
    fn piece(
        &mut self,
        job: &Job<'_>,
        part: &Part<'_>,
        stored: &Range<u64>,
        from: u64,
        into: &mut [u8],
    ) -> Result<u32, ReadErrorKind> {
        let mut digest = Digest::new();
        let mut at = stored.start;
        while at < stored.end {
            let left = usize::try_from(stored.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(CHUNK);
            let run = part.region.run(at);
            if run.len >= as_u64(len) {
                let Some(chunk) = run_of(into, from, run.place, len) else { break };
                self.chunk(job, part, at, chunk, &mut digest)?;
            } else {
                let mut scratch = std::mem::take(&mut self.scratch);
                if scratch.len() < len {
                    scratch.resize(CHUNK, 0);
                }
                let chunk = scratch.get_mut(..len).unwrap_or_default();
                self.chunk(job, part, at, chunk, &mut digest)?;
                part.region.scatter(at, chunk, from, into);
                self.scratch = scratch;
            }
            at = at.saturating_add(as_u64(len));
        }
        Ok(digest.value())
    }

    /// Reads the bytes of an extent from its byte `at` on.
    fn chunk(
        &self,
        job: &Job<'_>,
        part: &Part<'_>,
        at: u64,
        into: &mut [u8],
        digest: &mut Digest,
    ) -> Result<(), ReadErrorKind> {
        let offset = part.extent.offset.saturating_add(at);
        part.file
            .read(offset, into)
            .map_err(|error| SourceError::read(part.file, offset, error))?;
        if self.reading.verify {
            digest.update(into);
        }
        job.native.apply(into);
        self.reading.report(self.queue, as_u64(into.len()));
        Ok(())
    }
}

/// Moves bytes of a variable, the first of which is its byte `at`, to where they belong.
fn put(
    job: &Job<'_>,
    number: usize,
    at: u64,
    bytes: &[u8],
    scatter: &mut Scatter<'_>,
) -> Result<(), ReadErrorKind> {
    let dtype = job.variable.dtype;
    let width = dtype.width().unwrap_or(1);
    let first = at.checked_div(as_u64(width)).unwrap_or(0);
    scatter.put(number, first, bytes).map_err(|Lost(element, into)| {
        let before = usize::try_from(element.saturating_sub(first)).unwrap_or(usize::MAX);
        let start = before.saturating_mul(width);
        let bytes = bytes.get(start..start.saturating_add(width)).unwrap_or_default();
        match Value::decode(dtype, bytes) {
            Some(value) => {
                let index = index(&job.variable.shape, element);
                ReadErrorKind::NotHeld { index, value, dtype: into }
            }
            None => ReadErrorKind::Unsupported { what: "such a conversion is" },
        }
    })
}

/// The index of an element on each axis.
fn index(shape: &Shape, element: u64) -> Box<[u64]> {
    let mut rest = element;
    let mut index: Vec<u64> = Vec::new();
    for &dim in shape.dims().iter().rev() {
        index.push(rest.checked_rem(dim).unwrap_or(0));
        rest = rest.checked_div(dim).unwrap_or(0);
    }
    index.reverse();
    index.into()
}

/// Compares the checksum of each extent, put together from those of its pieces, with the one in the index. Gives the number
/// of variables with extents that were read in part: there is nothing to compare them with.
fn verify(jobs: &[Job<'_>], mut sums: Vec<Sum>) -> Result<usize, ReadError> {
    sums.sort_unstable();
    let mut sums = sums.into_iter().peekable();
    let mut unverified = 0_usize;
    for (number, job) in jobs.iter().enumerate().filter(|(_, job)| job.is_of_bytes()) {
        let mut is_verified = true;
        for (part_number, Part { extent, file, .. }) in job.parts.iter().enumerate() {
            let (mut read, mut computed) = (0_u64, crc32c(b""));
            while let Some(sum) = sums.next_if(|sum| (sum.job, sum.part) == (number, part_number)) {
                computed = combine(computed, sum.crc32c, sum.len);
                read = read.saturating_add(sum.len);
            }
            is_verified &= read == extent.size || read == 0;
            if read == extent.size && computed != extent.crc32c {
                let kind = ReadErrorKind::checksum(*file, extent, computed).or_foreign(*file);
                return Err(failed(&job.variable.name, kind));
            }
        }
        unverified = unverified.saturating_add(usize::from(!is_verified));
    }
    Ok(unverified)
}

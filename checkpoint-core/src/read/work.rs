//! The threads that read.

use std::iter;
use std::ops::Range;
use std::sync::atomic::Ordering;

use checkpoint_schema::listing::checksum::Digest;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::strided::Run;

use crate::read::job::{Job, PlacedExtent};
use crate::read::queue::{Batch, Queue, Task, batches};
use crate::system::huge_pages::Touched;
use crate::tensor::buffer::Buffer;

use crate::read::checksums::{Checksums, RangeChecksum};
use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::read_ahead::ReadAhead;
use crate::read::reading::{BLOCK, BLOCKS, CHUNK, Progress, Reading};
use crate::read::scatter::{Lost, Scatter};
use crate::read::strides::Strides;
use crate::source::SourceError;
use crate::system::number::as_u64;
use crate::system::threads::on_threads;
use crate::tensor::region::{run_of, scatter};
use crate::tensor::value::Value;

/// With at least this many threads, the pages where tensors meet stay small. The system creates one large page at a time, and
/// meanwhile blocks all threads that touch new memory. The same memory in small pages takes about eight times as long, but all
/// threads can touch it in parallel.
const MANY: usize = 8;

/// The checksum so far, if it is to be verified.
type Sought = Option<Digest>;

/// Results that were read whole, with their job indices.
type Kept = Vec<(usize, Buffer)>;

/// The result of all tasks.
pub(crate) struct Outcome {
    /// Results that were read whole, with their job indices.
    pub(crate) all: Vec<(usize, Buffer)>,
    /// The number of variables whose checksums were not verified: all of them without verification, otherwise those read in
    /// part.
    pub(crate) unverified: usize,
    /// The number of variables without a checksum.
    pub(crate) without: usize,
    /// The number of bytes between wanted ones that were not read.
    pub(crate) skipped: u64,
}

/// The state that threads share.
pub(crate) struct Shared<'w, 'b> {
    reading: &'w Reading<'w>,
    jobs: &'w [Job<'w>],
    queue: Queue<'w, 'b>,
    sums: &'w Checksums,
    /// Large pages to create before they are filled, if that saves time.
    touched: Option<&'w Touched>,
    threads: usize,
}

impl Reading<'_> {
    /// Runs all tasks, and verifies the checksums of all extents that are read completely.
    pub(crate) fn run(
        &self,
        jobs: &[Job<'_>],
        tasks: Vec<Task<'_>>,
        touched: Option<&Touched>,
    ) -> Result<Outcome, ReadError> {
        let sums = Checksums::new(if self.verify { jobs } else { &[] })?;
        let shared = Shared::new(self, jobs, tasks, &sums, touched);
        shared.report(0);
        let all = if shared.threads < 2 { shared.work()? } else { shared.work_on_all()? };
        let without = jobs.iter().filter(|job| !job.variable.place.has_checksum()).count();
        let unverified =
            if self.verify { sums.unverified() } else { jobs.len().saturating_sub(without) };
        Ok(Outcome { all, unverified, without, skipped: shared.queue.skipped() })
    }

    /// Calls `visit` with all bytes of a variable, in order, and verifies the checksums.
    pub(crate) fn run_in_order(
        &self,
        job: Job<'_>,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let (end, chunk) = (job.size(), job.chunk());
        let jobs = [job];
        let sums = Checksums::new(if self.verify { &jobs } else { &[] })?;
        let shared = Shared::new(self, &jobs, Vec::new(), &sums, None);
        let mut worker = Worker::new(&shared);
        let mut memory = vec![0; usize::try_from(end).unwrap_or(chunk).min(chunk)];
        let mut at = 0;
        while at < end {
            let left = usize::try_from(end.saturating_sub(at)).unwrap_or(chunk);
            let into = memory.get_mut(..left.min(chunk)).unwrap_or_default();
            worker.task(Task::Piece { job: 0, at, into: &mut *into })?;
            visit(into);
            at = at.saturating_add(as_u64(into.len()));
        }
        Ok(())
    }
}

impl<'w, 'b> Shared<'w, 'b> {
    pub(crate) fn new(
        reading: &'w Reading<'w>,
        jobs: &'w [Job<'w>],
        tasks: Vec<Task<'b>>,
        sums: &'w Checksums,
        touched: Option<&'w Touched>,
    ) -> Self {
        let queue = Queue::new(jobs, tasks);
        let threads = reading.thread_count(queue.len(), jobs);
        let touched = touched.filter(|_| threads < MANY);
        Self { reading, jobs, queue, sums, touched, threads }
    }

    fn work_on_all(&self) -> Result<Kept, ReadError> {
        let all = on_threads(self.threads, || self.work());
        all.into_iter().fold(Ok(Kept::new()), both)
    }

    /// Creates large pages for memory that is filled next.
    fn prepare(&self, memory: Range<*const u8>) {
        if let Some(touched) = self.touched {
            touched.make(memory);
        }
    }

    /// Returns an error if the read was cancelled, or if another thread has failed.
    fn go_on(&self) -> Result<(), ReadErrorKind> {
        let cancelled = self.reading.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
        if cancelled || self.queue.is_stopped() { Err(ReadErrorKind::Cancelled) } else { Ok(()) }
    }

    /// Runs tasks until none are left, or until another thread has failed.
    fn work(&self) -> Result<Kept, ReadError> {
        let mut worker = Worker::new(self);
        while let Some(batch) = self.queue.next() {
            if let Err(error) = worker.batch(batch) {
                self.queue.stop();
                return Err(error);
            }
        }
        Ok(worker.kept)
    }

    /// The largest block that a thread moves at a time, in bytes: a multiple of `CHUNK`.
    fn block(&self) -> usize {
        let chunks = BLOCKS.checked_div(self.threads).and_then(|share| share.checked_div(CHUNK));
        chunks.unwrap_or(0).max(1).saturating_mul(CHUNK).min(BLOCK)
    }

    /// Counts bytes that are passed over.
    fn pass_over(&self, bytes: u64) {
        self.queue.skip(bytes);
        self.report(bytes);
    }

    fn report(&self, read: u64) {
        if let Some(on_progress) = self.reading.on_progress {
            let done = self.queue.read(read);
            on_progress(Progress { done, total: self.queue.total });
        }
    }
}

/// Combines the results of two threads. A real error wins over the cancellation that it caused in the other thread.
fn both(one: Result<Kept, ReadError>, other: Result<Kept, ReadError>) -> Result<Kept, ReadError> {
    match (one, other) {
        (Ok(mut one), Ok(other)) => {
            one.extend(other);
            Ok(one)
        }
        (Err(one), Err(other)) => {
            Err(if matches!(one.kind, ReadErrorKind::Cancelled) { other } else { one })
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

/// The state of a reading thread.
pub(crate) struct Worker<'s, 'w, 'b> {
    shared: &'s Shared<'w, 'b>,
    /// A buffer for bytes that are not contiguous at their destination.
    scratch: Vec<u8>,
    /// The read-ahead buffer.
    read_ahead: ReadAhead,
    kept: Kept,
}

impl<'s, 'w, 'b> Worker<'s, 'w, 'b> {
    pub(crate) fn new(shared: &'s Shared<'w, 'b>) -> Self {
        Self { shared, scratch: Vec::new(), read_ahead: ReadAhead::default(), kept: Kept::new() }
    }

    /// Runs a batch whose tasks share one read. After a failure of the shared read, the first task reads alone, and each half
    /// of the others is tried as a batch again. This finds an unreadable variable with few reads. It takes two reads if nothing
    /// is readable.
    fn batch(&mut self, batch: Batch<'_, '_>) -> Result<(), ReadError> {
        let mut tasks = batch.tasks;
        let span = batch.span.filter(|_| tasks.len() > 1);
        if span.is_none_or(|span| self.read_ahead.read(&span)) {
            return tasks.into_iter().try_for_each(|task| self.task(task));
        }
        let mut others = tasks.split_off(1);
        tasks.into_iter().try_for_each(|task| self.task(task))?;
        let second = others.split_off(others.len() / 2);
        let halves = [others, second].into_iter().flat_map(|half| batches(self.shared.jobs, half));
        halves.collect::<Vec<_>>().into_iter().try_for_each(|half| self.batch(half))
    }

    pub(crate) fn task(&mut self, task: Task<'_>) -> Result<(), ReadError> {
        let jobs = self.shared.jobs;
        let job = |number: usize| jobs.get(number).map(|job| (number, job));
        match task {
            Task::Piece { job: number, at, into } => {
                let Some(job) = job(number) else { return Ok(()) };
                self.shared.prepare(into.as_ptr_range());
                let bytes = at..at.saturating_add(as_u64(into.len()));
                self.parts(job, &bytes, |worker, (_, part), stored| {
                    worker.piece(part, stored, at, into)
                })
            }
            Task::Scatter(mut scatter) => {
                for place in &scatter.places {
                    self.shared.prepare(place.span());
                }
                for (number, bytes) in std::mem::take(&mut scatter.reads) {
                    let Some(job) = job(number) else { continue };
                    self.read(job, &bytes, &mut scatter)?;
                }
                Ok(())
            }
            Task::All { job: number } => {
                let Some((_, job)) = job(number) else { return Ok(()) };
                let all = self.all(job)?;
                self.kept.push((number, all));
                Ok(())
            }
            Task::Check { job: number, bytes } => match job(number) {
                Some((_, job)) if !job.is_of_bytes() => self.all(job).map(drop),
                Some(both) => {
                    self.parts(both, &bytes, |worker, (_, part), stored| worker.check(part, stored))
                }
                None => Ok(()),
            },
        }
    }

    /// Reads these bytes of an extent, unless they are in memory. Returns their checksum if it is to be verified.
    fn check(
        &mut self,
        part: &PlacedExtent<'_>,
        stored: &Range<u64>,
    ) -> Result<Sought, ReadErrorKind> {
        let mut digest = self.digest(part);
        let mut scratch = std::mem::take(&mut self.scratch);
        let (mut at, most) = (stored.start, part.access().chunk);
        while at < stored.end {
            let left = usize::try_from(stored.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(most);
            if let Some(all) = part.bytes() {
                self.shared.go_on()?;
                let start = usize::try_from(at).unwrap_or(usize::MAX);
                let bytes = all.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default();
                if let Some(digest) = &mut digest {
                    digest.update(bytes);
                }
                self.shared.report(as_u64(len));
            } else {
                if scratch.len() < len {
                    scratch.resize(len, 0);
                }
                let chunk = scratch.get_mut(..len).unwrap_or_default();
                self.chunk(part, at, chunk, &mut digest)?;
            }
            at = at.saturating_add(as_u64(len));
        }
        self.scratch = scratch;
        Ok(digest)
    }

    /// Reads a whole variable.
    fn all(&self, job: &Job<'_>) -> Result<Buffer, ReadError> {
        let go_on = self.shared.go_on();
        let buffer = go_on.and_then(|()| job.read_all(self.shared.reading.verify));
        let buffer = buffer.map_err(|kind| failed(&job.variable.name, kind))?;
        self.shared.report(job.size());
        Ok(buffer)
    }

    /// Reads bytes of a variable, and moves the elements to their destination. A variable without data files is in memory as a
    /// whole meanwhile.
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

    /// Applies a read function to the bytes of each extent within a byte range of the variable.
    fn parts(
        &mut self,
        (number, job): (usize, &Job<'_>),
        bytes: &Range<u64>,
        mut read: impl FnMut(
            &mut Self,
            (usize, &PlacedExtent<'_>),
            &Range<u64>,
        ) -> Result<Sought, ReadErrorKind>,
    ) -> Result<(), ReadError> {
        for (part_number, part, stored) in job.stored(bytes) {
            let done = read(self, (part_number, part), &stored).and_then(|digest| {
                let Some(digest) = digest else { return Ok(()) };
                let len = stored.end.saturating_sub(stored.start);
                let sum = RangeChecksum { at: stored.start, len, value: digest.value() };
                self.shared.sums.add((number, part_number), part, sum)
            });
            done.map_err(|kind| failed(&job.variable.name, kind))?;
        }
        Ok(())
    }

    /// Reads these bytes of an extent, and moves the elements to their destination. Returns their checksum if it is to be
    /// verified.
    fn spread(
        &mut self,
        (number, job): (usize, &Job<'_>),
        part: (usize, &PlacedExtent<'_>),
        stored: &Range<u64>,
        scatter: &mut Scatter<'_>,
    ) -> Result<Sought, ReadErrorKind> {
        let (part_number, part) = part;
        let mut digest = self.digest(part);
        let width = job.variable.dtype.width().unwrap_or(1);
        let chunk = part.access().chunk;
        let at_once = scatter.at_once(number, width, chunk, self.shared.block().max(chunk));
        let strides = Strides::new(job, part);
        let strides = strides.filter(|strides| scatter.has_gaps(number, strides.gap()));
        let mut scratch = std::mem::take(&mut self.scratch);
        let (mut at, mut is_read) = (stored.start, false);
        while at < stored.end {
            let left = usize::try_from(stored.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(at_once);
            if scratch.len() < len {
                scratch.resize(len, 0);
            }
            let block = scratch.get_mut(..len).unwrap_or_default();
            let end = at.saturating_add(as_u64(len));
            let wanted = match &strides {
                Some(strides) => strides.wanted(&(at..end), number, scatter),
                None => iter::once(at..end).collect(),
            };
            let mut left = end.saturating_sub(at);
            for range in &wanted {
                let Some(bytes) = run_of(block, at, range.start, length(range)) else { continue };
                let mut here = range.start;
                for chunk in bytes.chunks_mut(chunk) {
                    self.chunk(part, here, chunk, &mut digest)?;
                    here = here.saturating_add(as_u64(chunk.len()));
                }
                left = left.saturating_sub(here.saturating_sub(range.start));
                is_read = true;
            }
            if left > 0 {
                digest = None;
                self.shared.pass_over(left);
            }
            if wanted.is_empty() {
                at = end;
                continue;
            }
            let (mut from, mut rest) = (at, &*block);
            while !rest.is_empty() {
                let Run { from: place, len, .. } = part.region.run(from);
                let len = usize::try_from(len).unwrap_or(usize::MAX).clamp(1, rest.len());
                let (run, others) = rest.split_at(len);
                let moved = put(job, number, place, run, scatter);
                moved.map_err(|kind| self.or_damage(kind, part))?;
                from = from.saturating_add(as_u64(len));
                rest = others;
            }
            at = end;
        }
        self.scratch = scratch;
        if digest.is_none() && is_read && self.shared.reading.verify {
            self.shared.sums.skip((number, part_number), part);
        }
        Ok(digest)
    }

    /// A digest for the bytes of an extent, if their checksum is to be verified.
    fn digest(&self, part: &PlacedExtent<'_>) -> Sought {
        let (algorithm, _) = part.extent.checksum.parts()?;
        self.shared.reading.verify.then(|| Digest::new(algorithm))
    }

    /// Replaces an error about an element if the extent is damaged, because then its elements are meaningless.
    fn or_damage(&self, kind: ReadErrorKind, part: &PlacedExtent<'_>) -> ReadErrorKind {
        let Some(mut digest) = self.digest(part) else { return kind };
        let PlacedExtent { extent, file, .. } = part;
        let len = part.access().chunk;
        let (mut chunk, mut at) = (vec![0; len], 0);
        while at < extent.size {
            let left = usize::try_from(extent.size.saturating_sub(at)).unwrap_or(usize::MAX);
            let bytes = chunk.get_mut(..left.min(len)).unwrap_or_default();
            let offset = extent.offset.saturating_add(at);
            if let Err(error) = file.read(offset, bytes) {
                return SourceError::read(*file, offset, error).into();
            }
            digest.update(bytes);
            at = at.saturating_add(as_u64(bytes.len()));
        }
        let computed = digest.value();
        match extent.checksum.parts() {
            Some((_, stored)) if stored != computed => {
                ReadErrorKind::checksum(*file, extent, computed).or_other_format(*file)
            }
            _ => kind,
        }
    }

    /// Reads these bytes of an extent to their position in `into`, which is the variable from offset `from`. Returns their
    /// checksum.
    fn piece(
        &mut self,
        part: &PlacedExtent<'_>,
        stored: &Range<u64>,
        from: u64,
        into: &mut [u8],
    ) -> Result<Sought, ReadErrorKind> {
        let mut digest = self.digest(part);
        let (mut at, most) = (stored.start, part.access().chunk);
        while at < stored.end {
            let left = usize::try_from(stored.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(most);
            let run = part.region.run(at);
            if run.len >= as_u64(len) {
                let Some(chunk) = run_of(into, from, run.from, len) else { break };
                self.chunk(part, at, chunk, &mut digest)?;
            } else {
                let mut scratch = std::mem::take(&mut self.scratch);
                if scratch.len() < len {
                    scratch.resize(len, 0);
                }
                let chunk = scratch.get_mut(..len).unwrap_or_default();
                self.chunk(part, at, chunk, &mut digest)?;
                scatter(&part.region, at, chunk, from, into);
                self.scratch = scratch;
            }
            at = at.saturating_add(as_u64(len));
        }
        Ok(digest)
    }

    /// Reads bytes of an extent from its offset `at`.
    fn chunk(
        &self,
        part: &PlacedExtent<'_>,
        at: u64,
        into: &mut [u8],
        digest: &mut Sought,
    ) -> Result<(), ReadErrorKind> {
        self.shared.go_on()?;
        let offset = part.extent.offset.saturating_add(at);
        match self.read_ahead.get(part.extent.shard, offset, into.len()) {
            Some(bytes) => into.copy_from_slice(bytes),
            None => part
                .file
                .read(offset, into)
                .map_err(|error| SourceError::read(part.file, offset, error))?,
        }
        if let Some(digest) = digest {
            digest.update(into);
        }
        part.native.apply(into);
        self.shared.report(as_u64(into.len()));
        Ok(())
    }
}

/// The length of a range in memory.
fn length(range: &Range<u64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)
}

/// Moves bytes of a variable, from its offset `at`, to their destination.
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
                let index = index(&job.variable.shape, job.row_major(element));
                ReadErrorKind::NotHeld { index, value, dtype: into }
            }
            None => ReadErrorKind::Unsupported { what: "such a conversion is" },
        }
    })
}

/// The index of an element, by axis.
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

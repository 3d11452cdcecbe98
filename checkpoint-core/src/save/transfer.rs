//! Multithreaded writing of elements to files, with checksums.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use checkpoint_schema::format::checksum::Digest;
use checkpoint_schema::listing::catalog::Endianness;
use checkpoint_schema::listing::dtype::DType;

use crate::read::Progress;
use crate::save::disk::NewFile;
use crate::save::layout::{Place, Sink};
use crate::save::{Outgoing, SaveError, SaveOptions};
use crate::system::number::as_u64;
use crate::system::threads::on_threads;
use crate::tensor::native::{NATIVE, ToNative};

/// The number of tensor bytes in a unit of work.
const PIECE: u64 = 4 << 20;

/// The number of bytes that a thread reads before it writes them.
const CHUNK: usize = 256 << 10;

/// The number of bytes in memory that a thread writes at once. Systems let one thread at a time write to a file, so threads that
/// write less wait for one another more often.
const RUN: usize = 4 << 20;

/// Variables to write to files.
pub(crate) struct Transfer<'t> {
    pub(crate) sink: &'t dyn Sink,
    pub(crate) options: &'t SaveOptions<'t>,
    pub(crate) files: &'t [NewFile<'t>],
    /// The number of bytes written before.
    pub(crate) before: u64,
}

/// A byte range of a variable.
struct Task<'t> {
    number: usize,
    outgoing: &'t Outgoing<'t>,
    place: Place,
    bytes: Range<u64>,
}

/// The checksum of a byte range of a variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sum {
    number: usize,
    at: u64,
    len: u64,
    value: u32,
}

/// The state shared by threads.
struct Shared<'t> {
    transfer: &'t Transfer<'t>,
    tasks: Vec<Task<'t>>,
    next: AtomicUsize,
    stop: AtomicBool,
    done: AtomicU64,
    total: u64,
}

impl Transfer<'_> {
    /// Writes all variables at their places, and returns the checksum of each.
    pub(crate) fn run(
        &self,
        outgoing: &[Outgoing<'_>],
        places: &[Place],
    ) -> Result<Vec<u32>, SaveError> {
        let shared = Shared {
            transfer: self,
            tasks: tasks(outgoing, places),
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            done: AtomicU64::new(self.before),
            total: places.iter().map(|place| place.size).fold(self.before, u64::saturating_add),
        };
        shared.report(0);
        let threads = self.thread_count(shared.tasks.len());
        let done = on_threads(threads, || shared.work());
        let mut sums = Vec::new();
        for done in first_error_first(done) {
            sums.extend(done?);
        }
        sums.sort_unstable();
        let Some(algorithm) = self.sink.algorithm() else { return Ok(vec![0; outgoing.len()]) };
        let mut checksums = vec![Digest::new(algorithm).value(); outgoing.len()];
        for Sum { number, len, value, .. } in sums {
            if let Some(checksum) = checksums.get_mut(number) {
                *checksum = algorithm.combine(*checksum, value, len);
            }
        }
        Ok(checksums)
    }

    fn thread_count(&self, tasks: usize) -> usize {
        if tasks < 2 {
            return 1;
        }
        let threads = self.options.threads.or_else(|| thread::available_parallelism().ok());
        threads.map_or(1, NonZero::get).min(tasks)
    }
}

/// Sorts the results of threads. The original error comes before cancellations that it caused.
fn first_error_first<T>(mut done: Vec<Result<T, SaveError>>) -> Vec<Result<T, SaveError>> {
    done.sort_by_key(|done| match done {
        Err(SaveError::Cancelled) => 1,
        Err(_) => 0,
        Ok(_) => 2,
    });
    done
}

/// The byte ranges of all variables, in file order.
fn tasks<'t>(outgoing: &'t [Outgoing<'t>], places: &[Place]) -> Vec<Task<'t>> {
    let mut tasks = Vec::new();
    for (number, (outgoing, &place)) in outgoing.iter().zip(places).enumerate() {
        let whole = outgoing.spec.dtype.width().is_none();
        let mut start = 0;
        // Strings without elements still have bytes.
        while start < place.size || (whole && start == 0) {
            let end = if whole { place.size } else { start.saturating_add(PIECE).min(place.size) };
            tasks.push(Task { number, outgoing, place, bytes: start..end });
            start = end.max(1);
        }
    }
    tasks.sort_by_key(|task| (task.place.file, task.place.offset.saturating_add(task.bytes.start)));
    tasks
}

impl Shared<'_> {
    /// Writes until no work is left, or until another thread fails.
    fn work(&self) -> Result<Vec<Sum>, SaveError> {
        let (mut sums, mut scratch) = (Vec::new(), Vec::new());
        while let Some(task) = self.tasks.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            match self.task(task, &mut scratch) {
                Ok(value) => {
                    let Range { start: at, end } = task.bytes;
                    let len = end.saturating_sub(at);
                    sums.push(Sum { number: task.number, at, len, value });
                }
                Err(error) => {
                    self.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(sums)
    }

    /// Writes a byte range of a variable, and returns its checksum.
    fn task(&self, task: &Task<'_>, scratch: &mut Vec<u8>) -> Result<u32, SaveError> {
        let spec = &task.outgoing.spec;
        if spec.dtype.width().is_none() {
            return self.strings(task);
        }
        let mut digest = self.transfer.sink.algorithm().map(Digest::new);
        let mut at = task.bytes.start;
        while at < task.bytes.end {
            let left = usize::try_from(task.bytes.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(if in_memory(task.outgoing).is_some() { RUN } else { CHUNK });
            let chunk = chunk(task.outgoing, at, len, scratch)?;
            if let Some(digest) = &mut digest {
                digest.update(chunk);
            }
            self.write(task, at, chunk)?;
            at = at.saturating_add(as_u64(len));
        }
        Ok(digest.map_or(0, |digest| digest.value()))
    }

    fn strings(&self, task: &Task<'_>) -> Result<u32, SaveError> {
        let changed = || SaveError::Changed { name: task.outgoing.name.clone() };
        let strings = task.outgoing.elements.strings()?.ok_or_else(changed)?;
        let (bytes, checksum) = self.transfer.sink.strings(task.outgoing.spec.dtype, &strings);
        if as_u64(bytes.len()) != task.place.size {
            return Err(changed());
        }
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            self.write(task, as_u64(number.saturating_mul(CHUNK)), chunk)?;
        }
        Ok(checksum)
    }

    /// Writes bytes of a variable at offset `at`.
    fn write(&self, task: &Task<'_>, at: u64, bytes: &[u8]) -> Result<(), SaveError> {
        self.transfer.options.go_on()?;
        if self.stop.load(Ordering::Relaxed) {
            return Err(SaveError::Cancelled);
        }
        if let Some(file) = self.transfer.files.get(task.place.file) {
            file.write(task.place.offset.saturating_add(at), bytes)?;
        }
        self.report(as_u64(bytes.len()));
        Ok(())
    }

    fn report(&self, written: u64) {
        if let Some(on_progress) = &self.transfer.options.on_progress {
            let before = self.done.fetch_add(written, Ordering::Relaxed);
            on_progress(Progress { done: before.saturating_add(written), total: self.total });
        }
    }
}

/// All bytes of a variable, if they are in memory as the file has them.
fn in_memory<'s>(outgoing: &'s Outgoing<'_>) -> Option<&'s [u8]> {
    outgoing.elements.bytes().filter(|_| NATIVE == Endianness::Little)
}

/// The little-endian bytes of a variable from offset `at` on.
fn chunk<'s>(
    outgoing: &'s Outgoing<'_>,
    at: u64,
    len: usize,
    scratch: &'s mut Vec<u8>,
) -> Result<&'s [u8], SaveError> {
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    let there = in_memory(outgoing).and_then(|bytes| bytes.get(start..)?.get(..len));
    if let Some(bytes) = there {
        return Ok(bytes);
    }
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let into = scratch.get_mut(..len).unwrap_or_default();
    outgoing.elements.read(at, into)?;
    swap(outgoing.spec.dtype, into);
    Ok(into)
}

/// Converts between native and little-endian byte order: reverses the bytes of numbers on big-endian machines.
pub(crate) fn swap(dtype: DType, bytes: &mut [u8]) {
    if NATIVE == Endianness::Big {
        ToNative::new(dtype, Endianness::Little).apply(bytes);
    }
}

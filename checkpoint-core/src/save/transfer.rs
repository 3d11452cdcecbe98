//! Multithreaded writing of elements to files, with checksums.

use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use checkpoint_schema::listing::catalog::Endianness;
use checkpoint_schema::listing::checksum::{Algorithm, Digest};
use checkpoint_schema::listing::dtype::DType;

use crate::read::Progress;
use crate::save::disk::NewFile;
use crate::save::elements::Elements;
use crate::save::error::SaveError;
use crate::save::layout::{FileRange, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
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
    /// The algorithm for the checksums; `None` for none.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) options: &'t SaveOptions<'t>,
    pub(crate) files: &'t [NewFile<'t>],
    /// The number of bytes written before.
    pub(crate) before: u64,
}

/// Elements of a variable, and its place.
pub(crate) struct Item<'t> {
    pub(crate) outgoing: &'t Outgoing<'t>,
    pub(crate) elements: &'t dyn Elements,
    pub(crate) place: FileRange,
    /// False if only the checksum is needed.
    pub(crate) is_written: bool,
}

/// The result for each item.
pub(crate) struct Written {
    /// The checksums of the variables, with zeros in place of elements that the items lack.
    pub(crate) checksums: Vec<u32>,
    /// The numbers of bytes written.
    pub(crate) bytes: Vec<u64>,
}

/// A byte range of a variable.
struct Task<'t> {
    number: usize,
    item: &'t Item<'t>,
    bytes: Range<u64>,
    /// The number of bytes that the item has in the range.
    len: u64,
}

/// The checksum of a byte range of a variable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Sum {
    number: usize,
    at: u64,
    len: u64,
    value: u32,
    /// The number of bytes written.
    written: u64,
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

impl<'t> Transfer<'t> {
    /// A transfer with the checksums of the format.
    pub(crate) fn new(
        sink: &'t dyn Sink,
        options: &'t SaveOptions<'t>,
        files: &'t [NewFile<'t>],
        before: u64,
    ) -> Self {
        Self { sink, algorithm: sink.algorithm(), options, files, before }
    }

    /// Writes all variables at their places, and returns the checksum of each.
    pub(crate) fn run(
        &self,
        outgoing: &[Outgoing<'_>],
        places: &[FileRange],
    ) -> Result<Vec<u32>, SaveError> {
        let items = outgoing.iter().zip(places).map(|(outgoing, &place)| Item {
            outgoing,
            elements: &*outgoing.elements,
            place,
            is_written: true,
        });
        Ok(self.write(&items.collect::<Vec<_>>())?.checksums)
    }

    /// Writes the items at their places.
    pub(crate) fn write(&self, items: &[Item<'_>]) -> Result<Written, SaveError> {
        let tasks = tasks(items);
        let total = tasks.iter().filter(|task| task.item.is_written).map(|task| task.len);
        let shared = Shared {
            transfer: self,
            next: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            done: AtomicU64::new(self.before),
            total: total.fold(self.before, u64::saturating_add),
            tasks,
        };
        shared.report(0);
        let threads = self.thread_count(shared.tasks.len());
        let done = on_threads(threads, || shared.work());
        let mut sums = Vec::new();
        for done in first_error_first(done) {
            sums.extend(done?);
        }
        sums.sort_unstable();
        let of_item = |(number, item): (usize, &Item<'_>)| {
            let start = sums.partition_point(|sum| sum.number < number);
            let sums = sums.get(start..).unwrap_or_default();
            let sums = sums.get(..sums.partition_point(|sum| sum.number == number));
            let sums = sums.unwrap_or_default();
            let written = sums.iter().fold(0, |bytes: u64, sum| bytes.saturating_add(sum.written));
            let whole = |algorithm| whole(algorithm, sums, item.place.size);
            (self.algorithm.map_or(0, whole), written)
        };
        let (checksums, bytes) = items.iter().enumerate().map(of_item).unzip();
        Ok(Written { checksums, bytes })
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

/// The checksum of a variable of this size, from those of its byte ranges in order. The bytes between them are zeros.
fn whole(algorithm: Algorithm, sums: &[Sum], size: u64) -> u32 {
    let (mut checksum, mut end) = (Digest::new(algorithm).value(), 0);
    let add_zeros = |checksum: u32, len: u64| match len {
        0 => checksum,
        len => algorithm.combine(checksum, algorithm.zeros(len), len),
    };
    for &Sum { at, len, value, .. } in sums {
        checksum = add_zeros(checksum, at.saturating_sub(end));
        checksum = algorithm.combine(checksum, value, len);
        end = at.saturating_add(len);
    }
    add_zeros(checksum, size.saturating_sub(end))
}

/// The byte ranges of all items with elements, in file order.
fn tasks<'t>(items: &'t [Item<'t>]) -> Vec<Task<'t>> {
    let mut tasks = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let whole = item.outgoing.spec.dtype.width().is_none();
        let (mut start, size) = (0, item.place.size);
        // Strings without elements still have bytes.
        while start < size || (whole && start == 0) {
            let end = if whole { size } else { start.saturating_add(PIECE).min(size) };
            let held = item.elements.held(start..end);
            if held.as_ref().is_none_or(|held| !held.is_empty()) {
                let bytes = start..end;
                let len = held.map_or_else(|| len(&bytes), |held| held.iter().map(len).sum());
                tasks.push(Task { number, item, bytes, len });
            }
            start = end.max(1);
        }
    }
    tasks.sort_by_key(|Task { item: Item { place, .. }, bytes, .. }| {
        (place.file, place.offset.saturating_add(bytes.start))
    });
    tasks
}

fn len(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

impl Shared<'_> {
    /// Writes until no work is left, or until another thread fails.
    fn work(&self) -> Result<Vec<Sum>, SaveError> {
        let (mut sums, mut scratch) = (Vec::new(), Vec::new());
        while let Some(task) = self.tasks.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            match self.task(task, &mut scratch) {
                Ok((value, written)) => {
                    let Range { start: at, end } = task.bytes;
                    let len = end.saturating_sub(at);
                    sums.push(Sum { number: task.number, at, len, value, written });
                }
                Err(error) => {
                    self.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(sums)
    }

    /// Writes a byte range of a variable. Returns its checksum, and the number of bytes written.
    fn task(&self, task: &Task<'_>, scratch: &mut Vec<u8>) -> Result<(u32, u64), SaveError> {
        let item = task.item;
        if item.outgoing.spec.dtype.width().is_none() {
            return self.strings(task);
        }
        let mut digest = self.transfer.algorithm.map(Digest::new);
        let (mut at, mut written) = (task.bytes.start, 0_u64);
        while at < task.bytes.end {
            let left = usize::try_from(task.bytes.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let len = left.min(if in_memory(item.elements).is_some() { RUN } else { CHUNK });
            let chunk = chunk(item, at, len, scratch)?;
            if let Some(digest) = &mut digest {
                digest.update(chunk);
            }
            let end = at.saturating_add(as_u64(len));
            match item.elements.held(at..end) {
                None => written = written.saturating_add(self.write(item, at, chunk)?),
                Some(held) => {
                    for range in held {
                        let bytes = within(chunk, at, &range);
                        written = written.saturating_add(self.write(item, range.start, bytes)?);
                    }
                }
            }
            at = end;
        }
        Ok((digest.map_or(0, |digest| digest.value()), written))
    }

    fn strings(&self, task: &Task<'_>) -> Result<(u32, u64), SaveError> {
        let item = task.item;
        let changed = || SaveError::Changed { name: item.outgoing.name.clone() };
        let strings = item.elements.strings()?.ok_or_else(changed)?;
        let (bytes, checksum) = self.transfer.sink.strings(item.outgoing.spec.dtype, &strings);
        if as_u64(bytes.len()) != item.place.size {
            return Err(changed());
        }
        let mut written = 0_u64;
        for (number, chunk) in bytes.chunks(CHUNK).enumerate() {
            let at = as_u64(number.saturating_mul(CHUNK));
            written = written.saturating_add(self.write(item, at, chunk)?);
        }
        Ok((checksum, written))
    }

    /// Writes bytes of a variable at offset `at`, if it is to be written. Returns their number.
    fn write(&self, item: &Item<'_>, at: u64, bytes: &[u8]) -> Result<u64, SaveError> {
        self.transfer.options.go_on()?;
        if self.stop.load(Ordering::Relaxed) {
            return Err(SaveError::Cancelled);
        }
        if !item.is_written {
            return Ok(0);
        }
        if let Some(file) = self.transfer.files.get(item.place.file) {
            file.write(item.place.offset.saturating_add(at), bytes)?;
        }
        self.report(as_u64(bytes.len()));
        Ok(as_u64(bytes.len()))
    }

    fn report(&self, written: u64) {
        if let Some(on_progress) = &self.transfer.options.on_progress {
            let before = self.done.fetch_add(written, Ordering::Relaxed);
            on_progress(Progress { done: before.saturating_add(written), total: self.total });
        }
    }
}

/// The bytes of a range in a chunk from offset `at` on.
fn within<'c>(chunk: &'c [u8], at: u64, range: &Range<u64>) -> &'c [u8] {
    let index = |offset: u64| usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
    chunk.get(index(range.start)..index(range.end)).unwrap_or_default()
}

/// All bytes of a variable, if they are in memory as the file has them.
fn in_memory(elements: &dyn Elements) -> Option<&[u8]> {
    elements.bytes().filter(|_| NATIVE == Endianness::Little)
}

/// The little-endian bytes of a variable from offset `at` on.
fn chunk<'s>(
    item: &Item<'s>,
    at: u64,
    len: usize,
    scratch: &'s mut Vec<u8>,
) -> Result<&'s [u8], SaveError> {
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    let there = in_memory(item.elements).and_then(|bytes| bytes.get(start..)?.get(..len));
    if let Some(bytes) = there {
        return Ok(bytes);
    }
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let into = scratch.get_mut(..len).unwrap_or_default();
    item.elements.read(at, into)?;
    swap(item.outgoing.spec.dtype, into);
    Ok(into)
}

/// Converts between native and little-endian byte order: reverses the bytes of numbers on big-endian machines.
pub(crate) fn swap(dtype: DType, bytes: &mut [u8]) {
    if NATIVE == Endianness::Big {
        ToNative::new(dtype, Endianness::Little).apply(bytes);
    }
}

//! Reading tensors: one pass over the files, on several threads, checksums on the way.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use checkpoint_schema::catalog::{Endianness, Extent, Name, Place, Variable};
use checkpoint_schema::dtype::DType;
use checkpoint_schema::format::checksum;
use thiserror::Error;

use crate::buffer::Buffer;
use crate::source::{Source, SourceError};

/// The bytes that one thread reads of one tensor before it looks for more: large tensors are shared by threads.
const PIECE: usize = 4 << 20;

/// The bytes that are read at once, few enough to be in cache still when their checksum is computed.
pub(crate) const CHUNK: usize = 256 << 10;

/// Why a variable cannot be read.
#[derive(Clone, Debug, Error)]
#[error("cannot read `{variable}`: {kind}")]
pub struct ReadError {
    /// The variable.
    pub variable: Name,
    /// What is wrong.
    #[source]
    pub kind: ReadErrorKind,
}

/// What is wrong with a variable that cannot be read.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// Its bytes cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its bytes are not those that were written.
    #[error(
        "the checksum of its {} bytes at byte {} of data file {} is {computed:08x}, but the index says {:08x}; the file is \
         damaged or of another checkpoint, so copy it again",
        extent.size, extent.offset, extent.shard, extent.crc32c
    )]
    Checksum {
        /// Where they are.
        extent: Extent,
        /// Their own checksum.
        computed: u32,
    },
    /// Its bytes are not a length and as many bytes.
    #[error(
        "its bytes are not those of one string; the file is damaged or of another checkpoint, so copy it again"
    )]
    String,
    /// There is not enough memory.
    #[error("it takes {bytes} bytes of memory, which cannot be had")]
    Memory {
        /// How much it takes.
        bytes: u64,
    },
    /// It is not stored as it would have to be.
    #[error("{what} not supported yet")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes of tensors that are read.
    pub done: u64,
    /// The bytes of tensors that are to be read.
    pub total: u64,
}

/// How tensors are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) threads: NonZero<usize>,
    pub(crate) verify: bool,
    pub(crate) on_progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

/// A variable, and the memory for it.
struct Job<'v> {
    variable: &'v Variable,
    extent: &'v Extent,
    buffer: Buffer,
}

/// A part of one variable.
struct Piece<'b> {
    job: usize,
    variable: &'b Variable,
    extent: &'b Extent,
    at: u64,
    into: &'b mut [u8],
}

/// The checksum of a piece: the number of its job, its place, its length and the checksum.
type Sum = (usize, u64, u64, u32);

impl Reading<'_> {
    /// Reads variables, each into memory of its own, in their order.
    pub(crate) fn read(&self, variables: &[&Variable]) -> Result<Vec<Buffer>, ReadError> {
        // Everything that can be told without reading is told before memory is taken.
        let extents = variables
            .iter()
            .map(|variable| self.extent(variable))
            .collect::<Result<Vec<_>, _>>()?;
        let jobs = variables.iter().zip(extents).map(|(variable, extent)| {
            let buffer = allocate(variable).map_err(|kind| failed(variable, kind))?;
            Ok(Job { variable, extent, buffer })
        });
        let mut jobs = jobs.collect::<Result<Vec<_>, _>>()?;
        let sums = self.pieces(&mut jobs)?;
        if self.verify {
            verify(&jobs, sums)?;
        }
        Ok(jobs.into_iter().map(|job| job.buffer).collect())
    }

    /// Where the bytes of a variable are, if they can be read.
    fn extent<'v>(&self, variable: &'v Variable) -> Result<&'v Extent, ReadError> {
        let unsupported = |what| Err(failed(variable, ReadErrorKind::Unsupported { what }));
        if variable.dtype.width().is_none() {
            return unsupported(match variable.dtype {
                DType::String => "strings are",
                _ => "variants are",
            });
        }
        let Place::Whole(extent) = &variable.place else {
            return unsupported("variables that are stored in slices are");
        };
        self.source.check(extent).map_err(|error| failed(variable, error.into()))?;
        Ok(extent)
    }

    /// Reads all pieces of all jobs, in the order of the files.
    fn pieces(&self, jobs: &mut [Job<'_>]) -> Result<Vec<Sum>, ReadError> {
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for (number, Job { variable, extent, buffer }) in jobs.iter_mut().enumerate() {
            let mut at = 0;
            for into in buffer.bytes_mut().chunks_mut(PIECE) {
                let len = into.len() as u64;
                pieces.push(Piece { job: number, variable, extent, at, into });
                at += len;
            }
        }
        pieces.sort_by_key(|piece| (piece.extent.shard, piece.extent.offset, piece.at));
        let total = pieces.iter().map(|piece| piece.into.len() as u64).sum();
        let threads = self.threads.get().min(pieces.len());
        let queue = Queue {
            left: Mutex::new(pieces.into_iter()),
            stop: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total,
        };
        self.report(&queue, 0);
        if threads < 2 {
            return self.work(&queue);
        }
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work(&queue))).collect();
            let mut sums = Vec::new();
            for worker in workers {
                sums.extend(
                    worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?,
                );
            }
            Ok(sums)
        })
    }

    /// Reads pieces until there are none, or until another thread has failed.
    fn work(&self, queue: &Queue<'_>) -> Result<Vec<Sum>, ReadError> {
        let mut sums = Vec::new();
        while let Some(piece) = queue.next() {
            match self.piece(queue, piece) {
                Ok(sum) => sums.push(sum),
                Err(error) => {
                    queue.stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(sums)
    }

    fn piece(&self, queue: &Queue<'_>, piece: Piece<'_>) -> Result<Sum, ReadError> {
        let Piece { job, variable, extent, at, into } = piece;
        let len = into.len() as u64;
        let swap = match self.source.catalog().endianness {
            Endianness::Little => None,
            Endianness::Big => variable.dtype.swap_unit().filter(|&unit| unit > 1),
        };
        let mut digest = checksum::Digest::new();
        let mut offset = at;
        for chunk in into.chunks_mut(CHUNK) {
            self.source
                .read(extent, offset, chunk)
                .map_err(|error| failed(variable, error.into()))?;
            if self.verify {
                digest.update(chunk);
            }
            if let Some(unit) = swap {
                chunk.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
            }
            offset += chunk.len() as u64;
            self.report(queue, chunk.len() as u64);
        }
        Ok((job, at, len, digest.value()))
    }

    fn report(&self, queue: &Queue<'_>, read: u64) {
        if let Some(on_progress) = self.on_progress {
            let done = queue.done.fetch_add(read, Ordering::Relaxed) + read;
            on_progress(Progress { done, total: queue.total });
        }
    }
}

/// The pieces that no thread has taken yet.
struct Queue<'b> {
    left: Mutex<std::vec::IntoIter<Piece<'b>>>,
    stop: AtomicBool,
    done: AtomicU64,
    total: u64,
}

impl<'b> Queue<'b> {
    fn next(&self) -> Option<Piece<'b>> {
        if self.stop.load(Ordering::Relaxed) {
            return None;
        }
        // Taking the next cannot leave the queue half changed.
        self.left.lock().unwrap_or_else(PoisonError::into_inner).next()
    }
}

/// Memory for the elements of a variable.
fn allocate(variable: &Variable) -> Result<Buffer, ReadErrorKind> {
    let memory = || ReadErrorKind::Memory { bytes: variable.bytes().unwrap_or(u64::MAX) };
    let elements = usize::try_from(variable.shape.elements()).map_err(|_| memory())?;
    Buffer::zeroed(variable.dtype, elements).ok_or_else(memory)
}

/// Compares the checksum of each job, put together from those of its pieces, with the one in the index.
fn verify(jobs: &[Job<'_>], mut sums: Vec<Sum>) -> Result<(), ReadError> {
    sums.sort_unstable();
    let mut sums = sums.into_iter().peekable();
    for (number, job) in jobs.iter().enumerate() {
        let mut computed = checksum::crc32c(b"");
        while let Some((_, _, len, sum)) = sums.next_if(|sum| sum.0 == number) {
            computed = checksum::combine(computed, sum, len);
        }
        if computed != job.extent.crc32c {
            return Err(failed(
                job.variable,
                ReadErrorKind::Checksum { extent: *job.extent, computed },
            ));
        }
    }
    Ok(())
}

pub(crate) fn failed(variable: &Variable, kind: ReadErrorKind) -> ReadError {
    ReadError { variable: variable.name.clone(), kind }
}

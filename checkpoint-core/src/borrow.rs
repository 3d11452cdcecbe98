//! Arrays that borrow their elements from a checkpoint in memory.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use checkpoint_schema::catalog::{Extent, Place, Variable};
use checkpoint_schema::description::{Borrow, Node};
use checkpoint_schema::format::checksum::crc32c;
use checkpoint_schema::plan::{Output, Plan};
use checkpoint_schema::problem::NotBorrowed;

use crate::checkpoint::Checkpoint;
use crate::error::{LoadError, Mismatch};
use crate::load::not_read;
use crate::read::job::Job;
use crate::read::{ReadError, ReadErrorKind, failed};
use crate::source::DataFile;
use crate::tensor::dims;

/// An array whose elements are those of a checkpoint.
#[derive(Debug)]
pub(crate) struct Borrowed<'c> {
    /// From the first element on.
    pub(crate) bytes: &'c [u8],
    pub(crate) dims: Box<[usize]>,
    /// The elements from one index to the next, for each axis.
    pub(crate) strides: Box<[usize]>,
}

/// A variable whose elements are borrowed.
struct Lender<'c> {
    variable: &'c Variable,
    extent: &'c Extent,
    file: &'c dyn DataFile,
    bytes: &'c [u8],
}

/// The arrays of a plan that borrow their elements, by the numbers of the outputs; `None` for those that have their own.
/// Where checksums are to be verified, they are before anything is borrowed.
pub(crate) fn borrowed<'c>(
    checkpoint: &'c Checkpoint,
    node: &Node,
    plan: &Plan<'_>,
    verify: Option<NonZero<usize>>,
) -> Result<Vec<Option<Borrowed<'c>>>, LoadError> {
    let (mut arrays, mut lenders, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for (number, output) in plan.outputs.iter().enumerate() {
        if output.borrow == Borrow::Never {
            arrays.push(None);
            continue;
        }
        match lend(checkpoint, plan, number, output)? {
            Ok((lender, borrowed)) => {
                lenders.push(lender);
                arrays.push(Some(borrowed));
            }
            Err(why) => {
                arrays.push(None);
                if output.borrow == Borrow::Must {
                    problems.push(plan.not_borrowed(checkpoint.catalog(), number, why));
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(Mismatch::new(node, checkpoint, problems).into());
    }
    if let Some(threads) = verify {
        let variables = checkpoint.catalog().variables();
        verify_all(&lenders, threads).map_err(|error| not_read(plan, variables, error))?;
    }
    Ok(arrays)
}

/// Borrows the elements of an output, or says why they cannot be.
fn lend<'c>(
    checkpoint: &'c Checkpoint,
    plan: &Plan<'_>,
    number: usize,
    output: &Output,
) -> Result<Result<(Lender<'c>, Borrowed<'c>), NotBorrowed>, LoadError> {
    // Zeros, and what is joined of several variables, are nowhere.
    let ([read], Some(strides)) = (plan.reads_of(number), &output.strides) else {
        return Ok(Err(NotBorrowed::NotStrided));
    };
    let variables = checkpoint.catalog().variables();
    let variable = &variables[read.variable];
    if variable.dtype != output.dtype {
        return Ok(Err(NotBorrowed::Converted(output.dtype)));
    }
    let extent = match &variable.place {
        Place::Whole(extent) => extent,
        Place::Slices(_) => return Ok(Err(NotBorrowed::Partitioned)),
        Place::Opaque => return Ok(Err(NotBorrowed::Encoded)),
    };
    let job = Job::new(checkpoint.source(), variable)
        .map_err(|error| not_read(plan, variables, error))?;
    let (Some(width), Some(align)) = (variable.dtype.width(), variable.dtype.swap_unit()) else {
        return Ok(Err(NotBorrowed::Encoded));
    };
    if !job.native.is_nothing() {
        return Ok(Err(NotBorrowed::Encoded));
    }
    let Some(file) = job.parts.first().map(|part| part.file) else {
        return Ok(Err(NotBorrowed::Encoded));
    };
    let Some(bytes) = file.bytes() else { return Ok(Err(NotBorrowed::NotInMemory)) };
    // `Job` made sure that the file has them; an empty tensor may lie anywhere.
    let start = usize::try_from(extent.offset).unwrap_or(usize::MAX);
    let len = usize::try_from(extent.size).unwrap_or(usize::MAX);
    let bytes = bytes.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default();
    if bytes.as_ptr().align_offset(align) != 0 && !bytes.is_empty() {
        return Ok(Err(NotBorrowed::Unaligned));
    }
    let count = |elements: u64| usize::try_from(elements).unwrap_or(usize::MAX);
    let borrowed = Borrowed {
        bytes: bytes.get(count(strides.first).saturating_mul(width)..).unwrap_or_default(),
        dims: dims(&output.shape),
        strides: strides.strides.iter().map(|stride| count(*stride)).collect(),
    };
    Ok(Ok((Lender { variable, extent, file, bytes }, borrowed)))
}

/// Verifies the checksums of variables, each once.
fn verify_all(lenders: &[Lender<'_>], threads: NonZero<usize>) -> Result<(), ReadError> {
    let mut lenders: Vec<&Lender<'_>> = lenders.iter().collect();
    lenders.sort_by_key(|lender| (lender.extent.shard, lender.extent.offset));
    lenders.dedup_by_key(|lender| &lender.variable.name);
    let (next, first_error) = (AtomicUsize::new(0), Mutex::new(None));
    let work = || {
        while let Some(lender) = lenders.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = lender.verify() {
                next.store(lenders.len(), Ordering::Relaxed);
                first_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.get().min(lenders.len()) {
            scope.spawn(work);
        }
        work();
    });
    match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

impl Lender<'_> {
    fn verify(&self) -> Result<(), ReadError> {
        let computed = crc32c(self.bytes);
        if computed == self.extent.crc32c {
            return Ok(());
        }
        let kind = ReadErrorKind::checksum(self.file, self.extent, computed);
        Err(failed(&self.variable.name, kind))
    }
}

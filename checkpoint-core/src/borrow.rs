//! Arrays that borrow their elements from a checkpoint in memory.

use checkpoint_schema::catalog::{Place, Variable};
use checkpoint_schema::description::{Borrow, Node};
use checkpoint_schema::plan::{Output, Plan};
use checkpoint_schema::problem::NotBorrowed;

use crate::checkpoint::Checkpoint;
use crate::error::{LoadError, Mismatch};
use crate::load::not_read;
use crate::read::job::{Job, Part};
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

/// What a load borrows.
pub(crate) struct Lent<'c> {
    /// The arrays that borrow their elements, by the numbers of the outputs; `None` for those that have their own.
    pub(crate) arrays: Vec<Option<Borrowed<'c>>>,
    /// The variables that they borrow from, each once, in the order of their names.
    pub(crate) variables: Vec<&'c Variable>,
}

/// What the arrays of a plan borrow, which is not verified yet.
pub(crate) fn borrowed<'c>(
    checkpoint: &'c Checkpoint,
    node: &Node,
    plan: &Plan<'_>,
) -> Result<Lent<'c>, LoadError> {
    let outputs = plan.outputs.len();
    let (mut arrays, mut lenders, mut problems) =
        (Vec::with_capacity(outputs), Vec::with_capacity(outputs), Vec::new());
    for (number, output) in plan.outputs.iter().enumerate() {
        if output.borrow == Borrow::Never {
            arrays.push(None);
            continue;
        }
        match lend(checkpoint, plan, number, output)? {
            Ok((variable, borrowed)) => {
                lenders.push(variable);
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
    lenders.sort_unstable();
    lenders.dedup();
    let variables = checkpoint.variables();
    Ok(Lent { arrays, variables: lenders.iter().map(|&number| &variables[number]).collect() })
}

/// Borrows the elements of an output from the variable of this number, or says why they cannot be.
fn lend<'c>(
    checkpoint: &'c Checkpoint,
    plan: &Plan<'_>,
    number: usize,
    output: &Output,
) -> Result<Result<(usize, Borrowed<'c>), NotBorrowed>, LoadError> {
    // Zeros, and what is joined of several variables, are nowhere.
    let ([read], Some(strides)) = (plan.reads_of(number), &output.strides) else {
        return Ok(Err(NotBorrowed::NotStrided));
    };
    let variables = checkpoint.catalog().variables();
    let variable = &variables[read.variable];
    if variable.dtype != output.dtype {
        return Ok(Err(NotBorrowed::Converted(output.dtype)));
    }
    match &variable.place {
        Place::Whole(_) => {}
        Place::Slices(_) => return Ok(Err(NotBorrowed::Partitioned)),
        Place::Opaque => return Ok(Err(NotBorrowed::Encoded)),
    }
    let job = Job::new(checkpoint.source(), variable)
        .map_err(|error| not_read(plan, variables, error))?;
    let (Some(width), Some(align)) = (variable.dtype.width(), variable.dtype.swap_unit()) else {
        return Ok(Err(NotBorrowed::Encoded));
    };
    if !job.native.is_nothing() {
        return Ok(Err(NotBorrowed::Encoded));
    }
    let Some(bytes) = job.parts.first().and_then(Part::bytes) else {
        return Ok(Err(NotBorrowed::NotInMemory));
    };
    if bytes.as_ptr().align_offset(align) != 0 && !bytes.is_empty() {
        return Ok(Err(NotBorrowed::Unaligned));
    }
    let count = |elements: u64| usize::try_from(elements).unwrap_or(usize::MAX);
    let borrowed = Borrowed {
        bytes: bytes.get(count(strides.first).saturating_mul(width)..).unwrap_or_default(),
        dims: dims(&output.shape),
        strides: strides.strides.iter().map(|stride| count(*stride)).collect(),
    };
    Ok(Ok((read.variable, borrowed)))
}

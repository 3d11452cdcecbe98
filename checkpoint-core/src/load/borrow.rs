//! Arrays that borrow their elements from a checkpoint in memory.

use std::borrow::Cow;

use checkpoint_schema::listing::catalog::{Place, Variable};
use checkpoint_schema::model::description::{Borrow, Node};
use checkpoint_schema::plan::{Output, Plan, Strides};
use checkpoint_schema::problem::NotBorrowed;
use checkpoint_schema::strided::{Axis, Order};
use smallvec::SmallVec;

use crate::checkpoint::Checkpoint;
use crate::load::error::{LoadError, Mismatch, not_read};
use crate::read::failed;
use crate::read::job::PlacedExtent;

/// An array that borrows its elements from a checkpoint.
#[derive(Debug)]
pub(crate) struct Borrowed<'c> {
    /// The bytes from the first element to the end.
    pub(crate) bytes: &'c [u8],
    pub(crate) dims: SmallVec<[usize; 4]>,
    /// The stride of each axis, in elements.
    pub(crate) strides: SmallVec<[usize; 4]>,
}

/// The borrowed arrays of a load.
pub(crate) struct BorrowedArrays<'c> {
    /// The borrowed arrays, with the indices of their outputs, in order.
    pub(crate) arrays: Vec<(usize, Borrowed<'c>)>,
    /// The variables that they borrow from, without duplicates, in the order of their names.
    pub(crate) variables: Vec<&'c Variable>,
}

/// Borrows the arrays of a plan. Their checksums are not verified yet.
pub(crate) fn borrowed<'c>(
    checkpoint: &'c Checkpoint,
    node: &Node,
    plan: &Plan<'_>,
) -> Result<BorrowedArrays<'c>, LoadError> {
    let (mut arrays, mut lenders, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let outputs = plan.outputs.iter().enumerate();
    for (number, output) in outputs.filter(|(_, output)| output.borrow != Borrow::Never) {
        match lend(checkpoint, plan, number, output)? {
            Ok((variable, borrowed)) => {
                lenders.push(variable);
                arrays.push((number, borrowed));
            }
            Err(why) if output.borrow == Borrow::Must => refused.push((number, why)),
            Err(_) => {}
        }
    }
    if !refused.is_empty() {
        let problems = plan.not_borrowed(checkpoint.catalog(), &refused);
        return Err(Mismatch::new(node, checkpoint, problems).into());
    }
    lenders.sort_unstable();
    lenders.dedup();
    let variables = checkpoint.variables();
    Ok(BorrowedArrays {
        arrays,
        variables: lenders.iter().map(|&number| &variables[number]).collect(),
    })
}

/// Borrows the elements of an output from its variable, or returns the reason why that is impossible.
fn lend<'c>(
    checkpoint: &'c Checkpoint,
    plan: &Plan<'_>,
    number: usize,
    output: &Output,
) -> Result<Result<(usize, Borrowed<'c>), NotBorrowed>, LoadError> {
    // Zeros and joined variables have no place in the checkpoint to borrow from.
    let ([read], Some(strides)) = (plan.reads_of(number), &output.strides) else {
        return Ok(Err(NotBorrowed::NotStrided));
    };
    let variables = checkpoint.catalog().variables();
    let variable = &variables[read.variable];
    if variable.dtype != output.dtype {
        return Ok(Err(NotBorrowed::Converted(output.dtype)));
    }
    let source = checkpoint.source();
    let (part, order) = match &variable.place {
        Place::Whole(extent) => (PlacedExtent::whole(source, variable, extent), None),
        Place::Strided(stored) => {
            (PlacedExtent::strided(source, variable, stored), Some(&stored.order))
        }
        Place::Slices(_) => return Ok(Err(NotBorrowed::Partitioned)),
        Place::Opaque | Place::Unreadable(_) => return Ok(Err(NotBorrowed::Encoded)),
    };
    let failed = |kind| not_read(plan, variables, failed(&variable.name, kind));
    let part = part.map_err(failed)?;
    let Some((first, strides)) = positions(variable, order, output, strides) else {
        return Ok(Err(NotBorrowed::NotStrided));
    };
    let (Some(width), Some(align)) = (variable.dtype.width(), variable.dtype.swap_unit()) else {
        return Ok(Err(NotBorrowed::Encoded));
    };
    if !part.native.is_nothing() {
        return Ok(Err(NotBorrowed::Encoded));
    }
    let Some(bytes) = part.bytes() else {
        return Ok(Err(NotBorrowed::NotInMemory));
    };
    if bytes.as_ptr().align_offset(align) != 0 && !bytes.is_empty() {
        return Ok(Err(NotBorrowed::Unaligned));
    }
    let count = |elements: u64| usize::try_from(elements).unwrap_or(usize::MAX);
    let borrowed = Borrowed {
        bytes: bytes.get(count(first).saturating_mul(width)..).unwrap_or_default(),
        dims: output.shape.dims().iter().map(|dim| count(*dim)).collect(),
        strides: strides.iter().map(|stride| count(*stride)).collect(),
    };
    Ok(Ok((read.variable, borrowed)))
}

/// The stored position of the first element of an output, and the stride of each axis. `None` if strides cannot express them.
fn positions<'s>(
    variable: &Variable,
    order: Option<&Order>,
    output: &Output,
    strides: &'s Strides,
) -> Option<(u64, Cow<'s, [u64]>)> {
    let Some(order) = order.filter(|_| output.shape.elements() > 0) else {
        return Some((strides.first, Cow::Borrowed(&strides.strides)));
    };
    let axes = output.shape.dims().iter().zip(&strides.strides);
    let axes: Vec<Axis> = axes.map(|(&len, &from)| Axis { len, from, into: 0 }).collect();
    let (first, strides) = order.view(variable.shape.dims(), strides.first, &axes)?;
    Some((first, strides.into()))
}

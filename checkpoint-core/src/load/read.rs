//! Reading the variables of a plan.

use std::mem;
use std::sync::atomic::Ordering;

use checkpoint_schema::listing::catalog::{Spec, Variable};
use checkpoint_schema::model::description::Node;
use checkpoint_schema::plan::{Output, Plan, Step};

use crate::checkpoint::Checkpoint;
use crate::load::borrow::{BorrowedArrays, borrowed};
use crate::load::error::{LoadError, not_read};
use crate::load::options::Settings;
use crate::load::parts::Part;
use crate::load::report::{Borrowed, Done};
use crate::read::{FillError, Filled, Wanted, within};
use crate::tensor::{Tensor, dims};

/// Reads the variables of a plan.
pub(super) fn read<'c>(
    checkpoint: &'c Checkpoint,
    node: &Node,
    plan: &Plan<'_>,
    options: &Settings<'_>,
) -> Result<(Vec<Part<'c>>, Done), LoadError> {
    if options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
        return Err(LoadError::Cancelled);
    }
    let reading = options.reading(checkpoint.source());
    let variables = checkpoint.catalog().variables();
    let BorrowedArrays { arrays, variables: lent } = borrowed(checkpoint, node, plan)?;
    let verify_borrowed = reading.verify && !options.trusts_borrowed;
    let has_checksum = |variable: &&&Variable| variable.place.has_checksum();
    let with_checksum: Vec<&Variable> = lent.iter().filter(has_checksum).copied().collect();
    let checked = if verify_borrowed { &with_checksum[..] } else { &[] };
    let mut is_lent = vec![false; plan.outputs.len()];
    for (output, _) in &arrays {
        is_lent[*output] = true;
    }
    // The outputs that own their elements, and their indices among those.
    let outputs = || plan.outputs.iter().enumerate();
    let owned = || outputs().filter(|(output, _)| !is_lent[*output]);
    let number = |output: usize| output - arrays.partition_point(|(lent, _)| *lent < output);
    let filled: Vec<&Output> = sized(plan.outputs.len(), owned().map(|(_, output)| output));
    let wanted = plan.reads.iter().filter(|read| !is_lent[read.output]).map(|read| {
        let (variable, layout) = (&variables[read.variable], Some(&read.layout));
        Wanted { variable, output: number(read.output), layout }
    });
    let wanted = sized(plan.reads.len(), wanted);
    let affordable = within(options.limit(checkpoint), sizes(&filled, &wanted));
    affordable.map_err(|source| not_read(plan, variables, source))?;
    let filled = reading.fill(&filled, &wanted, checked).map_err(|error| match error {
        FillError::Read(source) => not_read(plan, variables, source),
        FillError::Zeros { output, bytes } => {
            let field = owned().nth(output).and_then(|(output, _)| plan.field_of(output));
            LoadError::Zeros { field: field.unwrap_or_default(), bytes }
        }
    })?;
    let Filled { buffers, variables: read, bytes, unverified, without } = filled;
    let done = Done {
        variables: read,
        bytes,
        unverified,
        without: without + lent.len() - with_checksum.len(),
        borrowed: Borrowed::new(&lent, verify_borrowed),
    };
    let (mut outputs, mut buffers) = (outputs(), buffers.into_iter());
    let mut arrays = arrays.into_iter().peekable();
    let mut output = || {
        let (number, Output { dtype, shape, .. }) = outputs.next()?;
        if let Some((_, borrowed)) = arrays.next_if(|(lent, _)| *lent == number) {
            return Some(Part::Borrowed(borrowed));
        }
        let spec = Spec { dtype: *dtype, shape: shape.clone() };
        Some(Part::Tensor(Tensor::new(spec, buffers.next()?)))
    };
    let part = |step: &Step| match step {
        Step::Present(present) => Some(Part::Present(*present)),
        Step::Absent(shape) => {
            Some(Part::Absent(shape.as_ref().map(dims).unwrap_or_default().into_vec().into()))
        }
        // A length beyond `usize` belongs to no axis of an array in memory.
        Step::Dim(value) => Some(Part::Dim(usize::try_from(*value).unwrap_or(usize::MAX))),
        Step::List(indices) => Some(Part::List(indices.clone())),
        Step::Output => output(),
    };
    Ok((sized(plan.steps.len(), plan.steps.iter().filter_map(part)), done))
}

/// Collects up to `most` items without growing the list.
fn sized<T>(most: usize, items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::with_capacity(most);
    list.extend(items);
    list
}

/// The variables to read. Each has the size of the array that it is the first to fill.
fn sizes<'w>(
    outputs: &'w [&Output],
    wanted: &'w [Wanted<'_>],
) -> impl Iterator<Item = (&'w Variable, u64)> {
    let mut counted = vec![false; outputs.len()];
    wanted.iter().map(move |Wanted { variable, output, .. }| {
        let Output { dtype, shape, .. } = outputs[*output];
        let bytes = match dtype.width() {
            // Strings have the same length as in the file, if that is known. Each has the place of its end.
            None => variable.size().max(shape.elements().saturating_mul(8)),
            Some(_) if mem::replace(&mut counted[*output], true) => 0,
            Some(width) => shape.elements().saturating_mul(width as u64),
        };
        (*variable, bytes)
    })
}

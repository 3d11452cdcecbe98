//! Fields with `copy`: they have the same variable as another field.

use checkpoint_schema::listing::catalog::{Catalog, Variable};
use checkpoint_schema::model::description::Node;
use checkpoint_schema::plan::{Plan, Read};
use checkpoint_schema::strided::Layout;

use crate::save::elements::Elements as _;
use crate::save::error::{SaveError, ValueProblem};
use crate::save::value::gathered::Gathered;
use crate::save::value::unfit;
use crate::system::number::as_u64;
use crate::traits::values::Elements;

/// The number of elements compared at a time.
const ELEMENTS: usize = 1 << 16;

/// Checks that copies have the same elements as the saved variables.
pub(super) fn are_equal(
    node: &Node,
    catalog: &Catalog,
    plan: &Plan<'_>,
    arrays: &[Elements<'_>],
) -> Result<(), SaveError> {
    let mut problems = Vec::new();
    for copy in plan.reads.iter().filter(|read| plan.is_copy(read)) {
        let Some(variable) = catalog.variables().get(copy.variable) else { continue };
        let is_own = |read: &&Read| read.variable == copy.variable && !plan.is_copy(read);
        let own: Vec<&Read> = plan.reads.iter().filter(is_own).collect();
        let dtype = plan.outputs.get(copy.output).map(|output| output.dtype);
        if dtype != Some(variable.dtype) || !is_equal(variable, &own, copy, arrays)? {
            let (field, variable) = (plan.field(copy), variable.name.to_string());
            problems.push(ValueProblem::Copy { field, variable });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(unfit(node, problems, |problem| problem)) }
}

/// True if the copy equals the variable, at all elements that both have. On a rank, each can lack elements of the other.
fn is_equal(
    variable: &Variable,
    own: &[&Read],
    copy: &Read,
    arrays: &[Elements<'_>],
) -> Result<bool, SaveError> {
    let (width, elements) = (variable.dtype.width(), variable.shape.elements());
    let own_parts = own.iter().filter_map(|read| part(read, arrays));
    let other = || part(copy, arrays).into_iter();
    let own = Gathered::new(width, elements, other().chain(own_parts.clone())).partial(true);
    let copied = Gathered::new(width, elements, own_parts.chain(other())).partial(true);
    let Some(width) = width.filter(|width| *width > 0) else {
        return Ok(own.strings()?.as_deref() == copied.strings()?.as_deref());
    };
    let elements = usize::try_from(elements).unwrap_or(usize::MAX);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for first in (0..elements).step_by(ELEMENTS) {
        let len = elements.saturating_sub(first).min(ELEMENTS).saturating_mul(width);
        one.resize(len, 0);
        other.resize(len, 0);
        let offset = as_u64(first.saturating_mul(width));
        own.read(offset, &mut one)?;
        copied.read(offset, &mut other)?;
        if one != other {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The layout of a read, and the array that it fills.
fn part<'r>(read: &'r Read, arrays: &'r [Elements<'r>]) -> Option<(&'r Layout, &'r Elements<'r>)> {
    Some((&read.layout, arrays.get(read.output)?))
}

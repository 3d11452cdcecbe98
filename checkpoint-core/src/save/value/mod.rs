//! Saving of values. A value becomes a list of variables, a load of them is planned, and each read of the plan is reversed.

use std::collections::HashMap;
use std::path::Path;

use checkpoint_schema::listing::catalog::{Catalog, Name, Spec};
use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::model::dialect::{self, Variant};
use checkpoint_schema::plan::{Binding, Names, Output, Plan, PlanOptions, Read, plan};
use checkpoint_schema::save::{Held, Listing, SaveContext, variables};

use crate::load::error::model;
use crate::save::value::constants::Filled;
use crate::save::value::gathered::Gathered;
use crate::save::value::like::Like;
use crate::save::{Outgoing, SaveError, SaveOptions, SaveReport, Tally, ValueProblem, write};
use crate::tensor::Tensor;
use crate::traits::to_checkpoint::ToCheckpoint;
use crate::traits::values::Elements;
use crate::traits::values::Values;

mod constants;
mod copies;
mod gathered;
mod like;

/// Saves a value.
pub(crate) fn save<T: ToCheckpoint<C>, C>(
    value: &T,
    path: &Path,
    options: &SaveOptions<'_>,
) -> Result<SaveReport, SaveError> {
    outgoing(value, options, |outgoing, tally| {
        let report = write(path, outgoing, options)?;
        Ok(SaveReport { rounded: tally.rounded(), ..report })
    })
}

/// The variables of a value, as tensors.
pub(crate) fn tensors<T: ToCheckpoint<C>, C>(
    value: &T,
    options: &SaveOptions<'_>,
) -> Result<Vec<(Name, Tensor)>, SaveError> {
    let tensor = |outgoing: Outgoing<'_>| Ok((outgoing.name.clone(), outgoing.into_tensor()?));
    outgoing(value, options, |outgoing, _| outgoing.into_iter().map(tensor).collect())
}

/// Makes the variables of a value, and passes them to a function.
fn outgoing<T: ToCheckpoint<C>, C, R>(
    value: &T,
    options: &SaveOptions<'_>,
    then: impl FnOnce(Vec<Outgoing<'_>>, &Tally) -> Result<R, SaveError>,
) -> Result<R, SaveError> {
    const { check::root(&T::NODE) };
    let node: &'static Node = const { &T::NODE };
    options.bind.check().map_err(|reason| SaveError::Bind { reason })?;
    let mut values = Values::new();
    value.put(&mut values)?;
    let graph = match (options.like, node.naming()) {
        (Some(like), Naming::ObjectPath | Naming::FullName) => like.object_graph()?,
        _ => None,
    };
    let like = options.like.map(|checkpoint| {
        let names = Names::new(node.naming(), checkpoint.catalog(), graph.as_ref());
        let names = names.map_err(|problems| unfit(node, problems, ValueProblem::Load))?;
        Ok::<_, SaveError>(Like { checkpoint, names })
    });
    let like = like.transpose()?;
    let Variant { dialect, node } = variant(node, &values.held, options, like.as_ref())?;
    let listing = listing(node, &values.held, options, like.as_ref())?;
    // The paths of the struct are the names here, even if the stored keys will differ.
    let names = Names::of_keys(&listing.catalog);
    let bind: Vec<Binding> = options.bind.values().iter().chain(&listing.dims).cloned().collect();
    let plan_options =
        PlanOptions { prefix: options.prefix, bind: &bind, ..PlanOptions::default() };
    let plan = plan(node, &names, plan_options)
        .map_err(|problems| unfit(node, problems, ValueProblem::Load))?;
    all_there(node, dialect, &listing.catalog, &plan)?;
    same_shapes(node, &plan, &values.held)?;
    copies::are_equal(node, &listing.catalog, &plan, &values.arrays)?;
    let tally = Tally::default();
    let is_kept = |name: &str| like::is_kept(options, like.as_ref(), name);
    let mut outgoing = gather(&listing, &plan, &values.arrays, is_kept);
    like::keys(node, like.as_ref(), &mut outgoing)?;
    like::dtypes(like.as_ref(), options, &mut outgoing, &tally)?;
    like::keep(options, &mut outgoing)?;
    if let Some(like) = &like {
        like::order(like.names.catalog(), &mut outgoing);
    }
    then(outgoing, &tally)
}

/// The variables of a value.
fn listing(
    node: &'static Node,
    held: &[Held],
    options: &SaveOptions<'_>,
    like: Option<&Like<'_>>,
) -> Result<Listing, SaveError> {
    let like = like.map(|like| &like.names);
    let SaveOptions { prefix, bind, shadow, tied, .. } = options;
    let bind = bind.values();
    let context = SaveContext { prefix, bind, like, shadow: *shadow, tied: *tied };
    variables(node, held, context).map_err(|problems| unfit(node, problems, ValueProblem::Back))
}

/// The error of a value that cannot be saved.
pub(super) fn unfit<P>(node: &Node, problems: Vec<P>, problem: fn(P) -> ValueProblem) -> SaveError {
    let problems = problems.into_iter().map(problem).collect();
    SaveError::Value { model: model(node), problems }
}

/// The requested dialect. Otherwise, the dialect (and its prefix) with the most variables in common with the checkpoint of
/// `like`, or the first one.
fn variant(
    node: &'static Node,
    held: &[Held],
    options: &SaveOptions<'_>,
    like: Option<&Like<'_>>,
) -> Result<Variant, SaveError> {
    let variants = dialect::variants(node);
    let shared = |variant: &&Variant| {
        let Some(like) = like else { return 0 };
        let Ok(listing) = listing(variant.node, held, options, Some(like)) else { return 0 };
        let names =
            listing.catalog.variables().iter().filter_map(|variable| variable.name.as_str());
        names.filter(|name| like.names.variable(name).is_some()).count()
    };
    let is_asked_for =
        |variant: &&Variant| options.dialect.is_none_or(|name| variant.dialect == name);
    // The first of equally near dialects.
    let nearest = variants.iter().filter(is_asked_for).rev().max_by_key(shared);
    nearest.copied().ok_or_else(|| SaveError::UnknownDialect {
        dialect: options.dialect.unwrap_or_default().to_owned(),
        known: dialect::names(variants),
    })
}

/// Checks that the dialect has all fields with a value.
fn all_there(
    node: &Node,
    dialect: &'static str,
    catalog: &Catalog,
    plan: &Plan<'_>,
) -> Result<(), SaveError> {
    let is_absent = |read: &&Read| {
        let variable = catalog.variables().get(read.variable);
        variable.is_some_and(|variable| dialect::is_absent(variable.name.as_bytes()))
    };
    let absent = plan.reads.iter().filter(is_absent);
    let problems: Vec<_> =
        absent.map(|read| ValueProblem::Absent { field: plan.field(read), dialect }).collect();
    if problems.is_empty() { Ok(()) } else { Err(unfit(node, problems, |problem| problem)) }
}

/// Checks that a load would make the arrays of the value.
fn same_shapes(node: &Node, plan: &Plan<'_>, held: &[Held]) -> Result<(), SaveError> {
    let specs = held.iter().filter_map(|held| match held {
        Held::Array(spec) => Some(spec),
        _ => None,
    });
    let outputs = plan.outputs.iter().zip(specs).enumerate();
    // An array with the bytes of one string has one element per byte, so its shape is not compared.
    let others = outputs
        .filter(|(_, (output, spec))| output.dtype == spec.dtype && output.shape != spec.shape);
    let problem = |(number, (output, spec)): (usize, (&Output, &Spec))| ValueProblem::Shape {
        field: plan.field_of(number).unwrap_or_default(),
        held: spec.shape.clone(),
        made: output.shape.clone(),
    };
    let problems: Vec<_> = others.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(unfit(node, problems, |problem| problem)) }
}

/// The variables, each gathered from the arrays that a load would make from it. Constants are left out if another checkpoint
/// provides them.
fn gather<'v>(
    listing: &Listing,
    plan: &'v Plan<'_>,
    arrays: &'v [Elements<'v>],
    is_kept: impl Fn(&str) -> bool,
) -> Vec<Outgoing<'v>> {
    let Listing { catalog, constants, others, .. } = listing;
    let mut reads: HashMap<usize, Vec<&Read>> = HashMap::new();
    for read in plan.reads.iter().filter(|read| !plan.is_copy(read)) {
        reads.entry(read.variable).or_default().push(read);
    }
    let own = catalog.variables().iter().map(|variable| variable.name.clone()).zip(0..);
    let own = own.map(|(name, number)| (name, number, true));
    let others = others.iter().filter_map(|other| {
        let number = catalog.position(other.of.as_bytes())?;
        Some((Name::from(other.name.as_str()), number, other.tied))
    });
    let outgoing = |(name, number, tied): (Name, usize, bool)| {
        let variable = catalog.variables().get(number)?;
        let constant = variable.name.as_str().and_then(|path| Some((path, constants.get(path)?)));
        if let Some((path, constant)) = constant {
            let filled = Outgoing::new(name, variable.spec(), Filled::of(constant));
            return (!is_kept(path)).then_some(filled);
        }
        let reads = reads.get(&number).into_iter().flatten();
        let parts = reads.filter_map(|read| Some((&read.layout, arrays.get(read.output)?)));
        let (width, elements) = (variable.dtype.width(), variable.shape.elements());
        let gathered = Gathered::new(width, elements, parts);
        let outgoing = Outgoing::new(name, variable.spec(), gathered);
        Some(Outgoing { source: tied.then_some(number), ..outgoing })
    };
    own.chain(others).filter_map(outgoing).collect()
}

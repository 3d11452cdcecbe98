//! Saving of values. A value becomes a list of variables, a load of them is planned, and each read of the plan is reversed.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use checkpoint_schema::listing::catalog::{Catalog, Name, Spec};
use checkpoint_schema::manifest::Shapes;
use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::model::dialect::{self, Dialect, Variant};
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{Binding, Output, Plan, PlanOptions, Read, Share, plan};
use checkpoint_schema::save::{Held, Listing, SaveContext, variables};

use crate::load;
use crate::load::error::model;
use crate::load::rank_check::Unnamed;
use crate::save::converted::Tally;
use crate::save::error::{SaveError, ValueProblem};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::report::SaveReport;
use crate::save::value::constants::Filled;
use crate::save::value::gathered::Gathered;
use crate::save::value::like::Like;
use crate::save::write::write;
use crate::save::{self, finish_ranks, has_object_graph, write_rank};
use crate::tensor::Tensor;
use crate::traits::to_checkpoint::ToCheckpoint;
use crate::traits::values::{Elements, Values};

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
    outgoing(value, Some(path), options, |outgoing, origin, tally| {
        let report = match options.rank {
            Some(rank) => write_rank(path, &outgoing, options, origin, rank)?,
            None => write(path, outgoing, options)?,
        };
        Ok(SaveReport { rounded: tally.rounded(), ..report })
    })
}

/// Completes a save by ranks.
pub(crate) fn finish<T: ToCheckpoint<C>, C>(
    value: &T,
    path: &Path,
    options: &SaveOptions<'_>,
) -> Result<SaveReport, SaveError> {
    let Some(rank) = options.rank else {
        let problem = "a save without `SaveOptions::rank` is complete; set the rank, or do not call `save_finish`";
        return Err(SaveError::Rank { problem });
    };
    outgoing(value, Some(path), options, |outgoing, origin, _| {
        finish_ranks(path, &outgoing, options, origin, rank.size())
    })
}

/// The variables of a value, as tensors.
pub(crate) fn tensors<T: ToCheckpoint<C>, C>(
    value: &T,
    options: &SaveOptions<'_>,
) -> Result<Vec<(Name, Tensor)>, SaveError> {
    if options.rank.is_some() {
        let problem = "`to_tensors` returns whole variables, and a rank has parts; remove `SaveOptions::rank`";
        return Err(SaveError::Rank { problem });
    }
    let tensor = |outgoing: Outgoing<'_>| Ok((outgoing.name.clone(), outgoing.into_tensor()?));
    outgoing(value, None, options, |outgoing, _, _| outgoing.into_iter().map(tensor).collect())
}

/// Makes the variables of a value, and passes them to a function, with a description of the parts of ranks. The format is that of a
/// path, or `TensorFlow`'s.
fn outgoing<T: ToCheckpoint<C>, C, R>(
    value: &T,
    path: Option<&Path>,
    options: &SaveOptions<'_>,
    then: impl FnOnce(Vec<Outgoing<'_>>, &str, &Tally) -> Result<R, SaveError>,
) -> Result<R, SaveError> {
    const { check::root(&T::NODE) };
    let node: &'static Node = const { &T::NODE };
    options.bind.check().map_err(|reason| SaveError::Bind { reason })?;
    if let Some(rank) = options.rank {
        let unnamed =
            |Unnamed { model, ranks, parallel }| SaveError::Ranks { model, ranks, parallel };
        load::rank_check::check(node, rank).map_err(unnamed)?;
    }
    let mut values = Values::new();
    value.put(&mut values)?;
    let graph = match (options.like, node.naming()) {
        (Some(like), Naming::ObjectPath | Naming::FullName) => like.object_graph()?,
        _ => None,
    };
    let like = options.like.map(|like| Like::new(node, like, graph.as_ref())).transpose()?;
    let listed = |form| listing(node, form, &values.held, options, like.as_ref(), T::SHAPES);
    let Variant { dialect, form } = variant(node, options, like.as_ref(), listed)?;
    let listing = listed(form)?;
    // The paths of the struct are the names here, even if the stored keys will differ.
    let names = Names::of_keys(&listing.catalog);
    let bind: Vec<Binding> = options.bind.values().iter().chain(&listing.dims).cloned().collect();
    let share = share(options);
    let whole = PlanOptions {
        dialect: form,
        prefix: options.prefix,
        bind: &bind,
        whole: true,
        ..PlanOptions::default()
    };
    let planned = |plan_options| {
        plan(node, &names, plan_options)
            .map_err(|problems| unfit(node, problems, ValueProblem::Load))
    };
    let plan = planned(PlanOptions { share, ..whole })?;
    let divided = match share {
        Some(share) => Divided::new(&planned(whole)?, share),
        None => Divided::default(),
    };
    all_there(node, dialect, &listing.catalog, &plan)?;
    same_shapes(node, &plan, &values.held)?;
    no_divided_strings(node, &plan, share)?;
    copies::are_equal(node, &listing.catalog, &plan, &values.arrays)?;
    let tally = Tally::default();
    let is_kept = |name: &str| like::is_kept(options, like.as_ref(), name);
    let mut outgoing = gather(&listing, &plan, &divided, &values.arrays, is_kept);
    let has_graph = path.map(|path| has_object_graph(path, options)).transpose()?.unwrap_or(true);
    let paths = like::keys(node, has_graph, like.as_ref(), &mut outgoing)?;
    // The dtype in the other checkpoint depends on all elements.
    let like_of_dtypes = like.as_ref().filter(|_| share.is_none());
    like::dtypes(like_of_dtypes, options, &mut outgoing, &tally)?;
    like::keep(options, &mut outgoing)?;
    if let Some(like) = &like {
        like::order(like.names.catalog(), &mut outgoing);
    }
    if !has_graph && node.naming() != Naming::Key {
        like::named_by_paths(&paths, like.as_ref(), &mut outgoing);
    }
    then(outgoing, &divided.description, &tally)
}

/// The part that the value holds of fields with `parallel`.
fn share(options: &SaveOptions<'_>) -> Option<Share> {
    options.rank.map(|rank| Share { index: rank.index(), ranks: rank.size() })
}

/// The variables that ranks divide.
#[derive(Default)]
struct Divided {
    variables: HashSet<usize>,
    /// A description of the parts of all ranks, which is the same on all of them.
    description: String,
}

impl Divided {
    /// Finds the variables in the plan of the whole value.
    fn new(whole: &Plan<'_>, share: Share) -> Self {
        let reads = || whole.reads.iter().filter(|read| !whole.is_copy(read));
        let divided = reads().filter(|read| whole.parallel_axis(read).is_some());
        let variables = divided.map(|read| read.variable).collect();
        let parts = reads().map(|read| (read.variable, &read.layout, whole.parallel_axis(read)));
        let description = format!("{} ranks {:?}", share.ranks, parts.collect::<Vec<_>>());
        Self { variables, description }
    }
}

/// Checks that ranks do not divide strings, whose places depend on the strings of all ranks.
fn no_divided_strings(node: &Node, plan: &Plan<'_>, share: Option<Share>) -> Result<(), SaveError> {
    let is_string = |output: &Output| output.dtype.width().is_none();
    let is_divided = |read: &&Read| {
        plan.parallel_axis(read).is_some() && plan.outputs.get(read.output).is_some_and(is_string)
    };
    let divided = plan.reads.iter().filter(|_| share.is_some()).filter(is_divided);
    let problems: Vec<_> =
        divided.map(|read| ValueProblem::Strings { field: plan.field(read) }).collect();
    if problems.is_empty() { Ok(()) } else { Err(unfit(node, problems, |problem| problem)) }
}

/// The variables of a value.
fn listing(
    node: &'static Node,
    dialect: Dialect<'_>,
    held: &[Held],
    options: &SaveOptions<'_>,
    like: Option<&Like<'_>>,
    manifests: &[Shapes<'_>],
) -> Result<Listing, SaveError> {
    let like = like.map(|like| &like.names);
    let SaveOptions { prefix, bind, shadow, tied, .. } = options;
    let (bind, share) = (bind.values(), share(options));
    let (shadow, tied) = (*shadow, *tied);
    let context = SaveContext { dialect, prefix, bind, like, manifests, shadow, tied, share };
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
    options: &SaveOptions<'_>,
    like: Option<&Like<'_>>,
    listed: impl Fn(Dialect<'static>) -> Result<Listing, SaveError>,
) -> Result<Variant, SaveError> {
    let variants = dialect::variants(node);
    let shared = |variant: &&Variant| {
        let Some(like) = like else { return 0 };
        let Ok(listing) = listed(variant.form) else { return 0 };
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
        known: dialect::names(&variants),
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
    divided: &Divided,
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
        let is_divided = divided.variables.contains(&number);
        let gathered = |is_own: bool| -> Box<dyn save::Elements + 'v> {
            let reads = reads.get(&number).into_iter().flatten();
            let reads =
                reads.filter(|read| (is_divided && plan.parallel_axis(read).is_some()) == is_own);
            let parts = reads.filter_map(|read| Some((&read.layout, arrays.get(read.output)?)));
            let (width, elements) = (variable.dtype.width(), variable.shape.elements());
            Box::new(Gathered::new(width, elements, parts).partial(is_divided))
        };
        let own = is_divided.then(|| gathered(true));
        let (elements, source) = (gathered(false), tied.then_some(number));
        Some(Outgoing { name, spec: variable.spec(), elements, own, source })
    };
    own.chain(others).filter_map(outgoing).collect()
}

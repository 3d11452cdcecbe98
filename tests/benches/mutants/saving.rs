//! Mistakes on one side: a value is loaded by the structs as they are, and saved by structs with one mistake.
//!
//! The save has no manifest, only the checkpoint that the value was loaded from (`SaveOptions::like`). It refuses the mistake, or
//! what it writes differs from the checkpoint, as a test sees that compares both. All of it is done with names and shapes alone.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::ops::AddAssign;

use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::dialect;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{Plan, PlanOptions, plan};
use checkpoint_schema::save::{Held, SaveContext, variables};
use checkpoint_schema::strided::Layout;

use super::change::{self, Change};
use super::check::{self, Manifests};
use super::compile::Complaint;
use super::held::held;
use super::model::Model;
use super::oracle::Answer;
use super::{Case, describe, judge, truth};

/// The results for a kind of change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// The mistakes that a save refuses.
    pub(crate) refused: usize,
    /// Those of them whose message names the changed part.
    pub(crate) named: usize,
    /// The mistakes that show only in the saved variables.
    pub(crate) differ: usize,
    /// The changes that are no mistake for a save.
    pub(crate) harmless: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.refused += other.refused;
        self.named += other.named;
        self.differ += other.differ;
        self.harmless += other.harmless;
    }
}

/// The results for a model.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The results by kind.
    pub(crate) kinds: BTreeMap<&'static str, Tally>,
    /// The mistakes with which the checkpoint is written as it was.
    pub(crate) missed: Vec<String>,
    /// The changes that are refused although they are no mistake.
    pub(crate) alarms: Vec<String>,
}

/// The result of a save.
enum Saved {
    Refused(Vec<String>),
    Written(Written),
}

/// The saved variables: the spec of each, and the positions of its elements in the arrays of the value.
pub(super) type Written = BTreeMap<String, (String, Vec<(usize, Layout)>)>;

/// A value, loaded from a checkpoint.
struct Loaded<'a> {
    names: Names<'a>,
    value: Vec<Held>,
    written: Written,
    taken: Answer,
    listing: &'a Listing,
}

/// Saves the values of a model by changed models whose fields have the same types: by `tried` at most, evenly spread over all.
pub(crate) fn run(case: &Case, tried: usize) -> io::Result<Outcome> {
    let model = case.model();
    let node = describe::describe(&model).map_err(io::Error::other)?;
    let manifests = Manifests::read(&case.folder(), &[case.manifests.to_vec()])?;
    let listings = || manifests.all.iter().map(|listed| &listed.listing);
    let catalogs: Vec<Catalog> = listings().map(catalog).collect();
    let loaded = catalogs.iter().zip(listings());
    let loaded: Vec<_> = loaded.map(|(catalog, listing)| load(node, catalog, listing)).collect();
    let mut outcome = Outcome::default();
    let mut changes = change::all(&model);
    changes.retain(|change| types(&change.model) == types(&model));
    let step = changes.len().div_ceil(tried.max(1)).max(1);
    for change in changes.into_iter().step_by(step) {
        if let Ok(node) = describe::describe(&change.model) {
            outcome.add(&change, node, &loaded);
        }
    }
    Ok(outcome)
}

fn load<'a>(node: &'static Node, catalog: &'a Catalog, listing: &'a Listing) -> Loaded<'a> {
    let names = Names::of_keys(catalog);
    let plan = plan(node, &names, PlanOptions::default()).expect("the model fits");
    let value = held(node, &plan).expect("no function makes a field");
    let Saved::Written(written) = save(node, &value, &names) else { panic!("it can be saved") };
    let taken = truth::follow(&Ok(node), &truth::variables(listing));
    Loaded { names, value, written, taken, listing }
}

/// Saves a value, and plans a load of what is saved.
fn save(node: &'static Node, value: &[Held], like: &Names<'_>) -> Saved {
    fn refused<P: Display>(problems: &[P]) -> Saved {
        Saved::Refused(problems.iter().map(P::to_string).collect())
    }
    let problem = check::root(node);
    if !problem.is_empty() {
        return refused(&[problem]);
    }
    let context = SaveContext { like: Some(like), ..SaveContext::default() };
    let found = match variables(node, value, context) {
        Ok(found) => found,
        Err(problems) => return refused(&problems),
    };
    let names = Names::of_keys(&found.catalog);
    let options = PlanOptions { bind: &found.dims, whole: true, ..PlanOptions::default() };
    match plan(node, &names, options) {
        Ok(again) if held(node, &again).as_deref() == Some(value) => {
            let mut written = reads(&again, &found.catalog);
            written.extend(
                found
                    .others
                    .iter()
                    .map(|other| (other.name.clone(), (format!("as `{}`", other.of), Vec::new()))),
            );
            Saved::Written(written)
        }
        Ok(_) => refused(&["a load would make arrays of other shapes"]),
        Err(problems) => refused(&problems),
    }
}

/// The variables of a catalog, with the arrays that a load reads from each.
fn reads(plan: &Plan<'_>, catalog: &Catalog) -> Written {
    let mut written = Written::new();
    for variable in catalog.variables() {
        let spec = format!("{} {}", variable.dtype, variable.shape);
        written.insert(variable.name.to_string(), (spec, Vec::new()));
    }
    for read in &plan.reads {
        let variable = &catalog.variables()[read.variable];
        if let Some((_, arrays)) = written.get_mut(&variable.name.to_string()) {
            arrays.push((read.output, read.layout.clone()));
        }
    }
    written
}

/// Returns the elements that a load in the dialect of each manifest takes: where they are in the value. `None` if it does not fit.
pub(super) fn elements(node: &'static Node, manifests: &Manifests) -> Vec<Option<Written>> {
    let Node::Struct(root) = node else { return Vec::new() };
    let taken = manifests.all.iter().map(|listed| {
        let catalog = catalog(&listed.listing);
        let names = Names::of_keys(&catalog);
        let of_dialect = dialect::variants(node)
            .into_iter()
            .filter(|variant| root.declared.get(listed.dialect) == Some(&variant.dialect));
        let mut plans = of_dialect.filter_map(|variant| {
            plan(node, &names, PlanOptions { dialect: variant.form, ..PlanOptions::default() }).ok()
        });
        plans.next().map(|plan| reads(&plan, &catalog))
    });
    taken.collect()
}

impl Outcome {
    /// Saves the values of all manifests by a changed model.
    fn add(&mut self, change: &Change, node: &'static Node, loaded: &[Loaded<'_>]) {
        let what = format!("{}: {}", change.kind, change.what);
        let tally = self.kinds.entry(change.kind).or_default();
        let mut problems = Vec::new();
        // A description that is wrong in itself is a mistake, whatever it would load.
        let (mut differs, mut is_mistake) = (false, !check::root(node).is_empty());
        for one in loaded {
            is_mistake |= !one.is_loaded_by(node);
            match save(node, &one.value, &one.names) {
                Saved::Refused(found) => problems.extend(found),
                Saved::Written(written) => differs |= written != one.written,
            }
        }
        if !problems.is_empty() {
            if !is_mistake {
                self.alarms.push(format!("{what}\n    {}", problems.join("\n    ")));
            }
            tally.refused += 1;
            let complaints = problems.into_iter().map(|text| Complaint { text, lines: Vec::new() });
            let complaints: Vec<_> = complaints.collect();
            let is_named = |one: &Loaded<'_>| judge::is_named(&complaints, change, &one.taken, &[]);
            tally.named += usize::from(loaded.iter().any(is_named));
        } else if differs {
            tally.differ += 1;
        } else {
            tally.harmless += 1;
            if loaded.iter().any(|one| !one.has_same_names(node)) {
                self.missed.push(what);
            }
        }
    }
}

impl Loaded<'_> {
    /// True if the fields of a model take the same variables, as the oracle says.
    fn has_same_names(&self, node: &'static Node) -> bool {
        let answer = truth::follow(&Ok(node), &truth::variables(self.listing));
        answer.takes == self.taken.takes
    }

    /// True if a model loads the checkpoint, and makes the same value of it.
    fn is_loaded_by(&self, node: &'static Node) -> bool {
        let plan = plan(node, &self.names, PlanOptions::default());
        plan.is_ok_and(|plan| reads(&plan, self.names.catalog()) == self.written)
    }
}

/// The types of all fields.
fn types(model: &Model) -> Vec<[&str; 3]> {
    let fields = model.structs.iter().flat_map(|item| {
        item.fields.iter().map(|field| [item.name.as_str(), &field.name, &field.ty])
    });
    fields.collect()
}

/// The variables of a manifest.
fn catalog(listing: &Listing) -> Catalog {
    let variable = |(name, (dtype, shape)): (String, _)| {
        let shape = Shape::new(shape).expect("it is small");
        Variable { name: Name::from(name.as_str()), dtype, shape, place: Place::Opaque }
    };
    Catalog::new(truth::variables(listing).into_iter().map(variable).collect(), 0)
}

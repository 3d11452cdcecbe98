//! The dialect of a checkpoint, and the plan of its load.

use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::dialect::{self, Variant};
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{Plan, PlanOptions, Share, plan};
use checkpoint_schema::problem::Problem;

use crate::checkpoint::Checkpoint;
use crate::load::error::{LoadError, Mismatch, model};
use crate::load::options::Settings;

/// A plan, and its dialect.
pub(crate) struct Chosen<'a> {
    pub(crate) variant: Variant,
    pub(crate) plan: Plan<'a>,
}

/// Plans a load in the requested dialect, or in the one that fits.
pub(crate) fn choose<'a>(
    node: &'static Node,
    checkpoint: &Checkpoint,
    names: &'a Names<'a>,
    options: &'a Settings<'_>,
) -> Result<Chosen<'a>, LoadError> {
    let &Settings { prefix, allow_unmapped, strict_ignores, ref bind, dialect, shadow, .. } =
        options;
    let share = options.rank.map(|rank| Share { index: rank.index(), ranks: rank.size() });
    let bind = bind.values();
    let defaults = PlanOptions::default();
    let plan_options =
        PlanOptions { prefix, allow_unmapped, strict_ignores, bind, shadow, share, ..defaults };
    let variants = dialect::variants(node);
    let is_asked_for = |variant: &&Variant| dialect.is_none_or(|name| variant.dialect == name);
    let (mut fit, mut others): (Vec<Chosen<'a>>, Vec<(Variant, Vec<Problem>)>) = <_>::default();
    for &variant in variants.iter().filter(is_asked_for) {
        match plan(node, names, PlanOptions { dialect: variant.form, ..plan_options }) {
            Ok(plan) => fit.push(Chosen { variant, plan }),
            Err(problems) => others.push((variant, problems)),
        }
    }
    let unknown = || LoadError::UnknownDialect {
        dialect: dialect.unwrap_or_default().to_owned(),
        known: dialect::names(&variants),
    };
    let mut fit = fit.into_iter();
    let Some(first) = fit.next() else {
        let mismatch = Mismatch::of_dialects(node, checkpoint, others).ok_or_else(unknown)?;
        return Err(mismatch.into());
    };
    // Dialects with the same plan are not ambiguous.
    let mut different: Vec<&str> = fit
        .filter(|other| !is_same(&first.plan, &other.plan))
        .map(|other| other.variant.dialect)
        .collect();
    if different.is_empty() {
        return Ok(first);
    }
    different.insert(0, first.variant.dialect);
    Err(LoadError::Dialects { model: model(node), dialects: different })
}

/// True if two plans read the same variables into the same arrays.
fn is_same(one: &Plan<'_>, other: &Plan<'_>) -> bool {
    let reads = |plan: &'_ Plan<'_>| -> Vec<_> {
        plan.reads.iter().map(|read| (read.variable, read.output, read.layout.clone())).collect()
    };
    one.steps == other.steps && reads(one) == reads(other)
}

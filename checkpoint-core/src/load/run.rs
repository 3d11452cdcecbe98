//! Loading a struct: plan, read, build.

use std::time::Instant;

use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::naming::Names;

use crate::checkpoint::Checkpoint;
use crate::load::choose_dialect::{Chosen, choose};
use crate::load::error::{LoadError, Mismatch};
use crate::load::options::LoadOptions;
use crate::load::parts::{BuildError, Parts};
use crate::load::rank_check::Unnamed;
use crate::load::read::read;
use crate::load::report::LoadReport;
use crate::load::{cause, rank_check, tied};
use crate::traits::from_checkpoint::FromCheckpoint;

/// Implements [`FromCheckpoint::load_with`].
pub(crate) fn load_with<'c, T: FromCheckpoint<'c, C>, C>(
    checkpoint: &'c Checkpoint,
    options: LoadOptions<'_, C>,
) -> Result<(T, LoadReport), LoadError> {
    const { check::root(&T::NODE) };
    let started = Instant::now();
    let LoadOptions { settings, context } = options;
    let options = &settings;
    let node: &'static Node = const { &T::NODE };
    options.bind.check().map_err(|reason| LoadError::Bind { reason })?;
    if let Some(rank) = options.rank {
        rank_check::check(node, rank).map_err(|Unnamed { model, ranks, parallel }| {
            LoadError::Ranks { model, ranks, parallel }
        })?;
    }
    let graph = match node.naming() {
        Naming::Key => None,
        Naming::ObjectPath | Naming::FullName => checkpoint.object_graph()?,
    };
    // Formats other than TensorFlow's have no object graph; a save there stores the paths of the struct as they are.
    let of_graph = Names::new(node.naming(), checkpoint.catalog(), graph.as_ref());
    let (names, problems) = match of_graph {
        Ok(names) => (names, None),
        Err(problems) => (Names::of_keys(checkpoint.catalog()), Some(problems)),
    };
    let chosen = choose(node, checkpoint, &names, options);
    let Chosen { variant, plan } = chosen.map_err(|error| match problems {
        Some(problems) if error.is_of_another_model() => {
            Mismatch::new(node, checkpoint, problems).into()
        }
        _ => error,
    })?;
    let (parts, done) = read(checkpoint, node, &plan, options).map_err(|error| {
        cause::of_file(checkpoint, &plan, options.reading(checkpoint.source()), error)
    })?;
    tied::check(checkpoint, &plan, options)?;
    let mut parts = Parts::new(parts, context);
    let value = T::build(&mut parts).map_err(|error| match error {
        BuildError::Utf8 { number, .. } => {
            let field = plan.field_of(parts.last()).unwrap_or_default();
            BuildError::Utf8 { field, number }
        }
        BuildError::Other { reason, .. } => {
            let field = plan.field_of(parts.last()).unwrap_or_default();
            BuildError::Other { field, reason }
        }
        other => other,
    })?;
    let mut report = LoadReport::new(node, checkpoint, &plan, done);
    report.dialect = Some(variant.dialect).filter(|dialect| !dialect.is_empty());
    report.rank = options.rank;
    report.elapsed = started.elapsed();
    Ok((value, report))
}

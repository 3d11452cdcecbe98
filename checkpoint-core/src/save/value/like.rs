//! Saving a value like another checkpoint: keys, dtypes, order, and kept variables.

use std::collections::{BTreeMap, HashSet};

use checkpoint_schema::format::tensorflow::object_graph;
use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::naming::Names;

use crate::checkpoint::Checkpoint;
use crate::load::error::model;
use crate::save::converted::Tally;
use crate::save::error::SaveError;
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::tensor::Tensor;

/// The checkpoint to be like.
pub(super) struct Like<'a> {
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) names: Names<'a>,
}

/// Sets the stored keys of variables. For names of an object graph, adds the graph.
pub(super) fn keys<'v>(
    node: &Node,
    like: Option<&Like<'v>>,
    outgoing: &mut Vec<Outgoing<'v>>,
) -> Result<(), SaveError> {
    if node.naming() == Naming::Key {
        return Ok(());
    }
    let mut paths = Vec::new();
    let mut all_there = true;
    for outgoing in outgoing.iter_mut() {
        let path = outgoing.name.as_str().unwrap_or_default().to_owned();
        let found = like.and_then(|like| like.names.variable(&path));
        outgoing.name = match (found, node.naming()) {
            (Some(found), _) => found.name.clone(),
            (None, Naming::FullName) => {
                return Err(SaveError::UnknownKey {
                    model: model(node),
                    naming: node.naming().word(),
                    name: path,
                });
            }
            (None, _) => object_graph::key_of(&path),
        };
        all_there &= found.is_some();
        paths.push(path);
    }
    let graph_of = |like: &Like<'v>| {
        let graph = like.checkpoint.catalog().get(object_graph::KEY)?;
        Some(Outgoing::variable(object_graph::KEY, like.checkpoint, graph))
    };
    outgoing.push(match like.filter(|_| all_there).and_then(graph_of) {
        Some(graph) => graph?,
        None => graph(&paths)?,
    });
    Ok(())
}

/// Converts floats to the requested dtype, and other variables to their dtype in the checkpoint to be like, if that is exact.
pub(super) fn dtypes<'v>(
    like: Option<&Like<'_>>,
    options: &SaveOptions<'_>,
    outgoing: &mut [Outgoing<'v>],
    tally: &'v Tally,
) -> Result<(), SaveError> {
    for outgoing in outgoing {
        if let Some(dtype) = options.dtype_of(outgoing.spec.dtype) {
            outgoing.convert(dtype, tally);
            continue;
        }
        let found = like.and_then(|like| like.checkpoint.catalog().get(outgoing.name.as_bytes()));
        let Some(dtype) = found.map(|found| found.dtype) else { continue };
        if outgoing.is_held_by(dtype)? {
            outgoing.convert(dtype, tally);
        }
    }
    Ok(())
}

/// An object graph with these paths.
fn graph<'v>(paths: &[String]) -> Result<Outgoing<'v>, SaveError> {
    let graph = object_graph::graph_of(paths.iter().map(String::as_str))
        .map_err(|path| SaveError::ObjectPath { path: path.to_owned() })?;
    let name = Name::from(object_graph::KEY);
    let failed = |source| SaveError::Tensor { name: name.clone(), source };
    let tensor = Tensor::from_strings([], [graph]).map_err(failed)?;
    Ok(Outgoing::new(object_graph::KEY, tensor.spec().clone(), tensor))
}

/// True if the checkpoint to be like has a variable that is kept. Constants are kept in place of being written.
pub(super) fn is_kept(options: &SaveOptions<'_>, like: Option<&Like<'_>>, name: &str) -> bool {
    let found = like.and_then(|like| like.names.variable(name));
    let Some(key) = found.and_then(|found| found.name.as_str()) else { return false };
    // Mistakes in globs are reported by `keep`.
    options.keep.iter().any(|glob| Glob::parse(glob).is_ok_and(|glob| glob.matches(key)))
}

/// Adds the kept variables of the other checkpoint, unchanged.
pub(super) fn keep<'v>(
    options: &SaveOptions<'v>,
    outgoing: &mut Vec<Outgoing<'v>>,
) -> Result<(), SaveError> {
    let written: HashSet<Name> = outgoing.iter().map(|outgoing| outgoing.name.clone()).collect();
    let mut kept = BTreeMap::new();
    for glob in &options.keep {
        let useless = |reason| SaveError::Keep { glob: glob.clone(), reason };
        let parsed = Glob::parse(glob).map_err(SaveError::Glob)?;
        let of_none = || useless("but of no checkpoint; say which with `SaveOptions::like`");
        let like = options.like.ok_or_else(of_none)?;
        let is_named =
            |variable: &&Variable| variable.name.as_str().is_some_and(|name| parsed.matches(name));
        let mut named = like.variables().iter().filter(is_named).peekable();
        if named.peek().is_none() {
            return Err(useless("which the checkpoint to be like has not; remove it"));
        }
        let mut others = named.filter(|variable| !written.contains(&variable.name)).peekable();
        if others.peek().is_none() {
            return Err(useless("which fields write; remove it"));
        }
        kept.extend(others.map(|variable| (variable.name.clone(), (like, variable))));
    }
    for (name, (like, variable)) in kept {
        outgoing.push(Outgoing::variable(name, like, variable)?);
    }
    Ok(())
}

/// Sorts variables by their file order in the other checkpoint. Variables that it lacks come last.
pub(super) fn order(like: &Catalog, outgoing: &mut [Outgoing<'_>]) {
    outgoing.sort_by_cached_key(|outgoing| {
        let place = like.get(outgoing.name.as_bytes()).map(|variable| &variable.place);
        match place {
            Some(Place::Whole(extent)) => (0, extent.shard, extent.offset, outgoing.name.clone()),
            _ => (1, 0, 0, outgoing.name.clone()),
        }
    });
}

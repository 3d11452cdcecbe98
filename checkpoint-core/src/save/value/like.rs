//! Saving a value like another checkpoint: keys, dtypes, order, and kept variables.

use std::collections::{BTreeMap, HashMap, HashSet};

use checkpoint_schema::format::tensorflow::object_graph::{self, ObjectGraph};
use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::naming::Names;

use crate::checkpoint::Checkpoint;
use crate::load::error::model;
use crate::save::converted::Tally;
use crate::save::error::{SaveError, ValueProblem};
use crate::save::graph::graph;
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::value::unfit;

/// The checkpoint to be like.
pub(super) struct Like<'a> {
    pub(super) checkpoint: &'a Checkpoint,
    pub(super) names: Names<'a>,
}

impl<'a> Like<'a> {
    /// A checkpoint, with the names that the paths of a struct use.
    pub(super) fn new(
        node: &Node,
        checkpoint: &'a Checkpoint,
        graph: Option<&'a ObjectGraph>,
    ) -> Result<Self, SaveError> {
        let names = Names::new(node.naming(), checkpoint.catalog(), graph);
        let names = names.map_err(|problems| unfit(node, problems, ValueProblem::Load))?;
        Ok(Self { checkpoint, names })
    }
}

/// The names of variables with other keys: those of an object graph.
pub(super) type Paths = HashMap<Name, Name>;

/// Sets the stored keys of variables, and returns their paths. For names of an object graph, adds the graph if the format can hold it.
pub(super) fn keys<'v>(
    node: &Node,
    has_graph: bool,
    like: Option<&Like<'v>>,
    outgoing: &mut Vec<Outgoing<'v>>,
) -> Result<Paths, SaveError> {
    if node.naming() == Naming::Key {
        return Ok(Paths::new());
    }
    let mut paths = Vec::new();
    let mut names = Paths::new();
    let mut all_there = true;
    for outgoing in outgoing.iter_mut() {
        let path = outgoing.name.as_str().unwrap_or_default().to_owned();
        let found = like.and_then(|like| like.names.variable(&path));
        let key = match (found, node.naming()) {
            (Some(found), _) => found.name.clone(),
            (None, Naming::FullName) if has_graph => {
                return Err(SaveError::UnknownKey {
                    model: model(node),
                    naming: node.naming().word(),
                    name: path,
                });
            }
            (None, Naming::FullName) => outgoing.name.clone(),
            (None, _) => object_graph::key_of(&path),
        };
        names.insert(key.clone(), std::mem::replace(&mut outgoing.name, key));
        all_there &= found.is_some();
        paths.push(path);
    }
    let graph_of = |like: &Like<'v>| {
        let graph = like.checkpoint.catalog().get(object_graph::KEY)?;
        Some(Outgoing::variable(object_graph::KEY, like.checkpoint, graph))
    };
    if has_graph {
        outgoing.push(match like.filter(|_| all_there).and_then(graph_of) {
            Some(graph) => graph?,
            None => graph(&paths)?,
        });
    }
    Ok(names)
}

/// Replaces keys with names, for a format without object graphs. Kept variables get their first name in the other checkpoint.
pub(super) fn named_by_paths(
    paths: &Paths,
    like: Option<&Like<'_>>,
    outgoing: &mut Vec<Outgoing<'_>>,
) {
    outgoing.retain(|outgoing| outgoing.name.as_bytes() != object_graph::KEY.as_bytes());
    for outgoing in outgoing {
        let of_like = |like: &Like<'_>| {
            let number = like.names.catalog().position(&outgoing.name)?;
            like.names.of(number).first().cloned()
        };
        let name = paths.get(&outgoing.name).cloned().or_else(|| like.and_then(of_like));
        outgoing.name = name.unwrap_or_else(|| outgoing.name.clone());
    }
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
        let of_none =
            || useless("has no checkpoint to copy from; give one with `SaveOptions::like`");
        let like = options.like.ok_or_else(of_none)?;
        let is_named =
            |variable: &&Variable| variable.name.as_str().is_some_and(|name| parsed.matches(name));
        let mut named = like.variables().iter().filter(is_named).peekable();
        if named.peek().is_none() {
            return Err(useless("matches no variable of the checkpoint in `like`; remove it"));
        }
        let mut others = named.filter(|variable| !written.contains(&variable.name)).peekable();
        if others.peek().is_none() {
            return Err(useless("matches variables that fields write; remove it"));
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

//! Object graphs of new checkpoints.

use std::path::Path;

use checkpoint_schema::format::tensorflow::object_graph;
use checkpoint_schema::listing::catalog::Name;

use crate::save::error::SaveError;
use crate::save::formats::sink;
use crate::save::layout::Sink as _;
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::tensorflow::TensorFlow;
use crate::tensor::Tensor;

/// True if the format of the path can hold an object graph.
///
/// # Errors
/// Returns an error if the format is unknown.
pub(crate) fn has_object_graph(path: &Path, options: &SaveOptions<'_>) -> Result<bool, SaveError> {
    Ok(sink(path, options)?.name() == TensorFlow.name())
}

/// Replaces the names of variables, which are object paths, with their keys. Returns the object graph.
///
/// # Errors
/// Returns an error for a path that no object graph can have.
pub(crate) fn object_based<'v>(outgoing: &mut [Outgoing<'v>]) -> Result<Outgoing<'v>, SaveError> {
    let path = |outgoing: &Outgoing<'_>| outgoing.name.to_string();
    let paths: Vec<String> = outgoing.iter().map(path).collect();
    for (outgoing, path) in outgoing.iter_mut().zip(&paths) {
        outgoing.name = object_graph::key_of(path);
    }
    graph(&paths)
}

/// An object graph with these paths.
pub(super) fn graph<'v>(paths: &[String]) -> Result<Outgoing<'v>, SaveError> {
    let graph = object_graph::graph_of(paths.iter().map(String::as_str))
        .map_err(|path| SaveError::ObjectPath { path: path.to_owned() })?;
    let name = Name::from(object_graph::KEY);
    let failed = |source| SaveError::Tensor { name: name.clone(), source };
    let tensor = Tensor::from_strings([], [graph]).map_err(failed)?;
    Ok(Outgoing::new(object_graph::KEY, tensor.spec().clone(), tensor))
}

//! The object graph of a checkpoint.

use checkpoint_schema::catalog::{Place, Spec};
use checkpoint_schema::dtype::DType;
use checkpoint_schema::format::Limits;
use checkpoint_schema::format::object_graph::{GraphError, KEY, ObjectGraph};
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::read::ReadError;

/// The most bytes that are stored besides those of the string: its length, and the checksum of that.
const MOST_BESIDES: u64 = 10 + 4;

/// Why the object graph of a checkpoint cannot be read.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ObjectGraphError {
    /// The variable that holds it is something else.
    #[error(
        "`{KEY}` is {found}, but an object graph is a string without axes; the checkpoint is damaged or not of \
         TensorFlow, save it anew"
    )]
    Variable {
        /// What the variable holds.
        found: Spec,
    },
    /// Its bytes cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its bytes are not a graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Reads the graph; `None` if there is none.
pub(crate) fn read(
    checkpoint: &Checkpoint,
    limits: &Limits,
) -> Result<Option<ObjectGraph>, ObjectGraphError> {
    let Some(variable) = checkpoint.get(KEY) else { return Ok(None) };
    if variable.dtype != DType::String || variable.shape.rank() > 0 {
        return Err(ObjectGraphError::Variable { found: variable.spec() });
    }
    // It is refused before it is read; a little more than its own size is stored.
    if let Place::Whole(extent) = &variable.place
        && extent.size > limits.graph_bytes.saturating_add(MOST_BESIDES)
    {
        let (size, limit) = (extent.size, limits.graph_bytes);
        return Err(GraphError::Limit { size, limit }.into());
    }
    let tensor = checkpoint.read(&variable.name)?;
    let bytes = tensor.as_strings().and_then(|strings| strings.get(0)).unwrap_or_default();
    Ok(Some(ObjectGraph::from_bytes(bytes, limits)?))
}

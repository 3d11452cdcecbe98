//! The object graph of a checkpoint.

use checkpoint_schema::format::Budget;
use checkpoint_schema::format::tensorflow::object_graph::{GraphError, KEY, ObjectGraph};
use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::read::{ReadError, as_u64};

/// Why the object graph of a checkpoint cannot be read.
#[derive(Clone, Error)]
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

debug_as_display!(ObjectGraphError);

/// Reads the graph; `None` if there is none.
pub(crate) fn read(
    checkpoint: &Checkpoint,
    budget: &Budget,
) -> Result<Option<ObjectGraph>, ObjectGraphError> {
    let Some(variable) = checkpoint.catalog().get(KEY) else { return Ok(None) };
    if variable.dtype != DType::String || variable.shape.rank() > 0 {
        return Err(ObjectGraphError::Variable { found: variable.spec() });
    }
    let tensor = checkpoint.read(&variable.name)?;
    let bytes = tensor.as_strings().and_then(|strings| strings.get(0)).unwrap_or_default();
    let budget = budget.beside(as_u64(bytes.len()));
    Ok(Some(ObjectGraph::from_bytes(bytes, &budget)?))
}

//! The object graph of a checkpoint.

use checkpoint_schema::format::Budget;
use checkpoint_schema::format::tensorflow::object_graph::{GraphError, KEY, ObjectGraph};
use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::read::ReadError;
use crate::system::number::as_u64;

/// Errors of reading the object graph of a checkpoint.
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum ObjectGraphError {
    /// The variable of the object graph has an unexpected dtype or shape.
    #[error(
        "`{KEY}` is {found}, but an object graph is a string without axes; the checkpoint is damaged or not of \
         TensorFlow, save it anew"
    )]
    Variable {
        /// The dtype and shape of the variable.
        found: Spec,
    },
    /// Its bytes cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its bytes are not an object graph.
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

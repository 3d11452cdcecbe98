//! Names of variables from the object graph of a checkpoint, even if the graph cannot be read.

use checkpoint_core::{Catalog, Checkpoint, ObjectGraph, ObjectGraphError};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;

use crate::failure::Failure;
use crate::output;

/// The object graph, as far as it is available.
pub(crate) enum ObjectNames {
    /// The checkpoint has none.
    None,
    Graph(ObjectGraph),
    /// The data file of the graph is missing: paths of objects are only known from keys.
    Keys,
}

impl ObjectNames {
    /// Reads the graph. Prints a note if its bytes are not available.
    pub(crate) fn read(checkpoint: &Checkpoint) -> Result<Self, Failure> {
        match checkpoint.object_graph() {
            Ok(graph) => Ok(graph.map_or(Self::None, Self::Graph)),
            Err(ObjectGraphError::Read(error)) => {
                output::note(&format!("{error}; paths of objects are taken from the keys"));
                Ok(Self::Keys)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the default names of a checkpoint: paths of objects if it has a graph.
    pub(crate) fn usual(&self) -> Naming {
        match self {
            Self::None => Naming::Key,
            Self::Graph(_) | Self::Keys => Naming::ObjectPath,
        }
    }

    /// Returns the names of one kind, if they are known.
    pub(crate) fn of<'a>(
        &'a self,
        naming: Naming,
        catalog: &'a Catalog,
    ) -> Result<Option<Names<'a>>, Failure> {
        match (self, naming) {
            (Self::Graph(graph), _) => Ok(Some(Names::new(naming, catalog, Some(graph))?)),
            (_, Naming::Key) => Ok(Some(Names::of_keys(catalog))),
            (Self::Keys, Naming::ObjectPath) => Ok(Some(Names::of_key_paths(catalog))),
            _ => Ok(None),
        }
    }

    /// Returns the names of one kind.
    ///
    /// # Errors
    /// Returns an error if the names are not known.
    pub(crate) fn names<'a>(
        &'a self,
        naming: Naming,
        catalog: &'a Catalog,
    ) -> Result<Names<'a>, Failure> {
        if let Some(names) = self.of(naming, catalog)? {
            return Ok(names);
        }
        match self {
            Self::Keys => Err(Failure::NoFullNames),
            Self::None | Self::Graph(_) => Ok(Names::new(naming, catalog, None)?),
        }
    }
}

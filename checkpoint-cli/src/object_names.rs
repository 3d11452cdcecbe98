//! Names of variables from the object graph of a checkpoint, also where it cannot be read.

use checkpoint_core::{Catalog, Checkpoint, ObjectGraph, ObjectGraphError};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::plan::Names;

use crate::failure::Failure;
use crate::output;

/// An object graph, as far as it can be had.
pub(crate) enum ObjectNames {
    /// The checkpoint has none.
    None,
    Graph(ObjectGraph),
    /// It has one, but not the data file with it: only keys tell paths of objects.
    Keys,
}

impl ObjectNames {
    /// Reads the graph. Where its bytes cannot be had, a note says so.
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

    /// The names that a checkpoint has in the first place: paths of objects, if there is a graph.
    pub(crate) fn usual(&self) -> Naming {
        match self {
            Self::None => Naming::Key,
            Self::Graph(_) | Self::Keys => Naming::ObjectPath,
        }
    }

    /// The names of one kind, if these are known.
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

    /// The names of one kind.
    ///
    /// # Errors
    /// If they are not known.
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

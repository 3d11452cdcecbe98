//! Names of variables from the object graph of a checkpoint, also where it cannot be read.

use checkpoint_core::{Catalog, Checkpoint, ObjectGraph, ObjectGraphError};
use checkpoint_schema::model::description::Keys;
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
    pub(crate) fn usual(&self) -> Keys {
        match self {
            Self::None => Keys::Name,
            Self::Graph(_) | Self::Keys => Keys::Object,
        }
    }

    /// The names of one kind, if these are known.
    pub(crate) fn of<'a>(
        &'a self,
        keys: Keys,
        catalog: &'a Catalog,
    ) -> Result<Option<Names<'a>>, Failure> {
        match (self, keys) {
            (Self::Graph(graph), _) => Ok(Some(Names::new(keys, catalog, Some(graph))?)),
            (_, Keys::Name) => Ok(Some(Names::of_keys(catalog))),
            (Self::Keys, Keys::Object) => Ok(Some(Names::of_key_paths(catalog))),
            _ => Ok(None),
        }
    }

    /// The names of one kind.
    ///
    /// # Errors
    /// If they are not known.
    pub(crate) fn names<'a>(
        &'a self,
        keys: Keys,
        catalog: &'a Catalog,
    ) -> Result<Names<'a>, Failure> {
        if let Some(names) = self.of(keys, catalog)? {
            return Ok(names);
        }
        match self {
            Self::Keys => Err(Failure::NoFullNames),
            Self::None | Self::Graph(_) => Ok(Names::new(keys, catalog, None)?),
        }
    }
}

//! Checkpoints of data files in which some tensors are encoded.

use std::collections::BTreeMap;
use std::fmt;

use checkpoint_schema::listing::catalog::{Catalog, Name, Variable};

use crate::source::error::SourceError;
use crate::source::traits::{DataFile, Source};
use crate::tensor::Tensor;

/// A tensor whose stored form differs from its form in memory.
pub(crate) trait Encoded: fmt::Debug + Send + Sync {
    /// The shard number of its data file.
    fn shard(&self) -> u32;

    /// Reads all elements, and verifies their checksum, if there is one.
    fn read(&self, file: &dyn DataFile, variable: &Variable) -> Result<Tensor, SourceError>;
}

/// The tensors of a checkpoint, and their files.
#[derive(Debug)]
pub(crate) struct Files {
    catalog: Catalog,
    data: Vec<Box<dyn DataFile>>,
    encoded: BTreeMap<Name, Box<dyn Encoded>>,
}

impl Files {
    /// Builds the source. Variables in `encoded` have the place `Opaque`.
    pub(crate) fn new(
        variables: Vec<Variable>,
        encoded: BTreeMap<Name, Box<dyn Encoded>>,
        data: Vec<Box<dyn DataFile>>,
    ) -> Self {
        let shards = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Self { catalog: Catalog::new(variables, shards), data, encoded }
    }
}

impl Source for Files {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, shard: u32) -> Result<&dyn DataFile, SourceError> {
        let file = usize::try_from(shard).ok().and_then(|shard| self.data.get(shard));
        file.map(|file| &**file).ok_or_else(SourceError::unlisted)
    }

    fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
        let encoded = self.encoded.get(&variable.name).ok_or_else(SourceError::unlisted)?;
        encoded.read(self.data_file(encoded.shard())?, variable)
    }
}

//! V2 checkpoints: an index and data files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use checkpoint_schema::format::tensorflow::table::{self, Table};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::Catalog;

use crate::open::error::OpenError;
use crate::open::path::{named_shards, shard_path, temporary_of};
use crate::source::content::{Content, Held, Hold};
use crate::source::error::SourceError;
use crate::source::storage::FileSystem;
use crate::source::table_file::TableFile;
use crate::source::traits::{DataFile, Source};

/// A V2 checkpoint: an index, and data files that are opened on first use.
#[derive(Debug)]
pub(crate) struct Bundle {
    catalog: Catalog,
    budget: Budget,
    system: FileSystem,
    prefix: PathBuf,
    /// The number of data files in their names, which is determined on first use.
    named_shards: OnceLock<u32>,
    shards: BTreeMap<u32, Shard>,
    hold: Hold,
}

/// A data file, once it has been opened.
type Shard = OnceLock<Result<Held, SourceError>>;

impl Bundle {
    /// Reads the index at `path` of the checkpoint at `prefix`.
    pub(crate) fn open(
        system: &FileSystem,
        path: &Path,
        prefix: &Path,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Self, OpenError> {
        let file = TableFile::open(system, path)?;
        let budget = Budget::new(limits, table::Source::size(&file));
        let index = Table::open(file, &budget);
        let catalog = index.and_then(|index| Catalog::of_index(&index, &budget));
        let catalog = catalog.map_err(|error| error.in_index(system, path))?;
        Ok(Self::new(system, prefix, catalog, budget, hold))
    }

    /// The memory budget, less the size of the catalog.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Creates a checkpoint of `catalog`, with data files at `prefix`.
    fn new(
        system: &FileSystem,
        prefix: &Path,
        catalog: Catalog,
        budget: Budget,
        hold: Hold,
    ) -> Self {
        let extents = catalog.variables().iter().flat_map(|variable| variable.place.extents());
        let numbers: BTreeSet<u32> = extents.map(|extent| extent.shard).collect();
        let shards = numbers.into_iter().map(|number| (number, Shard::new())).collect();
        let (system, prefix) = (system.clone(), prefix.to_owned());
        Self { catalog, budget, system, prefix, named_shards: OnceLock::new(), shards, hold }
    }

    /// Opens the data file with this shard number.
    fn open_shard(&self, number: u32) -> Result<Held, SourceError> {
        let named = || named_shards(&self.system, &self.prefix, self.catalog.shards);
        let path = shard_path(&self.prefix, number, *self.named_shards.get_or_init(named));
        open(&self.system, path, self.hold)
    }
}

impl Source for Bundle {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, shard: u32) -> Result<&dyn DataFile, SourceError> {
        let unlisted = || {
            let source = Arc::new(io::Error::from(io::ErrorKind::NotFound));
            SourceError::Open { path: PathBuf::new(), source }
        };
        let file = self.shards.get(&shard).ok_or_else(unlisted)?;
        match file.get_or_init(|| self.open_shard(shard)) {
            Ok(file) => Ok(file),
            Err(error) => Err(error.clone()),
        }
    }
}

fn open(system: &FileSystem, path: PathBuf, hold: Hold) -> Result<Held, SourceError> {
    let opened = system.open(&path);
    match opened.and_then(|file| file.map(|file| Content::new(file, hold)).transpose()) {
        Ok(Some(content)) => Ok(Held { path, content }),
        Ok(None) => Err(SourceError::Special { path }),
        Err(source) => Err(match temporary_of(system, &path) {
            Some(temporary) => SourceError::Unfinished { path, temporary },
            None => SourceError::Open { path, source: Arc::new(source) },
        }),
    }
}

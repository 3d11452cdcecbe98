//! V2 checkpoints: an index and data files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use checkpoint_schema::format::tensorflow::table::{self, Table};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Place};

use crate::open::error::OpenError;
use crate::open::path::{named_shards, shard_path, temporary_of};
use crate::source::content::{Content, Held, Hold};
use crate::source::file::OpenFile;
use crate::source::table_file::TableFile;
use crate::source::{DataFile, Source, SourceError};

/// A V2 checkpoint: an index, and data files that are opened when they are first needed.
#[derive(Debug)]
pub(crate) struct Bundle {
    catalog: Catalog,
    budget: Budget,
    shards: BTreeMap<u32, Shard>,
    hold: Hold,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    file: OnceLock<Result<Held, SourceError>>,
}

impl Bundle {
    /// Reads the index at `path` of the checkpoint at `prefix`.
    pub(crate) fn open(
        path: &Path,
        prefix: &Path,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Self, OpenError> {
        let file = TableFile::open(path)?;
        let budget = Budget::new(limits, table::Source::size(&file));
        let index = Table::open(file, &budget);
        let catalog = index.and_then(|index| Catalog::of_index(&index, &budget));
        let catalog = catalog.map_err(|error| error.in_index(path))?;
        Ok(Self::new(prefix, catalog, budget, hold))
    }

    /// The budget that it was opened with, of which the catalog has taken its part.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The data files of `catalog` at `prefix`.
    fn new(prefix: &Path, catalog: Catalog, budget: Budget, hold: Hold) -> Self {
        let mut numbers = BTreeSet::new();
        for variable in catalog.variables() {
            match &variable.place {
                Place::Whole(extent) => numbers.extend([extent.shard]),
                Place::Slices(slices) => {
                    numbers.extend(slices.iter().map(|slice| slice.extent.shard));
                }
                Place::Opaque | Place::Unreadable(_) => {}
            }
        }
        let named_shards = named_shards(prefix, catalog.shards);
        let shard = |number| {
            let path = shard_path(prefix, number, named_shards);
            (number, Shard { path, file: OnceLock::new() })
        };
        let shards = numbers.into_iter().map(shard).collect();
        Self { catalog, budget, shards, hold }
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
        let Shard { path, file } = self.shards.get(&shard).ok_or_else(unlisted)?;
        match file.get_or_init(|| open(path, self.hold)) {
            Ok(file) => Ok(file),
            Err(error) => Err(error.clone()),
        }
    }
}

fn open(path: &Path, hold: Hold) -> Result<Held, SourceError> {
    let path = path.to_owned();
    let opened = OpenFile::open(&path);
    match opened.and_then(|file| file.map(|file| Content::new(file, hold)).transpose()) {
        Ok(Some(content)) => Ok(Held { path, content }),
        Ok(None) => Err(SourceError::Special { path }),
        Err(source) => Err(match temporary_of(&path) {
            Some(temporary) => SourceError::Unfinished { path, temporary },
            None => SourceError::Open { path, source: Arc::new(source) },
        }),
    }
}

//! Where checkpoints come from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use checkpoint_schema::catalog::{Catalog, Extent, Place};
use thiserror::Error;

use crate::path::{named_shards, shard_path};

/// A catalog of variables, and the bytes of each.
///
/// Loading knows nothing else of where a checkpoint comes from.
pub trait Source: std::fmt::Debug + Send + Sync {
    /// What there is.
    fn catalog(&self) -> &Catalog;

    /// Makes sure that all bytes of an extent are there, before memory is asked for.
    ///
    /// # Errors
    /// If they are not, as far as can be told without reading them.
    fn check(&self, extent: &Extent) -> Result<(), SourceError>;

    /// Fills `into` with the bytes of an extent from the byte `at` of it, as they are stored.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, extent: &Extent, at: u64, into: &mut [u8]) -> Result<(), SourceError>;
}

/// Why bytes cannot be had.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A data file cannot be opened.
    #[error("cannot open the data file `{path}`: {}; put it beside the index", source.kind())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file cannot be read.
    #[error("cannot read byte {offset} of the data file `{path}`: {}", source.kind())]
    Read {
        /// The file.
        path: PathBuf,
        /// The first byte that was asked for.
        offset: u64,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// A data file ends too early.
    #[error(
        "the data file `{path}` has {len} bytes, but the index says that there are {size} at byte {offset}; it is cut \
         or of another checkpoint, so copy it again"
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// Its length.
        len: u64,
        /// Where the bytes should be.
        offset: u64,
        /// How many there should be.
        size: u64,
    },
}

/// A V2 checkpoint: an index, and data files that are opened when they are first needed.
#[derive(Debug)]
pub(crate) struct Bundle {
    catalog: Catalog,
    shards: BTreeMap<u32, Shard>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    /// The file and its length.
    file: OnceLock<Result<(File, u64), Arc<io::Error>>>,
}

impl Bundle {
    /// The data files of `catalog` at `prefix`.
    pub(crate) fn new(prefix: &Path, catalog: Catalog) -> Self {
        let extents = catalog.variables().iter().flat_map(|variable| match &variable.place {
            Place::Whole(extent) => std::slice::from_ref(extent).to_vec(),
            Place::Slices(slices) => slices.iter().map(|slice| slice.extent).collect(),
        });
        let named_shards = named_shards(prefix, catalog.shards);
        let shard = |number| Shard {
            path: shard_path(prefix, number, named_shards),
            file: OnceLock::new(),
        };
        let shards = extents.map(|extent| (extent.shard, shard(extent.shard))).collect();
        Self { catalog, shards }
    }

    fn shard(&self, extent: &Extent) -> Result<(&Shard, &File, u64), SourceError> {
        let missing = || Arc::new(io::Error::from(io::ErrorKind::NotFound));
        let Some(shard) = self.shards.get(&extent.shard) else {
            return Err(SourceError::Open { path: PathBuf::new(), source: missing() });
        };
        match shard.file.get_or_init(|| open(&shard.path).map_err(Arc::new)) {
            Ok((file, len)) => Ok((shard, file, *len)),
            Err(source) => {
                Err(SourceError::Open { path: shard.path.clone(), source: source.clone() })
            }
        }
    }
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok((file, len))
}

impl Source for Bundle {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn check(&self, extent: &Extent) -> Result<(), SourceError> {
        let (shard, _, len) = self.shard(extent)?;
        let end = extent.offset.checked_add(extent.size);
        // TensorFlow lets an empty tensor lie anywhere.
        if extent.size == 0 || end.is_some_and(|end| end <= len) {
            return Ok(());
        }
        Err(SourceError::Short {
            path: shard.path.clone(),
            len,
            offset: extent.offset,
            size: extent.size,
        })
    }

    fn read(&self, extent: &Extent, at: u64, into: &mut [u8]) -> Result<(), SourceError> {
        let (shard, file, _) = self.shard(extent)?;
        let offset = extent.offset.saturating_add(at);
        let failed = |source| SourceError::Read {
            path: shard.path.clone(),
            offset,
            source: Arc::new(source),
        };
        read_exact_at(file, into, offset).map_err(failed)
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                into = into.get_mut(read..).unwrap_or_default();
                offset = offset.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

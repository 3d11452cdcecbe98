//! V2 checkpoints in memory that record all reads.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use checkpoint_core::{Catalog, Checkpoint, DataFile, Limits, Source, SourceError};

use crate::writer::Bundle;

/// The ranges that were read, with the numbers of the data files.
pub type Log = Arc<Mutex<Vec<(u32, Range<u64>)>>>;

/// A V2 checkpoint with data files in memory, and a log of reads.
#[derive(Debug)]
pub struct Mapped {
    catalog: Catalog,
    /// Its data files.
    pub files: Vec<MappedFile>,
}

/// A data file in memory.
#[derive(Debug)]
pub struct MappedFile {
    number: u32,
    path: PathBuf,
    /// The contents.
    pub bytes: Vec<u8>,
    log: Log,
}

impl Mapped {
    /// Returns a checkpoint, and its log.
    ///
    /// # Panics
    /// If the bundle is not a valid checkpoint.
    #[must_use]
    pub fn new(bundle: Bundle) -> (Self, Log) {
        let (index, files) = bundle.in_memory().expect("a bundle");
        let log = Log::default();
        let file = |(number, bytes): (u32, Vec<u8>)| {
            let path = PathBuf::from(format!("mapped {number}"));
            MappedFile { number, path, bytes, log: log.clone() }
        };
        let files = (0..).zip(files).map(file).collect();
        let index = index.to_bytes().expect("an index");
        let catalog = Catalog::from_index(&index, &Limits::default()).expect("a catalog");
        (Self { catalog, files }, log)
    }

    /// Returns an opened checkpoint, and its log.
    ///
    /// # Panics
    /// If the bundle is not a valid checkpoint.
    #[must_use]
    pub fn opened(bundle: Bundle) -> (Checkpoint, Log) {
        let (mapped, log) = Self::new(bundle);
        (Checkpoint::from_source("mapped", mapped), log)
    }
}

impl Source for Mapped {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, shard: u32) -> Result<&dyn DataFile, SourceError> {
        let file = self.files.iter().find(|file| file.number == shard);
        file.map(|file| file as &dyn DataFile).ok_or_else(|| SourceError::other("it is not mapped"))
    }
}

impl DataFile for MappedFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = self.bytes.get(start..start + into.len());
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push((self.number, offset..offset + into.len() as u64));
        Ok(())
    }
}

/// Returns the reads since the last call.
#[must_use]
pub fn taken(log: &Log) -> Vec<(u32, Range<u64>)> {
    std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner))
}

//! V1 checkpoints: tables that contain the tensors.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use checkpoint_schema::format::tensorflow::table::{self, KeyedBlock, Table};
use checkpoint_schema::format::tensorflow::v1::{V1Index, V1Slice};
use checkpoint_schema::format::{Budget, FormatError, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Name, Variable};

use crate::open::error::OpenError;
use crate::source::error::SourceError;
use crate::source::storage::FileSystem;
use crate::source::table_file::{FileError, TableFile};
use crate::source::traits::Source;
use crate::source::v1::values::TableValue;
use crate::tensor::Tensor;
use crate::tensor::buffer::Buffer;
use crate::tensor::region::region;

mod values;

/// An open V1 checkpoint. Only the first block of each file has been read.
///
/// A tensor is stored in a block of a table, and the checksum covers the block. Reading a tensor needs memory for the tensor,
/// its block, and the decompressed block.
#[derive(Debug)]
pub(crate) struct V1 {
    index: V1Index,
    files: Vec<Table<TableFile>>,
    budget: Budget,
    /// The last block of each file, if it has several tensors. The next tensors are likely to be in the same block. Variables
    /// in name order may alternate between files, so each file keeps one block.
    last: Mutex<BTreeMap<usize, Arc<Loaded>>>,
}

/// A block in memory.
#[derive(Debug)]
struct Loaded {
    /// The block number in its file.
    number: usize,
    block: KeyedBlock,
}

impl V1 {
    /// Opens the files of a checkpoint.
    pub(crate) fn open(
        system: &FileSystem,
        paths: &[PathBuf],
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let open = |path: &PathBuf| TableFile::open(system, path);
        let files = paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let budget = Budget::new(limits, files.iter().map(table::Source::size).sum());
        let problem = |path: &PathBuf, error: FileError| error.opening(path);
        let open = |(path, file)| {
            Table::open(file, &budget).map_err(|error: FileError| problem(path, error))
        };
        let files = paths.iter().zip(files).map(open).collect::<Result<Vec<_>, _>>()?;
        let index = V1Index::read(&files, &budget).map_err(|(number, error)| {
            problem(paths.get(number).unwrap_or(&PathBuf::new()), error)
        })?;
        Ok(Self { index, files, budget, last: Mutex::new(BTreeMap::new()) })
    }

    /// The memory budget, less the size of the catalog.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Reads a slice of a variable, or all of the variable.
    fn read(&self, variable: &Variable, slice: &V1Slice) -> Result<Buffer, SourceError> {
        let file = self.files.get(slice.file).ok_or_else(SourceError::unlisted)?;
        let key = slice.key(&variable.name);
        let loaded = match file.block_of(&key) {
            Some(number) => self.load(slice.file, file, number)?,
            None => None,
        };
        let problem = |problem| file.source().problem(problem);
        let value = loaded.as_ref().and_then(|loaded| loaded.block.get(&key));
        let value = value.ok_or_else(|| problem(FormatError::NoValue { key: Name::from(key) }))?;
        let values = TableValue { variable, elements: slice.shape.elements(), value };
        values.read().map_err(problem)?.ok_or_else(|| memory(variable))
    }

    /// Loads a block of a file.
    fn load(
        &self,
        file: usize,
        table: &Table<TableFile>,
        number: usize,
    ) -> Result<Option<Arc<Loaded>>, SourceError> {
        // Entries are only replaced as a whole, so a poisoned lock is harmless.
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last().get(&file).filter(|last| last.number == number).cloned();
        if known.is_some() {
            return Ok(known);
        }
        // Free the old block first. If memory is short, free the blocks of the other files too.
        last().remove(&file);
        let block = table.keyed_block(number).or_else(|_| {
            last().clear();
            table.keyed_block(number)
        });
        let Some(block) = block.map_err(|error| error.reading(table.source()))? else {
            return Ok(None);
        };
        let loaded = Arc::new(Loaded { number, block });
        if loaded.block.keys() > 1 {
            last().insert(file, loaded.clone());
        }
        Ok(Some(loaded))
    }
}

impl Source for V1 {
    fn catalog(&self) -> &Catalog {
        &self.index.catalog
    }

    fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
        let number = self.index.catalog.position(&variable.name);
        let slices = number.and_then(|number| self.index.slices.get(number));
        let slices = slices.ok_or_else(SourceError::unlisted)?;
        if let [slice] = &slices[..] {
            let buffer = self.read(variable, slice)?;
            return Ok(Tensor::new(variable.spec(), buffer));
        }
        let part = |slice: &V1Slice| {
            let region = region(variable, &slice.start, &slice.shape);
            Ok((region.ok_or_else(SourceError::unlisted)?, self.read(variable, slice)?))
        };
        // Read all slices before allocating the whole tensor. The allocation is then bounded by the contents of the files.
        let parts = slices.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let buffer = Buffer::assemble(variable, &parts).ok_or_else(|| memory(variable))?;
        Ok(Tensor::new(variable.spec(), buffer))
    }
}

fn memory(variable: &Variable) -> SourceError {
    SourceError::Memory { bytes: variable.bytes().unwrap_or(u64::MAX) }
}

//! V1 checkpoints: tables that hold the tensors themselves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use checkpoint_schema::format::tensorflow::table::{self, KeyedBlock, Table};
use checkpoint_schema::format::tensorflow::v1::{V1Index, V1Slice};
use checkpoint_schema::format::{Budget, FormatError, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Name, Variable};

use crate::open::error::OpenError;
use crate::read::region::Region;
use crate::source::table_file::{FileError, TableFile};
use crate::source::v1::values::Values;
use crate::source::{FileSystem, Source, SourceError};
use crate::tensor::Tensor;
use crate::tensor::buffer::Buffer;

mod values;

/// A V1 checkpoint: its files are open, and only the first block of each was read.
///
/// A tensor is in a block of a table, and the checksum is that of the block: while a tensor is read, memory holds its
/// block besides it, and what it decompresses to.
#[derive(Debug)]
pub(crate) struct V1 {
    index: V1Index,
    files: Vec<Table<TableFile>>,
    budget: Budget,
    /// The block of each file that was read last, if there are several tensors in it: the next ones wanted are likely to be
    /// there, though variables in the order of their names take turns between files.
    last: Mutex<BTreeMap<usize, Arc<Loaded>>>,
}

/// A block in memory.
#[derive(Debug)]
struct Loaded {
    /// Its number among those of its file.
    number: usize,
    block: KeyedBlock,
}

impl V1 {
    /// Opens these files, which together are a checkpoint.
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

    /// The budget that it was opened with, of which the catalog has taken its part.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Reads a slice of a variable, or all of it.
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
        let values = Values { variable, elements: slice.shape.elements(), value };
        values.read().map_err(problem)?.ok_or_else(|| memory(variable))
    }

    /// A block of a file.
    fn load(
        &self,
        file: usize,
        table: &Table<TableFile>,
        number: usize,
    ) -> Result<Option<Arc<Loaded>>, SourceError> {
        // What is in there is only ever replaced as a whole.
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last().get(&file).filter(|last| last.number == number).cloned();
        if known.is_some() {
            return Ok(known);
        }
        // Its place is needed, and so is that of the others where there is no memory for all.
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
            let region = Region::of(&slice.start, &slice.shape, variable)
                .ok_or_else(SourceError::unlisted)?;
            Ok((region, self.read(variable, slice)?))
        };
        // All slices are read before memory is taken for the whole: then there is no more than was in the files.
        let parts = slices.iter().map(part).collect::<Result<Vec<_>, _>>()?;
        let buffer = Buffer::assemble(variable, &parts).ok_or_else(|| memory(variable))?;
        Ok(Tensor::new(variable.spec(), buffer))
    }
}

fn memory(variable: &Variable) -> SourceError {
    SourceError::Memory { bytes: variable.bytes().unwrap_or(u64::MAX) }
}

//! safetensors checkpoints: one file, or shards with an index.

use std::path::{Path, PathBuf};

use checkpoint_schema::format::safetensors::{Header, HeaderError, PREFIX, ShardsError};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Variable};

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::open::path::what_it_is;
use crate::source::content::{Content, Held, Hold};
use crate::source::error::SourceError;
use crate::source::file::OpenFile;
use crate::source::shards::{Of, bytes, index_of, open_shard, read_index, shard_of, start_of};
use crate::source::storage::FileSystem;
use crate::source::traits::{DataFile, Source};

/// The extension of a file.
const FILE: &str = ".safetensors";

/// The extension of an index of shards.
const INDEX: &str = ".safetensors.index.json";

/// The format of the crate `safetensors`, which `transformers` uses.
pub(crate) struct Safetensors;

impl Format for Safetensors {
    fn name(&self) -> &'static str {
        "safetensors"
    }

    fn is_called(&self, path: &str) -> bool {
        path.ends_with(FILE) || path.ends_with(INDEX)
    }

    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let failed = OpenError::io(path);
        if system.has_folder(path).map_err(failed)? {
            return in_folder(system, path);
        }
        Ok(of_file(system, path)?.map(boxed).into_iter().collect())
    }
}

/// A checkpoint file, or the index of shards.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    file: OpenFile,
    is_index: bool,
}

fn boxed(found: Found) -> Box<dyn Candidate> {
    Box::new(found)
}

/// The checkpoint at a path, if the file is one.
fn of_file(system: &FileSystem, path: &Path) -> Result<Option<Found>, OpenError> {
    let failed = OpenError::io(path);
    if !system.has_file(path).map_err(failed)? {
        return Ok(None);
    }
    let Some(file) = system.open(path).map_err(failed)? else { return Ok(None) };
    let start = start_of(&file).map_err(failed)?;
    let index = index_of(path, &start);
    let is_index = index == Some(Of::Safetensors);
    let is_file = || Header::is_there(&start, file.size());
    let is_it = is_index || index.is_none() && (is_file() || is_damaged(system, path)?);
    Ok(is_it.then(|| Found { path: path.to_owned(), file, is_index }))
}

/// True for a file that looks like a damaged checkpoint: its name has the extension, and its contents match no known format.
fn is_damaged(system: &FileSystem, path: &Path) -> Result<bool, OpenError> {
    Ok(is_called(path, FILE) && what_it_is(system, path)?.is_none())
}

fn is_called(path: &Path, end: &str) -> bool {
    path.to_str().is_some_and(|path| path.ends_with(end))
}

/// The checkpoints in a folder.
fn in_folder(system: &FileSystem, folder: &Path) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
    let names = system.names(folder);
    let (shards, whole): (Vec<&String>, Vec<&String>) = names
        .iter()
        .filter(|name| name.ends_with(FILE))
        .partition(|name| shard_of(name, FILE).is_some());
    let indexes: Vec<&String> = names.iter().filter(|name| name.ends_with(INDEX)).collect();
    if let ([], Some(prefix)) =
        (&indexes[..], shards.first().and_then(|shard| shard_of(shard, FILE)))
    {
        let missing = folder.join(format!("{prefix}{INDEX}"));
        return Err(OpenError::Incomplete { path: folder.to_owned(), missing });
    }
    let mut found: Vec<Box<dyn Candidate>> = Vec::new();
    for name in indexes.into_iter().chain(whole) {
        let path = folder.join(name);
        match of_file(system, &path)? {
            Some(candidate) => found.push(boxed(candidate)),
            None => return Err(what_it_is(system, &path)?.unwrap_or(OpenError::Unknown { path })),
        }
    }
    Ok(found)
}

impl Candidate for Found {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError> {
        let Self { path, file, is_index } = *self;
        let budget = Budget::new(limits, file.size());
        if is_index {
            return several(system, &path, &file, budget, hold);
        }
        let (file, variables) = one(path, file, &budget, hold)?;
        let source = Box::new(Files { catalog: Catalog::new(variables, 1), files: vec![file] });
        Ok(Opened { source, budget })
    }
}

/// Reads the header of a file.
fn one(
    path: PathBuf,
    file: OpenFile,
    budget: &Budget,
    hold: Hold,
) -> Result<(Held, Vec<Variable>), OpenError> {
    let problem = |problem: HeaderError| OpenError::damaged(&path, problem);
    let failed = OpenError::io(&path);
    let content = Content::new(file, hold).map_err(failed)?;
    let size = content.size();
    let start = bytes(&content, 0, PREFIX.min(size)).map_err(failed)?;
    let len = Header::len(&start, size).map_err(problem)?;
    budget.charge("the header", len).map_err(|over| OpenError::damaged(&path, over))?;
    let json = bytes(&content, PREFIX, len).map_err(failed)?;
    let Header { variables } = Header::read(&json, size, budget).map_err(problem)?;
    Ok((Held { path, content }, variables))
}

/// Reads an index, and the header of each shard.
fn several(
    system: &FileSystem,
    path: &Path,
    file: &OpenFile,
    mut budget: Budget,
    hold: Hold,
) -> Result<Opened, OpenError> {
    let problem = |problem: ShardsError| OpenError::damaged(path, problem);
    let index = read_index(path, file, &budget)?;
    let (mut files, mut headers) = (Vec::new(), Vec::new());
    for name in index.files() {
        let shard = path.with_file_name(name);
        let file = open_shard(system, path, &shard)?;
        budget = budget.beside(file.size());
        let (file, variables) = one(shard, file, &budget, hold)?;
        files.push(file);
        headers.push(variables);
    }
    let variables = index.variables(headers).map_err(problem)?;
    let catalog = Catalog::new(variables, u32::try_from(files.len()).unwrap_or(u32::MAX));
    Ok(Opened { source: Box::new(Files { catalog, files }), budget })
}

/// The files of a checkpoint. They stay open, so that tensors are read from the same files as the headers.
#[derive(Debug)]
struct Files {
    catalog: Catalog,
    files: Vec<Held>,
}

impl Source for Files {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, shard: u32) -> Result<&dyn DataFile, SourceError> {
        let file = usize::try_from(shard).ok().and_then(|shard| self.files.get(shard));
        match file {
            Some(file) => Ok(file),
            None => Err(SourceError::unlisted()),
        }
    }
}

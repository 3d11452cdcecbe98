//! NumPy arrays: a `.npy` file, a directory of `.npy` files, and a `.npz` archive.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use checkpoint_schema::format::{Budget, Limits, OverBudget};
use checkpoint_schema::listing::catalog::{
    Checksum, Defect, Extent, Name, Place, Strided, Variable,
};
use checkpoint_schema::listing::checksum::Algorithm;
use checkpoint_schema::listing::shape::Shape;

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::source::content::{Content, Held, Hold};
use crate::source::error::SourceError;
use crate::source::file::Reopened;
use crate::source::files::{Encoded, Files};
use crate::source::npy::array::{Array, ArrayError};
use crate::source::npy::header::ElementType;
use crate::source::section::{Section, SectionError};
use crate::source::storage::FileSystem;
use crate::source::traits::DataFile;
use crate::system::number::as_u64;
use crate::tensor::Tensor;

mod array;
mod elements;
mod header;
mod literal;

pub(crate) use header::MAGIC;

/// The extension of a file.
const FILE: &str = ".npy";

/// The deepest nesting of folders.
const DEEPEST: usize = 32;

/// The arrays found so far.
pub(crate) struct Arrays<'b> {
    budget: &'b Budget,
    variables: Vec<Variable>,
    encoded: BTreeMap<Name, Box<dyn Encoded>>,
}

impl<'b> Arrays<'b> {
    pub(crate) fn new(budget: &'b Budget) -> Self {
        Self { budget, variables: Vec::new(), encoded: BTreeMap::new() }
    }

    /// Adds the array in a section of the file `shard`. A damaged array is listed as damaged.
    pub(crate) fn add(
        &mut self,
        name: Name,
        file: &dyn DataFile,
        shard: u32,
        section: Section,
    ) -> Result<(), OpenError> {
        let failed = OpenError::io(file.path());
        let limits = self.budget.limits();
        let most = limits.memory_per_byte.saturating_mul(file.size()).saturating_add(limits.memory);
        match Array::read(file, shard, section, &name) {
            Ok(array) => self.add_array(name, array, most),
            Err(ArrayError::Section(SectionError::Io(source))) => return Err(failed(source)),
            Err(error) => {
                self.add_unreadable(name, Defect::Damaged { reason: error.to_string().into() })
            }
        }
        .map_err(|over| OpenError::damaged(file.path(), over))
    }

    /// Adds a variable that cannot be read.
    pub(crate) fn add_unreadable(&mut self, name: Name, defect: Defect) -> Result<(), OverBudget> {
        self.budget.variables(1, name_len(&name), 0)?;
        let place = Place::Unreadable(Box::new(defect));
        let dtype = ElementType::Unsupported { reason: Box::default() }.dtype();
        self.variables.push(Variable { name, dtype, shape: Shape::default(), place });
        Ok(())
    }

    /// Adds an array. A compressed one is decompressed into memory as a whole, so it may have at most `most` bytes.
    fn add_array(&mut self, name: Name, array: Array, most: u64) -> Result<(), OverBudget> {
        // Encoded arrays are listed twice.
        self.budget.variables(2, name_len(&name), array.header.shape.rank())?;
        if array.header.elements.width() == Some(0) {
            // The length of the file does not limit the number of empty strings.
            let ends = array.header.shape.elements().saturating_mul(8);
            self.budget.charge("the empty strings", ends)?;
        }
        let (dtype, shape) = (array.header.elements.dtype(), array.header.shape.clone());
        let place = match (&array.header.elements, array.extent()) {
            (ElementType::Unsupported { reason }, _) => {
                let defect = Defect::Unsupported { reason: reason.clone() };
                Place::Unreadable(Box::new(defect))
            }
            (_, Some(extent)) if array.header.is_row_major() => Place::Whole(extent),
            (_, Some(extent)) => match array.order() {
                Some(order) => Place::Strided(Box::new(Strided { extent, order })),
                None => Place::Opaque,
            },
            (_, None) if array.section.is_deflated && array.section.size > most => {
                let Section { size, stored, .. } = array.section;
                let reason = format!(
                    "its {size} bytes are compressed to {stored}, and the limit is {most}; if you trust the file, raise `Limits::memory`"
                );
                Place::Unreadable(Box::new(Defect::Unsupported { reason: reason.into() }))
            }
            (_, None) => Place::Opaque,
        };
        if place == Place::Opaque {
            self.encoded.insert(name.clone(), Box::new(array));
        }
        self.variables.push(Variable { name, dtype, shape, place });
        Ok(())
    }

    pub(crate) fn into_source(self, files: Vec<Box<dyn DataFile>>) -> Files {
        Files::new(self.variables, self.encoded, files)
    }
}

impl Array {
    /// The byte range of the elements, if they are stored as numbers in memory.
    fn extent(&self) -> Option<Extent> {
        let Self { shard, section, start, header_crc, ref header } = *self;
        let ElementType::Numbers { endianness, .. } = header.elements else { return None };
        if section.is_deflated {
            return None;
        }
        let size = section.size.saturating_sub(start);
        // The checksum of the archive covers the header followed by the elements.
        let of_elements = |crc| Algorithm::Crc32.combine(header_crc, crc, size);
        let checksum = section.crc.map_or(Checksum::None, |crc| Checksum::Crc32(of_elements(crc)));
        let offset = section.offset.saturating_add(start);
        Some(Extent { shard, offset, size, endianness, checksum })
    }
}

impl Encoded for Array {
    fn shard(&self) -> u32 {
        self.shard
    }

    fn read(&self, file: &dyn DataFile, variable: &Variable) -> Result<Tensor, SourceError> {
        Ok(Tensor::new(variable.spec(), self.elements(file, &variable.name)?))
    }
}

/// The format with one array per file.
pub(crate) struct Npy;

impl Format for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn is_called(&self, path: &str) -> bool {
        path.ends_with(FILE)
    }

    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let (path, mut arrays) = (path.to_owned(), Vec::new());
        let failed = OpenError::io(&path);
        let in_folder = system.has_folder(&path).map_err(failed)?;
        if in_folder {
            list(system, &path, "", &mut arrays).map_err(failed)?;
        } else if is_array(system, &path)? {
            let name = path.file_stem().map(path_bytes).unwrap_or_default();
            arrays.push((Name::from(name), path.clone()));
        }
        if arrays.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![Box::new(InFiles { path, arrays, in_folder })])
    }
}

/// Lists the arrays in a folder by name. Subfolders are searched if the folder contains only arrays and folders.
fn list(
    system: &FileSystem,
    folder: &Path,
    prefix: &str,
    arrays: &mut Vec<(Name, PathBuf)>,
) -> io::Result<()> {
    let (mut folders, mut has_others) = (Vec::new(), false);
    for name in system.names(folder) {
        let path = folder.join(&name);
        let is_hidden = name.starts_with('.');
        match name.strip_suffix(FILE) {
            Some(array) if system.has_file(&path)? => {
                arrays.push((Name::from(format!("{prefix}{array}")), path));
            }
            // Links are not followed: they can form a cycle.
            _ if !is_hidden && system.has_folder(&path)? && !path.is_symlink() => {
                folders.push((name, path));
            }
            _ => has_others |= !is_hidden,
        }
    }
    let is_deep = prefix.bytes().filter(|byte| *byte == b'/').count() >= DEEPEST;
    if !has_others && !is_deep {
        for (name, folder) in folders {
            list(system, &folder, &format!("{prefix}{name}/"), arrays)?;
        }
    }
    Ok(())
}

/// True if a file starts with the magic number of an array.
fn is_array(system: &FileSystem, path: &Path) -> Result<bool, OpenError> {
    let failed = OpenError::io(path);
    if !system.has_file(path).map_err(failed)? {
        return Ok(false);
    }
    let Some(file) = system.open(path).map_err(failed)? else { return Ok(false) };
    let mut start = [0; MAGIC.len()];
    Ok(file.size() >= MAGIC.len().try_into().unwrap_or(u64::MAX)
        && file.read(0, &mut start).map(|()| start == MAGIC).map_err(failed)?)
}

/// An array in a file, or the arrays in the files of a folder.
#[derive(Debug)]
struct InFiles {
    path: PathBuf,
    arrays: Vec<(Name, PathBuf)>,
    in_folder: bool,
}

impl Candidate for InFiles {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError> {
        let Self { path, arrays, in_folder } = *self;
        if as_u64(arrays.len()) > limits.shards.into() {
            return Err(OpenError::TooManyFiles { path, limit: limits.shards });
        }
        let (names, paths): (Vec<Name>, Vec<PathBuf>) = arrays.into_iter().unzip();
        let files = paths
            .into_iter()
            .map(|path| held(system, path, hold))
            .collect::<Result<Vec<_>, _>>()?;
        let size = files.iter().fold(0, |size: u64, file| size.saturating_add(file.size()));
        let budget = Budget::new(limits, size);
        let mut found = Arrays::new(&budget);
        for ((shard, file), name) in (0..).zip(&files).zip(names) {
            found.add(name, &**file, shard, Section::whole(&**file))?;
        }
        let alone = found.variables.first().filter(|_| !in_folder);
        if let Some(Defect::Damaged { reason }) = alone.and_then(Variable::defect) {
            return Err(OpenError::damaged(&path, reason.clone().into_string()));
        }
        let source = found.into_source(files);
        Ok(Opened { source: Box::new(source), budget })
    }
}

/// Opens the file of an array. With `Hold::Open`, a local file is reopened for each read: there can be more files than a
/// process may have open.
fn held(system: &FileSystem, path: PathBuf, hold: Hold) -> Result<Box<dyn DataFile>, OpenError> {
    let failed = OpenError::io(&path);
    let file = system.open(&path).map_err(failed)?;
    let file = file.ok_or_else(|| OpenError::Special { path: path.clone() })?;
    if hold == Hold::Open && system.is_local() {
        let size = file.size();
        return Ok(Box::new(Reopened { path, size }));
    }
    let content = Content::new(file, hold).map_err(failed)?;
    Ok(Box::new(Held { path, content }))
}

fn path_bytes(path: impl AsRef<OsStr>) -> Vec<u8> {
    path.as_ref().to_string_lossy().into_owned().into_bytes()
}

fn name_len(name: &Name) -> u64 {
    as_u64(name.as_bytes().len())
}

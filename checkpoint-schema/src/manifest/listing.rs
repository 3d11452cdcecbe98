//! The listing of a manifest, in any of its formats.

use thiserror::Error;

use crate::format::safetensors::{Header, HeaderError, PREFIX};
use crate::format::tensorflow::object_graph::VALUE_SUFFIX;
use crate::format::{Budget, FormatError, Limits};
use crate::listing::catalog::{Catalog, Name, Spec};
use crate::manifest::{Entry, TextProblem, text};
use crate::model::description::{Ignore, Naming};
use crate::naming::{Names, Presets, ignored_globs};

/// The variables of a checkpoint, under the names that the paths of a struct use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    naming: Naming,
    variables: Vec<Listed>,
}

/// A variable of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The names: at least one, of which the first is displayed.
    pub names: Vec<Name>,
    /// The key of the variable in the checkpoint.
    pub key: Name,
    /// The dtype and shape.
    pub spec: Spec,
}

/// Errors of reading a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListingError {
    /// The index of a checkpoint is invalid, or the format is unknown.
    #[error(transparent)]
    Format(FormatError),
    /// The header of a safetensors file is invalid.
    #[error(transparent)]
    Safetensors(#[from] HeaderError),
    /// A line of a text manifest is invalid.
    #[error("line {line}: {problem}")]
    Text {
        /// The number of the line, starting at 1.
        line: usize,
        /// The error in the line.
        problem: TextProblem,
    },
    /// The file is a V1 checkpoint.
    #[error(
        "it is a V1 checkpoint, which holds all elements too; run `ckpt manifest` to write what it lists as text"
    )]
    Version1,
    /// The file is an archive or an array of another format.
    #[error(
        "it is a checkpoint of NumPy or PyTorch, which holds all elements too; run `ckpt manifest` to write what it lists as text"
    )]
    Archive,
}

/// The first bytes of `.npz` and PyTorch archives, and of `.npy` arrays.
const ARCHIVES: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY"];

/// True if the first bytes are those of a NumPy or PyTorch file.
fn is_archive(start: &[u8]) -> bool {
    ARCHIVES.iter().any(|archive| start.starts_with(archive))
}

impl Listing {
    /// A listing of these variables, in the order of their first names.
    #[must_use]
    pub fn new(naming: Naming, mut variables: Vec<Listed>) -> Self {
        variables.sort_by(|a, b| a.names.cmp(&b.names));
        Self { naming, variables }
    }

    /// The listing of a checkpoint. It leaves out the object graph that the names come from.
    #[must_use]
    pub fn of(names: &Names<'_>) -> Self {
        let variables = names.catalog().variables().iter().enumerate();
        let variables = variables.filter(|(number, _)| !names.come_from(*number));
        let listed = |(number, variable): (usize, &crate::listing::catalog::Variable)| Listed {
            names: names.of(number).to_vec(),
            key: variable.name.clone(),
            spec: variable.spec(),
        };
        Self::new(names.naming(), variables.map(listed).collect())
    }

    /// The listing of a checkpoint, with a chosen first name for each variable.
    pub(crate) fn called(names: &Names<'_>, first: impl Fn(usize) -> Name) -> Self {
        let variables =
            (0..names.catalog().variables().len()).filter(|number| !names.come_from(*number));
        let listed = |number: usize| {
            let variable = &names.catalog().variables()[number];
            let first = first(number);
            let others = names.of(number).iter().filter(|name| **name != first).cloned();
            let others: Vec<Name> = others.collect();
            let names = std::iter::once(first).chain(others).collect();
            Listed { names, key: variable.name.clone(), spec: variable.spec() }
        };
        Self::new(names.naming(), variables.map(listed).collect())
    }

    /// Reads a manifest: the index of a V2 checkpoint, a safetensors file, or text. The bytes tell these formats apart.
    ///
    /// # Errors
    /// Returns an error if the bytes are damaged or of an unknown format, or if they exceed `limits`.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ListingError> {
        Self::read_start(bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX), limits)
    }

    /// The number of bytes to read for the listing of a file of `size` bytes that starts with `start`.
    ///
    /// A safetensors file needs only its header, an archive nothing beyond `start`, and any other file all bytes.
    #[must_use]
    pub fn needed(start: &[u8], size: u64) -> u64 {
        if is_archive(start) {
            return size.min(u64::try_from(start.len()).unwrap_or(u64::MAX));
        }
        let header = || Header::len(start, size).ok();
        let header = Header::is_there(start, size).then(header).flatten();
        header.map_or(size, |len| len.saturating_add(PREFIX))
    }

    /// Reads a manifest of `size` bytes from its [`needed`](Self::needed) bytes.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read).
    pub fn read_start(bytes: &[u8], size: u64, limits: &Limits) -> Result<Self, ListingError> {
        if Header::is_there(bytes, size) {
            let json = Header::within(bytes, size)?;
            let header = Header::read(json, size, &Budget::new(limits, size))?;
            return Ok(Self::of(&Names::of_keys(&Catalog::new(header.variables, 1))));
        }
        if is_archive(bytes) {
            return Err(ListingError::Archive);
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            return text::read(text, limits);
        }
        match Catalog::from_index(bytes, limits) {
            Ok(catalog) => Ok(Self::of(&Names::of_keys(&catalog))),
            Err(FormatError::Version1) => Err(ListingError::Version1),
            Err(error) => Err(ListingError::Format(error)),
        }
    }

    /// The kind of the names.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// The variables, in the order of their first names.
    #[must_use]
    pub fn variables(&self) -> &[Listed] {
        &self.variables
    }

    /// The entries of a constant, for a struct that ignores these variables.
    #[must_use]
    pub fn entries(&self, ignore: &[Ignore<'_>]) -> Vec<Entry> {
        self.entries_below(ignore, "")
    }

    /// The entries of a check, for a struct below a prefix that ignores these variables.
    pub(crate) fn entries_below(&self, ignore: &[Ignore<'_>], prefix: &str) -> Vec<Entry> {
        let globs: Vec<_> = ignore.iter().flat_map(ignored_globs).collect();
        let presets = Presets::new();
        let entry = |Listed { names, key, spec }: &Listed| {
            let called = called(names, key, prefix);
            let by = |name: &String| globs.iter().find(|labelled| labelled.glob.matches(name));
            // An object can also be named by its key, which ends with this suffix.
            let values = names.iter().filter(|_| self.naming == Naming::ObjectPath);
            let value =
                |name: &Name| Name::from([name.as_bytes(), VALUE_SUFFIX.as_bytes()].concat());
            Entry {
                names: names.iter().cloned().chain(values.map(value)).collect(),
                spec: spec.clone(),
                ignored: called.iter().find_map(by).map(|labelled| labelled.label.to_owned()),
                preset: presets.of(called.into_iter()),
                defect: None,
            }
        };
        self.variables.iter().map(entry).collect()
    }
}

/// The names that globs of the root match: those of the variable, its key, and each of them without the prefix.
pub(crate) fn called(names: &[Name], key: &Name, prefix: &str) -> Vec<String> {
    let key = Some(key).filter(|key| !names.contains(key));
    let mut called: Vec<String> = names.iter().chain(key).map(ToString::to_string).collect();
    if !prefix.is_empty() {
        let rests = called.iter().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned);
        called.extend(rests.collect::<Vec<_>>());
    }
    called
}

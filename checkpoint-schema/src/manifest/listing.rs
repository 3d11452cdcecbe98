//! What a manifest lists, however it is written.

use thiserror::Error;

use crate::format::safetensors::{Header, HeaderError, PREFIX};
use crate::format::{Budget, FormatError, Limits};
use crate::listing::catalog::{Catalog, Name, Spec};
use crate::manifest::{Entry, TextProblem, text};
use crate::model::description::{Ignore, Naming};
use crate::plan::{Names, Presets, VALUE_SUFFIX, rules};

/// The variables of a checkpoint, by the names that the paths of a struct call them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    naming: Naming,
    variables: Vec<Listed>,
}

/// A variable of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its names, one at least. The first is shown.
    pub names: Vec<Name>,
    /// The key under which it is stored.
    pub key: Name,
    /// What it holds.
    pub spec: Spec,
}

/// Why a manifest cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListingError {
    /// It is the index of a checkpoint that cannot be read, or nothing of this kind.
    #[error(transparent)]
    Format(FormatError),
    /// It is a safetensors file whose header cannot be read.
    #[error(transparent)]
    Safetensors(#[from] HeaderError),
    /// It is text, of which a line is wrong.
    #[error("line {line}: {problem}")]
    Text {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        problem: TextProblem,
    },
    /// It is a V1 checkpoint.
    #[error(
        "it is a V1 checkpoint, which holds all elements too; run `ckpt manifest` to write what it lists as text"
    )]
    Version1,
    /// It is an archive or an array of another format.
    #[error(
        "it is a checkpoint of NumPy or PyTorch, which holds all elements too; run `ckpt manifest` to write what it lists as text"
    )]
    Archive,
}

/// The first bytes of `.npz` archives and those of PyTorch, and of `.npy` arrays.
const ARCHIVES: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY"];

/// Whether a file that begins like this holds arrays of NumPy or tensors of PyTorch.
fn is_archive(start: &[u8]) -> bool {
    ARCHIVES.iter().any(|archive| start.starts_with(archive))
}

impl Listing {
    /// The listing of these variables, in the order of their first names.
    #[must_use]
    pub fn new(naming: Naming, mut variables: Vec<Listed>) -> Self {
        variables.sort_by(|a, b| a.names.cmp(&b.names));
        Self { naming, variables }
    }

    /// What a checkpoint holds. The object graph from which names come is not a variable of its own.
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

    /// What a checkpoint holds, each variable called first by the one of its names that is chosen.
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

    /// Reads a manifest: the index of a V2 checkpoint, a safetensors file, or text, which these never are.
    ///
    /// # Errors
    /// If the bytes are nothing of this kind, or damaged, or if they ask for more than `limits` allow.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ListingError> {
        Self::read_start(bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX), limits)
    }

    /// The number of bytes of a manifest that say what it lists, if it is a file of `size` bytes that begins like this: of a
    /// safetensors file the header, of an archive nothing more, of others all.
    #[must_use]
    pub fn needed(start: &[u8], size: u64) -> u64 {
        if is_archive(start) {
            return size.min(u64::try_from(start.len()).unwrap_or(u64::MAX));
        }
        let header = || Header::len(start, size).ok();
        let header = Header::is_there(start, size).then(header).flatten();
        header.map_or(size, |len| len.saturating_add(PREFIX))
    }

    /// Reads a manifest of `size` bytes from as many as are [`needed`](Self::needed).
    ///
    /// # Errors
    /// As [`read`](Self::read).
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

    /// What kind of names they are.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// The variables, in the order of their first names.
    #[must_use]
    pub fn variables(&self) -> &[Listed] {
        &self.variables
    }

    /// What a constant holds of them, for a struct that ignores these.
    #[must_use]
    pub fn entries(&self, ignore: &[Ignore<'_>]) -> Vec<Entry> {
        self.entries_below(ignore, "")
    }

    /// What a check is given of them, for a struct that sits below a prefix and ignores these.
    pub(crate) fn entries_below(&self, ignore: &[Ignore<'_>], prefix: &str) -> Vec<Entry> {
        let rules: Vec<_> = ignore.iter().flat_map(rules).collect();
        let presets = Presets::new();
        let entry = |Listed { names, key, spec }: &Listed| {
            let called = called(names, key, prefix);
            let by = |name: &String| rules.iter().find(|rule| rule.glob.matches(name));
            // An object is also called by what its key ends with.
            let values = names.iter().filter(|_| self.naming == Naming::ObjectPath);
            let value =
                |name: &Name| Name::from([name.as_bytes(), VALUE_SUFFIX.as_bytes()].concat());
            Entry {
                names: names.iter().cloned().chain(values.map(value)).collect(),
                spec: spec.clone(),
                ignored: called.iter().find_map(by).map(|rule| rule.label.to_owned()),
                preset: presets.of(called.into_iter()),
                defect: None,
            }
        };
        self.variables.iter().map(entry).collect()
    }
}

/// All that globs of the root are for: the names of a variable, its key, and what follows in these behind a prefix.
pub(crate) fn called(names: &[Name], key: &Name, prefix: &str) -> Vec<String> {
    let key = Some(key).filter(|key| !names.contains(key));
    let mut called: Vec<String> = names.iter().chain(key).map(ToString::to_string).collect();
    if !prefix.is_empty() {
        let rests = called.iter().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned);
        called.extend(rests.collect::<Vec<_>>());
    }
    called
}

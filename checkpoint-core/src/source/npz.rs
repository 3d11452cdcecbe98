//! NumPy `.npz` archives.

use std::path::{Path, PathBuf};

use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Defect, Name};

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::source::content::{Content, Held, Hold};
use crate::source::file::OpenFile;
use crate::source::npy::Arrays;
use crate::source::storage::FileSystem;
use crate::source::zip::{Entry, Kind, entries, kind};

/// The extension of an archive.
const ARCHIVE: &str = ".npz";

/// The extension of an array in an archive.
const ARRAY: &[u8] = b".npy";

/// The `.npz` format: an archive of arrays, stored or compressed.
pub(crate) struct Npz;

impl Format for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn is_called(&self, path: &str) -> bool {
        path.ends_with(ARCHIVE)
    }

    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let failed = OpenError::io(path);
        let in_folder = system.has_folder(path).map_err(failed)?;
        let paths: Vec<PathBuf> = if in_folder {
            let names = system.names(path).into_iter();
            names.filter(|name| name.ends_with(ARCHIVE)).map(|name| path.join(name)).collect()
        } else {
            vec![path.to_owned()]
        };
        let found: Vec<Option<Box<dyn Candidate>>> =
            paths.into_iter().map(|path| of_file(system, &path)).collect::<Result<_, _>>()?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// An archive of arrays.
#[derive(Debug)]
struct OfArrays {
    path: PathBuf,
    file: OpenFile,
}

/// The archive at a path, if the file is an archive of arrays.
fn of_file(system: &FileSystem, path: &Path) -> Result<Option<Box<dyn Candidate>>, OpenError> {
    let failed = OpenError::io(path);
    if kind(system, path).map_err(failed)? != Some(Kind::Arrays) {
        return Ok(None);
    }
    let file = system.open(path).map_err(failed)?;
    let Some(file) = file else { return Ok(None) };
    Ok(Some(Box::new(OfArrays { path: path.to_owned(), file })))
}

impl Candidate for OfArrays {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(
        self: Box<Self>,
        _: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError> {
        let Self { path, file } = *self;
        let budget = Budget::new(limits, file.size());
        let content = Content::new(file, hold);
        let content = content.map_err(|source| OpenError::Io { path: path.clone(), source })?;
        let archive = Held { path, content };
        let listed = entries(&archive, &budget).map_err(|error| error.opening(&archive.path))?;
        let mut found = Arrays::new(&budget);
        for Entry { name, section } in listed {
            if let Some(array) = name.as_bytes().strip_suffix(ARRAY) {
                found.add(Name::from(array), &archive, 0, section)?;
                continue;
            }
            let reason =
                "it is a file of the archive, but not an array; read it with another program";
            let added = found.add_unreadable(name, Defect::Unsupported { reason: reason.into() });
            added.map_err(|over| OpenError::damaged(&archive.path, over))?;
        }
        let source = found.into_source(vec![Box::new(archive)]);
        Ok(Opened { source: Box::new(source), budget })
    }
}

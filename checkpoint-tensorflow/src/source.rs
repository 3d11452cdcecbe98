//! `TensorFlow` as a source.

use std::path::Path;

use checkpoint_core::{Catalog, Checkpoint, Source, SourceError, Tensor, Variable};

use crate::error::{Error, first_line};
use crate::library::Library;
use crate::listing::list;
use crate::prefix::{is_v2, prefix};
use crate::restore::{Restore, not_read};

/// A checkpoint that `TensorFlow` lists and reads.
#[derive(Debug)]
pub(crate) struct TensorFlow {
    catalog: Catalog,
    restore: Restore,
    /// The upper limit of a tensor's bytes, if known.
    most: Option<u64>,
}

impl TensorFlow {
    /// Opens a checkpoint with `TensorFlow`. It was opened natively first, so its index is valid.
    pub(crate) fn open(library: &Library, native: &Checkpoint) -> Result<Self, Error> {
        let path = native.path();
        let prefix = prefix(path)?;
        let catalog = list(library, &prefix, path)?;
        let dtypes = catalog.variables().iter().map(|variable| variable.dtype);
        let refused =
            |status| Error::Refused { path: path.to_owned(), message: first_line(status) };
        let restore = Restore::new(&prefix, dtypes).map_err(refused)?;
        Ok(Self { catalog, restore, most: is_v2(path).then(|| stored(path)) })
    }
}

impl Source for TensorFlow {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
        let Variable { name, dtype, shape, .. } = variable;
        if !crate::reads(*dtype) {
            return Err(not_read(*dtype));
        }
        let name = name.as_str().ok_or_else(|| refused("its name is not UTF-8"))?;
        // The bytes of an element take an axis, and TensorFlow ends the process for more than 254 axes.
        if shape.dims().len() > 253 {
            return Err(refused("it has too many axes"));
        }
        // TensorFlow allocates memory for a tensor before it notices that the file is too short.
        if self.most.is_some_and(|most| variable.size() > most) {
            return Err(refused("it is larger than the data files together"));
        }
        self.restore.read(name, *dtype)
    }
}

fn refused(problem: &str) -> SourceError {
    SourceError::other(format!("TensorFlow cannot be asked for it: {problem}; read it natively"))
}

/// The total bytes of the data files of a V2 checkpoint.
fn stored(prefix: &Path) -> u64 {
    let Some(name) = prefix.file_name().and_then(|name| name.to_str()) else { return 0 };
    let directory = prefix.parent().filter(|directory| !directory.as_os_str().is_empty());
    let start = format!("{name}.data-");
    let Ok(files) = directory.unwrap_or(Path::new(".")).read_dir() else { return 0 };
    let data = files
        .flatten()
        .filter(|file| file.file_name().to_str().is_some_and(|name| name.starts_with(&start)));
    let sizes = data.filter_map(|file| Some(file.path().metadata().ok()?.len()));
    sizes.fold(0, u64::saturating_add)
}

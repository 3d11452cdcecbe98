//! Formats that are written: each gives the variables their places in the files of a checkpoint.

use std::path::{Path, PathBuf};

use checkpoint_schema::format::checksum::Algorithm;
use checkpoint_schema::listing::dtype::DType;

use crate::save::session::temporary;
use crate::save::{NameProblem, Outgoing, SaveError, SaveOptions};
use crate::tensor::strings::Strings;

/// A format that is written.
pub(crate) trait Sink: Sync {
    /// The name, for messages and [`SaveOptions::format`].
    fn name(&self) -> &'static str;

    /// True if a path means this format where no format is named.
    fn is_meant_by(&self, path: &Path) -> bool;

    /// The path that all files of a checkpoint are named after.
    ///
    /// # Errors
    /// Returns an error if the path cannot be that of a checkpoint of this format.
    fn base(&self, path: &Path) -> Result<PathBuf, SaveError>;

    /// True if a file of this name belongs to the checkpoint `base` in the same folder.
    fn is_part(&self, base: &str, name: &str) -> bool;

    /// The problem of a variable that the format cannot hold.
    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem>;

    /// The checksum that the format has of each variable, if it has any.
    fn algorithm(&self) -> Option<Algorithm> {
        None
    }

    /// The bytes that strings take in a data file; of formats that hold some.
    fn strings_size(&self, _dtype: DType, _strings: &Strings) -> u64 {
        0
    }

    /// Strings as a data file has them, and their checksum; of formats that hold some.
    fn strings(&self, _dtype: DType, _strings: &Strings) -> (Vec<u8>, u32) {
        (Vec::new(), 0)
    }

    /// True if a checkpoint is a folder of its own.
    fn makes_folder(&self) -> bool {
        false
    }

    /// True if data files hold nothing but tensors, so that they can grow tensor by tensor.
    fn grows(&self) -> bool {
        false
    }

    /// The files of a checkpoint of variables that take so many bytes each.
    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        options: &SaveOptions<'_>,
    ) -> Layout;

    /// The bytes that depend on the checksums of the variables.
    fn finish(
        &self,
        _outgoing: &[Outgoing<'_>],
        _layout: &Layout,
        _checksums: &[u32],
    ) -> Vec<Fixed> {
        Vec::new()
    }
}

/// The files of a checkpoint.
#[derive(Debug)]
pub(crate) struct Layout {
    /// In the order in which they get their names: a checkpoint opens when it has the last one.
    pub(crate) files: Vec<Planned>,
    /// The place of each variable.
    pub(crate) places: Vec<Place>,
    /// The bytes around them.
    pub(crate) fixed: Vec<Fixed>,
    /// The path that opens the checkpoint.
    pub(crate) opens: PathBuf,
    /// The folder that all files are in, if it is made with them.
    pub(crate) folder: Option<PathBuf>,
}

impl Layout {
    /// The temporary name of each file.
    pub(crate) fn temporary(&self) -> Vec<PathBuf> {
        let name = |file: &Planned| match self.folder.as_deref() {
            Some(folder) => {
                temporary(folder).join(file.path.strip_prefix(folder).unwrap_or(&file.path))
            }
            None => temporary(&file.path),
        };
        self.files.iter().map(name).collect()
    }

    /// The renames when all files are complete, from temporary to last names: of the files in order, or of the folder.
    pub(crate) fn renames(&self) -> Vec<(PathBuf, PathBuf)> {
        if let Some(folder) = &self.folder {
            return vec![(temporary(folder), folder.clone())];
        }
        let last = self.files.iter().map(|file| file.path.clone());
        self.temporary().into_iter().zip(last).collect()
    }
}

/// A file that will be written.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    /// Its length, as far as it is known.
    pub(crate) size: u64,
}

/// The place of the elements of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the file.
    pub(crate) file: usize,
    /// The first byte.
    pub(crate) offset: u64,
    /// The number of bytes.
    pub(crate) size: u64,
}

/// Bytes that are no elements.
#[derive(Debug)]
pub(crate) struct Fixed {
    /// The number of the file.
    pub(crate) file: usize,
    /// The first byte.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

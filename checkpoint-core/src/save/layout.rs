//! Output formats. Each assigns places in the files of a checkpoint to variables.

use std::path::{Path, PathBuf};

use checkpoint_schema::listing::checksum::Algorithm;
use checkpoint_schema::listing::dtype::DType;

use crate::save::error::{NameProblem, SaveError};
use crate::save::file_names::temporary;
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::tensor::strings::Strings;

/// An output format.
pub(crate) trait Sink: Sync {
    /// The name, for messages and [`SaveOptions::format`].
    fn name(&self) -> &'static str;

    /// True if the path implies this format.
    fn is_meant_by(&self, path: &Path) -> bool;

    /// The base path for the names of all files.
    ///
    /// # Errors
    /// Returns an error if the path is not valid for this format.
    fn base(&self, path: &Path) -> Result<PathBuf, SaveError>;

    /// True if a file with this name belongs to the checkpoint `base` in the same folder.
    fn is_part(&self, base: &str, name: &str) -> bool;

    /// The reason why the format does not support a variable, if any.
    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem>;

    /// The checksum algorithm for variables, if the format has checksums.
    fn algorithm(&self) -> Option<Algorithm> {
        None
    }

    /// The size of strings in a data file, for formats that support them.
    fn strings_size(&self, _dtype: DType, _strings: &Strings) -> u64 {
        0
    }

    /// The encoded strings and their checksum, for formats that support them.
    fn strings(&self, _dtype: DType, _strings: &Strings) -> (Vec<u8>, u32) {
        (Vec::new(), 0)
    }

    /// True if a checkpoint is a folder.
    fn makes_folder(&self) -> bool {
        false
    }

    /// True if data files only contain tensors, so that tensors can be appended.
    fn grows(&self) -> bool {
        false
    }

    /// The files of a checkpoint, given the size of each variable.
    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        options: &SaveOptions<'_>,
    ) -> FilePlan;

    /// The bytes that depend on the checksums of variables.
    fn finish(
        &self,
        _outgoing: &[Outgoing<'_>],
        _layout: &FilePlan,
        _checksums: &[u32],
    ) -> Vec<Fixed> {
        Vec::new()
    }
}

/// The files of a checkpoint.
#[derive(Debug)]
pub(crate) struct FilePlan {
    /// The files in the order of their renames. The last one makes the checkpoint readable.
    pub(crate) files: Vec<Planned>,
    /// The place of each variable.
    pub(crate) places: Vec<FileRange>,
    /// The bytes around the variables.
    pub(crate) fixed: Vec<Fixed>,
    /// The path that opens the checkpoint.
    pub(crate) opens: PathBuf,
    /// The folder of all files, if it is created with them.
    pub(crate) folder: Option<PathBuf>,
}

impl FilePlan {
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

    /// The renames of complete files, from temporary to final names: either of the files in order, or of the folder.
    pub(crate) fn renames(&self) -> Vec<(PathBuf, PathBuf)> {
        if let Some(folder) = &self.folder {
            return vec![(temporary(folder), folder.clone())];
        }
        let last = self.files.iter().map(|file| file.path.clone());
        self.temporary().into_iter().zip(last).collect()
    }
}

/// A planned file.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    /// Its length, as far as it is known.
    pub(crate) size: u64,
}

/// The place of the elements of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileRange {
    /// The index of the file.
    pub(crate) file: usize,
    /// The offset of the first byte.
    pub(crate) offset: u64,
    /// The number of bytes.
    pub(crate) size: u64,
}

/// Bytes that are not elements.
#[derive(Debug)]
pub(crate) struct Fixed {
    /// The index of the file.
    pub(crate) file: usize,
    /// The offset of the first byte.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

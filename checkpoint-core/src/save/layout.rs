//! What formats that are written have in common: a place for each variable in the files of a checkpoint.

use std::path::{Path, PathBuf};

use checkpoint_schema::dtype::DType;
use checkpoint_schema::format::checksum::Algorithm;

use crate::save::{NameProblem, Outgoing, SaveError, SaveOptions};
use crate::strings::Strings;

/// A format that is written.
pub(crate) trait Sink: Sync {
    /// The name, for messages and [`SaveOptions::format`].
    fn name(&self) -> &'static str;

    /// Whether a path means this format, if no format is named.
    fn is_meant_by(&self, path: &Path) -> bool;

    /// The path that all files of a checkpoint are named after.
    ///
    /// # Errors
    /// If the path cannot be that of a checkpoint of this format.
    fn base(&self, path: &Path) -> Result<PathBuf, SaveError>;

    /// Whether a file of this name is one of the checkpoint that is named `base`, in the same folder.
    fn is_part(&self, base: &str, name: &str) -> bool;

    /// What is wrong with a variable that the format cannot hold.
    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem>;

    /// The checksum that the format has of each variable.
    fn algorithm(&self) -> Algorithm;

    /// The bytes that strings take in a data file.
    fn strings_size(&self, dtype: DType, strings: &Strings) -> u64;

    /// Strings as a data file has them, and their checksum.
    fn strings(&self, dtype: DType, strings: &Strings) -> (Vec<u8>, u32);

    /// The files of a checkpoint of variables that take so many bytes each.
    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        options: &SaveOptions<'_>,
    ) -> Layout;

    /// What else is written when the checksums of the variables are known.
    fn finish(&self, outgoing: &[Outgoing<'_>], layout: &Layout, checksums: &[u32]) -> Vec<Late>;
}

/// The files of a checkpoint.
#[derive(Debug)]
pub(crate) struct Layout {
    /// In the order in which they get their names: a checkpoint opens when it has the last one.
    pub(crate) files: Vec<Planned>,
    /// The place of each variable.
    pub(crate) places: Vec<Place>,
}

/// A file that will be written.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) path: PathBuf,
    /// Its length, as far as it is known.
    pub(crate) size: u64,
}

/// Where the elements of a variable are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the file.
    pub(crate) file: usize,
    /// The first byte.
    pub(crate) offset: u64,
    /// The number of bytes.
    pub(crate) size: u64,
}

/// Bytes that are written after the elements.
pub(crate) struct Late {
    /// The number of the file.
    pub(crate) file: usize,
    /// The first byte.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

//! A directory with a checkpoint, from which everything is read.

use std::path::Path;
use std::{fs, io};

use checkpoint_core::{Checkpoint, OpenOptions, Tensor, Variable};

use super::{check_message, scratch, small_limits};
use crate::corpus::{Case, Format};
use crate::writer::index::{index_path, shard_path};
use crate::writer::{Bundle, V1};

/// The maximum number of data files.
const MOST_SHARDS: u32 = 3;

/// The files of a directory, in this order: the `checkpoint` file, the table, and the data files. Without data files,
/// the table is a V1 checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(pub Vec<Vec<u8>>);

/// The `checkpoint` file for the name that the target `directory` uses.
const STATE: &[u8] = b"model_checkpoint_path: \"model\"\nall_model_checkpoint_paths: \"model\"\n";

impl Files {
    /// Returns the files of a checkpoint of the corpus.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn of_case(case: &Case) -> io::Result<Self> {
        let prefix = &case.prefix;
        if case.truth.format == Format::V1 {
            return Ok(Self(vec![STATE.to_vec(), fs::read(prefix)?]));
        }
        let mut files = vec![STATE.to_vec(), fs::read(index_path(prefix))?];
        let is_there = |shards: &u32| shard_path(prefix, 0, *shards).is_file();
        let shards = (1..=MOST_SHARDS).find(is_there).unwrap_or_default();
        for shard in 0..shards {
            files.push(fs::read(shard_path(prefix, shard, shards))?);
        }
        Ok(Self(files))
    }

    /// Returns the files of a V2 checkpoint from memory.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn of_bundle(bundle: Bundle) -> io::Result<Self> {
        let (index, shards) = bundle.in_memory()?;
        let table = index.to_bytes()?;
        Ok(Self([STATE.to_vec(), table].into_iter().chain(shards).collect()))
    }

    /// Returns the files of a V1 checkpoint from memory.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn of_v1(v1: &V1) -> io::Result<Self> {
        Ok(Self(vec![STATE.to_vec(), v1.to_bytes()?]))
    }

    /// Parses the files in an input. Each follows its length, in four bytes. A truncated file ends early.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut files = Vec::new();
        let mut rest = bytes;
        while let Some((len, after)) = rest.split_first_chunk()
            && files.len() < 2 + MOST_SHARDS as usize
        {
            let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
            let (file, after) = after.split_at(len.min(after.len()));
            files.push(file.to_vec());
            rest = after;
        }
        Self(files)
    }

    /// Returns the input.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for file in &self.0 {
            bytes.extend(u32::try_from(file.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(file);
        }
        bytes
    }

    /// Writes the files. Those of the checkpoint start with `prefix`.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, prefix: &Path) -> io::Result<()> {
        let [state, table, shards @ ..] = &self.0[..] else { return Ok(()) };
        fs::write(prefix.with_file_name("checkpoint"), state)?;
        fs::write(if shards.is_empty() { prefix.to_owned() } else { index_path(prefix) }, table)?;
        let count = u32::try_from(shards.len()).unwrap_or(u32::MAX);
        for (number, shard) in (0..).zip(shards) {
            fs::write(shard_path(prefix, number, count), shard)?;
        }
        Ok(())
    }
}

/// Reads the files of a directory with the checkpoint `model`.
pub(super) fn directory(bytes: &[u8]) {
    let directory = scratch().expect("a directory");
    let prefix = directory.path().join("model");
    Files::from_bytes(bytes).write(&prefix).expect("the files of a directory");
    for path in [directory.path(), &prefix] {
        match OpenOptions::new().limits(small_limits()).open(path) {
            Ok(checkpoint) => read_all(&checkpoint, bytes.len()),
            Err(error) => check_message(&error),
        }
    }
}

/// Reads a V1 checkpoint.
pub(super) fn v1(bytes: &[u8]) {
    let directory = scratch().expect("a directory");
    let path = directory.path().join("model");
    fs::write(&path, bytes).expect("a file");
    match OpenOptions::new().limits(small_limits()).open(&path) {
        Ok(checkpoint) => read_all(&checkpoint, bytes.len()),
        Err(error) => check_message(&error),
    }
}

/// Reads the object graph and every variable: whole, in pieces and in part.
fn read_all(checkpoint: &Checkpoint, len: usize) {
    super::index::check(checkpoint.catalog());
    super::index::check_uses(checkpoint.catalog(), len);
    for variable in checkpoint.variables() {
        let mut pieces = Vec::new();
        let in_pieces =
            checkpoint.read_pieces(&variable.name, |piece| pieces.extend_from_slice(piece));
        match checkpoint.read(&variable.name) {
            Ok(tensor) => {
                assert!(in_pieces.is_ok(), "it is not read in pieces: {in_pieces:?}");
                assert!(pieces == tensor.as_bytes(), "in pieces it is something else");
                assert_eq!(*tensor.spec(), variable.spec());
                check_rows(checkpoint, variable, Some(&tensor));
                match tensor.as_strings() {
                    Some(strings) => {
                        assert_eq!(strings.len() as u64, variable.shape.elements());
                        let len: usize = strings.iter().map(<[u8]>::len).sum();
                        assert_eq!(len, tensor.as_bytes().len());
                    }
                    None => assert_eq!(Some(tensor.as_bytes().len() as u64), variable.bytes()),
                }
            }
            Err(error) => {
                check_message(&error);
                assert!(in_pieces.is_err(), "it is read in pieces: {error}");
                check_rows(checkpoint, variable, None);
            }
        }
    }
    match checkpoint.object_graph() {
        Ok(graph) => graph.iter().for_each(super::object_graph::check),
        Err(error) => check_message(&error),
    }
}

/// Reads the second half of the rows, and compares it with the whole variable if that can be read.
fn check_rows(checkpoint: &Checkpoint, variable: &Variable, whole: Option<&Tensor>) {
    let count = variable.shape.dims().first().copied().unwrap_or(1);
    match checkpoint.read_rows(&variable.name, count / 2..count) {
        Ok(rows) => {
            let dims = rows.shape().dims();
            assert_eq!((rows.dtype(), dims[0]), (variable.dtype, count - count / 2));
            assert_eq!(dims[1..], variable.shape.dims()[1..]);
            if let Some(whole) = whole {
                assert!(whole.as_bytes().ends_with(rows.as_bytes()), "the rows are something else");
            }
        }
        Err(error) => {
            check_message(&error);
            let can_be_read = whole.is_some() && variable.shape.rank() > 0;
            assert!(!can_be_read, "only the whole can be read: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_directory_make_one_input() {
        let files = Files(vec![b"state".to_vec(), b"table".to_vec(), Vec::new(), b"data".to_vec()]);
        let bytes = files.to_bytes();
        assert_eq!(Files::from_bytes(&bytes), files);
        assert_eq!(Files::from_bytes(&bytes[..bytes.len() - 1]).0[3], b"dat");
    }
}

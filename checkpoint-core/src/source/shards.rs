//! Sharded checkpoints: an index maps each tensor to a file.

use std::io;
use std::path::Path;

use checkpoint_schema::format::Budget;
use checkpoint_schema::format::safetensors::{MAX_HEADER, Shards, ShardsError};

use crate::open::error::OpenError;
use crate::source::content::{Content, memory};
use crate::source::file::OpenFile;
use crate::source::storage::FileSystem;

/// The number of bytes that are inspected at the start of a file. They identify an index of shards.
pub(crate) const START: usize = 1024;

/// The format of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Safetensors,
    PyTorch,
}

/// The first bytes of a file.
pub(crate) fn start_of(file: &OpenFile) -> io::Result<Vec<u8>> {
    let len = usize::try_from(file.size()).unwrap_or(START).min(START);
    let mut start = vec![0; len];
    file.read(0, &mut start).map(|()| start)
}

/// The format of the shards of an index with this start; `None` if it is not an index.
pub(crate) fn index_of(path: &Path, start: &[u8]) -> Option<Of> {
    let has = |text: &str| start.windows(text.len()).any(|window| window == text.as_bytes());
    let is_called = |end: &str| path.to_str().is_some_and(|path| path.ends_with(end));
    let is_json = start.trim_ascii_start().starts_with(b"{");
    if !is_json || !(is_called(".index.json") || has("\"weight_map\"")) {
        return None;
    }
    let is_of_torch = [".bin\"", ".pt\"", ".pth\""].iter().any(|end| has(end));
    let is_called_so = is_called(".bin.index.json") || is_called(".pt.index.json");
    let is_torch = !has(".safetensors\"") && (is_of_torch || is_called_so);
    Some(if is_torch { Of::PyTorch } else { Of::Safetensors })
}

/// The checkpoint name in a shard name: `model` in `model-00001-of-00003.safetensors`.
pub(crate) fn shard_of<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    let (rest, count) = name.strip_suffix(end)?.rsplit_once("-of-")?;
    let (prefix, number) = rest.rsplit_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(count) && is_number(number)).then_some(prefix)
}

/// Reads an index.
pub(crate) fn read_index(
    path: &Path,
    file: &OpenFile,
    budget: &Budget,
) -> Result<Shards, OpenError> {
    let problem = |problem: ShardsError| OpenError::damaged(path, problem);
    let failed = OpenError::io(path);
    if file.size() > MAX_HEADER {
        return Err(problem(ShardsError::Long { size: file.size() }));
    }
    let mut json = memory(file.size()).map_err(failed)?;
    file.read(0, &mut json).map_err(failed)?;
    Shards::read(&json, budget).map_err(problem)
}

/// Opens a shard of the index at `path`.
pub(crate) fn open_shard(
    system: &FileSystem,
    path: &Path,
    shard: &Path,
) -> Result<OpenFile, OpenError> {
    match system.open(shard) {
        Ok(file) => file.ok_or_else(|| OpenError::Special { path: shard.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(OpenError::Incomplete { path: path.to_owned(), missing: shard.to_owned() })
        }
        Err(source) => Err(OpenError::Io { path: shard.to_owned(), source }),
    }
}

/// Reads `len` bytes from `offset`; the range must be within the file.
pub(crate) fn bytes(content: &Content, offset: u64, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = memory(len)?;
    content.read(offset, &mut bytes)?;
    Ok(bytes)
}

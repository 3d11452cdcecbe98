//! stand-in
use std::path::{Path, PathBuf};
use thiserror::Error;

pub(crate) struct Found {
    pub(crate) prefix: PathBuf,
}
/// stand-in
#[derive(Debug, Error)]
pub enum OpenError {
    /// stand-in
    #[error("stand-in")]
    Io(#[from] std::io::Error),
    /// stand-in
    #[error("cannot read the index `{path}`: {source}")]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<checkpoint_schema::format::FormatError>,
    },
}
pub(crate) fn find(path: &Path) -> Result<Found, OpenError> {
    let prefix = if path.is_dir() { path.join("model.ckpt") } else { path.to_owned() };
    Ok(Found { prefix })
}
pub(crate) fn shard_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(format!(".data-{shard:05}-of-{shards:05}"));
    name.into()
}

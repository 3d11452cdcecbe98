//! Globs over the names of variables: `*` within a segment, `**` across segments, `?`, `[...]`.

use thiserror::Error;

/// Why a glob cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`[` is not closed; write `[...]`")]
pub struct GlobError;

/// Makes sure that the glob can be read.
///
/// # Errors
/// If it cannot.
pub fn check(glob: &str) -> Result<(), GlobError> {
    if glob.contains('[') && !glob.contains(']') { Err(GlobError) } else { Ok(()) }
}

//! The report of a save.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::load::report::{counted, size};

/// The result of a save.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SaveReport {
    /// The path of the checkpoint. [`Checkpoint::open`](crate::Checkpoint::open) accepts it.
    pub checkpoint: PathBuf,
    /// The format: `tensorflow`, `safetensors`, `npz` or `npy`.
    pub format: &'static str,
    /// The number of variables.
    pub variables: usize,
    /// The size of their elements in the data files, in bytes.
    pub bytes: u64,
    /// The number of elements that were rounded to another dtype.
    pub rounded: u64,
    /// The files, in the order of their names. None for the part of a rank, which has files after
    /// [`ToCheckpoint::save_finish`](crate::ToCheckpoint::save_finish).
    pub files: Vec<PathBuf>,
    /// The duration of the save.
    pub elapsed: Duration,
}

impl SaveReport {
    pub(crate) fn new(
        checkpoint: PathBuf,
        format: &'static str,
        (variables, bytes): (usize, u64),
        mut files: Vec<PathBuf>,
        started: Instant,
    ) -> Self {
        files.sort_unstable();
        let elapsed = started.elapsed();
        Self { checkpoint, format, variables, bytes, rounded: 0, files, elapsed }
    }
}

/// One line: `148 variables, 497.76 MB, as model.ckpt (tensorflow, 2 files), in 312.0 ms`.
impl fmt::Display for SaveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, as ", counted(self.variables, "variable"), size(self.bytes))?;
        let (path, format) = (self.checkpoint.display(), self.format);
        match self.files.len() {
            0 => write!(f, "a part of {path} ({format})")?,
            files => write!(f, "{path} ({format}, {})", counted(files, "file"))?,
        }
        write!(f, ", in {:.1} ms", self.elapsed.as_secs_f64() * 1e3)?;
        match self.rounded {
            0 => Ok(()),
            rounded => write!(f, "; {rounded} elements rounded"),
        }
    }
}

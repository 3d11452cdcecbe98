//! Arguments that several commands share.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use checkpoint_core::{Checkpoint, Limits, OpenOptions};
use clap::Args;

use crate::failure::Failure;
use crate::remote;

/// The checkpoint that a command is about.
#[derive(Args, Debug)]
pub(crate) struct CheckpointArgs {
    /// Prefix, file, folder or URL of the checkpoint
    path: PathBuf,
    /// Memory for the index, beyond 8 times its length [default: 64 MB]
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
}

impl CheckpointArgs {
    pub(crate) fn open(&self) -> Result<Checkpoint, Failure> {
        open(&self.path, self.memory)
    }

    /// Opens another checkpoint with the same memory.
    pub(crate) fn open_beside(&self, path: &Path) -> Result<Checkpoint, Failure> {
        open(path, self.memory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Opens a checkpoint whose index may take this much memory, if it is not the usual.
pub(crate) fn open(path: &Path, memory: Option<u64>) -> Result<Checkpoint, Failure> {
    let mut limits = Limits::default();
    limits.memory = memory.unwrap_or(limits.memory);
    let options = OpenOptions::new().limits(limits);
    match remote::url(path) {
        Some(url) => remote::open(url, &options),
        None => Ok(options.open(path)?),
    }
}

/// The number of threads of a command.
#[derive(Args, Debug)]
pub(crate) struct Threads {
    /// Number of variables read at once [default: one for each core, at least 2]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
}

impl Threads {
    pub(crate) fn count(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        self.threads.map_or_else(cores, NonZero::get)
    }
}

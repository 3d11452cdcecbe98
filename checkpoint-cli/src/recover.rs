//! `ckpt recover`: completes a save that was interrupted.

use std::io::Write as _;
use std::path::PathBuf;

use checkpoint_core::recover;
use clap::Args;

use crate::failure::{Failure, Status};
use crate::output;

#[derive(Args, Debug)]
pub(crate) struct Recover {
    /// Path of the interrupted save
    path: PathBuf,
}

impl Recover {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let said = if recover(&self.path)? {
            "all files are those of the new checkpoint now"
        } else {
            "no save was cut short"
        };
        output::finish(Status::Good, |out| writeln!(out, "{said}"))
    }
}

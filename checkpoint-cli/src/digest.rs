//! `ckpt digest`: a hash of each variable.

use std::io::Write as _;

use checkpoint_core::{Checkpoint, ReadError, Variable};
use clap::Args;
use sha2::digest::Output;
use sha2::{Digest as _, Sha256};

use crate::arguments::{CheckpointArgs, Threads};
use crate::damage::Damage;
use crate::failure::{Failure, Status};
use crate::in_order::in_order;
use crate::line::Line;
use crate::output;

#[derive(Args, Debug)]
pub(crate) struct Digest {
    #[command(flatten)]
    place: CheckpointArgs,
    #[command(flatten)]
    threads: Threads,
}

impl Digest {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let variables = checkpoint.variables();
        let mut damage = Damage::new(checkpoint.catalog());
        let hash = |variable: &Variable| sha256(&checkpoint, variable);
        let mut out = output::data();
        let written =
            in_order(self.threads.count(), variables, hash, |variable, result| match result {
                Ok(sha256) => {
                    Line::with_sha256(variable, &sha256).write(&mut out)?;
                    out.flush()
                }
                Err(error) => {
                    damage.add(error);
                    Ok(())
                }
            });
        damage.tell();
        output::finish(damage.status(), |_| written)
    }
}

/// Returns the SHA-256 of the elements. Each string is preceded by its length.
fn sha256(checkpoint: &Checkpoint, variable: &Variable) -> Result<Output<Sha256>, ReadError> {
    let mut hash = Sha256::new();
    if variable.dtype.width().is_some() {
        checkpoint.read_pieces(&variable.name, |piece| hash.update(piece))?;
    } else if let Some(strings) = checkpoint.read(&variable.name)?.as_strings() {
        for string in strings.iter() {
            hash.update((string.len() as u64).to_le_bytes());
            hash.update(string);
        }
    }
    Ok(hash.finalize())
}

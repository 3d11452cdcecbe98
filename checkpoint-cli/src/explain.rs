//! `ckpt explain`: everything about one variable, except its elements.

mod explanation;
mod slots;

use std::ffi::OsString;
use std::io::Write as _;

use checkpoint_core::{Checkpoint, Variable};
use clap::Args;
use console::Style;

use self::explanation::Explanation;
use crate::arguments::CheckpointArgs;
use crate::failure::{Failure, Status};
use crate::output;
use crate::variable::find;

/// The number of similar names to suggest for a missing variable.
const NEAR: usize = 3;

#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    place: CheckpointArgs,
    /// Name of the variable
    name: OsString,
    /// Read the variable, and verify its checksum
    #[arg(long)]
    verify: bool,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let variable = find(&checkpoint, self.name.as_encoded_bytes(), NEAR)?;
        let mut explanation = Explanation::of(&checkpoint, variable)?;
        let mut status = Status::Good;
        if self.verify {
            let is_right = is_right(&checkpoint, variable);
            explanation.verified = Some(is_right).filter(|_| variable.place.has_checksum());
            status = if is_right { Status::Good } else { Status::Bad };
        }
        output::finish(status, |out| {
            if self.json {
                return explanation.write_json(out);
            }
            writeln!(out, "{}", Style::new().bold().apply_to(&variable.name))?;
            let mut rows = explanation.rows().into_iter();
            rows.try_for_each(|(label, text)| writeln!(out, "  {label:9}  {text}"))
        })
    }
}

/// Returns true if the checksum of a variable matches. Prints the error otherwise.
fn is_right(checkpoint: &Checkpoint, variable: &Variable) -> bool {
    let read = checkpoint.read_pieces(&variable.name, |_| {});
    read.inspect_err(output::error).is_ok()
}

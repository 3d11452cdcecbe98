//! `ckpt verify`: checks that everything is as it was written.

#[cfg(feature = "tensorflow")]
mod against;

use std::io::Write as _;

use checkpoint_core::{Place, Variable};
use clap::{Args, ValueEnum};
use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::arguments::{CheckpointArgs, Threads};
use crate::damage::Damage;
use crate::failure::{Failure, Status};
use crate::in_order::in_order;
use crate::output::{self, counted};

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    place: CheckpointArgs,
    #[command(flatten)]
    threads: Threads,
    /// Compare all tensors, bit by bit, with those that R reads: `tensorflow`
    #[arg(long, value_enum, hide_possible_values = true, value_name = "R")]
    against: Option<Reader>,
}

/// Another reader of checkpoints.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reader {
    #[value(name = "tensorflow")]
    TensorFlow,
}

impl Verify {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        match self.against {
            None => self.checksums(),
            #[cfg(feature = "tensorflow")]
            Some(Reader::TensorFlow) => against::tensorflow(&self.place, &self.threads),
            #[cfg(not(feature = "tensorflow"))]
            Some(Reader::TensorFlow) => Err(Failure::WithoutTensorFlow),
        }
    }

    fn checksums(&self) -> Result<Status, Failure> {
        // Opening the checkpoint verifies the checksums of the index.
        let checkpoint = self.place.open()?;
        let variables = checkpoint.variables();
        let size = variables.iter().map(Variable::size).fold(0, u64::saturating_add);
        let bar = bar(size);
        let read = |variable: &Variable| {
            // In the order of the rows, a column-major array would be read as a whole.
            if matches!(variable.place, Place::Strided(_)) {
                return checkpoint.verify(&variable.name).map(|()| bar.inc(variable.size()));
            }
            checkpoint.read_pieces(&variable.name, |piece| bar.inc(piece.len() as u64))
        };
        let mut damage = Damage::new(checkpoint.catalog());
        in_order(self.threads.count(), variables, read, |_, result| {
            result.unwrap_or_else(|error| damage.add(error));
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        damage.tell();
        let with_checksum = |variable: &&Variable| variable.place.has_checksum();
        let compared = variables.iter().filter(with_checksum).count();
        let said = match variables.len() - compared {
            0 => "all checksums are right".to_owned(),
            _ if compared == 0 => "all can be read; there are no checksums to compare".to_owned(),
            without => format!(
                "all checksums are right, but {} {} none",
                counted(without as u64, "variable"),
                if without == 1 { "has" } else { "have" }
            ),
        };
        let count = counted(variables.len() as u64, "variable");
        output::finish(damage.status(), |out| match damage.count() {
            0 if variables.is_empty() => writeln!(out, "the checkpoint has no variables"),
            0 => writeln!(out, "{count}, {}: {said}", DecimalBytes(size)),
            damaged => writeln!(out, "damaged or missing: {} of {count}", HumanCount(damaged)),
        })
    }
}

/// Creates a progress bar, which is only visible if standard error is a terminal.
pub(crate) fn bar(size: u64) -> ProgressBar {
    let template = "{decimal_bytes} of {decimal_total_bytes} [{wide_bar}] {eta}";
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::new(size).with_style(style)
}

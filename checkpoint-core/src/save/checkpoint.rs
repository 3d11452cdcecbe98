//! Saving of open checkpoints.

use std::path::Path;

use checkpoint_schema::listing::catalog::Variable;

use crate::checkpoint::Checkpoint;
use crate::save::error::{NameProblem, SaveError};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::report::SaveReport;
use crate::save::write::write;

impl Checkpoint {
    /// Saves all variables as another checkpoint, in the order of the data files.
    ///
    /// Elements are streamed. This needs memory for a few chunks of 256 KiB, and for one variable at a time that can only be
    /// read whole, such as strings. Checksums are verified. Partitioned variables are saved whole.
    ///
    /// ```
    /// use checkpoint_core::{Checkpoint, SaveOptions};
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// # let folder = tempfile::tempdir()?;
    /// # let copy = folder.path().join("copy.ckpt");
    /// let checkpoint = Checkpoint::open(path)?;
    /// let report = checkpoint.save_as(&copy, SaveOptions::new())?;
    /// assert_eq!(report.variables, checkpoint.variables().len());
    /// assert_eq!(Checkpoint::open(&copy)?.read("model/wte")?, checkpoint.read("model/wte")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is a checkpoint at `path`, unless [`SaveOptions::overwrite`] is set. Also returns an error if a
    /// variable is damaged or cannot be read, if the format does not support one, or if files cannot be written. The files of
    /// the new checkpoint are then removed.
    pub fn save_as(
        &self,
        path: impl AsRef<Path>,
        options: SaveOptions<'_>,
    ) -> Result<SaveReport, SaveError> {
        let path = path.as_ref();
        let mut variables: Vec<&Variable> = self.variables().iter().collect();
        // The sort is stable, so variables at the same place keep the order of their names.
        variables.sort_by_key(|variable| variable.place.start());
        let problems: Vec<NameProblem> = variables.iter().filter_map(|it| unreadable(it)).collect();
        if !problems.is_empty() {
            return Err(SaveError::Variables { path: path.to_owned(), problems });
        }
        let outgoing = variables.into_iter();
        let outgoing = outgoing.map(|it| Outgoing::variable(it.name.clone(), self, it));
        write(path, outgoing.collect::<Result<_, _>>()?, &options)
    }
}

fn unreadable(variable: &Variable) -> Option<NameProblem> {
    let defect = variable.defect()?.clone();
    Some(NameProblem::Unreadable { name: variable.name.clone(), defect })
}

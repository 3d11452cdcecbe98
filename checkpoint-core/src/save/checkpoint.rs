//! Saving a checkpoint that is open.

use std::path::Path;

use checkpoint_schema::listing::catalog::Variable;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::tensors::start;
use crate::save::{NameProblem, Outgoing, SaveError, SaveOptions, SaveReport, write};

impl Checkpoint {
    /// Saves all variables as another checkpoint, in the order in which the data files have them.
    ///
    /// Elements are streamed: there is memory for a few chunks of 256 KiB, and for one variable at a time of those that can only
    /// be read whole, as strings. Checksums are verified on the way. Partitioned variables are saved whole.
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
    /// Returns an error if there is a checkpoint at `path` already, unless [`SaveOptions::overwrite`] is set; if a variable cannot be read, or is
    /// damaged; if the format cannot hold one; or if files cannot be written. Nothing of the new checkpoint is left then.
    pub fn save_as(
        &self,
        path: impl AsRef<Path>,
        options: SaveOptions<'_>,
    ) -> Result<SaveReport, SaveError> {
        let path = path.as_ref();
        let mut variables: Vec<&Variable> = self.variables().iter().collect();
        // A stable sort keeps the order of names among those at one place.
        variables.sort_by_key(|variable| start(&variable.place));
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

//! `ckpt manifest`: the variables of a checkpoint, as text to compile structs against.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use checkpoint_core::Limits;
use checkpoint_schema::manifest::{Difference, Listing};
use checkpoint_schema::model::description::Naming;
use clap::Args;

use crate::arguments::CheckpointArgs;
use crate::failure::{Failure, Status};
use crate::file;
use crate::ls::naming;
use crate::object_names::ObjectNames;
use crate::output::{self, counted};

#[derive(Args, Debug)]
pub(crate) struct Manifest {
    #[command(flatten)]
    place: CheckpointArgs,
    /// Output file, written as a whole or not [default: `-`, standard output]
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Do not write, but compare the file with the checkpoint
    #[arg(long, requires = "output")]
    check: bool,
    /// Names: `key`, `object_path` or `full_name` [default: key]
    #[arg(long, value_name = "KIND", value_parser = naming(), hide_possible_values = true)]
    naming: Option<Naming>,
}

impl Manifest {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let file = self.output.as_deref().unwrap_or(Path::new("-"));
        if self.check {
            return self.compare(file);
        }
        file::write(file, &self.listing(self.naming.unwrap_or(Naming::Key))?.to_string())?;
        Ok(Status::Good)
    }

    /// Returns the listing of the checkpoint.
    fn listing(&self, naming: Naming) -> Result<Listing, Failure> {
        let checkpoint = self.place.open()?;
        let object_names = match naming {
            Naming::Key => ObjectNames::None,
            Naming::ObjectPath | Naming::FullName => ObjectNames::read(&checkpoint)?,
        };
        Ok(Listing::of(&object_names.names(naming, checkpoint.catalog())?))
    }

    fn compare(&self, file: &Path) -> Result<Status, Failure> {
        let bytes = file::read(file)?;
        let failed = |error| Failure::Manifest { file: file.to_owned(), error: Box::new(error) };
        let before = Listing::read(&bytes, &Limits::default()).map_err(failed)?;
        let now = self.listing(self.naming.unwrap_or(before.naming()))?;
        let difference = now.difference(&before);
        if let Some(difference) = &difference {
            output::error(&sentence(file, difference));
            return output::finish(Status::Bad, |out| writeln!(out, "{difference}"));
        }
        let variables = counted(now.variables().len() as u64, "variable");
        output::finish(Status::Good, |out| writeln!(out, "{variables}: the manifest is true"))
    }
}

/// Returns the error message for an outdated manifest. The lines after it have the details.
fn sentence(file: &Path, difference: &Difference) -> String {
    let parts = [
        (difference.gone, "not there"),
        (difference.new, "not listed"),
        (difference.changed, "listed otherwise"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, how)| {
        let is = if count == 1 { "is" } else { "are" };
        format!("{} {is} {how}", counted(count as u64, "variable"))
    });
    let parts: Vec<String> = parts.collect();
    let (file, parts) = (file.display(), parts.join(", "));
    format!("the manifest `{file}` is not true: {parts}; write it anew without `--check`")
}

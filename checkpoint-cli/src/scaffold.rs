//! `ckpt scaffold`: structs for a checkpoint that nobody has mapped yet.

use std::path::{Path, PathBuf};

use checkpoint_core::Checkpoint;
use checkpoint_scaffold::{Options, Scaffold as Structs, is_taken};
use checkpoint_schema::model::description::Naming;
use clap::Args;

use crate::command::Place;
use crate::failure::{Failure, Status};
use crate::file;
use crate::ls::naming;
use crate::object_names::ObjectNames;

#[derive(Args, Debug)]
pub(crate) struct Scaffold {
    #[command(flatten)]
    place: Place,
    /// Write to this file, whole or not at all [default: `-`, standard output]
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What the struct that is loaded is called
    #[arg(long, value_name = "NAME", default_value = "Model", value_parser = type_name)]
    name: String,
    /// Names of variables: `key`, `object_path`, `full_name` [default: see below]
    #[arg(long, value_name = "KIND", value_parser = naming(), hide_possible_values = true)]
    naming: Option<Naming>,
    /// The manifest to check them against: a file that `ckpt manifest` wrote
    #[arg(long, value_name = "FILE")]
    manifest: Option<String>,
}

impl Scaffold {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let object_names = match self.naming {
            Some(Naming::Key) => ObjectNames::None,
            _ => ObjectNames::read(&checkpoint)?,
        };
        let (name, manifest) = (&self.name, self.manifest.as_deref());
        let structs = structs(&checkpoint, &object_names, self.naming, name, manifest)?;
        file::write(self.output.as_deref().unwrap_or(Path::new("-")), &structs.to_string())?;
        Ok(Status::Good)
    }
}

/// The structs for a checkpoint, with its usual names if no others are asked for.
pub(crate) fn structs(
    checkpoint: &Checkpoint,
    object_names: &ObjectNames,
    naming: Option<Naming>,
    name: &str,
    manifest: Option<&str>,
) -> Result<Structs, Failure> {
    let naming = naming.unwrap_or(object_names.usual());
    let names = object_names.names(naming, checkpoint.catalog())?;
    let path = checkpoint.path().display().to_string();
    let budget = checkpoint.budget();
    Ok(Structs::new(&names, Options { name, checkpoint: &path, manifest, budget })?)
}

/// A name that a struct can have, in the usual form.
fn type_name(name: &str) -> Result<String, &'static str> {
    let is_usual = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        && name != "Self";
    if !is_usual {
        return Err("a struct is called like `Gpt2`: letters and digits, a capital first");
    }
    if is_taken(name) {
        return Err("the structs use a type of that name; choose another, such as `Model`");
    }
    Ok(name.to_owned())
}

//! `ckpt scaffold`: generates structs for a checkpoint without one.

mod length_names;

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, Glob, GlobError, Name};
use checkpoint_scaffold::{Options, Other, Scaffold as Structs, is_taken};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use clap::Args;

use crate::arguments::CheckpointArgs;
use crate::failure::{Failure, Status};
use crate::file;
use crate::ls::naming;
use crate::object_names::ObjectNames;

#[derive(Args, Debug)]
pub(crate) struct Scaffold {
    #[command(flatten)]
    place: CheckpointArgs,
    /// Output file, written as a whole or not [default: `-`, standard output]
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name of the struct to load
    #[arg(long, value_name = "NAME", default_value = "Model", value_parser = type_name)]
    name: String,
    /// Names: `key`, `object_path`, `full_name` [default: see below]
    #[arg(long, value_name = "KIND", value_parser = naming(), hide_possible_values = true)]
    naming: Option<Naming>,
    /// Take only variables below this name, such as `generator`
    #[arg(long, value_name = "NAME", conflicts_with = "only")]
    root: Option<String>,
    /// Take only variables that a glob matches
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    only: Vec<String>,
    /// Skip variables that a glob matches
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    ignore: Vec<String>,
    /// Also derive `ToCheckpoint`, to save the structs
    #[arg(long)]
    save: bool,
    /// Describe another checkpoint of the weights as a dialect: `hf=PATH`
    #[arg(long, value_name = "NAME=PATH", value_parser = dialect)]
    dialect: Option<(String, PathBuf)>,
    /// Check the structs against a manifest, written with the same `--naming`
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
        let only: Vec<String> = match &self.root {
            Some(root) => vec![format!("{root}/**"), root.clone()],
            None => self.only.clone(),
        };
        let path = checkpoint.path().display().to_string();
        let lengths = length_names::named(checkpoint.path());
        let mut options = Options::new(&self.name, &path, checkpoint.budget());
        options.manifest = self.manifest.as_deref();
        options.save = self.save;
        options.only = &only;
        options.ignore = &self.ignore;
        options.lengths = &lengths;
        let other = self.dialect.as_ref().map(|(_, path)| self.place.open_beside(path));
        let other = other.transpose()?;
        let names = other.as_ref().map(|other| Names::of_keys(other.catalog()));
        options.other = self
            .dialect
            .as_ref()
            .zip(names.as_ref())
            .map(|((name, _), names)| Other { name, names });
        let structs = structs(&checkpoint, &object_names, self.naming, options)?;
        file::write(self.output.as_deref().unwrap_or(Path::new("-")), &structs.to_string())?;
        Ok(Status::Good)
    }
}

/// Generates the structs of a checkpoint. Without `--naming`, chooses the names that read best.
pub(crate) fn structs(
    checkpoint: &Checkpoint,
    object_names: &ObjectNames,
    naming: Option<Naming>,
    options: Options<'_>,
) -> Result<Structs, Failure> {
    match naming {
        Some(naming) => of_naming(checkpoint, object_names, naming, options),
        None => Ok(best(checkpoint, object_names, options)?.1),
    }
}

/// Returns the names whose structs are easiest to read, with the structs. If there is a choice, a comment in them says so.
pub(crate) fn best(
    checkpoint: &Checkpoint,
    object_names: &ObjectNames,
    options: Options<'_>,
) -> Result<(Naming, Structs), Failure> {
    let ObjectNames::Graph(_) = object_names else {
        let naming = object_names.usual();
        return Ok((naming, of_naming(checkpoint, object_names, naming, options)?));
    };
    let noted = |(naming, called)| {
        let note = format!("Names are {called}, which read best here; `--naming` takes others.");
        let mut options = options;
        options.note = Some(&note);
        Ok((naming, of_naming(checkpoint, object_names, naming, options)?))
    };
    let candidates = [
        (Naming::ObjectPath, "paths of objects"),
        (Naming::FullName, "full names of variables"),
        (Naming::Key, "keys of the index"),
    ];
    let [usual, others @ ..] = candidates.map(noted);
    // Some variables may lack names of the other kinds, so the numbers of variables are compared.
    others.into_iter().flatten().fold(usual, |best, (naming, structs)| match best {
        Ok((_, best))
            if structs.variables() == best.variables() && structs.effort() < best.effort() =>
        {
            Ok((naming, structs))
        }
        Err(Failure::NoMatch { .. }) => Ok((naming, structs)),
        best => best,
    })
}

/// Generates the structs with names of one kind.
fn of_naming(
    checkpoint: &Checkpoint,
    object_names: &ObjectNames,
    naming: Naming,
    options: Options<'_>,
) -> Result<Structs, Failure> {
    let names = object_names.names(naming, checkpoint.catalog())?;
    let numbers = || 0..names.catalog().variables().len();
    let is_there = |text: &String| {
        let glob = Glob::parse(text).ok();
        let mut all = numbers().flat_map(|number| names.of(number)).filter_map(Name::as_str);
        glob.is_some_and(|glob| all.any(|name| glob.matches(name)))
    };
    let asked = options.ignore.iter().chain(options.only);
    // A root is one variable, or a prefix of several. That is two globs, and one match is enough.
    let only = options.only.iter().any(is_there) || options.only.is_empty();
    match asked.clone().find(|glob| !(is_there(glob) || only && options.only.contains(glob))) {
        Some(glob) => Err(Failure::NoMatch { glob: glob.clone() }),
        None => Ok(Structs::new(&names, options)?),
    }
}

/// Parses `hf=model.safetensors`.
fn dialect(text: &str) -> Result<(String, PathBuf), &'static str> {
    let (name, path) = text.split_once('=').ok_or("write a name and a path: `hf=PATH`")?;
    let is_first = name.starts_with(|first: char| first.is_ascii_lowercase());
    let is_rest = name
        .chars()
        .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    if !(is_first && is_rest) {
        return Err("a dialect is called like `hf`: lowercase letters and digits");
    }
    Ok((name.to_owned(), path.into()))
}

/// Checks that a glob is valid.
fn glob(text: &str) -> Result<String, GlobError> {
    Glob::parse(text).map(|_| text.to_owned())
}

/// Checks that a struct can have this name, in camel case.
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

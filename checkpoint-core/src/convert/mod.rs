//! Converting a checkpoint into another one: other names, layouts, dtypes and formats.

pub(crate) mod compare;
mod converted;
pub(crate) mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::catalog::{Catalog, Defect, Name};
use checkpoint_schema::listing::glob::{Glob, GlobError};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_schema::problem::Problem;
use checkpoint_schema::rules::{Decided, RuleProblem, Rules, RulesError, Target, TargetSource};
use serde::Serialize;
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::object_graph::ObjectGraphError;
use crate::convert::compare::compare;
use crate::load::error::LoadError;
use crate::load::report::{counted, size as size_of};
use crate::open::error::OpenError;
use crate::save::{
    Done, Outgoing, SaveError, SaveOptions, SaveReport, Tally, finish_parts, has_object_graph,
    object_based, write, write_part,
};
use crate::system::rank::Rank;

/// Options for a conversion.
///
/// ```
/// use checkpoint_core::{ConvertOptions, SaveOptions};
///
/// let save = SaveOptions::new().format("safetensors").overwrite(true);
/// let options = ConvertOptions::new().save(save).only(["model/h0/**"]);
/// ```
#[derive(Debug)]
pub struct ConvertOptions<'a> {
    save: SaveOptions<'a>,
    only: Vec<String>,
    verify: bool,
}

impl Default for ConvertOptions<'_> {
    fn default() -> Self {
        Self { save: SaveOptions::new(), only: Vec::new(), verify: true }
    }
}

impl<'a> ConvertOptions<'a> {
    /// The defaults: all variables, the defaults of [`SaveOptions`], and a comparison at the end.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the options for saving: the format, the dtype, shards and more. `bind` and `dialect` only apply to
    /// [`convert_model`](crate::convert_model). `prefix`, `like` and `keep` have no effect.
    #[must_use]
    pub fn save(mut self, options: SaveOptions<'a>) -> Self {
        self.save = options;
        self
    }

    /// Converts only variables whose names match one of these globs. Rules may then match no variable.
    #[must_use]
    pub fn only<G: Into<String>>(mut self, globs: impl IntoIterator<Item = G>) -> Self {
        self.only.extend(globs.into_iter().map(Into::into));
        self
    }

    /// Reads back the new checkpoint and compares it, element by element. The default is `true`.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }
}

/// The result of a conversion.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ConvertReport {
    /// The new checkpoint.
    pub saved: SaveReport,
    /// The number of ignored variables for each glob or preset of the rules.
    pub ignored: Vec<(String, usize)>,
    /// True if the new checkpoint was read back and compared.
    pub verified: bool,
}

impl ConvertReport {
    fn new(saved: SaveReport, ignored: BTreeMap<String, Vec<usize>>, verified: bool) -> Self {
        let ignored = ignored.into_iter().map(|(glob, numbers)| (glob, numbers.len()));
        Self { saved, ignored: ignored.collect(), verified }
    }
}

/// The new checkpoint, and a line for each glob that ignored variables.
impl fmt::Display for ConvertReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.saved, if self.verified { "; verified" } else { "" })?;
        self.ignored.iter().try_for_each(|(glob, count)| {
            write!(f, "\n  ignored by `{glob}`: {}", counted(*count, "variable"))
        })
    }
}

/// An error of [`convert`]. No file of the new checkpoint is left, unless the comparison at the end fails.
#[derive(Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The rules and the checkpoint do not fit. Nothing was written.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The checkpoint does not fit the struct of [`convert_model`](crate::convert_model). Nothing was written.
    #[error(transparent)]
    Model(#[from] Box<LoadError>),
    /// The names before `->` come from an object graph, and the checkpoint has none.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Names(Vec<Problem>),
    /// The object graph cannot be read.
    #[error(transparent)]
    ObjectGraph(#[from] ObjectGraphError),
    /// A glob of `only` cannot be parsed.
    #[error("`only`: {0}")]
    Glob(#[from] GlobError),
    /// No variable is left to convert.
    #[error("no variable is to be converted; change the globs of `only`, or the rules")]
    Nothing,
    /// Variables to convert cannot be read. Nothing was written.
    #[error("`{}` is {}: {defect}; or ignore it{}", name.short(), defect.word(), and_others(*others))]
    Unreadable {
        /// The first of them.
        name: Name,
        /// The reason.
        defect: Defect,
        /// The number of the others.
        others: usize,
    },
    /// The new checkpoint cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The new checkpoint cannot be opened.
    #[error("the new checkpoint cannot be read back: {0}; convert it again, to another disk")]
    Reopen(#[from] OpenError),
    /// A variable of the new checkpoint differs from the converted one.
    #[error(
        "`{}` in `{}` differs from what was written; convert it again, to another place",
        name.short(), path.display()
    )]
    Differs {
        /// The new checkpoint.
        path: PathBuf,
        /// The first variable that differs.
        name: Name,
    },
}

debug_as_display!(ConvertError);

/// The variables that cannot be read either.
fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => " and 1 other variable that cannot be read".to_owned(),
        _ => format!(" and {others} other variables that cannot be read"),
    }
}

/// Converts a checkpoint into another one at `path`. Rules change names and layouts; options change formats and dtypes.
///
/// Rules are as strict as structs: see [`Rules`]. Without rules and `keep`, names and layouts stay the same. Elements are
/// streamed, several variables at a time. A variable whose elements are reordered is in memory as a whole, one for each thread.
///
/// ```
/// use checkpoint_core::{Checkpoint, ConvertOptions, Rules, convert};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// # let folder = tempfile::tempdir()?;
/// # let to = folder.path().join("gpt2.safetensors");
/// let rules = Rules::parse(r#"
///     model/wte -> wte.weight
///     model/wpe -> wpe.weight
///     ignore "model/h*/**", "model/ln_f/*"
/// "#)?;
/// let report = convert(&Checkpoint::open(path)?, &to, &rules, ConvertOptions::new())?;
/// assert!(report.verified);
/// assert_eq!(Checkpoint::open(&to)?.variables().len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the rules and the checkpoint do not fit. All problems are reported together, before anything is written.
///
/// Returns an error if a variable is damaged, if the format does not support one, if files cannot be written, or if the new
/// checkpoint differs from the expected one.
pub fn convert(
    from: &Checkpoint,
    path: impl AsRef<Path>,
    rules: &Rules,
    options: ConvertOptions<'_>,
) -> Result<ConvertReport, ConvertError> {
    let ConvertOptions { save, only, verify } = options;
    let (catalog, decided) = decided(from, rules, &only)?;
    let tally = Tally::default();
    let new = New { path: path.as_ref(), naming: rules.target_naming(), options: &save };
    let outgoing = outgoing(from, &catalog, &decided.targets, &new, &tally)?;
    let saved = write(new.path, outgoing, &save)?;
    let saved = SaveReport { rounded: tally.rounded(), ..saved };
    if verify {
        // The comparison converts again; only the first conversion is counted.
        let uncounted = Tally::default();
        let expected = self::outgoing(from, &catalog, &decided.targets, &new, &uncounted)?;
        compare(&Checkpoint::open(&saved.checkpoint)?, &expected, save.threads)?;
    }
    Ok(ConvertReport::new(saved, decided.ignored, verify))
}

/// The result of a part of a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartReport {
    /// The data files of the part.
    pub files: usize,
    /// The number of data files that an earlier run of the part completed.
    pub skipped: usize,
    /// The size of all of them, in bytes.
    pub bytes: u64,
}

/// One line: `3 data files, 1.50 GB; 1 of them was whole already`.
impl fmt::Display for PartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", counted(self.files, "data file"), size_of(self.bytes))?;
        match self.skipped {
            0 => Ok(()),
            1 => f.write_str("; 1 of them was whole already"),
            more => write!(f, "; {more} of them were whole already"),
        }
    }
}

/// Converts one part of a checkpoint, so that several processes share the work. [`convert_finish`] ends the conversion.
///
/// Each part plans the whole conversion and writes its share of the data files, balanced by bytes. The checkpoint cannot be opened
/// until its index is written at the end. A stopped part can be run again: it skips complete files. All parts need the same
/// checkpoint, rules and options, including [`SaveOptions::max_shard_size`]. The format must be TensorFlow or safetensors.
///
/// ```
/// use checkpoint_core::{
///     Checkpoint, ConvertOptions, Rank, Rules, SaveOptions, convert_finish, convert_part,
/// };
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// # let folder = tempfile::tempdir()?;
/// # let to = folder.path().join("gpt2.safetensors");
/// let (from, rules) = (Checkpoint::open(path)?, Rules::default());
/// let options = || ConvertOptions::new().save(SaveOptions::new().max_shard_size(20_000));
/// for part in 0..2 {
///     convert_part(&from, &to, &rules, options(), Rank::new(part, 2)?)?;
/// }
/// let report = convert_finish(&from, &to, &rules, options())?;
/// assert!(report.verified);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns the errors of [`convert`], or an error if there are fewer data files than parts, or if the same part is already running.
pub fn convert_part(
    from: &Checkpoint,
    path: impl AsRef<Path>,
    rules: &Rules,
    options: ConvertOptions<'_>,
    part: Rank,
) -> Result<PartReport, ConvertError> {
    let ConvertOptions { save, only, .. } = options;
    let (catalog, decided) = decided(from, rules, &only)?;
    let tally = Tally::default();
    let new = New { path: path.as_ref(), naming: rules.target_naming(), options: &save };
    let outgoing = outgoing(from, &catalog, &decided.targets, &new, &tally)?;
    let origin = origin(&catalog, &decided, &save);
    let Done { files, skipped, bytes } = write_part(new.path, outgoing, &save, &origin, part)?;
    Ok(PartReport { files, skipped, bytes })
}

/// Completes a conversion in parts: checks that all data files are complete, and writes the index.
///
/// # Errors
/// Returns the errors of [`convert`], or an error if data files are missing or were written with other options.
pub fn convert_finish(
    from: &Checkpoint,
    path: impl AsRef<Path>,
    rules: &Rules,
    options: ConvertOptions<'_>,
) -> Result<ConvertReport, ConvertError> {
    let ConvertOptions { save, only, verify } = options;
    let (catalog, decided) = decided(from, rules, &only)?;
    let tally = Tally::default();
    let new = New { path: path.as_ref(), naming: rules.target_naming(), options: &save };
    let outgoing = outgoing(from, &catalog, &decided.targets, &new, &tally)?;
    let origin = origin(&catalog, &decided, &save);
    let saved = finish_parts(new.path, &outgoing, &save, &origin)?;
    if verify {
        compare(&Checkpoint::open(&saved.checkpoint)?, &outgoing, save.threads)?;
    }
    Ok(ConvertReport::new(saved, decided.ignored, verify))
}

/// A description of everything that determines the elements: the variables with their places and checksums, and the plan.
fn origin(catalog: &Catalog, decided: &Decided, save: &SaveOptions<'_>) -> String {
    let dtypes = decided.targets.iter().map(|target| save.dtype_of(target.spec.dtype));
    format!("{:?} {:?} {:?}", catalog.variables(), decided.targets, dtypes.collect::<Vec<_>>())
}

/// Plans a conversion. Returns the variables selected by `only`, and the new variables that the rules make from them.
///
/// # Errors
/// Returns the errors of [`convert`], without the errors of writing.
pub fn convert_plan(
    from: &Checkpoint,
    rules: &Rules,
    only: &[String],
) -> Result<(Catalog, Decided), ConvertError> {
    decided(from, rules, only)
}

/// The selected variables, and the new variables.
fn decided(
    from: &Checkpoint,
    rules: &Rules,
    only: &[String],
) -> Result<(Catalog, Decided), ConvertError> {
    let globs: Vec<Glob> = only.iter().map(|glob| Glob::parse(glob)).collect::<Result<_, _>>()?;
    let graph = match rules.naming() {
        Naming::Key => None,
        Naming::ObjectPath | Naming::FullName => from.object_graph()?,
    };
    let names_of =
        |catalog| Names::new(rules.naming(), catalog, graph.as_ref()).map_err(ConvertError::Names);
    let names = names_of(from.catalog())?;
    let is_wanted = |number: &usize| {
        let is_named = |name: &Name| {
            let name = name.to_string();
            globs.iter().any(|glob| glob.matches(&name))
        };
        globs.is_empty() || names.of(*number).iter().any(is_named)
    };
    let wanted = (0..from.variables().len()).filter(is_wanted);
    let wanted = wanted.filter_map(|number| from.variables().get(number)).cloned().collect();
    let catalog = Catalog::new(wanted, 0);
    let mut rules = rules.clone();
    if !only.is_empty() {
        rules = rules.of_part();
    }
    if rules.is_empty() {
        rules = rules.keep_all();
    }
    let decided =
        rules.decide_by(&names_of(&catalog)?).map_err(|error| of_naming(from, &rules, error))?;
    if decided.targets.is_empty() && !from.variables().is_empty() {
        return Err(ConvertError::Nothing);
    }
    let sources = decided.targets.iter().flat_map(|target| &target.sources);
    let read: BTreeSet<usize> = sources.map(|source| source.variable).collect();
    let variables = read.iter().filter_map(|&number| catalog.variables().get(number));
    let mut defects = variables.filter_map(|variable| Some((&variable.name, variable.defect()?)));
    if let Some((name, defect)) = defects.next() {
        let (name, defect) = (name.clone(), defect.clone());
        return Err(ConvertError::Unreadable { name, defect, others: defects.count() });
    }
    Ok((catalog, decided))
}

/// The same error, or one that names the kind of names that the rules are written in, if they match no key.
fn of_naming(from: &Checkpoint, rules: &Rules, mut error: RulesError) -> RulesError {
    let is_other = matches!(error.problems[..], [RuleProblem::Other { .. }]);
    let Some(graph) = from.object_graph().ok().flatten() else { return error };
    if !is_other || rules.naming() != Naming::Key {
        return error;
    }
    let example = |naming: &Naming| {
        let names = Names::new(*naming, from.catalog(), Some(&graph)).ok()?;
        Some((*naming, rules.example(&names)?))
    };
    let others = [Naming::ObjectPath, Naming::FullName];
    if let Some((naming, example)) = others.iter().find_map(example) {
        error.problems = vec![RuleProblem::OtherNaming { naming, example }];
    }
    error
}

/// The checkpoint to write.
struct New<'a> {
    path: &'a Path,
    /// The kind of the new names.
    naming: Naming,
    options: &'a SaveOptions<'a>,
}

/// The variables to write.
fn outgoing<'a>(
    from: &'a Checkpoint,
    catalog: &'a Catalog,
    targets: &'a [Target],
    new: &New<'_>,
    tally: &'a Tally,
) -> Result<Vec<Outgoing<'a>>, SaveError> {
    let outgoing = |target: &'a Target| {
        let sources = target.sources.iter();
        let part = |source: &'a TargetSource| {
            Some((catalog.variables().get(source.variable)?, &source.layout))
        };
        let parts: Vec<_> = sources.filter_map(part).collect();
        let mut outgoing = match parts[..] {
            [(variable, _)] if target.as_it_is => {
                let whole = Outgoing::variable(target.name.clone(), from, variable)?;
                Outgoing { spec: target.spec.clone(), ..whole }
            }
            _ => Outgoing::moved(target.name.clone(), target.spec.clone(), from, parts),
        };
        if let Some(dtype) = new.options.dtype_of(target.spec.dtype) {
            outgoing.convert(dtype, tally);
        }
        Ok::<_, SaveError>(outgoing)
    };
    let mut outgoing: Vec<Outgoing<'a>> = targets.iter().map(outgoing).collect::<Result<_, _>>()?;
    // New names are in the order of a save, so that a conversion there and back ends with the same bytes.
    if targets.iter().any(|target| target.rule.is_some()) {
        outgoing.sort_by(|one, other| one.name.cmp(&other.name));
    }
    if new.naming == Naming::ObjectPath && has_object_graph(new.path, new.options)? {
        let graph = object_based(&mut outgoing)?;
        outgoing.push(graph);
    }
    Ok(outgoing)
}

//! Errors of loading.

use std::fmt;
use std::path::PathBuf;

use checkpoint_schema::listing::catalog::{Name, Variable};
use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::dialect::Variant;
use checkpoint_schema::plan::{Plan, Read};
use checkpoint_schema::problem::{Lines, Problem, ProblemKind};
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::object_graph::ObjectGraphError;
use crate::load::parts::BuildError;
use crate::load::report::counted;
use crate::open::error::OpenError;
use crate::read::{ReadError, ReadErrorKind};

/// Errors of loading a value.
#[derive(Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The checkpoint is missing, or its index cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The struct uses names of an object graph, and the graph cannot be read.
    #[error(transparent)]
    ObjectGraph(#[from] ObjectGraphError),
    /// The struct has no such dialect.
    #[error("unknown dialect `{dialect}`; {}", known_dialects(known))]
    UnknownDialect {
        /// The name given in the options.
        dialect: String,
        /// The names of all dialects of the struct.
        known: Vec<&'static str>,
    },
    /// The checkpoint fits several dialects of the struct, and they would load different values.
    #[error(
        "the checkpoint fits `{model}` in the dialects {}, which read it differently; choose one with `LoadOptions::dialect`",
        list(dialects)
    )]
    Dialects {
        /// The struct.
        model: &'static str,
        /// The dialects.
        dialects: Vec<&'static str>,
    },
    /// The argument of `bind_all` has no members.
    #[error(
        "`bind_all` gets no values: {reason}; give it a struct or a map with integers, or use `bind`"
    )]
    Bind {
        /// The reason.
        reason: Box<str>,
    },
    /// A field does not name the number of ranks, or none does.
    #[error("{}", of_ranks(model, *ranks, parallel.as_ref(), "load"))]
    Ranks {
        /// The struct.
        model: &'static str,
        /// The number of ranks.
        ranks: usize,
        /// A field with `parallel`, and the numbers of ranks that it names; `None` if no field has it.
        parallel: Option<(String, Vec<usize>)>,
    },
    /// The struct and the checkpoint do not match. No tensor was read.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A tensor cannot be read, or is damaged.
    #[error("field `{field}`: {source}")]
    Read {
        /// The field that needs the tensor.
        field: String,
        /// The cause.
        source: ReadError,
    },
    /// A data file with several variables of the struct cannot be opened, or is a file of another kind.
    #[error("{source} (the struct has {} in this file)", counted(*variables, "variable"))]
    File {
        /// The number of variables of the struct in the file.
        variables: usize,
        /// The cause.
        source: ReadErrorKind,
    },
    /// Most of the compared variables in a data file have other bytes than the index describes.
    #[error(
        "checksum mismatch in {wrong} of the {compared} compared variables in the data file `{path}`, such as \
         `{}`; the file is of another checkpoint or damaged, fetch it and its index again", variable.short()
    )]
    OtherFile {
        /// The data file.
        path: PathBuf,
        /// The number of variables with other bytes.
        wrong: usize,
        /// The number of compared variables.
        compared: usize,
        /// The first variable with other bytes.
        variable: Name,
    },
    /// Two variables that `tie` declares equal have different elements.
    #[error(
        "field `{field}`: `{variable}` and `{other}` are tied, but reading them shows that their elements differ; take the name \
         out of `tie`, and load it as a field of its own"
    )]
    Tied {
        /// The field.
        field: String,
        /// The variable that it was loaded from.
        variable: String,
        /// The other variable.
        other: String,
    },
    /// The program cancelled the load: see [`LoadOptions::cancel`](crate::LoadOptions::cancel).
    #[error("the load was cancelled")]
    Cancelled,
    /// Out of memory for the zeros of a field with `default`.
    #[error(
        "field `{field}`: out of memory: cannot allocate {bytes} bytes of zeros; give its symbols smaller values"
    )]
    Zeros {
        /// The field.
        field: String,
        /// The size of the zeros.
        bytes: u64,
    },
    /// A value cannot be built from the loaded tensors.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// All mismatches between a struct and a checkpoint.
#[derive(Error, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// The struct.
    pub model: &'static str,
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// The dialect of the problems, if the struct has several: the one with the fewest problems.
    pub dialect: Option<&'static str>,
    /// The problems, at least one.
    pub problems: Vec<Problem>,
    /// The other dialects, each with its number of problems.
    pub others: Vec<(&'static str, usize)>,
}

debug_as_display!(LoadError, Mismatch);

impl LoadError {
    /// True if (nearly) all variables of the struct are missing, so that the checkpoint is of another model, or has other names.
    pub(super) fn is_of_another_model(&self) -> bool {
        let Self::Mismatch(mismatch) = self else { return false };
        matches!(&mismatch.problems[..], [problem] if problem.kind == ProblemKind::Absent)
    }
}

impl Mismatch {
    pub(crate) fn new(node: &Node, checkpoint: &Checkpoint, problems: Vec<Problem>) -> Self {
        let (model, checkpoint) = (model(node), checkpoint.path().to_owned());
        Self { model, checkpoint, dialect: None, problems, others: Vec::new() }
    }

    /// The problems of the nearest dialect; `None` if there is none.
    pub(crate) fn of_dialects(
        node: &Node,
        checkpoint: &Checkpoint,
        mut problems: Vec<(Variant, Vec<Problem>)>,
    ) -> Option<Self> {
        // The dialect of the checkpoint's names is the nearest, even if all its dtypes are wrong.
        let places = |problems: &[Problem], is_counted: fn(ProblemKind) -> bool| {
            let counted = problems.iter().filter(|problem| is_counted(problem.kind));
            counted.map(|problem| problem.count).sum::<usize>()
        };
        problems.sort_by_key(|(_, problems)| {
            (places(problems, is_of_names), places(problems, |_| true))
        });
        let mut problems = problems.into_iter();
        let (nearest, of_nearest) = problems.next()?;
        let mut mismatch = Self::new(node, checkpoint, of_nearest);
        mismatch.dialect = Some(nearest.dialect).filter(|dialect| !dialect.is_empty());
        for (variant, of_variant) in problems {
            let is_told = mismatch.others.iter().any(|(other, _)| *other == variant.dialect);
            if variant.dialect != nearest.dialect && !is_told {
                mismatch.others.push((variant.dialect, of_variant.len()));
            }
        }
        Some(mismatch)
    }
}

/// True if the struct and the checkpoint differ in names.
fn is_of_names(kind: ProblemKind) -> bool {
    use ProblemKind::{Absent, Elsewhere, Missing, Prefix, Renamed, Unmapped};
    matches!(kind, Missing | Absent | Elsewhere | Renamed | Prefix | Unmapped)
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

pub(crate) fn known_dialects(known: &[&str]) -> String {
    match known {
        [] => "the struct has none; remove the option".to_owned(),
        known => format!("the struct has {}", list(known)),
    }
}

pub(crate) fn of_ranks(
    model: &str,
    ranks: usize,
    parallel: Option<&(String, Vec<usize>)>,
    verb: &str,
) -> String {
    let Some((field, of)) = parallel else {
        let options = if verb == "load" { "LoadOptions" } else { "SaveOptions" };
        return format!(
            "`{model}` has no `parallel`, so each of {ranks} ranks would {verb} all of it; write it on the fields that ranks \
             divide, or remove `{options}::rank`"
        );
    };
    let of: Vec<String> = of.iter().map(ToString::to_string).collect();
    let of = match &of[..] {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        all => all.concat(),
    };
    format!(
        "field `{field}`: `parallel` is for {of} ranks, not for {ranks}; name {ranks} in `of`, or start as many processes as \
         it names"
    )
}

/// The name of the struct that is loaded.
pub(crate) fn model(node: &Node) -> &'static str {
    match node {
        Node::Struct(model) => model.name,
        _ => "value",
    }
}

/// A heading, and one line for each problem.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.model)?;
        if let Some(dialect) = self.dialect {
            write!(f, " in the dialect `{dialect}`")?;
        }
        let problems = counted(self.problems.len(), "problem");
        write!(f, " does not fit the checkpoint `{}`: {problems}", self.checkpoint.display())?;
        Lines(&self.problems).fmt(f)?;
        self.others.iter().try_for_each(|(dialect, count)| {
            let is = if *count == 1 { "is" } else { "are" };
            write!(f, "\nin the dialect `{dialect}` there {is} {}", counted(*count, "problem"))
        })
    }
}

/// The message, and the separate problems of a mismatch.
impl Serialize for LoadError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            message: String,
            problems: &'a [Problem],
        }
        let problems = match self {
            Self::Mismatch(mismatch) => &mismatch.problems[..],
            Self::Open(_)
            | Self::ObjectGraph(_)
            | Self::UnknownDialect { .. }
            | Self::Dialects { .. }
            | Self::Bind { .. }
            | Self::Ranks { .. }
            | Self::Read { .. }
            | Self::File { .. }
            | Self::OtherFile { .. }
            | Self::Tied { .. }
            | Self::Cancelled
            | Self::Zeros { .. }
            | Self::Build(_) => &[],
        };
        Fields { message: self.to_string(), problems }.serialize(serializer)
    }
}

/// The error of a variable that cannot be read, with its field.
pub(crate) fn not_read(plan: &Plan<'_>, variables: &[Variable], source: ReadError) -> LoadError {
    if let ReadErrorKind::Cancelled = source.kind {
        return LoadError::Cancelled;
    }
    let field = blamed(plan, variables, &source).map(|read| plan.field(read));
    LoadError::Read { field: field.unwrap_or_default(), source }
}

/// The read that failed, given the error of its variable.
fn blamed<'p>(plan: &'p Plan<'_>, variables: &[Variable], error: &ReadError) -> Option<&'p Read> {
    let mut of_variable =
        plan.reads.iter().filter(|read| variables[read.variable].name == error.variable);
    match error.kind {
        ReadErrorKind::NotHeld { dtype, .. } => {
            of_variable.find(|read| plan.outputs[read.output].dtype == dtype)
        }
        _ => of_variable.next(),
    }
}

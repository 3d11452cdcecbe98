//! The exit statuses and errors of commands.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use checkpoint_core::{
    ConvertError, Name, ObjectGraphError, OpenError, OverBudget, Problem, ReadError, RulesError,
    SaveError, Spec,
};
use checkpoint_schema::manifest::ListingError;
use thiserror::Error;

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// No error.
    Good = 0,
    /// A variable is damaged, differs or cannot be read, or there is none of that name.
    Bad = 1,
    /// The checkpoint is missing or cannot be read. A wrong command line has this status, too.
    Unusable = 2,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// An error that ends a command.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("{}", of_library(.0))]
    Open(#[from] OpenError),
    #[error("{0}")]
    Url(String),
    #[error("cannot write to the URL `{url}`: {problem}")]
    ToUrl { url: String, problem: &'static str },
    #[error("{}", of_library(.0))]
    Read(#[from] ReadError),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error(transparent)]
    Memory(#[from] OverBudget),
    #[error(transparent)]
    Graph(#[from] ObjectGraphError),
    #[error("{}", lines(.0))]
    Names(Vec<Problem>),
    #[error(
        "only the object graph has full names; fetch its data file, or use `--naming object_path`"
    )]
    NoFullNames,
    #[error("missing variable `{}`; {}", name.short(), suggestion(nearest))]
    NoVariable { name: Name, nearest: Vec<(Name, Spec)> },
    #[error("no variable matches `{glob}`; `ckpt ls` lists the names")]
    NoMatch { glob: String },
    #[cfg(feature = "tensorflow")]
    #[error(transparent)]
    TensorFlow(#[from] checkpoint_tensorflow::Error),
    #[cfg(not(feature = "tensorflow"))]
    #[error(
        "this `ckpt` was built without TensorFlow; build one with it: `cargo install ckpt --features tensorflow`, \
         or `cargo run --release -p ckpt --features tensorflow -- verify ...` in a copy of the repository"
    )]
    WithoutTensorFlow,
    #[error("cannot {what} `{}`: {}; name another file", file.display(), cause(error))]
    File { what: &'static str, file: PathBuf, error: io::Error },
    #[error("`{}` is not a regular file; name another file, or `-` for the standard {standard}", file.display())]
    Special { file: PathBuf, standard: &'static str },
    #[error("`{}` is a file of a checkpoint; name another file", file.display())]
    OfCheckpoint { file: PathBuf },
    #[error("the standard input has more than {most} bytes; no manifest is as long")]
    Endless { most: u64 },
    #[error("cannot read the manifest `{}`: {error}", file.display())]
    Manifest { file: PathBuf, error: Box<ListingError> },
    #[error("in `{}`, {error}", file.display())]
    Rules { file: PathBuf, error: RulesError },
    #[error(transparent)]
    Rule(#[from] RulesError),
    #[error("`{}` already exists; name another path, or replace it with `--overwrite`", .0.display())]
    Exists(PathBuf),
    #[error("{}", of_library(.0))]
    Convert(ConvertError),
    #[error("cannot write to the standard output: {}", .0.kind())]
    Output(#[from] io::Error),
}

impl Failure {
    pub(crate) fn status(&self) -> Status {
        match self {
            // The reader of the output closed the pipe, which is no error.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Good,
            Self::Open(_) | Self::Save(_) | Self::Names(_) | Self::Output(_) | Self::Memory(_) => {
                Status::Unusable
            }
            Self::File { .. } | Self::Special { .. } | Self::Endless { .. } => Status::Unusable,
            Self::OfCheckpoint { .. } | Self::Url(_) | Self::ToUrl { .. } => Status::Unusable,
            Self::Manifest { .. } | Self::Rules { .. } | Self::Rule(_) => Status::Unusable,
            Self::Convert(ConvertError::Differs { .. }) => Status::Bad,
            Self::Convert(_) | Self::Exists(_) => Status::Unusable,
            #[cfg(feature = "tensorflow")]
            Self::TensorFlow(_) => Status::Unusable,
            #[cfg(not(feature = "tensorflow"))]
            Self::WithoutTensorFlow => Status::Unusable,
            Self::Read(_) | Self::Graph(_) | Self::NoFullNames => Status::Bad,
            Self::NoVariable { .. } | Self::NoMatch { .. } => Status::Bad,
        }
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        match error {
            ConvertError::Save(SaveError::Exists { path }) => Self::Exists(path),
            ConvertError::Names(problems) => Self::Names(problems),
            ConvertError::ObjectGraph(error) => Self::Graph(error),
            other => Self::Convert(other),
        }
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Names(problems)
    }
}

/// Returns an error message of the library, with the options of the command line.
pub(crate) fn of_library(error: &impl std::fmt::Display) -> String {
    let sentence = error.to_string();
    // No option selects a format to read, because each checkpoint has its own path.
    let sentence = sentence.replace(", or pick one with `OpenOptions::format`", "");
    let sentence = sentence.replace("`SaveOptions::format`", "`--format`");
    let sentence = sentence.replace("write the line `naming ", "write `--naming ");
    // Without its object graph, a checkpoint has names of other kinds.
    let (graph, names) = (
        "`_CHECKPOINTABLE_OBJECT_GRAPH` is string [], which ",
        "use the names in it, by `--naming full_name` or `--naming object_path`, or save",
    );
    let sentence = match sentence.split_once(graph) {
        Some((before, after)) => {
            before.to_owned() + graph + &after.replacen("leave it out, or save", names, 1)
        }
        None => sentence,
    };
    let sentence =
        sentence.replace("leave it out, or save", "leave it out with `--ignore`, or save");
    let sentence = sentence.replace("the globs of `only`", "`--only`");
    sentence.replace("`Limits::memory`", "`--memory`")
}

fn cause(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        kind => kind.to_string(),
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn suggestion(nearest: &[(Name, Spec)]) -> String {
    let mut named = nearest.iter().map(|(name, spec)| format!("`{}`, {spec}", name.short()));
    let Some(first) = named.next() else { return "`ckpt ls` lists the names".to_owned() };
    format!("did you mean {}?", named.fold(first, |names, name| format!("{names}, or {name}")))
}

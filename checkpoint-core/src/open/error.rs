//! Errors of opening a checkpoint.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use checkpoint_schema::format::FormatError;
use checkpoint_schema::listing::catalog::Name;
use thiserror::Error as ThisError;

use crate::open::path::index_path;
use crate::open::state::StateError;
use crate::source::other_format::OtherFormat;
use crate::source::reason_and;

/// The number of paths that a message lists.
const LISTED: usize = 5;

/// Errors of opening a checkpoint.
#[derive(ThisError)]
#[non_exhaustive]
pub enum OpenError {
    /// Nothing exists at the path.
    #[error(
        "there is no checkpoint {}: no such file or directory, and no {}; {}",
        quoted(path),
        quoted(index_path(path)),
        instead("check the path", "did you mean ", beside, "?")
    )]
    NotFound {
        /// The path.
        path: PathBuf,
        /// The checkpoints in the same directory.
        beside: Vec<PathBuf>,
    },
    /// A file cannot be read.
    #[error(
        "cannot read {}: {}",
        quoted(path),
        reason_and(source, "check the file and its permissions")
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The path is a device, a pipe, a directory or another special file.
    #[error("{} is not a regular file; check the path", quoted(path))]
    Special {
        /// The path.
        path: PathBuf,
    },
    /// A directory has no `checkpoint` file that selects one of its checkpoints.
    #[error(
        "the directory {} has no `checkpoint` file that selects a checkpoint; {}",
        quoted(path),
        instead("it has no other checkpoint either, so check the path", "open ", within, "")
    )]
    NoState {
        /// The directory.
        path: PathBuf,
        /// The checkpoints in it.
        within: Vec<PathBuf>,
    },
    /// A `checkpoint` file cannot be parsed.
    #[error("cannot read {}: {problem}; open a checkpoint by its prefix instead", quoted(path))]
    State {
        /// The file.
        path: PathBuf,
        /// The error in the file.
        problem: StateError,
    },
    /// A `checkpoint` file refers to a missing checkpoint.
    #[error(
        "{} refers to the checkpoint {}, but there is no {}; {}",
        quoted(path),
        quoted(named),
        indexes(tried),
        instead("fetch it", "fetch it, or open ", beside, "")
    )]
    Dangling {
        /// The file.
        path: PathBuf,
        /// The name in the file.
        named: String,
        /// The prefixes that were tried.
        tried: Vec<PathBuf>,
        /// The checkpoints in the same directory.
        beside: Vec<PathBuf>,
    },
    /// A `SavedModel` has no variables.
    #[error(
        "the SavedModel {} has no variables: there is no {}; fetch the directory `variables` too",
        quoted(path),
        quoted(index_path(prefix))
    )]
    NoVariables {
        /// The directory.
        path: PathBuf,
        /// The prefix of the missing files.
        prefix: PathBuf,
    },
    /// A data file has no index next to it.
    #[error(
        "the data file {} cannot be read without its index {}; fetch the index too",
        quoted(path),
        quoted(index_path(prefix))
    )]
    NoIndex {
        /// The data file.
        path: PathBuf,
        /// The prefix of the data file and the index.
        prefix: PathBuf,
    },
    /// A save that replaces a checkpoint is running, or was interrupted.
    #[error(
        "some files of the checkpoint {} are old and some are new: {} is left from an interrupted save; save again, or run \
         `ckpt recover`",
        quoted(path),
        quoted(switch)
    )]
    CutShort {
        /// The path.
        path: PathBuf,
        /// The file that records how to finish the save.
        switch: PathBuf,
    },
    /// A checkpoint is being written, or its writer was interrupted.
    #[error(
        "the checkpoint {} is not complete: there is {} of an unfinished write; wait for it, or save again",
        quoted(prefix),
        quoted(temporary)
    )]
    Unfinished {
        /// The prefix of the checkpoint.
        prefix: PathBuf,
        /// The temporary file of the writer.
        temporary: PathBuf,
    },
    /// A file of a V1 checkpoint is missing.
    #[error("the checkpoint {} has no file {}; fetch it too", quoted(path), quoted(missing))]
    Incomplete {
        /// The requested path.
        path: PathBuf,
        /// The missing file.
        missing: PathBuf,
    },
    /// A checkpoint has too many files.
    #[error(
        "the checkpoint {} has more than {limit} files; if you trust it, raise `Limits::shards`",
        quoted(path)
    )]
    TooManyFiles {
        /// The path.
        path: PathBuf,
        /// The most files that a checkpoint may have.
        limit: u32,
    },
    /// A prefix is shared by several V1 checkpoints with shards.
    #[error(
        "{} is the prefix of several checkpoints; open one by {}",
        quoted(path),
        files(choices)
    )]
    Ambiguous {
        /// The prefix.
        path: PathBuf,
        /// One file of each checkpoint.
        choices: Vec<PathBuf>,
    },
    /// A file has another known format.
    #[error("{} is {what}", quoted(path))]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        what: OtherFormat,
    },
    /// A file belongs to a checkpoint or a `SavedModel`, but has no variables.
    #[error("{} has a graph and no variables; open {} instead", quoted(path), quoted(open))]
    Graph {
        /// The file.
        path: PathBuf,
        /// The path to open instead.
        open: PathBuf,
    },
    /// A graph belongs to a missing checkpoint.
    #[error(
        "{} has a graph and no variables, and there is no {}; fetch it and its data files",
        quoted(path),
        quoted(index_path(prefix))
    )]
    GraphAlone {
        /// The file.
        path: PathBuf,
        /// The prefix of the missing files.
        prefix: PathBuf,
    },
    /// The name of an index does not match its data files, and several families of data files are possible.
    #[error(
        "the data files of the index {} have another name, maybe that of {}; rename the index to the name of its data \
         files, with `.index` at the end",
        quoted(path),
        files(choices)
    )]
    RenamedIndex {
        /// The index.
        path: PathBuf,
        /// The prefixes of neighbouring data files without an index.
        choices: Vec<PathBuf>,
    },
    /// A file is empty.
    #[error("{} is empty; fetch it again", quoted(path))]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file is not a checkpoint.
    #[error(
        "{} is not a checkpoint of a known format, or its end is missing; check the path or fetch the file again",
        quoted(path)
    )]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// Several checkpoints exist at a path.
    #[error("there are several checkpoints at {}; open {}", quoted(path), choice(choices))]
    Several {
        /// The path.
        path: PathBuf,
        /// The path and the format name of each checkpoint.
        choices: Vec<(PathBuf, &'static str)>,
    },
    /// A path has no checkpoint of the requested format.
    #[error(
        "{} is not a checkpoint of the format `{format}`; open it without `OpenOptions::format`, or check the path",
        quoted(path)
    )]
    NotOfFormat {
        /// The path.
        path: PathBuf,
        /// The requested format.
        format: String,
    },
    /// Unknown format name.
    #[error("unknown format `{format}`; write {}", or(&known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>()))]
    UnknownFormat {
        /// The name.
        format: String,
        /// The names of all formats.
        known: Vec<&'static str>,
    },
    /// A file is damaged, or exceeds a limit.
    #[error("cannot read {}: {problem}", quoted(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error of the format.
        problem: Box<dyn Error + Send + Sync>,
    },
    /// A V1 checkpoint is damaged, or exceeds a limit.
    #[error("cannot read the V1 checkpoint {}: {problem}", quoted(path))]
    Table {
        /// The file.
        path: PathBuf,
        /// The error in the table.
        problem: Box<FormatError>,
    },
    /// The index is damaged, or exceeds a limit.
    #[error("cannot read the index {}: {problem}", quoted(path))]
    Index {
        /// The file.
        path: PathBuf,
        /// The error in the index.
        problem: Box<FormatError>,
    },
}

debug_as_display!(OpenError);

impl OpenError {
    /// Returns a function that makes the error of a failed system call on `path`.
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, problem: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Damaged { path: path.to_owned(), problem: problem.into() }
    }
}

/// The paths, with their formats if these differ.
fn choice(choices: &[(PathBuf, &'static str)]) -> String {
    let differ = choices.windows(2).any(|pair| matches!(pair, [one, other] if one.1 != other.1));
    let one = |(path, format): &(PathBuf, &'static str)| {
        if differ { format!("{} (`{format}`)", quoted(path)) } else { quoted(path) }
    };
    let mut shown: Vec<_> = choices.iter().take(LISTED).map(one).collect();
    let more = choices.len().saturating_sub(LISTED);
    if more > 0 {
        shown.push(format!("one of {more} more"));
    }
    let way = if differ { ", or pick one with `OpenOptions::format`" } else { "" };
    format!("{}{way}", or(&shown))
}

/// The advice of a message: `none` if there are no choices, otherwise the choices between `before` and `after`.
fn instead(none: &str, before: &str, paths: &[PathBuf], after: &str) -> String {
    if paths.is_empty() {
        return none.to_owned();
    }
    let mut choices: Vec<_> = paths.iter().take(LISTED).map(quoted).collect();
    let more = paths.len().saturating_sub(LISTED);
    if more > 0 {
        choices.push(format!("one of {more} more"));
    }
    format!("{before}{}{after}", or(&choices))
}

fn files(paths: &[PathBuf]) -> String {
    or(&paths.iter().map(quoted).collect::<Vec<_>>())
}

fn indexes(prefixes: &[PathBuf]) -> String {
    or(&prefixes.iter().map(|prefix| quoted(index_path(prefix))).collect::<Vec<_>>())
}

/// The maximum number of characters of a path in a message. State files can contain any.
const LONGEST: usize = 1000;

/// Quotes a path on one line, with special characters escaped.
fn quoted(path: impl AsRef<Path>) -> String {
    let path = Name::from(path.as_ref().to_string_lossy().into_owned());
    format!("`{}`", path.cut(LONGEST))
}

/// ``a``, ``a or b``, ``a, b or c``.
fn or(choices: &[String]) -> String {
    match choices {
        [] => String::new(),
        [choice] => choice.clone(),
        [choices @ .., last] => format!("{} or {last}", choices.join(", ")),
    }
}

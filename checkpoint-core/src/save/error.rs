//! Errors of saving.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_schema::listing::catalog::{Defect, Name, Spec};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::glob::GlobError;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::problem::{Lines, Problem};
use checkpoint_schema::save::SaveProblem;
use thiserror::Error;

use crate::checkpoint::object_graph::ObjectGraphError;
use crate::load::error::{known_dialects, of_ranks};
use crate::load::report::counted;
use crate::read::ReadError;
use crate::source::reason;
use crate::tensor::TensorError;

/// Errors of saving. The files of the new checkpoint are removed, and an existing checkpoint at the path is unchanged. There are
/// three exceptions: [`CutShort`](Self::CutShort), an error of the file `checkpoint`, which is written last, and saves in parts, whose
/// files keep temporary names until the next save.
#[derive(Clone, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The format does not exist.
    #[error("unknown format `{format}` to write; use {}", either(known))]
    UnknownFormat {
        /// The name given in the options.
        format: String,
        /// The names of all formats.
        known: Vec<&'static str>,
    },
    /// A checkpoint already exists at the path.
    #[error(
        "`{}` already exists; save to another path, or replace it with `SaveOptions::overwrite`",
        path.display()
    )]
    Exists {
        /// One of its files.
        path: PathBuf,
    },
    /// Another save to the same path is under way.
    #[error("another save to `{}` is running; wait for it, or save to another path", path.display())]
    Busy {
        /// The path.
        path: PathBuf,
    },
    /// A checkpoint cannot be saved in parts, or some parts are missing.
    #[error("cannot save `{}` in parts: {problem}", path.display())]
    Parts {
        /// The path.
        path: PathBuf,
        /// The problem and the fix.
        problem: String,
    },
    /// A field does not name the number of ranks, or none does. Nothing was written.
    #[error("{}", of_ranks(model, *ranks, parallel.as_ref(), "save"))]
    Ranks {
        /// The struct.
        model: &'static str,
        /// The number of ranks.
        ranks: usize,
        /// A field with `parallel`, and the numbers of ranks that it names; `None` if no field has it.
        parallel: Option<(String, Vec<usize>)>,
    },
    /// The call is not possible with [`SaveOptions::rank`](crate::SaveOptions::rank), or not without it.
    #[error("{problem}")]
    Rank {
        /// The problem and the fix.
        problem: &'static str,
    },
    /// Names or contents of variables are not supported: all problems together. Nothing was written.
    #[error(
        "cannot save `{}`: {}{}",
        path.display(), counted(problems.len(), "problem"), Lines(problems)
    )]
    Variables {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The problems, at least one.
        problems: Vec<NameProblem>,
    },
    /// Arrays of a value do not fit together, or steps of its struct cannot be reversed: all problems together. Nothing was
    /// written.
    #[error(
        "`{model}` cannot be saved: {}{}",
        counted(problems.len(), "problem"), Lines(problems)
    )]
    Value {
        /// The struct.
        model: &'static str,
        /// The problems, at least one.
        problems: Vec<ValueProblem>,
    },
    /// The struct uses names that only exist in a checkpoint.
    #[error(
        "`{model}` cannot be saved: the key of `{name}`, a name of `naming = \"{naming}\"`, is unknown; save it like a \
         checkpoint that has the variable"
    )]
    UnknownKey {
        /// The struct.
        model: &'static str,
        /// The kind of the names, as in `naming = "..."`.
        naming: &'static str,
        /// The first name.
        name: String,
    },
    /// The argument of `bind_all` has no members.
    #[error(
        "`bind_all` gets no values: {reason}; give it a struct or a map with integers, or use `bind`"
    )]
    Bind {
        /// The reason.
        reason: Box<str>,
    },
    /// The struct has no such dialect.
    #[error("unknown dialect `{dialect}`; {}", known_dialects(known))]
    UnknownDialect {
        /// The name given in the options.
        dialect: String,
        /// The names of all dialects of the struct.
        known: Vec<&'static str>,
    },
    /// A path of the struct is not a valid object path.
    #[error(
        "`{path}` is not a path of objects; write `..` for a dot in a name of an object, and `.S` for a slash"
    )]
    ObjectPath {
        /// The path.
        path: String,
    },
    /// The object graph of the [`like`](crate::SaveOptions::like) checkpoint cannot be read.
    #[error(transparent)]
    ObjectGraph(#[from] ObjectGraphError),
    /// An element overflows the requested dtype.
    #[error("`{}` has numbers that are too large for {dtype}; save it as another dtype", name.short())]
    Lost {
        /// The variable.
        name: Name,
        /// The dtype.
        dtype: DType,
    },
    /// Your code for a field (`with`, `try_from`) returned an error.
    #[error("field `{field}`: {reason}")]
    Refused {
        /// The struct and its field: `Gpt2.wte`.
        field: &'static str,
        /// The message of that code.
        reason: Box<str>,
    },
    /// A tensor of another crate has no elements that can be saved.
    #[error("a tensor cannot be saved: {reason}")]
    Other {
        /// The reason.
        reason: Box<str>,
    },
    /// A glob of `keep` cannot be parsed.
    #[error("`SaveOptions::keep`: {0}")]
    Glob(GlobError),
    /// A glob of `keep` has no effect: there is no checkpoint to copy from, or nothing to copy.
    #[error("`keep`: `{glob}` {reason}")]
    Keep {
        /// The glob.
        glob: String,
        /// The reason, and what to do.
        reason: &'static str,
    },
    /// An array has more axes than a tensor can have.
    #[error("an array cannot be saved: {0}")]
    Array(TensorError),
    /// The path is not valid for a checkpoint.
    #[error("cannot save a checkpoint as `{}`: {problem}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// The problem and the fix.
        problem: &'static str,
    },
    /// A variable of the other checkpoint cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An array cannot be converted to a tensor.
    #[error("cannot save `{}`: {source}", name.short())]
    Tensor {
        /// The name of the variable.
        name: Name,
        /// The problem.
        source: TensorError,
    },
    /// The elements of a variable changed during the save: their number, or their contents on the second read.
    #[error("the elements of `{}` do not match its shape, or changed during the save; save again", name.short())]
    Changed {
        /// The name of the variable.
        name: Name,
    },
    /// The replacement of an old checkpoint was interrupted: some files are old and some are new.
    #[error(
        "some files of `{}` are old and some are new; save again, or finish with `ckpt recover` ({source})",
        path.display()
    )]
    CutShort {
        /// The path of the checkpoint.
        path: PathBuf,
        /// The error that stopped it.
        source: Box<SaveError>,
    },
    /// The file that describes how to complete the replacement is damaged.
    #[error(
        "`{}`, the record of an interrupted save, is damaged; remove it and all files of the checkpoint, and \
         save again", path.display()
    )]
    Switch {
        /// The file.
        path: PathBuf,
    },
    /// The file `checkpoint` of the directory cannot be parsed, so nothing can be added to it.
    #[error(
        "cannot add the checkpoint to `{}`: {problem}; remove that file, or save without `SaveOptions::state_file`",
        path.display()
    )]
    State {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: Box<str>,
    },
    /// A file cannot be written.
    #[error("cannot {action} `{}`: {}; {}", path.display(), reason(source), advice(action, source, cfg!(windows)))]
    Io {
        /// The action that failed: `create`, `write`, `replace`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: Arc<io::Error>,
    },
    /// The program cancelled the save: see [`SaveOptions::cancel`](crate::SaveOptions::cancel).
    #[error("the save was cancelled")]
    Cancelled,
}

debug_as_display!(SaveError);

/// A problem of a variable that cannot be written.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameProblem {
    /// The name is empty.
    #[error("a variable {spec} has an empty name; name it")]
    Empty {
        /// Its dtype and shape.
        spec: Spec,
    },
    /// Several variables have the same name.
    #[error("{count} variables have the name `{}`; give each its own name", name.short())]
    Twice {
        /// The name.
        name: Name,
        /// Their number.
        count: usize,
    },
    /// The format reserves the name.
    #[error("`{}` {reason}", name.short())]
    Reserved {
        /// The name.
        name: Name,
        /// The reason and the fix.
        reason: &'static str,
    },
    /// The elements cannot be read from their checkpoint.
    #[error("`{}` is {}: {defect}", name.short(), defect.word())]
    Unreadable {
        /// The name.
        name: Name,
        /// The reason.
        defect: Defect,
    },
    /// The format does not support the elements.
    #[error("`{}` is {spec}, which {format} cannot hold; {advice}", name.short())]
    Unsupported {
        /// The name.
        name: Name,
        /// Its dtype and shape.
        spec: Spec,
        /// The format.
        format: &'static str,
        /// The fix.
        advice: &'static str,
    },
}

/// A reason why a value cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueProblem {
    /// A step of a field cannot be reversed, or a list has holes.
    Back(SaveProblem),
    /// A load could not read the saved variables.
    Load(Problem),
    /// A field has a value, but the dialect lacks the field.
    Absent {
        /// The field.
        field: String,
        /// The dialect.
        dialect: &'static str,
    },
    /// The elements of a field with `copy` differ from the saved ones.
    Copy {
        /// The field.
        field: String,
        /// The variable.
        variable: String,
    },
    /// Ranks divide strings, whose lengths differ.
    Strings {
        /// The field.
        field: String,
    },
    /// A load of the saved variables would make an array of another shape.
    Shape {
        /// The field.
        field: String,
        /// The shape of its array.
        held: Shape,
        /// The shape after a load.
        made: Shape,
    },
}

impl fmt::Display for ValueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Back(problem) => problem.fmt(f),
            Self::Load(problem) => problem.fmt(f),
            Self::Absent { field, dialect } => write!(
                f,
                "field `{field}`: the dialect `{dialect}` lacks it, but it has a value; let it be `None`, or save in another dialect"
            ),
            Self::Copy { field, variable } => write!(
                f,
                "field `{field}`: it is a `copy` of `{variable}`, but its elements differ; make the two equal, or give it another path"
            ),
            Self::Strings { field } => write!(
                f,
                "field `{field}`: ranks cannot save parts of strings, since their lengths differ; remove `parallel`, so that each \
                 rank has all of them"
            ),
            Self::Shape { field, held, made } => write!(
                f,
                "field `{field}`: it holds {held}, but a load of what is saved would make {made}; give it that shape, or \
                 symbols other values"
            ),
        }
    }
}

impl SaveError {
    /// Returns the error of a type whose elements cannot be saved.
    pub fn other(reason: impl fmt::Display) -> Self {
        Self::Other { reason: reason.to_string().into() }
    }

    pub(crate) fn refused(field: &'static str, error: &impl fmt::Display) -> Self {
        Self::Refused { field, reason: error.to_string().into() }
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source: Arc::new(source) }
    }
}

/// `` `a`, `b` or `c` ``
fn either(names: &[&str]) -> impl fmt::Display {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// The action of renaming a file over another.
pub(crate) const REPLACE: &str = "replace";

/// The error codes of Windows for files that a program has open or mapped: `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION` and
/// `ERROR_USER_MAPPED_FILE`.
const IN_USE: [i32; 3] = [5, 32, 1224];

/// The advice for an error of the system.
fn advice(action: &str, error: &io::Error, is_windows: bool) -> &'static str {
    let is_in_use = |code| is_windows && IN_USE.contains(&code);
    match error.kind() {
        _ if matches!(action, REPLACE | "remove")
            && error.raw_os_error().is_some_and(is_in_use) =>
        {
            "close it in the programs that have it open or mapped, or save to another path"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or save to another disk"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "save to a directory that you may write to"
        }
        _ => "check the path and the disk",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_refuses_files_that_are_open_or_mapped() {
        for (code, action) in
            IN_USE.into_iter().flat_map(|code| [(code, REPLACE), (code, "remove")])
        {
            let error = io::Error::from_raw_os_error(code);
            let advice = advice(action, &error, true);
            assert_eq!(
                advice,
                "close it in the programs that have it open or mapped, or save to another path"
            );
        }
        let mapped = io::Error::from_raw_os_error(1224);
        assert_eq!(advice("create", &mapped, true), "check the path and the disk");
        assert_eq!(advice(REPLACE, &mapped, false), "check the path and the disk");
    }
}

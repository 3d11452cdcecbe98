//! Why a load fails.

use std::fmt;
use std::path::PathBuf;

use checkpoint_schema::description::Node;
use checkpoint_schema::problem::Problem;
use serde::{Serialize, Serializer};
use thiserror::Error;

use crate::checkpoint::Checkpoint;
use crate::object_graph::ObjectGraphError;
use crate::open_error::OpenError;
use crate::parts::BuildError;
use crate::read::ReadError;

/// Why a value cannot be loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no checkpoint, or its index cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The names that the struct uses come from an object graph, which cannot be read.
    #[error(transparent)]
    ObjectGraph(#[from] ObjectGraphError),
    /// What was given to `bind_all` has no members.
    #[error(
        "`bind_all` gets no values: {reason}; give it a struct or a map with integers, or use `bind`"
    )]
    Bind {
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The struct and the checkpoint disagree. No tensor was read.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A tensor cannot be read, or is damaged.
    #[error("field `{field}`: {source}")]
    Read {
        /// The field that it is for.
        field: String,
        /// What is wrong.
        source: ReadError,
    },
    /// The program does not want the value any more: see [`LoadOptions::cancel`](crate::LoadOptions::cancel).
    #[error("the load was cancelled")]
    Cancelled,
    /// There is not enough memory for the zeros of a field with `default`.
    #[error(
        "field `{field}`: its zeros take {bytes} bytes of memory, which cannot be had; give its symbols smaller values"
    )]
    Zeros {
        /// The field.
        field: String,
        /// How much they take.
        bytes: u64,
    },
    /// A value cannot be made of what was read.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// All problems between a struct and a checkpoint.
#[derive(Debug, Error, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// The struct.
    pub model: &'static str,
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// What is wrong: at least one problem.
    pub problems: Vec<Problem>,
}

impl Mismatch {
    pub(crate) fn new(node: &Node, checkpoint: &Checkpoint, problems: Vec<Problem>) -> Self {
        Self { model: model(node), checkpoint: checkpoint.path().to_owned(), problems }
    }
}

/// The name of the struct that is loaded.
pub(crate) fn model(node: &Node) -> &'static str {
    match node {
        Node::Struct(model) => model.name,
        _ => "value",
    }
}

/// A line for what it is about, and one for each problem.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let problems =
            if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
        write!(
            f,
            "`{}` does not fit the checkpoint `{}`: {problems}",
            self.model,
            self.checkpoint.display()
        )?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

/// The message, and the problems one by one where there are several.
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
            | Self::Bind { .. }
            | Self::Read { .. }
            | Self::Cancelled
            | Self::Zeros { .. }
            | Self::Build(_) => &[],
        };
        Fields { message: self.to_string(), problems }.serialize(serializer)
    }
}

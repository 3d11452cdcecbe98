//! An opened checkpoint.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use checkpoint_schema::catalog::{Catalog, Variable};
use checkpoint_schema::format::Limits;
use checkpoint_schema::format::object_graph::ObjectGraph;

use crate::buffer::Buffer;
use crate::object_graph::{self, ObjectGraphError};
use crate::open_error::OpenError;
use crate::path::{Format, Found, find};
use crate::read::{ReadError, Reading};
use crate::source::{Bundle, Source, V1};
use crate::tensor::Tensor;

/// An opened checkpoint: what it holds is known, and nothing of it is read.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    source: Box<dyn Source>,
    limits: Limits,
}

impl Checkpoint {
    /// Opens a checkpoint.
    ///
    /// `path` is its prefix (`models/124M/model.ckpt`), its `.index` file, one of its `.data-?????-of-?????` files, a
    /// directory with a `checkpoint` file, or a `SavedModel` directory. Of a V1 checkpoint it is the file, or the prefix of
    /// the files (`models/old.ckpt` of `models/old.ckpt-?????-of-?????`), one of them or that pattern. Only the index is
    /// read.
    ///
    /// Of the checkpoints that a `checkpoint` file names, the latest is opened. If it is named by an absolute path where
    /// there is none, as in a file that was written on another machine, the one of that name in the directory is opened.
    ///
    /// # Errors
    /// If there is no checkpoint, or if its index cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, &Limits::default())
    }

    /// Opens a checkpoint that may ask for this much.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, OpenError> {
        let Found { prefix, format } = find(path.as_ref())?;
        let source: Box<dyn Source> = match format {
            Format::V1 { files } => Box::new(V1::open(&files, limits)?),
            Format::V2 => Box::new(Bundle::open(&prefix, limits)?),
        };
        Ok(Self { path: prefix, source, limits: limits.clone() })
    }

    /// A checkpoint of another source; `path` is what messages call it.
    pub fn from_source(path: impl Into<PathBuf>, source: impl Source + 'static) -> Self {
        Self { path: path.into(), source: Box::new(source), limits: Limits::default() }
    }

    /// Where it is: the prefix of its files.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.source.catalog()
    }

    /// Reads one variable, and verifies its checksum; `None` if there is none of this name.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, name: impl AsRef<[u8]>) -> Result<Option<Tensor>, ReadError> {
        self.catalog().get(name).map(|variable| self.read_variable(variable)).transpose()
    }

    /// Reads one variable of the catalog, and verifies its checksum.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_variable(&self, variable: &Variable) -> Result<Tensor, ReadError> {
        // One variable gives one buffer.
        let buffer = self.reading().read(&[variable])?.pop().unwrap_or(Buffer::W8(Vec::new()));
        Ok(Tensor::of(variable, buffer))
    }

    /// Reads the object graph: which object leads to which variable, in a checkpoint of `tf.train.Checkpoint`; `None` if
    /// the checkpoint is name-based and has none.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub fn object_graph(&self) -> Result<Option<ObjectGraph>, ObjectGraphError> {
        object_graph::read(self, &self.limits)
    }

    /// How one variable is read.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading {
            source: self.source(),
            threads: NonZero::<usize>::MIN,
            verify: true,
            on_progress: None,
        }
    }

    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }
}

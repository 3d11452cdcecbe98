//! An opened checkpoint.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use checkpoint_schema::catalog::{Catalog, Spec, Variable};
use checkpoint_schema::format::Limits;
use checkpoint_schema::format::object_graph::ObjectGraph;
use checkpoint_schema::shape::Shape;
use ndarray::{ArrayD, IxDyn};

use crate::buffer::Buffer;
use crate::element::Element;
use crate::object_graph::{self, ObjectGraphError};
use crate::open_error::OpenError;
use crate::path::{Format, find, index_path, read_file};
use crate::read::{ReadError, Reading};
use crate::source::{Bundle, Source};
use crate::strings::Strings;

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
    /// directory with a `checkpoint` file, or a `SavedModel` directory. Only the index is read.
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
        let found = find(path.as_ref())?;
        if let Format::V1 { .. } = found.format {
            return Err(OpenError::Version1 { path: found.prefix });
        }
        let index = index_path(&found.prefix);
        let bytes = read_file(&index, limits.index_bytes)?;
        let catalog = Catalog::from_index(&bytes, limits)
            .map_err(|problem| OpenError::Index { path: index, problem: Box::new(problem) })?;
        let source = Box::new(Bundle::new(&found.prefix, catalog));
        Ok(Self { path: found.prefix, source, limits: limits.clone() })
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
        Ok(Tensor { spec: variable.spec(), buffer })
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

/// A variable that was read, of a type that is known at run time.
#[derive(Clone, Debug)]
pub struct Tensor {
    spec: Spec,
    buffer: Buffer,
}

impl Tensor {
    /// What it holds.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The elements one after another in row-major order, each as this machine has it in memory: a bool as 0 or 1, an
    /// element of fewer bits than a byte in the low bits of one, strings and variants without what is between them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// The strings, in row-major order; the messages (`VariantTensorDataProto`) of variants. `None` if the elements are
    /// neither.
    #[must_use]
    pub fn as_strings(&self) -> Option<&Strings> {
        match &self.buffer {
            Buffer::Strings(strings) => Some(strings),
            _ => None,
        }
    }

    /// The elements as an array; `None` if they are of another type, or if `ndarray` cannot hold the shape.
    #[must_use]
    pub fn into_array<T: Element>(self) -> Option<ArrayD<T>> {
        let Self { spec, buffer } = self;
        if spec.dtype != T::DTYPE {
            return None;
        }
        ArrayD::from_shape_vec(IxDyn(&dims(&spec.shape)), T::from_buffer(buffer)?).ok()
    }
}

/// A shape as `ndarray` takes it.
pub(crate) fn dims(shape: &Shape) -> Box<[usize]> {
    // What is too long for this machine only stands beside an axis of length 0, or else there was no memory for it;
    // `ndarray` refuses it with an error.
    shape.dims().iter().map(|&dim| usize::try_from(dim).unwrap_or(usize::MAX)).collect()
}

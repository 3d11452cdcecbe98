//! Open checkpoints.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use checkpoint_schema::format::tensorflow::object_graph::ObjectGraph;
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Variable};

use crate::checkpoint::names::ObjectNames;
use crate::checkpoint::object_graph::ObjectGraphError;
use crate::read::Reading;
use crate::source::Source;

pub(crate) mod names;
pub(crate) mod object_graph;
pub(crate) mod tensors;

/// An open checkpoint. Its index is in memory; tensors are read on demand.
///
/// # Reading without a struct
///
/// | | |
/// | --- | --- |
/// | [`variables`](Self::variables), [`get`](Self::get) | the list of variables, without their elements |
/// | [`read`](Self::read) | one variable of any dtype, as a [`Tensor`](crate::Tensor) |
/// | [`read_array`](Self::read_array), [`read_into`](Self::read_into) | one variable of a known type, as an array or into your own memory |
/// | [`read_rows`](Self::read_rows) | some rows of a variable |
/// | [`read_pieces`](Self::read_pieces) | a whole variable, in little memory |
/// | [`read_many`](Self::read_many) | several variables in one pass, on all cores |
/// | [`tensors`](Self::tensors) | all variables, one after another |
/// | [`verify`](Self::verify), [`verify_many`](Self::verify_many) | nothing: only checks the checksums |
///
/// A name can be a key, an object path or a full name, each with or without `:0`: see [`get`](Self::get). The error of a missing
/// name suggests the nearest ones. Nothing is converted.
///
/// ```
/// use checkpoint_core::Checkpoint;
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let checkpoint = Checkpoint::open(path)?;
/// for variable in checkpoint.variables() {
///     println!("{} {}", variable.name, variable.spec());
/// }
/// let wte = checkpoint.read_array::<f32>("model/wte")?;
/// assert_eq!(wte.shape(), [300, 16]);
///
/// let error = checkpoint.read("model/wtf").unwrap_err().to_string();
/// assert!(error.ends_with("has no such variable; did you mean `model/wte` or `model/wpe`?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    source: Arc<dyn Source>,
    /// The memory budget left for the files.
    budget: Budget,
    object_names: OnceLock<Option<ObjectNames>>,
}

impl Checkpoint {
    pub(crate) fn new(path: PathBuf, source: Arc<dyn Source>, budget: Budget) -> Self {
        Self { path, source, budget, object_names: OnceLock::new() }
    }

    /// Opens a checkpoint of a custom [`Source`], such as [`Memory`](crate::Memory). Messages show `path` as its name.
    pub fn from_source(path: impl Into<PathBuf>, source: impl Source + 'static) -> Self {
        let budget = Budget::new(&Limits::default(), 0);
        Self { path: path.into(), source: Arc::new(source), budget, object_names: OnceLock::new() }
    }

    /// Returns the path: the prefix of its files.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the catalog: the listing of all variables.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.source.catalog()
    }

    /// Returns the variables, in the order of their names.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        self.catalog().variables()
    }

    /// Reads the object graph of a checkpoint of `tf.train.Checkpoint`. It maps objects to variables. Returns `None` for a
    /// name-based checkpoint, which has no graph.
    ///
    /// # Errors
    /// Returns an error if the graph cannot be read, or is damaged.
    pub fn object_graph(&self) -> Result<Option<ObjectGraph>, ObjectGraphError> {
        object_graph::read(self, &self.budget)
    }

    /// Returns the memory budget left for the files. Other work on their contents can charge it too.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The names of the variables in the object graph; `None` without a readable graph.
    pub(crate) fn object_names(&self) -> Option<&ObjectNames> {
        let read = || self.object_graph().ok().flatten();
        let names = || read().map(|graph| ObjectNames::new(graph, self.catalog()));
        self.object_names.get_or_init(names).as_ref()
    }

    /// The default settings for reading variables.
    pub(crate) fn reading(&self, threads: Option<NonZero<usize>>) -> Reading<'_> {
        Reading::new(self.source(), threads)
    }

    pub(crate) fn shared_source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }
}

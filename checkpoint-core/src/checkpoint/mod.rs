//! Open checkpoints.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use checkpoint_schema::format::tensorflow::object_graph::ObjectGraph;
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Variable};
use checkpoint_schema::rules::Rules;

use crate::checkpoint::names::ObjectNames;
use crate::checkpoint::object_graph::ObjectGraphError;
use crate::convert::{ConvertError, convert_plan};
use crate::open::error::OpenError;
use crate::open::options::OpenOptions;
use crate::read::Reading;
use crate::source::{Converted, FileSystem, Source, V1};

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
    /// Opens a checkpoint of any format.
    ///
    /// `TensorFlow` V2: `path` is the prefix (`models/124M/model.ckpt`), the `.index` file, one of the `.data-?????-of-?????`
    /// files, a directory with a `checkpoint` file, that file, or a `SavedModel` directory. `TensorFlow` V1: the file, the
    /// prefix of several files (`models/old.ckpt` of `models/old.ckpt-?????-of-?????`), one of them, or a pattern of their names
    /// (`models/old.ckpt-*`). Only the index is read.
    ///
    /// safetensors: the file, the index of several files (`model.safetensors.index.json`), or a directory with one of the two.
    /// Only the headers are read.
    ///
    /// NumPy: a `.npz` archive, a `.npy` file, or a directory of `.npy` files. PyTorch: a file of `torch.save`, the index of
    /// several files (`pytorch_model.bin.index.json`), or a directory with one of the two.
    ///
    /// A directory path with a trailing slash means its contents. `models/new/` is the checkpoint with an empty base name
    /// (`models/new/.index`), if it exists, and never `models/new.index`. A path that matches several checkpoints is an error that
    /// lists them; choose one with [`OpenOptions::format`].
    ///
    /// Given a `checkpoint` file, the latest of its checkpoints is opened. The file may have an absolute path from another
    /// machine. If nothing is there, the checkpoint with the same name in the directory is opened.
    ///
    /// # Errors
    /// Returns an error if there is no checkpoint, or if its index cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open(path)
    }

    /// Opens a V1 checkpoint from these files, which can have any names. Each file has some of the variables.
    /// [`open`](Self::open) accepts a pattern such as `models/ckpt-*`.
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open). Also returns an error if a file is not a V1 checkpoint.
    pub fn open_files(
        files: impl IntoIterator<Item = impl Into<PathBuf>>,
    ) -> Result<Self, OpenError> {
        let files: Vec<PathBuf> = files.into_iter().map(Into::into).collect();
        let v1 = V1::open(&FileSystem::Local, &files, &Limits::default())?;
        let path = files.into_iter().next().unwrap_or_default();
        let budget = v1.budget().clone();
        Ok(Self { path, source: Arc::new(v1), budget, object_names: OnceLock::new() })
    }

    /// Opens a checkpoint, and reads whole data files into memory so that `ArrayView` and `CowArray` fields can borrow from them.
    ///
    /// A file is read on first use, on all cores. A safetensors file is read immediately. These reads do not count for
    /// [`LoadOptions::on_progress`](crate::LoadOptions::on_progress), and [`cancel`](crate::LoadOptions::cancel) does not stop
    /// them.
    ///
    /// ```
    /// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
    /// use ndarray::ArrayView2;
    ///
    /// #[derive(FromCheckpoint)]
    /// #[ckpt(allow_unmapped)]
    /// struct Embeddings<'a> {
    ///     #[ckpt(path = "model/wte")]
    ///     tokens: ArrayView2<'a, f32>,
    ///     #[ckpt(path = "model/wpe", transpose)]
    ///     positions: ArrayView2<'a, f32>,
    /// }
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open_in_memory(path)?;
    /// let (embeddings, report) = Embeddings::load_with(&checkpoint, LoadOptions::new())?;
    /// assert_eq!((report.variables, report.borrowed.variables.len()), (0, 2));
    /// assert_eq!(embeddings.tokens.ncols(), embeddings.positions.nrows());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// V1 checkpoints are read as in [`open`](Self::open), since they do not store elements in their memory format.
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    pub fn open_in_memory(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open_in_memory(path)
    }

    /// Opens a checkpoint, and maps its data files into memory so that `ArrayView` and `CowArray` fields can borrow from them.
    /// Nothing is read before it is used. Needs the feature `mmap`.
    ///
    /// # Safety
    /// While the checkpoint is open, its data files must not be changed or truncated, by this process or another. A change would
    /// modify borrowed elements, which is undefined behaviour. A truncation can end the program (`SIGBUS`). If you cannot rule
    /// this out, use [`open_in_memory`](Self::open_in_memory).
    ///
    /// # Errors
    /// Returns the errors of [`open`](Self::open).
    #[cfg(feature = "mmap")]
    #[expect(unsafe_code, reason = "only the caller knows who else changes the files")]
    pub unsafe fn open_mapped(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        // SAFETY: the caller upholds the same contract.
        unsafe { OpenOptions::new().open_mapped(path) }
    }

    pub(crate) fn new(path: PathBuf, source: Arc<dyn Source>, budget: Budget) -> Self {
        Self { path, source, budget, object_names: OnceLock::new() }
    }

    /// Opens a checkpoint of a custom [`Source`], such as [`Memory`](crate::Memory). Messages show `path` as its name.
    pub fn from_source(path: impl Into<PathBuf>, source: impl Source + 'static) -> Self {
        let budget = Budget::new(&Limits::default(), 0);
        Self { path: path.into(), source: Arc::new(source), budget, object_names: OnceLock::new() }
    }

    /// Returns the checkpoint with other names and layouts. Each variable is converted when it is read.
    ///
    /// Rules are as strict as in [`convert()`](crate::convert()), which writes a converted checkpoint to files.
    ///
    /// ```
    /// use checkpoint_core::Checkpoint;
    /// use checkpoint_core::Rules;
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let rules = Rules::known("gpt2").unwrap_or_default();
    /// let checkpoint = Checkpoint::open(path)?.converted(&rules)?;
    /// assert_eq!(checkpoint.read_array::<f32>("h.0.attn.c_attn.weight")?.shape(), [16, 48]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the rules and the checkpoint do not fit. All problems are reported together.
    pub fn converted(&self, rules: &Rules) -> Result<Self, ConvertError> {
        let (variables, decided) = convert_plan(self, rules, &[])?;
        let source = Converted::new(Arc::clone(&self.source), variables, decided.targets);
        Ok(Self::new(self.path.clone(), Arc::new(source), self.budget.clone()))
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
        Reading {
            source: self.source(),
            threads,
            verify: true,
            verify_parts: false,
            on_progress: None,
            cancel: None,
        }
    }

    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }
}

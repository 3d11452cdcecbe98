//! An opened checkpoint.

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

/// An opened checkpoint: what it holds is known, and nothing of it is read.
///
/// # Reading without a struct
///
/// | | |
/// | --- | --- |
/// | [`variables`](Self::variables), [`get`](Self::get) | what there is, without reading it |
/// | [`read`](Self::read) | one variable of any dtype, as a [`Tensor`](crate::Tensor) |
/// | [`read_array`](Self::read_array), [`read_into`](Self::read_into) | one of a known type, as an array or into memory of yours |
/// | [`read_rows`](Self::read_rows) | some of its rows, without the others |
/// | [`read_pieces`](Self::read_pieces) | all of it, in little memory |
/// | [`read_many`](Self::read_many) | several in one pass, on all cores |
/// | [`tensors`](Self::tensors) | all, one after another |
/// | [`verify`](Self::verify), [`verify_many`](Self::verify_many) | nothing, but for the checksums |
///
/// Wherever a name is asked for, it is a key, a path of objects or a full name, and may end in `:0`: see [`get`](Self::get). A
/// name that is not there is an error that says which ones are near. Nothing is converted.
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
    /// The memory that the files may still ask for.
    budget: Budget,
    object_names: OnceLock<Option<ObjectNames>>,
}

impl Checkpoint {
    /// Opens a checkpoint of any format.
    ///
    /// For `TensorFlow`, `path` is the prefix (`models/124M/model.ckpt`), the `.index` file, one of the
    /// `.data-?????-of-?????` files, a directory with a `checkpoint` file, that file, or a `SavedModel` directory. Of a V1
    /// checkpoint it is the file, or the prefix of the files (`models/old.ckpt` of `models/old.ckpt-?????-of-?????`), one of
    /// them, or any pattern of their names (`models/old.ckpt-*`). Only the index is read.
    ///
    /// For safetensors, it is the file, the index of several (`model.safetensors.index.json`), or the directory that has one of
    /// the two. Only the headers are read.
    ///
    /// Arrays of NumPy are a `.npz` archive, a `.npy` file, or a directory of these. For PyTorch, it is a file of `torch.save`, the
    /// index of several (`pytorch_model.bin.index.json`), or the directory that has one of the two.
    ///
    /// A path that ends in a slash, and is a directory, means what is in there: `models/new/` is the checkpoint with an empty
    /// base name (`models/new/.index`), if there is one, and never `models/new.index`. A path that means several checkpoints is
    /// an error that lists them; [`OpenOptions::format`] can pick one.
    ///
    /// Of the checkpoints that a `checkpoint` file names, the latest is opened. If it is named by an absolute path where
    /// there is none, as in a file that was written on another machine, the one of that name in the directory is opened.
    ///
    /// # Errors
    /// If there is no checkpoint, or if its index cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open(path)
    }

    /// Opens a V1 checkpoint of these files, whatever they are called: each has a part of the variables. A pattern, as
    /// `models/ckpt-*`, can be given to [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open), or if a file is no V1 checkpoint.
    pub fn open_files(
        files: impl IntoIterator<Item = impl Into<PathBuf>>,
    ) -> Result<Self, OpenError> {
        let files: Vec<PathBuf> = files.into_iter().map(Into::into).collect();
        let v1 = V1::open(&FileSystem::Local, &files, &Limits::default())?;
        let path = files.into_iter().next().unwrap_or_default();
        let budget = v1.budget().clone();
        Ok(Self { path, source: Arc::new(v1), budget, object_names: OnceLock::new() })
    }

    /// Opens a checkpoint whose data files are read as a whole into memory, so that arrays can borrow from them: fields that
    /// are an `ArrayView` or a `CowArray`.
    ///
    /// A file is read when it is first needed, on all cores; a safetensors file is read here. That is no part of what
    /// [`LoadOptions::on_progress`](crate::LoadOptions::on_progress) counts, and
    /// [`cancel`](crate::LoadOptions::cancel) does not stop it.
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
    /// V1 checkpoints are read as by [`open`](Self::open): their elements are not stored as they are in memory.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in_memory(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        OpenOptions::new().open_in_memory(path)
    }

    /// With the feature `mmap`: opens a checkpoint whose data files are mapped into memory, so that arrays can borrow from them without anything
    /// being read before it is used: fields that are an `ArrayView` or a `CowArray`.
    ///
    /// # Safety
    /// While the checkpoint is open, nobody may change or shorten its data files, in this process or another. Elements that
    /// are borrowed would change under the program, which is undefined behaviour, or the system would end the program
    /// (`SIGBUS`). Use [`open_in_memory`](Self::open_in_memory) where you cannot know.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[cfg(feature = "mmap")]
    #[expect(unsafe_code, reason = "only the caller knows who else changes the files")]
    pub unsafe fn open_mapped(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        // SAFETY: what the caller promises is what is asked for there.
        unsafe { OpenOptions::new().open_mapped(path) }
    }

    pub(crate) fn new(path: PathBuf, source: Arc<dyn Source>, budget: Budget) -> Self {
        Self { path, source, budget, object_names: OnceLock::new() }
    }

    /// A checkpoint of another [`Source`], as [`Memory`](crate::Memory); `path` is what messages call it.
    pub fn from_source(path: impl Into<PathBuf>, source: impl Source + 'static) -> Self {
        let budget = Budget::new(&Limits::default(), 0);
        Self { path: path.into(), source: Arc::new(source), budget, object_names: OnceLock::new() }
    }

    /// Returns the checkpoint with other names and layouts. Nothing is read: a variable is converted when it is read.
    ///
    /// Rules are as strict as in [`convert()`](crate::convert()), which writes the result to files.
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
    /// If rules and checkpoint do not fit: all problems at once.
    pub fn converted(&self, rules: &Rules) -> Result<Self, ConvertError> {
        let (variables, decided) = convert_plan(self, rules, &[])?;
        let source = Converted::new(Arc::clone(&self.source), variables, decided.targets);
        Ok(Self::new(self.path.clone(), Arc::new(source), self.budget.clone()))
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

    /// The variables, in the order of their names.
    #[must_use]
    pub fn variables(&self) -> &[Variable] {
        self.catalog().variables()
    }

    /// Reads the object graph: which object leads to which variable, in a checkpoint of `tf.train.Checkpoint`; `None` if
    /// the checkpoint is name-based and has none.
    ///
    /// # Errors
    /// If it cannot be read, or is damaged.
    pub fn object_graph(&self) -> Result<Option<ObjectGraph>, ObjectGraphError> {
        object_graph::read(self, &self.budget)
    }

    /// The memory that the files may still ask for; other work on their contents can be charged there, too.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The names that the object graph has for the variables, if there is one that can be read.
    pub(crate) fn object_names(&self) -> Option<&ObjectNames> {
        let read = || self.object_graph().ok().flatten();
        let names = || read().map(|graph| ObjectNames::new(graph, self.catalog()));
        self.object_names.get_or_init(names).as_ref()
    }

    /// How variables are read where nobody says otherwise.
    pub(crate) fn reading(&self, threads: Option<NonZero<usize>>) -> Reading<'_> {
        Reading { source: self.source(), threads, verify: true, on_progress: None, cancel: None }
    }

    pub(crate) fn source(&self) -> &dyn Source {
        &*self.source
    }
}

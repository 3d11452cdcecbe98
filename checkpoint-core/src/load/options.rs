//! Options for loading.

use std::fmt;
use std::num::NonZero;
use std::sync::atomic::AtomicBool;

use checkpoint_schema::model::shadow::Shadow;
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::load::bindings::Bindings;
use crate::read::{Progress, Reading};
use crate::source::Source;
use crate::system::rank::Rank;

/// Options for loading. None of them changes the meaning of a field.
///
/// ```
/// use checkpoint_core::LoadOptions;
///
/// let options = LoadOptions::new().threads(2).prefix("module");
/// ```
pub struct LoadOptions<'a, C = ()> {
    pub(super) settings: Settings<'a>,
    pub(super) context: C,
}

/// The options without the context.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices of a load")]
pub(crate) struct Settings<'a> {
    pub(super) threads: Option<NonZero<usize>>,
    pub(super) prefix: &'a str,
    pub(super) dialect: Option<&'a str>,
    pub(super) unverified: bool,
    pub(super) max_bytes: Option<u64>,
    /// True if borrowed variables are not verified.
    pub(super) trusts_borrowed: bool,
    pub(super) allow_unmapped: bool,
    pub(super) strict_ignores: bool,
    pub(super) bind: Bindings,
    pub(super) shadow: Shadow,
    pub(super) rank: Option<Rank>,
    /// True if variables read in part are read whole, to verify them.
    pub(super) verify_parts: bool,
    pub(super) on_progress: Option<Box<dyn Fn(Progress) + Sync + 'a>>,
    pub(super) cancel: Option<&'a AtomicBool>,
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        Self { settings: Settings::default(), context: () }
    }
}

impl LoadOptions<'_> {
    /// Returns the defaults: all cores, checksums verified, missing and unexpected variables are errors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<'a, C> LoadOptions<'a, C> {
    /// Sets the context for types of other crates, such as a device. The `context` attribute of the struct names its type.
    #[must_use]
    pub fn context<D>(self, context: D) -> LoadOptions<'a, D> {
        LoadOptions { settings: self.settings, context }
    }

    /// Sets the number of threads. The default is 0, all cores.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.settings.threads = NonZero::new(threads);
        self
    }

    /// Prepends `prefix` to every path. Unlike the container attribute, it also applies to absolute paths.
    #[must_use]
    pub fn prefix(mut self, prefix: &'a str) -> Self {
        self.settings.prefix = prefix;
        self
    }

    /// Loads with the names and layouts of this dialect. The default is the dialect that fits the checkpoint.
    #[must_use]
    pub fn dialect(mut self, dialect: &'a str) -> Self {
        self.settings.dialect = Some(dialect);
        self
    }

    /// Enables the check of each tensor against its stored checksum. The default is `true`.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.settings.unverified = !verify;
        self
    }

    /// Enables the check of borrowed variables against their checksums. The default is `true`. With `false`, the load does not
    /// read these variables. [`Checkpoint::verify`] or [`Checkpoint::verify_many`] can verify them later.
    ///
    /// ```
    /// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
    /// use ndarray::ArrayView2;
    ///
    /// #[derive(FromCheckpoint)]
    /// #[ckpt(allow_unmapped)]
    /// struct Embedding<'a> {
    ///     #[ckpt(path = "model/wte")]
    ///     wte: ArrayView2<'a, f32>,
    /// }
    ///
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open_in_memory(path)?;
    /// let options = LoadOptions::new().verify_borrowed(false);
    /// let (embedding, report) = Embedding::load_with(&checkpoint, options)?;
    /// assert!(!report.verified);
    /// checkpoint.verify_many(&report.borrowed.variables, LoadOptions::new())?;
    /// # assert_eq!(embedding.wte.dim(), (300, 16));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn verify_borrowed(mut self, verify: bool) -> Self {
        self.settings.trusts_borrowed = !verify;
        self
    }

    /// Allows variables without a field that no `ignore` matches. The default is `false`: they are an error.
    #[must_use]
    pub fn allow_unmapped(mut self, allow: bool) -> Self {
        self.settings.allow_unmapped = allow;
        self
    }

    /// Sets the names to read for structs with `shadow`. By default, the average is read if the checkpoint has one, and the plain
    /// variable otherwise.
    #[must_use]
    pub fn shadow(mut self, shadow: Shadow) -> Self {
        self.settings.shadow = shadow;
        self
    }

    /// Makes unused globs of `ignore` an error. By default they are warnings in the report.
    #[must_use]
    pub fn strict_ignores(mut self, strict: bool) -> Self {
        self.settings.strict_ignores = strict;
        self
    }

    /// Loads the part of one rank: an equal part of each axis that `parallel` names. Without a
    /// rank, or with `None`, all of it is loaded.
    ///
    /// ```
    /// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Memory, Rank, Tensor};
    /// use ndarray::{Array2, array};
    ///
    /// #[derive(FromCheckpoint)]
    /// struct Dense {
    ///     #[ckpt(parallel(axis = 1, of = [1, 2]))]
    ///     w: Array2<f32>,
    /// }
    ///
    /// let w = Tensor::from_array(array![[1.0_f32, 2.0], [3.0, 4.0]])?;
    /// let checkpoint = Checkpoint::from_source("a test", Memory::new([("w", w)]));
    /// let options = LoadOptions::new().rank(Rank::new(1, 2)?);
    /// let (dense, _) = Dense::load_with(&checkpoint, options)?;
    /// assert_eq!(dense.w, array![[2.0], [4.0]]);
    ///
    /// // Under `mpirun`, `srun` or `torchrun`, the part of this process.
    /// let options = LoadOptions::new().rank(Rank::from_env()?);
    /// # let _ = Dense::load_with(&checkpoint, options)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A number of ranks that a field does not name is an error, and so is a struct without `parallel`.
    #[must_use]
    pub fn rank(mut self, rank: impl Into<Option<Rank>>) -> Self {
        self.settings.rank = rank.into();
        self
    }

    /// Verifies variables that are loaded only in part, such as the part of a rank. The load then reads all of their bytes,
    /// since a checksum covers the whole variable. The default is `false`: [`LoadReport::unverified`](crate::LoadReport::unverified) counts them.
    #[must_use]
    pub fn verify_parts(mut self, verify: bool) -> Self {
        self.settings.verify_parts = verify;
        self
    }

    /// Sets the value of a symbol. A symbol that no struct declares is an error.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, value: u64) -> Self {
        self.settings.bind.bind(name.into(), value);
        self
    }

    /// Sets the values of symbols from the members of a struct or a map, such as the hyperparameters of a model. A nonnegative
    /// integer member binds the symbol of its name. Other members, and undeclared symbols, are skipped. The load fails if
    /// `values` is neither a struct nor a map.
    #[must_use]
    pub fn bind_all(mut self, values: &impl Serialize) -> Self {
        self.settings.bind.bind_all(values);
        self
    }

    /// Limits the memory of the loaded tensors, in bytes. Borrowed arrays do not count. The default is
    /// [`Limits::load_bytes`](crate::Limits::load_bytes).
    ///
    /// Variables of a checkpoint can share bytes in its files: a thousand variables that share 64 MB need 64 GB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_bytes = Some(bytes);
        self
    }

    /// Calls `on_progress` before the first tensor byte is read, and then at least every 256 KiB. Verification of borrowed
    /// variables also reports progress. Threads call it concurrently, so a call can report less than an earlier one.
    #[must_use]
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Sync + 'a) -> Self {
        self.settings.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Stops the load with [`LoadError::Cancelled`](crate::LoadError::Cancelled) soon after `cancel` is set to `true`. If it is set from the start, nothing
    /// is read or borrowed. Any thread can set it, and so can `on_progress`.
    #[must_use]
    pub fn cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.settings.cancel = Some(cancel);
        self
    }

    pub(crate) fn settings(&self) -> &Settings<'a> {
        &self.settings
    }
}

impl Settings<'_> {
    /// The memory limit of the tensors, in bytes.
    pub(crate) fn limit(&self, checkpoint: &Checkpoint) -> u64 {
        self.max_bytes.unwrap_or(checkpoint.budget().limits().load_bytes)
    }

    /// The settings for reading variables of a source.
    pub(crate) fn reading<'s>(&'s self, source: &'s dyn Source) -> Reading<'s> {
        Reading {
            source,
            threads: self.threads,
            verify: !self.unverified,
            verify_parts: self.verify_parts,
            on_progress: self.on_progress.as_deref(),
            cancel: self.cancel,
        }
    }
}

impl<C> fmt::Debug for LoadOptions<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = &self.settings;
        f.debug_struct("LoadOptions")
            .field("threads", &settings.threads)
            .field("prefix", &settings.prefix)
            .field("dialect", &settings.dialect)
            .field("verify", &!settings.unverified)
            .field("verify_borrowed", &!settings.trusts_borrowed)
            .field("max_bytes", &settings.max_bytes)
            .field("allow_unmapped", &settings.allow_unmapped)
            .field("strict_ignores", &settings.strict_ignores)
            .field("bind", &settings.bind)
            .field("shadow", &settings.shadow)
            .field("rank", &settings.rank)
            .field("verify_parts", &settings.verify_parts)
            .finish_non_exhaustive()
    }
}

//! Loading: plan, read, build.

use std::fmt;
use std::mem;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use checkpoint_schema::listing::catalog::{Spec, Variable};
use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{Naming, Node};
use checkpoint_schema::model::dialect::{self, Variant};
use checkpoint_schema::plan::{Names, Output, Plan, PlanOptions, Read, Shadow, Share, Step, plan};
use checkpoint_schema::problem::Problem;

use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::load::bindings::Bindings;
use crate::load::borrow::{Lent, borrowed};
use crate::load::error::{LoadError, Mismatch, model};
use crate::load::report::{Borrowed, Done, LoadReport};
use crate::read::{FillError, Filled, Progress, ReadError, ReadErrorKind, Reading, Wanted, within};
use crate::source::Source;
use crate::system::rank::Rank;
use crate::tensor::{Tensor, dims};
use crate::traits::from_checkpoint::FromCheckpoint;
use crate::traits::parts::{BuildError, Part, Parts};

pub(crate) mod bindings;
pub(crate) mod borrow;
mod cause;
pub(crate) mod error;
mod ranks;
pub(crate) mod report;
pub(crate) mod tied;

/// Options for loading. None of them changes the meaning of a field.
///
/// ```
/// use checkpoint_core::LoadOptions;
///
/// let options = LoadOptions::new().threads(2).prefix("module");
/// ```
pub struct LoadOptions<'a, C = ()> {
    settings: Settings<'a>,
    context: C,
}

/// The options without the context.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent choices of a load")]
pub(crate) struct Settings<'a> {
    threads: Option<NonZero<usize>>,
    prefix: &'a str,
    dialect: Option<&'a str>,
    unverified: bool,
    max_bytes: Option<u64>,
    /// True if borrowed variables are not verified.
    trusting: bool,
    allow_unmapped: bool,
    strict_ignores: bool,
    bind: Bindings,
    shadow: Shadow,
    rank: Option<Rank>,
    /// True if variables read in part are read whole, to verify them.
    verify_parts: bool,
    on_progress: Option<Box<dyn Fn(Progress) + Sync + 'a>>,
    cancel: Option<&'a AtomicBool>,
}

impl Default for LoadOptions<'_> {
    fn default() -> Self {
        Self { settings: Settings::default(), context: () }
    }
}

impl LoadOptions<'_> {
    /// The defaults: all cores, checksums verified, every variable accounted for.
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

    /// Prepends `prefix` to every path, including absolute ones, as the container attribute `prefix` does.
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
        self.settings.trusting = !verify;
        self
    }

    /// Allows variables without a field that no `ignore` names. The default is `false`: they are an error.
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

    /// Enables the check of variables of which the load takes only a part, such as that of a rank. Then the load reads all of
    /// their bytes, since a checksum covers all of them. The default is `false`: [`LoadReport::unverified`] counts them.
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

    /// Stops the load with [`LoadError::Cancelled`] soon after `cancel` is set to `true`. If it is set from the start, nothing
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
            .field("verify_borrowed", &!settings.trusting)
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

/// Implements [`FromCheckpoint::load_with`].
pub(crate) fn load_with<'c, T: FromCheckpoint<'c, C>, C>(
    checkpoint: &'c Checkpoint,
    options: LoadOptions<'_, C>,
) -> Result<(T, LoadReport), LoadError> {
    const { check::root(&T::NODE) };
    let started = Instant::now();
    let LoadOptions { settings, context } = options;
    let options = &settings;
    let node: &'static Node = const { &T::NODE };
    options.bind.check().map_err(|reason| LoadError::Bind { reason })?;
    if let Some(rank) = options.rank {
        ranks::check(node, rank)?;
    }
    let graph = match node.naming() {
        Naming::Key => None,
        Naming::ObjectPath | Naming::FullName => checkpoint.object_graph()?,
    };
    let names = Names::new(node.naming(), checkpoint.catalog(), graph.as_ref())
        .map_err(|problems| Mismatch::new(node, checkpoint, problems))?;
    let Chosen { variant, plan } = choose(node, checkpoint, &names, options)?;
    let node = variant.node;
    let (parts, done) = read(checkpoint, node, &plan, options).map_err(|error| {
        cause::of_file(checkpoint, &plan, options.reading(checkpoint.source()), error)
    })?;
    tied::check(checkpoint, &plan, options)?;
    let mut parts = Parts::new(parts, context);
    let value = T::build(&mut parts).map_err(|error| match error {
        BuildError::Utf8 { number, .. } => {
            let field = plan.field_of(parts.last()).unwrap_or_default();
            BuildError::Utf8 { field, number }
        }
        BuildError::Other { reason, .. } => {
            let field = plan.field_of(parts.last()).unwrap_or_default();
            BuildError::Other { field, reason }
        }
        other => other,
    })?;
    let mut report = LoadReport::new(node, checkpoint, &plan, done);
    report.dialect = Some(variant.dialect).filter(|dialect| !dialect.is_empty());
    report.rank = options.rank;
    report.elapsed = started.elapsed();
    Ok((value, report))
}

/// A plan, and the description of its dialect.
pub(crate) struct Chosen<'a> {
    pub(crate) variant: Variant,
    pub(crate) plan: Plan<'a>,
}

/// Plans a load in the requested dialect, or in the one that fits.
pub(crate) fn choose<'a>(
    node: &'static Node,
    checkpoint: &Checkpoint,
    names: &'a Names<'a>,
    options: &'a Settings<'_>,
) -> Result<Chosen<'a>, LoadError> {
    let &Settings { prefix, allow_unmapped, strict_ignores, ref bind, dialect, shadow, .. } =
        options;
    let share = options.rank.map(|rank| Share { index: rank.index(), ranks: rank.size() });
    let bind = bind.values();
    let plan_options = PlanOptions { prefix, allow_unmapped, strict_ignores, bind, shadow, share };
    let variants = dialect::variants(node);
    let is_asked_for = |variant: &&Variant| dialect.is_none_or(|name| variant.dialect == name);
    let (mut fit, mut others): (Vec<Chosen<'a>>, Vec<(Variant, Vec<Problem>)>) = <_>::default();
    for &variant in variants.iter().filter(is_asked_for) {
        match plan(variant.node, names, plan_options) {
            Ok(plan) => fit.push(Chosen { variant, plan }),
            Err(problems) => others.push((variant, problems)),
        }
    }
    let unknown = || LoadError::UnknownDialect {
        dialect: dialect.unwrap_or_default().to_owned(),
        known: dialect::names(variants),
    };
    let mut fit = fit.into_iter();
    let Some(first) = fit.next() else {
        let mismatch = Mismatch::of_dialects(node, checkpoint, others).ok_or_else(unknown)?;
        return Err(mismatch.into());
    };
    // Dialects with the same plan are not ambiguous.
    let mut different: Vec<&str> = fit
        .filter(|other| !is_same(&first.plan, &other.plan))
        .map(|other| other.variant.dialect)
        .collect();
    if different.is_empty() {
        return Ok(first);
    }
    different.insert(0, first.variant.dialect);
    Err(LoadError::Dialects { model: model(node), dialects: different })
}

/// True if two plans read the same variables into the same arrays.
fn is_same(one: &Plan<'_>, other: &Plan<'_>) -> bool {
    let reads = |plan: &'_ Plan<'_>| -> Vec<_> {
        plan.reads.iter().map(|read| (read.variable, read.output, read.layout.clone())).collect()
    };
    one.steps == other.steps && reads(one) == reads(other)
}

/// Reads the variables of a plan.
fn read<'c>(
    checkpoint: &'c Checkpoint,
    node: &Node,
    plan: &Plan<'_>,
    options: &Settings<'_>,
) -> Result<(Vec<Part<'c>>, Done), LoadError> {
    if options.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
        return Err(LoadError::Cancelled);
    }
    let reading = options.reading(checkpoint.source());
    let variables = checkpoint.catalog().variables();
    let Lent { arrays, variables: lent } = borrowed(checkpoint, node, plan)?;
    let verify_borrowed = reading.verify && !options.trusting;
    let has_checksum = |variable: &&&Variable| variable.place.has_checksum();
    let with_checksum: Vec<&Variable> = lent.iter().filter(has_checksum).copied().collect();
    let checked = if verify_borrowed { &with_checksum[..] } else { &[] };
    let mut is_lent = vec![false; plan.outputs.len()];
    for (output, _) in &arrays {
        is_lent[*output] = true;
    }
    // The outputs that own their elements, and their indices among those.
    let outputs = || plan.outputs.iter().enumerate();
    let owned = || outputs().filter(|(output, _)| !is_lent[*output]);
    let number = |output: usize| output - arrays.partition_point(|(lent, _)| *lent < output);
    let filled: Vec<&Output> = owned().map(|(_, output)| output).collect();
    let wanted = plan.reads.iter().filter(|read| !is_lent[read.output]).map(|read| {
        let (variable, layout) = (&variables[read.variable], Some(&read.layout));
        Wanted { variable, output: number(read.output), layout }
    });
    let wanted: Vec<Wanted<'_>> = wanted.collect();
    let affordable = within(options.limit(checkpoint), sizes(&filled, &wanted));
    affordable.map_err(|source| not_read(plan, variables, source))?;
    let filled = reading.fill(&filled, &wanted, checked).map_err(|error| match error {
        FillError::Read(source) => not_read(plan, variables, source),
        FillError::Zeros { output, bytes } => {
            let field = owned().nth(output).and_then(|(output, _)| plan.field_of(output));
            LoadError::Zeros { field: field.unwrap_or_default(), bytes }
        }
    })?;
    let Filled { buffers, variables: read, bytes, unverified, without } = filled;
    let done = Done {
        variables: read,
        bytes,
        unverified,
        without: without + lent.len() - with_checksum.len(),
        borrowed: Borrowed::new(&lent, verify_borrowed),
    };
    let (mut outputs, mut buffers) = (outputs(), buffers.into_iter());
    let mut arrays = arrays.into_iter().peekable();
    let mut output = || {
        let (number, Output { dtype, shape, .. }) = outputs.next()?;
        if let Some((_, borrowed)) = arrays.next_if(|(lent, _)| *lent == number) {
            return Some(Part::Borrowed(borrowed));
        }
        let spec = Spec { dtype: *dtype, shape: shape.clone() };
        Some(Part::Tensor(Tensor::new(spec, buffers.next()?)))
    };
    let part = |step: &Step| match step {
        Step::Present(present) => Some(Part::Present(*present)),
        Step::Absent(shape) => Some(Part::Absent(shape.as_ref().map(dims).unwrap_or_default())),
        // A length beyond `usize` belongs to no axis of an array in memory.
        Step::Dim(value) => Some(Part::Dim(usize::try_from(*value).unwrap_or(usize::MAX))),
        Step::List(indices) => Some(Part::List(indices.clone())),
        Step::Output => output(),
    };
    Ok((plan.steps.iter().filter_map(part).collect(), done))
}

/// The variables to read. Each has the size of the array that it is the first to fill.
fn sizes<'w>(
    outputs: &'w [&Output],
    wanted: &'w [Wanted<'_>],
) -> impl Iterator<Item = (&'w Variable, u64)> {
    let mut counted = vec![false; outputs.len()];
    wanted.iter().map(move |Wanted { variable, output, .. }| {
        let Output { dtype, shape, .. } = outputs[*output];
        let bytes = match dtype.width() {
            // Strings have the same length as in the file, if that is known. Each has the place of its end.
            None => variable.size().max(shape.elements().saturating_mul(8)),
            Some(_) if mem::replace(&mut counted[*output], true) => 0,
            Some(width) => shape.elements().saturating_mul(width as u64),
        };
        (*variable, bytes)
    })
}

/// The error of a variable that cannot be read, with its field.
pub(crate) fn not_read(plan: &Plan<'_>, variables: &[Variable], source: ReadError) -> LoadError {
    if let ReadErrorKind::Cancelled = source.kind {
        return LoadError::Cancelled;
    }
    let field = blamed(plan, variables, &source).map(|read| plan.field(read));
    LoadError::Read { field: field.unwrap_or_default(), source }
}

/// The read that failed, given the error of its variable.
fn blamed<'p>(plan: &'p Plan<'_>, variables: &[Variable], error: &ReadError) -> Option<&'p Read> {
    let mut of_variable =
        plan.reads.iter().filter(|read| variables[read.variable].name == error.variable);
    match error.kind {
        ReadErrorKind::NotHeld { dtype, .. } => {
            of_variable.find(|read| plan.outputs[read.output].dtype == dtype)
        }
        _ => of_variable.next(),
    }
}

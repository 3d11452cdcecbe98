//! A `VarBuilder` over a checkpoint.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use candle_nn::{Init, VarBuilder};
use checkpoint_core::{Checkpoint, LoadOptions, Variable};

use crate::convert::{check, shape, tensor};
use crate::sharded::{Sharded, ShardedVarBuilder};

/// The variables of a checkpoint as the weights of a model of `candle`.
///
/// A layer requests each of its tensors by name and shape. The tensor is then read on all cores, verified, and converted to the
/// dtype of the `VarBuilder`. For a missing name, the error suggests similar names. A shape mismatch is an error before any
/// tensor data is read.
///
/// Names are those of the checkpoint. Rename them with [`Checkpoint::converted`].
///
/// ```
/// use candle_core::{DType, Device};
/// use checkpoint_candle::Weights;
/// use checkpoint_core::{Checkpoint, Rules};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let rules = Rules::known("gpt2").ok_or("no rules for this model")?;
/// let checkpoint = Checkpoint::open(path)?.converted(&rules)?;
/// let weights = Weights::new(&checkpoint);
/// let vb = weights.var_builder(DType::F32, &Device::Cpu);
/// let norm = candle_nn::layer_norm(16, 1e-5, vb.pp("ln_f"))?;
///
/// let error = vb.pp("ln_g").get(16, "weight").unwrap_err().to_string();
/// assert!(error.contains("no such variable; did you mean `ln_f.weight`"), "{error}");
/// # assert_eq!(weights.unused().len(), 26);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Weights<'c> {
    checkpoint: &'c Checkpoint,
    /// True for each variable that a layer took, in the order of the catalog.
    taken: Arc<[AtomicBool]>,
}

/// Creates a `VarBuilder` over a checkpoint. Use [`Weights::var_builder`] to find unused variables afterwards.
#[must_use]
pub fn var_builder<'c>(
    checkpoint: &'c Checkpoint,
    dtype: DType,
    device: &Device,
) -> VarBuilder<'c> {
    Weights::new(checkpoint).var_builder(dtype, device)
}

impl<'c> Weights<'c> {
    /// Creates the weights of a checkpoint. Nothing is read yet, and every variable is unused.
    #[must_use]
    pub fn new(checkpoint: &'c Checkpoint) -> Self {
        let taken = checkpoint.variables().iter().map(|_| AtomicBool::new(false)).collect();
        Self { checkpoint, taken }
    }

    /// Creates a `VarBuilder` for tensors of this dtype on this device.
    #[must_use]
    pub fn var_builder(&self, dtype: DType, device: &Device) -> VarBuilder<'c> {
        VarBuilder::from_backend(Box::new(self.clone()), dtype, device.clone())
    }

    /// Creates a `VarBuilder` for tensor-parallel models, whose layers request their part of a tensor.
    #[must_use]
    pub fn sharded_var_builder(&self, dtype: DType, device: &Device) -> ShardedVarBuilder<'c> {
        ShardedVarBuilder::new_with_args(Sharded(self.clone()), dtype, device)
    }

    /// Returns the variables that no layer took so far, in the order of their names.
    ///
    /// After a model is built, these belong to heads that it lacks, or the checkpoint is not one of this model.
    #[must_use]
    pub fn unused(&self) -> Vec<&'c Variable> {
        let variables = self.checkpoint.variables().iter().zip(&*self.taken);
        variables.filter(|(_, taken)| !taken.load(Ordering::Relaxed)).map(|(of, _)| of).collect()
    }

    pub(crate) fn checkpoint(&self) -> &'c Checkpoint {
        self.checkpoint
    }

    /// Returns the variable of this name, and marks it as taken.
    pub(crate) fn take(&self, name: &str) -> Result<&'c Variable> {
        let variable = self.checkpoint.find(name).map_err(Error::wrap)?;
        let position = self.checkpoint.catalog().position(&variable.name);
        if let Some(taken) = position.and_then(|position| self.taken.get(position)) {
            taken.store(true, Ordering::Relaxed);
        }
        Ok(variable)
    }

    pub(crate) fn read(
        &self,
        variable: &Variable,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        check(variable)?;
        let read = self.checkpoint.read_many_with([&variable.name], LoadOptions::new());
        let read = read.map_err(Error::wrap)?.pop();
        // A read by one name returns one tensor.
        tensor(read.ok_or_else(|| Error::msg("no tensor was read"))?, device)?.to_dtype(dtype)
    }

    /// Reads a variable if it has exactly this shape.
    pub(crate) fn read_shape(
        &self,
        expected: Shape,
        name: &str,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let variable = self.take(name)?;
        let found = shape(&variable.spec())?;
        if found != expected {
            let msg = format!("shape mismatch for `{name}`");
            return Err(Error::UnexpectedShape { msg, expected, got: found }.bt());
        }
        self.read(variable, dtype, device)
    }
}

impl SimpleBackend for Weights<'_> {
    fn get(
        &self,
        expected: Shape,
        name: &str,
        _: Init,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        self.read_shape(expected, name, dtype, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        self.read(self.take(name)?, dtype, device)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.checkpoint.get(name).is_some()
    }
}

impl fmt::Debug for Weights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.checkpoint.path();
        f.debug_struct("Weights").field("checkpoint", &path).finish_non_exhaustive()
    }
}

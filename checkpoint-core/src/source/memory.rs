//! In-memory checkpoints.

use std::collections::BTreeMap;

use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};

use crate::source::error::SourceError;
use crate::source::traits::Source;
use crate::tensor::Tensor;

/// An in-memory checkpoint, for tests of models and for tensors that are computed or come from other sources.
///
/// ```
/// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Memory, Tensor};
/// use ndarray::{Array1, array};
///
/// #[derive(FromCheckpoint)]
/// struct Norm {
///     g: Array1<f32>,
///     step: i64,
/// }
///
/// let g = Tensor::from_array(array![0.5_f32, 2.0])?;
/// let step = Tensor::from_array(ndarray::arr0(7_i64))?;
/// let checkpoint = Checkpoint::from_source("a test", Memory::new([("g", g), ("step", step)]));
/// let (norm, _) = Norm::load_with(&checkpoint, LoadOptions::new())?;
/// assert_eq!((norm.g, norm.step), (array![0.5, 2.0], 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    catalog: Catalog,
    /// The tensors, in the order of the catalog.
    tensors: Vec<Tensor>,
}

impl Memory {
    /// Creates a checkpoint of these tensors. The last of several tensors with one name is kept, as in a map.
    pub fn new<N: Into<Name>>(tensors: impl IntoIterator<Item = (N, Tensor)>) -> Self {
        let tensors: BTreeMap<Name, Tensor> =
            tensors.into_iter().map(|(name, tensor)| (name.into(), tensor)).collect();
        let variable = |(name, tensor): (&Name, &Tensor)| Variable {
            name: name.clone(),
            dtype: tensor.dtype(),
            shape: tensor.shape().clone(),
            place: Place::Opaque,
        };
        let variables = tensors.iter().map(variable).collect();
        let catalog = Catalog::new(variables, 0);
        Self { catalog, tensors: tensors.into_values().collect() }
    }
}

impl Source for Memory {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
        let number = self.catalog.position(&variable.name);
        let tensor = number.and_then(|number| self.tensors.get(number));
        tensor.cloned().ok_or_else(SourceError::unlisted)
    }
}

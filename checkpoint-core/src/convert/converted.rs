//! A source whose variables are those of another source with new names and layouts.

use std::num::NonZero;
use std::sync::Arc;

use checkpoint_schema::listing::catalog::{Catalog, Place, Variable};
use checkpoint_schema::plan::Output;
use checkpoint_schema::rules::{Rules, Target};

use crate::checkpoint::Checkpoint;
use crate::convert::{ConvertError, convert_plan};
use crate::read::Reading;
use crate::source::{DataFile, Source, SourceError};
use crate::tensor::Tensor;

impl Checkpoint {
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
        let source = Converted::new(self.shared_source(), variables, decided.targets);
        Ok(Self::new(self.path().to_owned(), Arc::new(source), self.budget().clone()))
    }
}

/// A checkpoint that is converted by rules. Variables with unchanged elements stay in the data files; others are computed on
/// read.
#[derive(Debug)]
struct Converted {
    from: Arc<dyn Source>,
    /// The variables that targets refer to by index.
    variables: Catalog,
    /// The targets, in the order of `catalog`.
    targets: Vec<Target>,
    catalog: Catalog,
}

impl Converted {
    /// Creates a source of `targets`, which are built from `variables`, a subset of the variables of `from`.
    pub(crate) fn new(from: Arc<dyn Source>, variables: Catalog, mut targets: Vec<Target>) -> Self {
        targets.sort_by(|one, other| one.name.cmp(&other.name));
        let variable = |target: &Target| Variable {
            name: target.name.clone(),
            dtype: target.spec.dtype,
            shape: target.spec.shape.clone(),
            place: place(&variables, target),
        };
        let catalog = Catalog::new(targets.iter().map(variable).collect(), 0);
        Self { from, variables, targets, catalog }
    }
}

/// The place of a target: that of its source, if the target is a plain copy.
fn place(variables: &Catalog, target: &Target) -> Place {
    let [source] = &target.sources[..] else { return Place::Opaque };
    let Some(variable) = variables.variables().get(source.variable) else { return Place::Opaque };
    // Slices and strides have the same rank as their variable.
    let is_same = target.as_it_is && variable.dtype == target.spec.dtype;
    match &variable.place {
        place @ Place::Whole(_) if is_same => place.clone(),
        place @ (Place::Slices(_) | Place::Strided(_))
            if is_same && variable.shape == target.spec.shape =>
        {
            place.clone()
        }
        _ => Place::Opaque,
    }
}

impl Source for Converted {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, shard: u32) -> Result<&dyn DataFile, SourceError> {
        self.from.data_file(shard)
    }

    fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
        let target = self.catalog.position(&variable.name);
        let target = target.and_then(|number| self.targets.get(number));
        let target = target.ok_or_else(SourceError::unlisted)?;
        let reading = Reading::new(&*self.from, Some(NonZero::<usize>::MIN));
        let output = Output::owned(target.spec.dtype, target.spec.shape.clone());
        let parts = target.sources.iter().filter_map(|source| {
            Some((self.variables.variables().get(source.variable)?, &source.layout))
        });
        let buffer = reading.join(&output, parts).map_err(SourceError::other)?;
        Ok(Tensor::new(target.spec.clone(), buffer))
    }
}

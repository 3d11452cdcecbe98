//! Checkpoints with other names and layouts, by rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use checkpoint_core::{ConvertError, ConvertOptions, ConvertReport, Rules, RulesError, Variable};
use pyo3::prelude::*;

use crate::checkpoint::Native;
use crate::errors::ToPython;
use crate::save::{Options, Report, said};
use crate::watch::{Watch, watched};

/// The rules of a conversion.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Naming {
    model: Option<String>,
    rules: String,
    reverse: bool,
    ignore: Vec<String>,
    keep: Vec<String>,
}

impl Naming {
    /// Returns the rules. A model without rules has none here: Python checks the name first.
    fn rules(&self) -> Result<Rules, RulesError> {
        let known = self.model.as_deref().and_then(Rules::known).unwrap_or_default();
        let mut rules = known.and(Rules::parse(&self.rules)?);
        if self.reverse {
            rules = rules.reversed()?;
        }
        for glob in &self.ignore {
            rules = rules.ignore(glob)?;
        }
        for glob in &self.keep {
            rules = rules.keep(glob)?;
        }
        Ok(rules)
    }
}

/// The options of a conversion into files.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Conversion {
    naming: Naming,
    only: Vec<String>,
    verify: bool,
}

/// Lists the models with built-in rules.
#[pyfunction]
pub(crate) fn known_models() -> Vec<&'static str> {
    Rules::known_models().collect()
}

/// Returns a checkpoint with other names and layouts, for `tfckpt.Checkpoint.converted`.
#[pyfunction]
pub(crate) fn converted(
    py: Python<'_>,
    native: &Bound<'_, Native>,
    naming: Naming,
) -> PyResult<Native> {
    let native = native.get();
    let convert = || native.checkpoint.converted(&naming.rules()?);
    let checkpoint: Result<_, ConvertError> = py.detach(convert);
    let checkpoint = checkpoint.map_err(|error| error.to_python(py))?;
    let Native { is_mapped, verifies, .. } = *native;
    Ok(Native { checkpoint, is_mapped, verifies, verified: Mutex::default() })
}

/// Writes a checkpoint with other names, layouts or dtypes, for `tfckpt.convert`. Returns the report as text, what was saved, and
/// the numbers of ignored variables.
#[pyfunction]
pub(crate) fn convert(
    py: Python<'_>,
    path: PathBuf,
    native: &Bound<'_, Native>,
    conversion: Conversion,
    options: Options,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<(String, Report, BTreeMap<String, usize>)> {
    let checkpoint = &native.get().checkpoint;
    let Conversion { naming, only, verify } = conversion;
    let sizes = checkpoint.variables().iter().map(Variable::size);
    let convert = |watch: &Watch| -> Result<ConvertReport, ConvertError> {
        let options = ConvertOptions::new().save(options.of(watch)).only(only).verify(verify);
        checkpoint_core::convert(checkpoint, &path, &naming.rules()?, options)
    };
    let report = watched(py, sizes.fold(0, u64::saturating_add), progress.as_ref(), convert)?;
    let text = report.to_string();
    let ignored = report.ignored.into_iter().collect();
    Ok((text, said(report.saved), ignored))
}

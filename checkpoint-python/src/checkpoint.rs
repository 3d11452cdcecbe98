//! An opened checkpoint.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use checkpoint_core::{
    Checkpoint, Limits, LoadOptions, Name, OpenOptions, ReadError, Tensor, Variable,
};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::arrays::Form;
use crate::errors::ToPython;
use crate::mapped;
use crate::watch::{Progress, Watch, watched};

/// An opened checkpoint, which `tfckpt.Checkpoint` wraps. Names are bytes.
#[pyclass(frozen, module = "tfckpt._native", name = "Checkpoint")]
pub(crate) struct Native {
    pub(crate) checkpoint: Checkpoint,
    /// True if arrays borrow from mapped files.
    pub(crate) is_mapped: bool,
    /// True if variables are verified before they are borrowed.
    pub(crate) verifies: bool,
    /// The variables that were verified.
    pub(crate) verified: Mutex<HashSet<Name>>,
}

/// Opens a checkpoint, as `tfckpt.open` does.
#[pyfunction]
pub(crate) fn open(
    py: Python<'_>,
    path: PathBuf,
    format: Option<String>,
    limits: HashMap<String, u64>,
    mmap: bool,
    verify: bool,
) -> PyResult<Native> {
    let mut options = OpenOptions::new().limits(limits_of(&limits)?);
    if let Some(format) = format {
        options = options.format(format);
    }
    let opened =
        py.detach(|| if mmap { mapped::open(&options, &path) } else { options.open(&path) });
    let checkpoint = opened.map_err(|error| error.to_python(py))?;
    Ok(Native { checkpoint, is_mapped: mmap, verifies: verify, verified: Mutex::default() })
}

/// Builds limits from the given names.
fn limits_of(given: &HashMap<String, u64>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, &value) in given {
        match &name[..] {
            "memory" => limits.memory = value,
            "memory_per_byte" => limits.memory_per_byte = value,
            "load_bytes" => limits.load_bytes = value,
            "key_bytes" => limits.key_bytes = value,
            "shards" => limits.shards = u32::try_from(value).unwrap_or(u32::MAX),
            "slice_comparisons" => limits.slice_comparisons = value,
            _ => {
                return Err(PyValueError::new_err(format!(
                    "unknown limit `{name}`; use `memory`, `memory_per_byte`, `load_bytes`, `key_bytes`, `shards` or \
                     `slice_comparisons`"
                )));
            }
        }
    }
    Ok(limits)
}

/// The key of a variable, its dtype, spec as text, shape and the size in bytes; the reason why it cannot be read.
type Described<'py> = (Bound<'py, PyBytes>, &'static str, String, Vec<u64>, u64, Option<String>);

#[pymethods]
impl Native {
    /// The prefix of the files.
    fn path(&self) -> &Path {
        self.checkpoint.path()
    }

    /// The keys of all variables, in order.
    fn names<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        keys_of(py, self.checkpoint.variables())
    }

    fn __len__(&self) -> usize {
        self.checkpoint.variables().len()
    }

    /// True if there is a variable of this name.
    fn contains(&self, py: Python<'_>, name: PyBackedBytes) -> bool {
        py.detach(|| self.checkpoint.get(&name).is_some())
    }

    /// Returns the variable of this name.
    fn spec<'py>(&self, py: Python<'py>, name: PyBackedBytes) -> PyResult<Described<'py>> {
        let variable = py.detach(|| self.checkpoint.find(&name));
        let variable = variable.map_err(|error| error.to_python(py))?;
        let (spec, key) = (variable.spec(), PyBytes::new(py, variable.name.as_bytes()));
        let problem = variable.defect().map(ToString::to_string);
        let dims = spec.shape.dims().to_vec();
        Ok((key, spec.dtype.name(), spec.to_string(), dims, variable.size(), problem))
    }

    /// Reads variables as arrays, in the order of the names.
    fn read<'py>(
        slf: &Bound<'py, Self>,
        names: Vec<PyBackedBytes>,
        threads: usize,
        verify: bool,
        max_bytes: Option<u64>,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let (py, native) = (slf.py(), slf.get());
        let variables = native.find(py, &names)?;
        let forms = variables.iter().map(|variable| Form::new(py, &variable.name, variable.spec()));
        let forms = forms.collect::<PyResult<Vec<_>>>()?;
        let lent = variables.iter().map(|variable| Self::lend(slf, variable));
        let lent = lent.collect::<PyResult<Vec<_>>>()?;
        let (mut suspects, mut others) = (Vec::new(), Vec::new());
        for (variable, lent) in variables.into_iter().zip(&lent) {
            match lent {
                None => others.push(variable),
                Some(_) if verify && native.is_suspect(variable) => suspects.push(variable),
                Some(_) => {}
            }
        }
        let how = How { threads, verify, max_bytes };
        let mut tensors = native.fetch(py, &suspects, &others, how, progress.as_ref())?.into_iter();
        let array = |(form, lent): (Form<'py>, Option<Bound<'py, PyAny>>)| match lent {
            Some(bytes) => form.view(&bytes).map(Some),
            None => tensors.next().map(|tensor| native.own(&form, tensor)).transpose(),
        };
        forms.into_iter().zip(lent).map(array).filter_map(PyResult::transpose).collect()
    }

    /// Reads the rows of a variable from `start` to before `stop`.
    fn rows<'py>(
        &self,
        py: Python<'py>,
        name: PyBackedBytes,
        start: u64,
        stop: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let read = || -> Result<_, ReadError> {
            let variable = self.checkpoint.find(&name)?;
            Ok((variable, self.checkpoint.read_rows(&variable.name, start..stop)?))
        };
        let (variable, tensor) = py.detach(read).map_err(|error| error.to_python(py))?;
        self.own(&Form::new(py, &variable.name, tensor.spec().clone())?, tensor)
    }

    /// Verifies the checksums of variables.
    fn verify(
        &self,
        py: Python<'_>,
        names: Vec<PyBackedBytes>,
        threads: usize,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let how = How { threads, verify: true, max_bytes: None };
        self.fetch(py, &self.find(py, &names)?, &[], how, progress.as_ref()).map(drop)
    }
}

/// The settings for reading variables.
#[derive(Clone, Copy)]
struct How {
    threads: usize,
    verify: bool,
    max_bytes: Option<u64>,
}

impl How {
    fn options(self, watch: &Watch) -> LoadOptions<'_> {
        let options = watch.load().threads(self.threads).verify(self.verify);
        match self.max_bytes {
            Some(bytes) => options.max_bytes(bytes),
            None => options,
        }
    }
}

impl Native {
    /// Finds the variables of these names.
    fn find(&self, py: Python<'_>, names: &[PyBackedBytes]) -> PyResult<Vec<&Variable>> {
        let find = || names.iter().map(|name| self.checkpoint.find(name)).collect();
        let found: Result<Vec<&Variable>, ReadError> = py.detach(find);
        found.map_err(|error| error.to_python(py))
    }

    /// Verifies some variables, and reads others.
    fn fetch(
        &self,
        py: Python<'_>,
        suspects: &[&Variable],
        others: &[&Variable],
        how: How,
        progress: Progress<'_, '_>,
    ) -> PyResult<Vec<Tensor>> {
        let sizes = suspects.iter().chain(others).map(|variable| variable.size());
        let names = |variables: &[&Variable]| -> Vec<Name> {
            variables.iter().map(|variable| variable.name.clone()).collect()
        };
        let work = |watch: &Watch| -> Result<Vec<Tensor>, ReadError> {
            if !suspects.is_empty() {
                self.checkpoint.verify_many(names(suspects), how.options(watch))?;
                watch.step();
            }
            self.checkpoint.read_many_with(names(others), how.options(watch))
        };
        let tensors = watched(py, sizes.fold(0, u64::saturating_add), progress, work)?;
        self.verified().extend(names(suspects));
        Ok(tensors)
    }

    /// Returns an array that borrows a variable's bytes, if they are in a mapped file.
    fn lend<'py>(
        slf: &Bound<'py, Self>,
        variable: &Variable,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !slf.get().is_mapped {
            return Ok(None);
        }
        let lent = mapped::borrowed(slf, variable);
        lent.map_err(|error| error.to_python(slf.py()))
    }

    /// True if a variable must be verified before it is borrowed.
    fn is_suspect(&self, variable: &Variable) -> bool {
        self.verifies && !self.verified().contains(&variable.name)
    }

    fn verified(&self) -> impl std::ops::DerefMut<Target = HashSet<Name>> {
        // A panic cannot leave a partial change in a set of names.
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an array that owns the elements of a tensor. It is read-only if other arrays of the checkpoint are borrowed.
    fn own<'py>(&self, form: &Form<'py>, tensor: Tensor) -> PyResult<Bound<'py, PyAny>> {
        let array = form.array(tensor)?;
        if self.is_mapped {
            let flags = array.getattr(intern!(array.py(), "flags"))?;
            flags.setattr(intern!(array.py(), "writeable"), false)?;
        }
        Ok(array)
    }
}

fn keys_of<'py, 'v>(
    py: Python<'py>,
    variables: impl IntoIterator<Item = &'v Variable>,
) -> Vec<Bound<'py, PyBytes>> {
    variables.into_iter().map(|variable| PyBytes::new(py, variable.name.as_bytes())).collect()
}

/// Sorts variables by their positions in the data files.
pub(crate) fn in_files(variables: &[Variable]) -> Vec<&Variable> {
    let mut variables: Vec<&Variable> = variables.iter().collect();
    // The sort is stable: variables with the same position stay in the order of their names.
    variables.sort_by_key(|variable| variable.place.start());
    variables
}

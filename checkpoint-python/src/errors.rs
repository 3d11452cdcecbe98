//! Errors as Python exceptions.

use checkpoint_core::{
    ConvertError, LoadError, Name, NameProblem, OpenError, Problem, ReadError, ReadErrorKind,
    RuleProblem, RulesError, SaveError, SourceError, Spec,
};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::words::in_python;

/// An error with a Python exception.
pub(crate) trait ToPython {
    /// Converts the error to its exception.
    fn to_python(&self, py: Python<'_>) -> PyErr;
}

/// The attributes of an exception besides its message.
type Data<'py> = Vec<(&'static str, Bound<'py, PyAny>)>;

/// Creates an exception of a class of `tfckpt`.
fn exception(py: Python<'_>, class: &str, sentence: &str, data: PyResult<Data<'_>>) -> PyErr {
    let make = || {
        let keywords = PyDict::new(py);
        for (name, value) in data? {
            keywords.set_item(name, value)?;
        }
        let class = py.import("tfckpt._errors")?.getattr(class)?;
        class.call((in_python(sentence),), Some(&keywords))
    };
    make().map_or_else(|error| error, PyErr::from_value)
}

/// Creates an exception for a dtype that NumPy or a checkpoint does not support.
pub(crate) fn dtype_error(py: Python<'_>, name: &Name, spec: &Spec, sentence: &str) -> PyErr {
    let data = || {
        let dtype = spec.dtype.name().into_bound_py_any(py)?;
        Ok(vec![("variable", text(py, name)?), ("dtype", dtype)])
    };
    exception(py, "DTypeError", sentence, data())
}

/// Converts a name to the text that `tfckpt` shows: bytes that are not UTF-8 become lone surrogates.
fn text<'py>(py: Python<'py>, name: &Name) -> PyResult<Bound<'py, PyAny>> {
    PyBytes::new(py, name.as_bytes()).call_method1("decode", ("utf-8", "surrogateescape"))
}

fn texts<'py>(py: Python<'py>, names: &[Name]) -> PyResult<Bound<'py, PyAny>> {
    let names = names.iter().map(|name| text(py, name));
    names.collect::<PyResult<Vec<_>>>()?.into_bound_py_any(py)
}

/// Converts problems to dictionaries, each with its `message`.
fn problems<'py>(py: Python<'py>, problems: &[Problem]) -> PyResult<Bound<'py, PyAny>> {
    let failed = |error: serde_json::Error| PyValueError::new_err(error.to_string());
    let json = serde_json::to_string(problems).map_err(failed)?;
    let plain = py.import("json")?.call_method1("loads", (json,))?;
    for (plain, problem) in plain.try_iter()?.zip(problems) {
        plain?.set_item("message", in_python(&problem.to_string()))?;
    }
    Ok(plain)
}

/// Converts problems with variables to save to dictionaries.
fn name_problems<'py>(py: Python<'py>, problems: &[NameProblem]) -> PyResult<Bound<'py, PyAny>> {
    let one = |problem: &NameProblem| {
        let plain = PyDict::new(py);
        let name = match problem {
            NameProblem::Twice { name, .. }
            | NameProblem::Reserved { name, .. }
            | NameProblem::Unreadable { name, .. }
            | NameProblem::Unsupported { name, .. } => Some(text(py, name)?),
            _ => None,
        };
        plain.set_item("variable", name)?;
        plain.set_item("message", in_python(&problem.to_string()))?;
        Ok(plain)
    };
    problems.iter().map(one).collect::<PyResult<Vec<_>>>()?.into_bound_py_any(py)
}

impl ToPython for OpenError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        let class = match self {
            Self::NotFound { .. } | Self::NoState { .. } | Self::Dangling { .. } => "NotFoundError",
            Self::Damaged { .. }
            | Self::Table { .. }
            | Self::Index { .. }
            | Self::Empty { .. }
            | Self::CutShort { .. } => "DamagedError",
            _ => "OpenError",
        };
        exception(py, class, &self.to_string(), Ok(Vec::new()))
    }
}

impl ToPython for ReadError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        not_read(py, self, &self.to_string())
    }
}

/// Creates the exception for a variable that cannot be read.
fn not_read(py: Python<'_>, error: &ReadError, sentence: &str) -> PyErr {
    let data = || {
        let mut data = vec![("variable", text(py, &error.variable)?)];
        if let ReadErrorKind::Missing { nearest: names }
        | ReadErrorKind::Ambiguous { keys: names, .. } = &error.kind
        {
            data.push(("nearest", texts(py, names)?));
        }
        Ok(data)
    };
    exception(py, class_of(&error.kind), sentence, data())
}

fn class_of(kind: &ReadErrorKind) -> &'static str {
    match kind {
        ReadErrorKind::Missing { .. } | ReadErrorKind::Ambiguous { .. } => "VariableNameError",
        ReadErrorKind::Rows { .. } | ReadErrorKind::Scalar => "RowsError",
        ReadErrorKind::Checksum { .. }
        | ReadErrorKind::InnerChecksum { .. }
        | ReadErrorKind::Elements { .. }
        | ReadErrorKind::Overlap { .. }
        | ReadErrorKind::Source(
            SourceError::Short { .. }
            | SourceError::OtherFormat { .. }
            | SourceError::Damaged { .. }
            | SourceError::Table { .. },
        ) => "DamagedError",
        _ => "ReadError",
    }
}

impl ToPython for LoadError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        let sentence = self.to_string();
        match self {
            Self::Open(error) => error.to_python(py),
            Self::Mismatch(mismatch) => {
                let data = || Ok(vec![("problems", problems(py, &mismatch.problems)?)]);
                exception(py, "MismatchError", &sentence, data())
            }
            Self::Read { source, .. } => not_read(py, source, &sentence),
            _ => exception(py, "CheckpointError", &sentence, Ok(Vec::new())),
        }
    }
}

impl ToPython for SaveError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        let sentence = self.to_string();
        match self {
            Self::Read(error) => error.to_python(py),
            Self::Exists { .. } => exception(py, "ExistsError", &sentence, Ok(Vec::new())),
            Self::Variables { problems, .. } => {
                let data = || Ok(vec![("problems", name_problems(py, problems)?)]);
                exception(py, "SaveError", &sentence, data())
            }
            _ => exception(py, "SaveError", &sentence, Ok(Vec::new())),
        }
    }
}

impl ToPython for RulesError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        let one = |problem: &RuleProblem| {
            let plain = PyDict::new(py);
            plain.set_item("message", in_python(&problem.to_string()))?;
            Ok(plain)
        };
        let problems = || self.problems.iter().map(one).collect::<PyResult<Vec<_>>>();
        let data = || Ok(vec![("problems", problems()?.into_bound_py_any(py)?)]);
        exception(py, "RulesError", &self.to_string(), data())
    }
}

impl ToPython for ConvertError {
    fn to_python(&self, py: Python<'_>) -> PyErr {
        let about = |name: &Name| Ok(vec![("variable", text(py, name)?)]);
        match self {
            Self::Rules(error) => error.to_python(py),
            Self::Model(error) => error.to_python(py),
            Self::Save(error) => error.to_python(py),
            Self::Reopen(error) => error.to_python(py),
            Self::Unreadable { name, .. } => {
                exception(py, "ReadError", &self.to_string(), about(name))
            }
            Self::Differs { name, .. } => {
                exception(py, "DamagedError", &self.to_string(), about(name))
            }
            _ => exception(py, "RulesError", &self.to_string(), Ok(Vec::new())),
        }
    }
}

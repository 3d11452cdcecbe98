//! Saves of NumPy arrays.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use checkpoint_core::{
    Checkpoint, DType, Glob, Name, SaveError, SaveOptions, SaveReport, Variable, Writer,
};
use pyo3::prelude::*;

use crate::checkpoint::{Native, in_files};
use crate::errors::ToPython;
use crate::given::{Given, Outgoing, Passed};
use crate::watch::{Watch, watched};

/// The options of `tfckpt.save`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    format: Option<String>,
    overwrite: bool,
    state_file: bool,
    sync: bool,
    align: u64,
    max_shard_size: Option<u64>,
    dtype: Option<String>,
    threads: usize,
}

impl Options {
    pub(crate) fn of<'w>(&self, watch: &'w Watch) -> SaveOptions<'w> {
        let mut options = watch
            .save()
            .overwrite(self.overwrite)
            .state_file(self.state_file)
            .sync(self.sync)
            .align(self.align)
            .threads(self.threads);
        if let Some(format) = &self.format {
            options = options.format(format);
        }
        if let Some(dtype) = self.dtype.as_deref().and_then(named) {
            options = options.dtype(dtype);
        }
        match self.max_shard_size {
            Some(bytes) => options.max_shard_size(bytes),
            None => options,
        }
    }
}

/// Returns the dtype of this name.
pub(crate) fn named(name: &str) -> Option<DType> {
    // `DType::all` lacks the dtype that no TensorFlow checkpoint has.
    DType::all().chain([DType::Float8E8M0FNU]).find(|dtype| dtype.name() == name)
}

/// The report as text; the checkpoint, the format, the files, the numbers of variables and bytes, and the seconds.
pub(crate) type Report = (String, PathBuf, &'static str, Vec<PathBuf>, usize, u64, f64);

pub(crate) fn said(report: SaveReport) -> Report {
    let (text, seconds) = (report.to_string(), report.elapsed.as_secs_f64());
    let SaveReport { checkpoint, format, files, variables, bytes, .. } = report;
    (text, checkpoint, format, files, variables, bytes, seconds)
}

/// Saves arrays, for `tfckpt.save`.
#[pyfunction]
pub(crate) fn save(
    py: Python<'_>,
    path: PathBuf,
    given: Vec<Passed<'_>>,
    like: Option<&Bound<'_, Native>>,
    keep: Vec<String>,
    options: Options,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Report> {
    let like = like.map(|like| &like.get().checkpoint);
    let given = given.into_iter().map(Given::new).collect::<PyResult<Vec<_>>>()?;
    let mut outgoing: Vec<Outgoing<'_>> = given.iter().map(Given::outgoing).collect();
    let kept = kept(like, &keep, &outgoing).map_err(|error| error.to_python(py))?;
    outgoing.extend(kept);
    if let Some(like) = like {
        order(like, &mut outgoing);
    }
    let total = outgoing.iter().map(|outgoing| outgoing.bytes).fold(0, u64::saturating_add);
    let work = |watch: &Watch| -> Result<SaveReport, SaveError> {
        let mut writer = Writer::create_with(&path, options.of(watch))?;
        outgoing.iter().try_for_each(|outgoing| outgoing.write(&mut writer))?;
        writer.finish()
    };
    watched(py, total, progress.as_ref(), work).map(said)
}

/// Saves an opened checkpoint as another one.
#[pyfunction]
pub(crate) fn save_as(
    py: Python<'_>,
    path: PathBuf,
    native: &Bound<'_, Native>,
    options: Options,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<Report> {
    let checkpoint = &native.get().checkpoint;
    let sizes = checkpoint.variables().iter().map(Variable::size);
    let save = |watch: &Watch| checkpoint.save_as(&path, options.of(watch));
    watched(py, sizes.fold(0, u64::saturating_add), progress.as_ref(), save).map(said)
}

/// Completes a save that was stopped while it replaced a checkpoint, for `tfckpt.recover`.
#[pyfunction]
pub(crate) fn recover(py: Python<'_>, path: PathBuf) -> PyResult<bool> {
    py.detach(|| checkpoint_core::recover(&path)).map_err(|error| error.to_python(py))
}

/// Returns the variables of another checkpoint whose names match a glob, except the given ones.
fn kept<'a>(
    like: Option<&'a Checkpoint>,
    globs: &[String],
    given: &[Outgoing<'_>],
) -> Result<Vec<Outgoing<'a>>, SaveError> {
    let mut taken: HashSet<Name> = given.iter().map(|outgoing| outgoing.name.clone()).collect();
    let mut kept = Vec::new();
    for glob in globs {
        let useless = |reason| SaveError::Keep { glob: glob.clone(), reason };
        let parsed = Glob::parse(glob).map_err(SaveError::Glob)?;
        let like = like.ok_or_else(|| {
            useless("has no checkpoint to copy from; give one with `SaveOptions::like`")
        })?;
        let matches =
            |variable: &&Variable| variable.name.as_str().is_some_and(|name| parsed.matches(name));
        let mut named = like.variables().iter().filter(matches).peekable();
        if named.peek().is_none() {
            return Err(useless("matches no variable of the checkpoint in `like`; remove it"));
        }
        let others = named.filter(|variable| taken.insert(variable.name.clone()));
        kept.extend(others.map(|variable| Outgoing::kept(like, variable)));
    }
    Ok(kept)
}

/// Sorts variables by their positions in the files of another checkpoint. Variables that it lacks are last.
fn order(like: &Checkpoint, outgoing: &mut [Outgoing<'_>]) {
    let places = in_files(like.variables()).into_iter().enumerate();
    let places: HashMap<&Name, usize> =
        places.map(|(place, variable)| (&variable.name, place)).collect();
    outgoing.sort_by_key(|outgoing| places.get(&outgoing.name).copied().unwrap_or(usize::MAX));
}

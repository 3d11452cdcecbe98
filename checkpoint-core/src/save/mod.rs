//! Saving: named tensors become the files of a checkpoint.
//!
//! A caller makes an [`Outgoing`] for each variable, and [`write`] does the rest. Data files contain the variables in the given
//! order.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::dtype::DType;

use crate::save::disk::NewFile;
use crate::save::elements::copy;
use crate::save::layout::{Fixed, Layout, Sink};
use crate::save::numpy::{Npy, Npz};
use crate::save::safetensors::Safetensors;
use crate::save::session::Session;
use crate::save::tensorflow::TensorFlow;
use crate::save::transfer::Transfer;
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::{Tensor, TensorError};

mod checkpoint;
mod converted;
mod elements;
mod error;
mod moved;
mod options;
mod parts;
mod plan;
mod ranks;
mod report;
#[allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "layouts are of the program's own arrays, and the plan has checked their lengths"
)]
pub(crate) mod value;
mod writer;

mod disk;
mod layout;
mod lock;
mod session;
mod state;
mod switch;
mod transfer;

mod numpy;
mod safetensors;
mod tensorflow;

#[cfg(test)]
mod tests;

pub use error::{NameProblem, SaveError, ValueProblem};
pub use options::SaveOptions;
pub use report::SaveReport;
pub use switch::recover;
pub use writer::Writer;

pub(crate) use converted::Tally;
pub(crate) use elements::Elements;
pub(crate) use parts::{Done, finish_parts, write_part};
pub(crate) use ranks::{finish_ranks, write_rank};
pub(crate) use switch::cut_short;

/// All output formats. The last one accepts all paths.
const SINKS: [&dyn Sink; 4] = [&Safetensors, &Npz, &Npy, &TensorFlow];

/// File extensions of formats that cannot be written.
const UNWRITTEN: [&str; 8] = ["pt", "pth", "bin", "npy", "h5", "keras", "gguf", "onnx"];

/// The maximum number of open files. A common limit for a process is 1024.
const MOST_OPEN: usize = 256;

/// A variable to be written.
pub(crate) struct Outgoing<'a> {
    /// The name in the checkpoint.
    pub(crate) name: Name,
    /// The dtype and shape.
    pub(crate) spec: Spec,
    /// The elements. In a save by ranks, those that all ranks have.
    pub(crate) elements: Box<dyn Elements + 'a>,
    /// The elements that only this rank has, if ranks divide the variable.
    pub(crate) own: Option<Box<dyn Elements + 'a>>,
    /// The index of its source. Variables with the same source and spec have the same elements, and can share a place.
    pub(crate) source: Option<usize>,
}

impl<'a> Outgoing<'a> {
    /// Creates a variable. The number of elements must match `spec`.
    pub(crate) fn new(name: impl Into<Name>, spec: Spec, elements: impl Elements + 'a) -> Self {
        Self { name: name.into(), spec, elements: Box::new(elements), own: None, source: None }
    }

    /// The size of the elements in a data file of a format, in bytes.
    fn size(&self, sink: &dyn Sink) -> Result<u64, SaveError> {
        let changed = || SaveError::Changed { name: self.name.clone() };
        let Some(width) = self.spec.dtype.width() else {
            let strings = self.elements.strings()?.ok_or_else(changed)?;
            let is_all = as_u64(strings.len()) == self.spec.shape.elements();
            return is_all
                .then(|| sink.strings_size(self.spec.dtype, &strings))
                .ok_or_else(changed);
        };
        let size = self.spec.shape.elements().saturating_mul(as_u64(width));
        let in_memory = self.elements.bytes().map(|bytes| as_u64(bytes.len()));
        if in_memory.is_none_or(|len| len == size) { Ok(size) } else { Err(changed()) }
    }

    /// Reads the variable into a tensor.
    pub(crate) fn into_tensor(self) -> Result<Tensor, SaveError> {
        let failed = |source| SaveError::Tensor { name: self.name.clone(), source };
        let dims = self.spec.shape.dims();
        if let Some(strings) = self.elements.strings()? {
            let tensor = match self.spec.dtype {
                DType::Variant => Tensor::from_variants(dims, strings.iter()),
                _ => Tensor::from_strings(dims, strings.iter()),
            };
            return tensor.map_err(failed);
        }
        let memory = || failed(TensorError::Memory { bytes: self.bytes() });
        let len = usize::try_from(self.spec.shape.elements()).map_err(|_| memory())?;
        let mut buffer = Buffer::zeroed(self.spec.dtype, len).ok_or_else(memory)?;
        match self.elements.bytes() {
            Some(bytes) => copy(bytes, 0, buffer.bytes_mut()),
            None => self.elements.read(0, buffer.bytes_mut())?,
        }
        Ok(Tensor::new(self.spec, buffer))
    }

    /// The size of its elements in bytes; 0 if they have no fixed width.
    fn bytes(&self) -> u64 {
        let width = self.spec.dtype.width().unwrap_or(0);
        self.spec.shape.elements().saturating_mul(as_u64(width))
    }
}

/// Writes variables as the checkpoint at `path`, in the format of `options` or of the path.
///
/// # Errors
/// Returns an error if the format does not support the names or contents, before anything is written. Also returns an error if
/// elements cannot be read, or if files cannot be written. An existing checkpoint at `path` is then unchanged.
pub(crate) fn write(
    path: &Path,
    outgoing: Vec<Outgoing<'_>>,
    options: &SaveOptions<'_>,
) -> Result<SaveReport, SaveError> {
    let started = Instant::now();
    let sink = sink(path, options)?;
    let base = sink.base(path)?;
    check(sink, path, &outgoing)?;
    state::check(&base, sink.name(), options)?;
    options.go_on()?;
    let session = Session::begin(sink, &base, options, &[])?;
    write_in(session, sink, &outgoing, options, started)
}

/// Writes checked variables, and commits the session.
fn write_in(
    session: Session<'_>,
    sink: &dyn Sink,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
    started: Instant,
) -> Result<SaveReport, SaveError> {
    let sizes = outgoing.iter().map(|outgoing| outgoing.size(sink));
    let sizes = sizes.collect::<Result<Vec<u64>, _>>()?;
    let layout = sink.layout(&session.base, outgoing, &sizes, options);
    write_files(sink, session, &layout, outgoing, options)?;
    let files = layout.files.into_iter().map(|file| file.path).collect();
    let bytes = sizes.into_iter().fold(0, u64::saturating_add);
    let counts = (outgoing.len(), bytes);
    Ok(SaveReport::new(layout.opens, sink.name(), counts, files, started))
}

/// Writes all files under temporary names, and renames them when all are complete.
fn write_files(
    sink: &dyn Sink,
    mut session: Session<'_>,
    layout: &Layout,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
) -> Result<(), SaveError> {
    let names = layout.temporary();
    let disk = session.disk;
    let folders = session.make_folders(layout.folder.as_deref(), &names)?;
    let mut files: Vec<NewFile<'_>> = Vec::new();
    for (name, planned) in names.iter().zip(&layout.files) {
        session.will_create(name);
        let mut file = disk.create(name, planned.size)?;
        if names.len() > MOST_OPEN {
            file.close();
        }
        files.push(file);
    }
    let transfer = Transfer::new(sink, options, &files, 0);
    let checksums = transfer.run(outgoing, &layout.places)?;
    let late = sink.finish(outgoing, layout, &checksums);
    for Fixed { file, offset, bytes } in layout.fixed.iter().chain(&late) {
        if let Some(file) = files.get(*file) {
            file.write(*offset, bytes)?;
        }
    }
    options.go_on()?;
    files.iter().try_for_each(NewFile::sync)?;
    drop(files);
    folders.iter().try_for_each(|folder| disk.sync_folder(folder))?;
    session.commit(layout.renames(), options)
}

/// The format for a path.
fn sink(path: &Path, options: &SaveOptions<'_>) -> Result<&'static dyn Sink, SaveError> {
    if path.file_name().is_some_and(|name| name.to_str().is_none()) {
        let problem = "its name is not UTF-8; save to another path";
        return Err(SaveError::Path { path: path.to_owned(), problem });
    }
    let Some(format) = &options.format else {
        if path.extension().is_some_and(|end| UNWRITTEN.iter().any(|other| end == *other)) {
            let problem = "its end is that of a format that is not written; end it with `.safetensors` or `.npz`, or name a \
                format with `SaveOptions::format`";
            return Err(SaveError::Path { path: path.to_owned(), problem });
        }
        let meant = SINKS.into_iter().find(|sink| sink.is_meant_by(path));
        return Ok(meant.unwrap_or(&TensorFlow));
    };
    let known = || SINKS.iter().map(|sink| sink.name()).collect();
    let unknown = || SaveError::UnknownFormat { format: format.clone(), known: known() };
    SINKS.into_iter().find(|sink| sink.name() == format).ok_or_else(unknown)
}

/// Fails with all problems if the format does not support names or contents.
fn check(sink: &dyn Sink, path: &Path, outgoing: &[Outgoing<'_>]) -> Result<(), SaveError> {
    let problems = problems(sink, outgoing);
    if problems.is_empty() {
        return Ok(());
    }
    Err(SaveError::Variables { path: path.to_owned(), problems })
}

/// All problems of names and contents.
fn problems(sink: &dyn Sink, outgoing: &[Outgoing<'_>]) -> Vec<NameProblem> {
    let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
    for Outgoing { name, .. } in outgoing {
        let count = counts.entry(name).or_default();
        *count = count.saturating_add(1);
    }
    let mut problems = Vec::new();
    for variable in outgoing {
        if variable.name.as_bytes().is_empty() {
            problems.push(NameProblem::Empty { spec: variable.spec.clone() });
        } else if let Some(count) = counts.remove(&variable.name).filter(|&count| count > 1) {
            problems.push(NameProblem::Twice { name: variable.name.clone(), count });
        }
        problems.extend(sink.problem(variable));
    }
    problems
}

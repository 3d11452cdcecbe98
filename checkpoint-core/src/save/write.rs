//! Writing variables as the files of a checkpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use checkpoint_schema::listing::catalog::Name;

use crate::save::disk::NewFile;
use crate::save::error::{NameProblem, SaveError};
use crate::save::formats::sink;
use crate::save::layout::{FilePlan, Fixed, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::report::SaveReport;
use crate::save::session::Session;
use crate::save::state;
use crate::save::transfer::Transfer;

/// The maximum number of open files. A common limit for a process is 1024.
const MOST_OPEN: usize = 256;

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
pub(super) fn write_in(
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
    layout: &FilePlan,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
) -> Result<(), SaveError> {
    let names = layout.temporary();
    let disk = session.disk;
    let folders = session.make_folders(layout.folder.as_deref(), &names)?;
    let files = open_all(layout, &names, |name, size| {
        session.will_create(name);
        disk.create(name, size)
    })?;
    let transfer = Transfer::new(sink, options, &files, 0);
    let checksums = transfer.run(outgoing, &layout.places)?;
    write_fixed(sink, layout, outgoing, &checksums, &files)?;
    options.go_on()?;
    files.iter().try_for_each(NewFile::sync)?;
    drop(files);
    folders.iter().try_for_each(|folder| disk.sync_folder(folder))?;
    session.commit(layout.renames(), options)
}

/// Opens the files of a layout under other names. Many files are closed until they are written.
pub(super) fn open_all<'d>(
    layout: &FilePlan,
    names: &[PathBuf],
    mut open: impl FnMut(&Path, u64) -> Result<NewFile<'d>, SaveError>,
) -> Result<Vec<NewFile<'d>>, SaveError> {
    let mut files = Vec::with_capacity(names.len());
    for (name, planned) in names.iter().zip(&layout.files) {
        let mut file = open(name, planned.size)?;
        if names.len() > MOST_OPEN {
            file.close();
        }
        files.push(file);
    }
    Ok(files)
}

/// Writes the bytes around the elements, given the checksums of all variables.
pub(super) fn write_fixed(
    sink: &dyn Sink,
    layout: &FilePlan,
    outgoing: &[Outgoing<'_>],
    checksums: &[u32],
    files: &[NewFile<'_>],
) -> Result<(), SaveError> {
    let late = sink.finish(outgoing, layout, checksums);
    for Fixed { file, offset, bytes } in layout.fixed.iter().chain(&late) {
        if let Some(file) = files.get(*file) {
            file.write(*offset, bytes)?;
        }
    }
    Ok(())
}

/// Returns an error with all problems if the format does not support names or contents.
pub(super) fn check(
    sink: &dyn Sink,
    path: &Path,
    outgoing: &[Outgoing<'_>],
) -> Result<(), SaveError> {
    let problems = problems(sink, outgoing);
    if problems.is_empty() {
        return Ok(());
    }
    Err(SaveError::Variables { path: path.to_owned(), problems })
}

/// All problems of names and contents.
pub(super) fn problems(sink: &dyn Sink, outgoing: &[Outgoing<'_>]) -> Vec<NameProblem> {
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

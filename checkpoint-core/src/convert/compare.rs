//! Comparing a written checkpoint with the variables that were to be written.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use checkpoint_schema::listing::catalog::Name;

use crate::checkpoint::Checkpoint;
use crate::convert::ConvertError;
use crate::save::{Elements, Outgoing, SaveError};
use crate::source::DataFile;
use crate::system::number::as_u64;
use crate::system::threads::on_threads;

/// The least number of bytes compared at a time.
const CHUNK: usize = 1 << 20;

/// Checks that a copy of a checkpoint, such as an uploaded one, has the same variables, element by element. Nothing is converted.
///
/// ```
/// use checkpoint_core::{Checkpoint, verify_copy};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// # let copy = path;
/// verify_copy(&Checkpoint::open(path)?, &Checkpoint::open(copy)?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns [`ConvertError::Differs`] with a variable that differs, or that only one of them has, or an error if a variable cannot
/// be read.
pub fn verify_copy(original: &Checkpoint, copy: &Checkpoint) -> Result<(), ConvertError> {
    let variables = original.variables().iter();
    let expected = variables.map(|it| Outgoing::variable(it.name.clone(), original, it));
    compare(copy, &expected.collect::<Result<Vec<_>, _>>()?, None)
}

/// Checks that a written checkpoint has exactly these variables.
pub(super) fn compare(
    written: &Checkpoint,
    expected: &[Outgoing<'_>],
    threads: Option<NonZero<usize>>,
) -> Result<(), ConvertError> {
    let differs =
        |name: &Name| ConvertError::Differs { path: written.path().to_owned(), name: name.clone() };
    let names: BTreeSet<&Name> = expected.iter().map(|expected| &expected.name).collect();
    let mut found = written.variables().iter();
    if let Some(more) = found.find(|found| !names.contains(&found.name)) {
        return Err(differs(&more.name));
    }
    let access = written.source().data_file(0).map(DataFile::access).unwrap_or_default();
    let chunk = access.chunk.max(CHUNK);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(expected) = expected.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = &expected.name;
            let found = written.catalog().get(name).ok_or_else(|| differs(name))?;
            if found.spec() != expected.spec {
                return Err(differs(name));
            }
            let size = found.bytes().unwrap_or(0);
            let found = Outgoing::variable(found.name.clone(), written, found)?;
            if !same(&*expected.elements, &*found.elements, size, chunk)? {
                return Err(differs(name));
            }
        }
        Ok(())
    };
    let threads = threads.or(access.in_flight).or_else(|| thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZero::get).min(expected.len());
    on_threads(threads, work).into_iter().collect()
}

/// True if two variables have the same bytes. They are compared `chunk` bytes at a time.
fn same(
    one: &dyn Elements,
    other: &dyn Elements,
    size: u64,
    chunk: usize,
) -> Result<bool, SaveError> {
    if one.strings()? != other.strings()? {
        return Ok(false);
    }
    let room = usize::try_from(size).unwrap_or(usize::MAX).min(chunk);
    let (mut first, mut second) = (vec![0; room], vec![0; room]);
    let mut offset = 0;
    while offset < size {
        let len = usize::try_from(size - offset).unwrap_or(usize::MAX).min(room);
        one.read(offset, &mut first[..len])?;
        other.read(offset, &mut second[..len])?;
        if first[..len] != second[..len] {
            return Ok(false);
        }
        offset += as_u64(len);
    }
    Ok(true)
}

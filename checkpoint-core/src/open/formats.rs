//! All checkpoint formats, and the format of a path.

use std::path::Path;

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format};
use crate::save::cut_short;
#[cfg(feature = "npz")]
use crate::source::Npz;
#[cfg(feature = "pytorch")]
use crate::source::PyTorch;
use crate::source::{FileSystem, Npy, Safetensors, TensorFlow};

/// Formats that only store checkpoints. The errors of the first one are reported if a path matches no format.
const FORMATS: [&dyn Format; 2] = [&TensorFlow, &Safetensors];

/// Formats of files that programs also write next to a checkpoint, such as the state of an optimizer. A path that matches a
/// format of `FORMATS` matches none of these.
const OTHERS: &[&dyn Format] = &[
    #[cfg(feature = "npz")]
    &Npz,
    &Npy,
    #[cfg(feature = "pytorch")]
    &PyTorch,
];

/// Finds the only checkpoint at a path, in any format or in the named format.
pub(crate) fn find(
    system: &FileSystem,
    path: &Path,
    format: Option<&str>,
) -> Result<Box<dyn Candidate>, OpenError> {
    let is_asked_for = |known: &&dyn Format| format.is_none_or(|name| name == known.name());
    let all = || FORMATS.iter().chain(OTHERS).copied();
    if let (Some(format), false) = (format, all().any(|known| is_asked_for(&known))) {
        let known = all().map(Format::name).collect();
        return Err(OpenError::UnknownFormat { format: format.to_owned(), known });
    }
    if let Some(found) = by_name(system, path, all().filter(is_asked_for))? {
        return Ok(found);
    }
    let (mut found, mut failed) = (Vec::new(), None);
    for formats in [&FORMATS, OTHERS] {
        for known in formats.iter().copied().filter(is_asked_for) {
            match known.recognise(system, path) {
                Ok(candidates) => {
                    found.extend(candidates.into_iter().map(|candidate| (known.name(), candidate)));
                }
                Err(error) => {
                    let before =
                        failed.filter(|before| !is_of_others(before) || is_nothing(&error));
                    failed = Some(before.unwrap_or(error));
                }
            }
        }
        if !found.is_empty() || failed.as_ref().is_some_and(|error| !is_of_others(error)) {
            break;
        }
    }
    if found.len() > 1 {
        let choice = |(format, candidate): &(&'static str, Box<dyn Candidate>)| {
            (candidate.path().to_owned(), *format)
        };
        let choices = found.iter().map(choice).collect();
        return Err(OpenError::Several { path: path.to_owned(), choices });
    }
    let other = || OpenError::NotOfFormat {
        path: path.to_owned(),
        format: format.unwrap_or_default().to_owned(),
    };
    let found = found.pop().map(|(_, candidate)| candidate);
    let base = found.as_ref().map_or(path, |found| found.path());
    match system.is_local().then(|| cut_short(base)).flatten() {
        Some(switch) => Err(OpenError::CutShort { path: path.to_owned(), switch }),
        None => found.ok_or_else(|| failed.unwrap_or_else(other)),
    }
}

/// The checkpoint whose file name in a [`Storage`](crate::Storage) matches a format. No other format is tried, because requests
/// to a storage are slow. Local files are tried in every format.
fn by_name<'f>(
    system: &FileSystem,
    path: &Path,
    mut formats: impl Iterator<Item = &'f dyn Format>,
) -> Result<Option<Box<dyn Candidate>>, OpenError> {
    let name = path.to_str().filter(|_| !system.is_local());
    let called = name.and_then(|name| Some((name, formats.find(|format| format.is_called(name))?)));
    let Some((name, format)) = called else { return Ok(None) };
    let mut found = match format.recognise(system, path) {
        Ok(found) => found,
        // Another format would fail with the same error.
        Err(error @ OpenError::Io { .. }) => return Err(error),
        Err(_) => return Ok(None),
    };
    let is_it =
        |found: &dyn Candidate| found.path().to_str().is_some_and(|it| name.starts_with(it));
    Ok(found.pop().filter(|only| found.is_empty() && is_it(&**only)))
}

/// True if an error means that no checkpoint of a format exists, rather than a faulty one.
fn is_nothing(error: &OpenError) -> bool {
    use OpenError::{NoState, NotFound, Unknown};
    matches!(error, NoState { .. } | NotFound { .. } | Unknown { .. })
}

/// True for an error that means no checkpoint of the first formats exists, so that the others should be tried.
fn is_of_others(error: &OpenError) -> bool {
    match error {
        OpenError::NoState { within, .. } => within.is_empty(),
        OpenError::OtherFormat { .. } | OpenError::Empty { .. } => true,
        _ => is_nothing(error),
    }
}

//! Formats of checkpoints, and the one that a path means.

use std::fmt;
use std::path::Path;

use checkpoint_schema::format::{Budget, Limits};

use crate::open::error::OpenError;
use crate::save::cut_short;
#[cfg(feature = "npz")]
use crate::source::Npz;
#[cfg(feature = "pytorch")]
use crate::source::PyTorch;
use crate::source::{FileSystem, Hold, Npy, Safetensors, Source, TensorFlow};

/// The formats of checkpoints alone. The errors of the first one are told where a path means nothing in any.
const FORMATS: [&dyn Format; 2] = [&TensorFlow, &Safetensors];

/// The formats of what programs also keep beside a checkpoint, such as the state of an optimizer. Where a path means a checkpoint
/// of those above, it means none of these.
const OTHERS: &[&dyn Format] = &[
    #[cfg(feature = "npz")]
    &Npz,
    &Npy,
    #[cfg(feature = "pytorch")]
    &PyTorch,
];

/// A format of checkpoints.
pub(crate) trait Format: Sync {
    /// The name, for messages and [`OpenOptions::format`](crate::OpenOptions::format).
    fn name(&self) -> &'static str;

    /// Returns true for the path of a file that is called as those of this format are.
    fn is_called(&self, path: &str) -> bool;

    /// The checkpoints of this format that a path can mean, by what files hold rather than by their names.
    ///
    /// # Errors
    /// If files cannot be read, or if the path means a checkpoint of this format that is not whole.
    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError>;
}

/// A checkpoint that was recognised.
pub(crate) trait Candidate: fmt::Debug {
    /// The path that messages show, and that opens this checkpoint alone.
    fn path(&self) -> &Path;

    /// Opens it: all is read but the tensors.
    ///
    /// # Errors
    /// If what is read is damaged, or asks for more than the limits.
    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError>;
}

/// A checkpoint that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) source: Box<dyn Source>,
    /// The budget of memory, of which the catalog has taken its part.
    pub(crate) budget: Budget,
}

/// Finds the only checkpoint that a path means, in any format or in the one of this name.
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

/// The checkpoint that a path of a [`Storage`](crate::Storage) names itself, in the format that it is called as. To ask a storage
/// takes time, so that no other format is asked then. Files of this machine are all looked into.
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
        // Another format would ask for the same in vain.
        Err(error @ OpenError::Io { .. }) => return Err(error),
        Err(_) => return Ok(None),
    };
    let is_it =
        |found: &dyn Candidate| found.path().to_str().is_some_and(|it| name.starts_with(it));
    Ok(found.pop().filter(|only| found.is_empty() && is_it(&**only)))
}

/// Whether an error says that there is no checkpoint of a format, rather than what is wrong with one.
fn is_nothing(error: &OpenError) -> bool {
    use OpenError::{NoState, NotFound, Unknown};
    matches!(error, NoState { .. } | NotFound { .. } | Unknown { .. })
}

/// `true` for an error of the first formats that says that nothing of theirs is there, so that the others may have something.
fn is_of_others(error: &OpenError) -> bool {
    match error {
        OpenError::NoState { within, .. } => within.is_empty(),
        OpenError::OtherFormat { .. } | OpenError::Empty { .. } => true,
        _ => is_nothing(error),
    }
}

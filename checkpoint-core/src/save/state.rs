//! The file `checkpoint` of a directory, which names its latest checkpoint.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::open::error::OpenError;
use crate::open::path::{directory, read_state};
use crate::open::state::State;
use crate::save::disk::Disk;
use crate::save::error::SaveError;
use crate::save::file_names::{TEMPORARY, file_name};
use crate::save::options::SaveOptions;
use crate::source::FileSystem;

/// The name of the file.
const NAME: &str = "checkpoint";

/// Returns an error if the state file of the checkpoint `base` is requested but cannot be written.
pub(crate) fn check(base: &Path, format: &str, options: &SaveOptions<'_>) -> Result<(), SaveError> {
    let refused = |problem| Err(SaveError::Path { path: base.to_owned(), problem });
    if !options.state_file {
        return Ok(());
    }
    if format != "tensorflow" {
        return refused(
            "only the format `tensorflow` has a file `checkpoint`; save without `SaveOptions::state_file`",
        );
    }
    if file_name(base) == Some(NAME) {
        return refused(
            "the file `checkpoint` needs this name; give another, such as `model.ckpt`",
        );
    }
    state(base).map(drop)
}

/// Records the checkpoint `base` as the latest, if requested.
pub(crate) fn write(
    disk: Disk<'_>,
    base: &Path,
    options: &SaveOptions<'_>,
) -> Result<(), SaveError> {
    if !options.state_file {
        return Ok(());
    }
    let name = file_name(base).unwrap_or_default();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut state = state(base)?;
    // A directory means the checkpoint with an empty base name.
    state.add(if name.is_empty() { "." } else { name }, now.as_secs_f64());
    let folder = directory(base);
    let temporary = folder.join(format!("{NAME}.{name}{TEMPORARY}"));
    disk.remove(&temporary)?;
    let written = disk.write(&temporary, state.to_text().as_bytes());
    if let Err(error) = written.and_then(|()| disk.rename(&temporary, &folder.join(NAME))) {
        // The original error is more useful than an error of the removal.
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    disk.sync_folder(folder)
}

/// Reads the file.
fn state(base: &Path) -> Result<State, SaveError> {
    let path: PathBuf = directory(base).join(NAME);
    match read_state(&FileSystem::Local, &path) {
        Ok(state) => Ok(state),
        Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(State::default())
        }
        Err(OpenError::Io { source, .. }) => Err(SaveError::io("read", &path, source)),
        Err(OpenError::State { problem, .. }) => {
            Err(SaveError::State { path, problem: problem.to_string().into() })
        }
        Err(error) => Err(SaveError::State { path, problem: error.to_string().into() }),
    }
}

//! The switch from an old checkpoint with several files to a new one. A journal file beside them lists the remaining steps, so
//! that an interrupted switch can be completed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::open::path::directory;
use crate::save::disk::Disk;
use crate::save::error::SaveError;
use crate::save::file_names::{TEMPORARY, aside, file_name, temporary, with_suffix};
use crate::save::formats::SINKS;
use crate::save::lock::{LOCK, Lock};
use crate::save::options::SaveOptions;

/// The maximum size of the journal, in bytes.
const LONGEST: u64 = 64 << 20;

/// The files to rename, and those to remove afterwards.
pub(crate) struct Switch {
    /// Temporary and final names, in order.
    pub(crate) files: Vec<(PathBuf, PathBuf)>,
    pub(crate) remove: Vec<PathBuf>,
}

/// The serialized form, with names in one folder.
#[derive(Serialize, Deserialize)]
struct Journal {
    rename: Vec<(String, String)>,
    remove: Vec<String>,
}

/// The suffix of the journal.
pub(crate) const SWITCH: &str = ".switch";

/// The path of the journal for the checkpoint `base`.
fn switch_path(base: &Path) -> PathBuf {
    with_suffix(base, SWITCH)
}

/// The journal of the checkpoint at `path`, if a switch was interrupted or is in progress.
pub(crate) fn cut_short(path: &Path) -> Option<PathBuf> {
    base(path).map(|base| switch_path(&base))
}

/// The base path of the checkpoint at `path` in any format, if a switch was interrupted.
fn base(path: &Path) -> Option<PathBuf> {
    let name = path.file_name().and_then(|name| name.to_str());
    let index = name.and_then(|name| name.strip_suffix(".safetensors.index.json"));
    let of_index = index.map(|stem| path.with_file_name(format!("{stem}.safetensors")));
    let folder = path.components().as_path().to_owned();
    let mut bases = [path.to_owned(), folder].into_iter().chain(of_index);
    bases.find(|base| switch_path(base).is_file())
}

/// Completes a save with [`SaveOptions::overwrite`](crate::SaveOptions::overwrite) that was interrupted while it replaced the
/// files of a checkpoint. Returns true if there was one. The next save to the path also completes it.
///
/// The result is the new checkpoint, since all new files were complete before the first old one was replaced.
///
/// # Errors
/// Returns an error if the save is still under way, or if files cannot be renamed.
pub fn recover(path: impl AsRef<Path>) -> Result<bool, SaveError> {
    let Some(base) = base(path.as_ref()) else { return Ok(false) };
    let disk = SaveOptions::new().disk();
    let _lock = Lock::take(disk, with_suffix(&base, LOCK), &base)?;
    Switch::recover(disk, &base)
}

impl Switch {
    /// Completes an interrupted switch of `base`. Returns true if there was one. The caller must have the lock.
    pub(crate) fn recover(disk: Disk<'_>, base: &Path) -> Result<bool, SaveError> {
        let Some(switch) = Self::read(base)? else { return Ok(false) };
        switch.finish(disk, base).map(|()| true)
    }

    /// Writes the journal. All files must be complete under their temporary names.
    pub(crate) fn announce(&self, disk: Disk<'_>, base: &Path) -> Result<(), SaveError> {
        let name = |path: &PathBuf| file_name(path).unwrap_or_default().to_owned();
        let rename = self.files.iter().map(|(from, to)| (name(from), name(to))).collect();
        let journal = Journal { rename, remove: self.remove.iter().map(name).collect() };
        let path = switch_path(base);
        let json = serde_json::to_vec(&journal).map_err(io::Error::other);
        let json = json.map_err(|error| SaveError::io("write", &path, error))?;
        let temporary = temporary(&path);
        disk.write(&temporary, &json)?;
        disk.sync_folder(directory(base))?;
        disk.rename(&temporary, &path)?;
        disk.sync_folder(directory(base))
    }

    /// Completes the switch, and removes the journal.
    pub(crate) fn finish(&self, disk: Disk<'_>, base: &Path) -> Result<(), SaveError> {
        self.rename(disk, base)?;
        self.clean(disk)?;
        disk.remove(&switch_path(base))
    }

    /// Renames all remaining files. The last one is renamed after the others are synced.
    pub(crate) fn rename(&self, disk: Disk<'_>, base: &Path) -> Result<(), SaveError> {
        let (last, others) =
            self.files.split_last().map_or((None, &[][..]), |(last, others)| (Some(last), others));
        let rename = |(from, to): &(PathBuf, PathBuf)| {
            // An earlier attempt may have renamed it.
            if to.exists() && !from.exists() {
                return Ok(());
            }
            let aside = aside(to);
            if self.remove.contains(&aside) && to.is_dir() {
                disk.rename(to, &aside)?;
            }
            disk.rename(from, to)
        };
        others.iter().try_for_each(rename)?;
        disk.sync_folder(directory(base))?;
        last.map_or(Ok(()), rename)?;
        disk.sync_folder(directory(base))
    }

    /// True if no file was renamed, so that the old checkpoint is whole.
    pub(crate) fn is_untouched(&self) -> bool {
        self.files.iter().all(|(from, to)| from.exists() && !aside(to).exists())
    }

    /// Removes files that the new checkpoint does not have.
    pub(crate) fn clean(&self, disk: Disk<'_>) -> Result<(), SaveError> {
        self.remove.iter().try_for_each(|path| disk.remove(path))
    }

    /// Reads the journal of `base`, if a switch was interrupted.
    fn read(base: &Path) -> Result<Option<Self>, SaveError> {
        let path = switch_path(base);
        let failed = |error| SaveError::io("read", &path, error);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > LONGEST => {
                return Err(SaveError::Switch { path });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        let json = fs::read(&path).map_err(failed)?;
        let journal = serde_json::from_slice(&json).ok();
        let switch = journal.and_then(|journal: Journal| journal.switch(base));
        switch.map(Some).ok_or(SaveError::Switch { path })
    }
}

impl Journal {
    /// Returns the switch; `None` if it names files outside `base`, because the journal is not trusted.
    fn switch(&self, base: &Path) -> Option<Switch> {
        let (folder, base) = (directory(base), file_name(base)?);
        let stem = base.strip_suffix(".safetensors").unwrap_or(base);
        let is_plain = |name: &str| !name.contains(['/', '\\', ':']);
        let is_temporary = |name: &str| name.starts_with(stem) && name.ends_with(TEMPORARY);
        let is_part = |name: &str| SINKS.iter().any(|sink| sink.is_part(base, name));
        let own = |name: &str, is_own: bool| (is_plain(name) && is_own).then(|| folder.join(name));
        let file = |(from, to): &(String, String)| {
            Some((own(from, is_temporary(from))?, own(to, is_part(to))?))
        };
        let old = |name: &String| own(name, is_part(name) || is_temporary(name));
        let files = self.rename.iter().map(file).collect::<Option<_>>()?;
        let remove = self.remove.iter().map(old).collect::<Option<_>>()?;
        Some(Switch { files, remove })
    }
}

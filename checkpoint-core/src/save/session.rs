//! A save from its lock to its last rename. An existing checkpoint is either kept unchanged, or replaced as a whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::open::path::directory;
use crate::save::disk::Disk;
use crate::save::error::SaveError;
use crate::save::file_names::{OLD, TEMPORARY, aside, file_name, temporary, with_suffix};
use crate::save::layout::Sink;
use crate::save::lock::{LOCK, Lock};
use crate::save::options::SaveOptions;
use crate::save::state;
use crate::save::switch::{SWITCH, Switch};
use crate::source::FileSystem;

/// A save with the lock of its path. When dropped, it only leaves files with their final names.
pub(crate) struct Session<'a> {
    pub(crate) disk: Disk<'a>,
    pub(crate) base: PathBuf,
    /// The files of an existing checkpoint.
    existing: Vec<PathBuf>,
    /// Files to remove if the save does not complete.
    leftovers: Vec<PathBuf>,
    /// Files to remove in any case.
    scratch: Vec<PathBuf>,
    _lock: Lock<'a>,
}

impl<'a> Session<'a> {
    /// Takes the lock, completes an interrupted switch, and removes leftovers of earlier saves, except the kept files.
    ///
    /// # Errors
    /// Returns an error if another save has the lock, or if a checkpoint exists that must not be replaced.
    pub(crate) fn begin(
        sink: &dyn Sink,
        base: &Path,
        options: &SaveOptions<'a>,
        kept: &[&Path],
    ) -> Result<Self, SaveError> {
        if base.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            let problem = "there is a device or a pipe in its place; save to another path";
            return Err(SaveError::Path { path: base.to_owned(), problem });
        }
        let disk = options.disk();
        disk.create_folder(directory(base))?;
        let lock = Lock::take(disk, with_suffix(base, LOCK), base)?;
        Switch::recover(disk, base)?;
        // Names that are not UTF-8 are already rejected.
        let name = file_name(base).unwrap_or_default();
        let is_temporary = |file: &str| {
            // The note of a rank has a temporary name before it is complete, too.
            let own = without_plan(file.trim_end_matches(TEMPORARY));
            file.ends_with(TEMPORARY) && (sink.is_part(name, own) || is_own(name, own))
        };
        let folder = directory(base);
        let files = FileSystem::Local.names(folder);
        let leftovers = files.iter().filter(|file| is_temporary(file));
        for file in leftovers.map(|file| folder.join(file)) {
            if !kept.contains(&&*file) {
                disk.remove(&file)?;
            }
        }
        let existing = files.iter().filter(|file| sink.is_part(name, file));
        let mut existing: Vec<PathBuf> = existing.map(|file| folder.join(file)).collect();
        // An empty folder is not a checkpoint, and can become one.
        existing.retain(|path| !path.is_dir() || !FileSystem::Local.names(path).is_empty());
        if existing.iter().any(|path| path.is_dir()) && !sink.makes_folder() {
            let problem = "there is a directory in the place of a file; save to another path";
            return Err(SaveError::Path { path: base.to_owned(), problem });
        }
        let first = existing.first().cloned().or_else(|| base.is_file().then(|| base.to_owned()));
        match first {
            Some(path) if !options.overwrite => Err(SaveError::Exists { path }),
            _ => Ok(Self {
                disk,
                base: base.to_owned(),
                existing,
                leftovers: Vec::new(),
                scratch: Vec::new(),
                _lock: lock,
            }),
        }
    }

    /// Marks a file to be removed if the save does not complete.
    pub(crate) fn will_create(&mut self, path: &Path) {
        self.leftovers.push(path.to_owned());
    }

    /// Creates the folders for files in a folder checkpoint, under its temporary name.
    pub(crate) fn make_folders(
        &mut self,
        folder: Option<&Path>,
        files: &[PathBuf],
    ) -> Result<BTreeSet<PathBuf>, SaveError> {
        let Some(folder) = folder else { return Ok(BTreeSet::new()) };
        let root = temporary(folder);
        self.leftovers.push(root.clone());
        let mut folders = BTreeSet::from([root.clone()]);
        for file in files {
            let around = file.ancestors().skip(1).take_while(|around| around.starts_with(&root));
            folders.extend(around.map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| self.disk.create_folder(folder))?;
        Ok(folders)
    }

    /// Marks files to be removed at the end of the save, whatever its result.
    pub(crate) fn discard(&mut self, files: Vec<PathBuf>) {
        self.scratch = files;
    }

    /// Renames complete files in this order, removes unused files of the old checkpoint, and records the new one as the latest.
    pub(crate) fn commit(
        mut self,
        files: Vec<(PathBuf, PathBuf)>,
        options: &SaveOptions<'_>,
    ) -> Result<(), SaveError> {
        self.give_names(files)?;
        state::write(self.disk, &self.base, options)
    }

    fn give_names(&mut self, files: Vec<(PathBuf, PathBuf)>) -> Result<(), SaveError> {
        let replaces = files.iter().any(|(_, to)| self.existing.contains(to));
        let is_new = |old: &PathBuf| files.iter().all(|(_, to)| to != old);
        let remove = self.existing.iter().filter(|old| is_new(old)).cloned();
        // An old folder is moved aside before it is removed.
        let folders =
            files.iter().map(|(_, to)| to).filter(|to| self.existing.contains(to) && to.is_dir());
        let aside: Vec<PathBuf> = folders.map(|folder| aside(folder)).collect();
        let is_journaled = replaces && files.len() > 1 || !aside.is_empty();
        let remove = remove.chain(aside).collect();
        let switch = Switch { files, remove };
        if is_journaled {
            return self.replace(&switch);
        }
        // New names are undone on failure, since they are incomplete without the others.
        let fresh = switch.files.iter().map(|(_, to)| to).filter(|to| !self.existing.contains(to));
        self.leftovers.extend(fresh.cloned());
        switch.rename(self.disk, &self.base)?;
        self.leftovers.clear();
        switch.clean(self.disk)
    }
}

impl Session<'_> {
    /// Replaces the files of an old checkpoint, with a journal so that it can be completed if interrupted.
    fn replace(&mut self, switch: &Switch) -> Result<(), SaveError> {
        let path = self.base.clone();
        let cut = |source| SaveError::CutShort { path, source: Box::new(source) };
        let announcement = with_suffix(&self.base, SWITCH);
        self.leftovers.push(temporary(&announcement));
        let announced = switch.announce(self.disk, &self.base);
        let switched = announced.and_then(|()| switch.finish(self.disk, &self.base));
        // A file that cannot be replaced, since a program has it open on Windows, is the first one. The old checkpoint is whole.
        if switched.is_err() && switch.is_untouched() && self.withdraw(&announcement) {
            return switched;
        }
        // The switch must be completed by a recovery.
        self.leftovers.clear();
        switched.map_err(cut)
    }

    /// Removes the journal. Returns true if there is none.
    fn withdraw(&mut self, announcement: &Path) -> bool {
        if !announcement.exists() {
            return true;
        }
        let is_gone = self.disk.remove(announcement).is_ok();
        if is_gone && self.disk.sync_folder(directory(&self.base)).is_err() {
            // The journal can come back after a crash of the system, and would need the files that it names.
            self.leftovers.clear();
        }
        is_gone
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        for path in self.leftovers.iter().chain(&self.scratch) {
            // The next save removes leftover files.
            let _ = self.disk.remove(path);
        }
    }
}

/// True if a temporary file with this name (without the suffix) is one of the save itself: a journal, an old folder, a growing
/// data file, or the note of a rank.
fn is_own(base: &str, name: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_rank = |(one, all): (&str, &str)| is_number(one) && is_number(all);
    let rest = name.strip_prefix(base).unwrap_or_default();
    let part = rest.strip_prefix(".part-").and_then(|part| part.split_once("-of-"));
    let grows = rest.strip_prefix(".data-").is_some_and(is_number);
    rest == SWITCH || rest == OLD || grows || part.is_some_and(is_rank)
}

/// The name without the hash of a plan, which follows a dot in files of ranks.
fn without_plan(name: &str) -> &str {
    let is_hash =
        |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.rsplit_once('.').filter(|(_, hash)| is_hash(hash)).map_or(name, |(name, _)| name)
}

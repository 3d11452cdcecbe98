//! Saves in parts: several processes write the data files of a checkpoint. One of them writes the index at the end.
//!
//! Every part computes the same plan and takes its share of the data files. Each complete file has a note beside it, with the
//! hash of the plan and the checksums of its variables. A restarted part skips such files.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::open::path::directory;
use crate::save::disk::{Disk, NewFile};
use crate::save::error::SaveError;
use crate::save::file_names::{temporary, with_suffix};
use crate::save::layout::{FileRange, Fixed};
use crate::save::lock::{LOCK, Lock};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::plan::{Plan, balanced, part_path};
use crate::save::report::SaveReport;
use crate::save::state;
use crate::save::transfer::Transfer;
use crate::system::rank::Rank;

/// The suffix of the note beside a complete file.
const NOTE: &str = ".part";

/// The result of a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// The data files of the part.
    pub(crate) files: usize,
    /// The number of files that were already complete.
    pub(crate) skipped: usize,
    /// The size of all of them, in bytes.
    pub(crate) bytes: u64,
}

/// Writes the data files of a part. `origin` identifies the source of the elements.
pub(crate) fn write_part(
    path: &Path,
    outgoing: Vec<Outgoing<'_>>,
    options: &SaveOptions<'_>,
    origin: &str,
    rank: Rank,
) -> Result<Done, SaveError> {
    let plan = Plan::of_files(path, &outgoing, options, origin)?;
    let shares = plan.shares(rank.size());
    if shares.iter().any(Vec::is_empty) {
        let (files, parts) = (plan.data_files(), rank.size());
        let problem = format!(
            "{files} data files cannot be shared by {parts} parts; set a shorter `SaveOptions::max_shard_size`, or take fewer parts"
        );
        return Err(plan.refused(problem));
    }
    let disk = options.disk();
    disk.create_folder(directory(&plan.base))?;
    let _lock = Lock::take(disk, part_path(&plan.base, rank, LOCK), &plan.base)?;
    let mut of_files: Vec<Vec<Outgoing<'_>>> = (0..plan.data_files()).map(|_| Vec::new()).collect();
    for (outgoing, place) in outgoing.into_iter().zip(&plan.layout.places) {
        if let Some(of_file) = of_files.get_mut(place.file) {
            of_file.push(outgoing);
        }
    }
    let mut done = Done::default();
    for &file in shares.get(rank.index()).into_iter().flatten() {
        done.files = done.files.saturating_add(1);
        done.bytes = done.bytes.saturating_add(plan.size(file));
        if plan.note_of(file).is_some() {
            done.skipped = done.skipped.saturating_add(1);
            continue;
        }
        // Takes the variables of the file, so that their elements are dropped once they are written.
        let own = of_files.get_mut(file).map(mem::take).unwrap_or_default();
        let checksums = plan.write(file, &own, options)?;
        plan.write_note(disk, &plan.note_path(file), &checksums)?;
    }
    Ok(done)
}

/// Writes the index, once the data files of all parts are complete.
pub(crate) fn finish_parts(
    path: &Path,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
    origin: &str,
) -> Result<SaveReport, SaveError> {
    let started = Instant::now();
    let plan = Plan::of_files(path, outgoing, options, origin)?;
    let mut checksums = vec![0; outgoing.len()];
    for file in 0..plan.data_files() {
        let numbers = plan.numbers(file);
        let Some(note) = plan.note_of(file) else { return Err(plan.incomplete()) };
        for (number, checksum) in numbers.zip(note) {
            if let Some(place) = checksums.get_mut(number) {
                *place = checksum;
            }
        }
    }
    let disk = options.disk();
    let lock = with_suffix(&plan.base, LOCK);
    let _lock = Lock::take(disk, lock, &plan.base)?;
    plan.write_index(disk, outgoing, &checksums)?;
    for file in 0..plan.data_files() {
        disk.remove(&plan.note_path(file))?;
    }
    state::write(disk, &plan.base, options)?;
    let bytes = plan.bytes();
    let files = plan.layout.files.into_iter().map(|file| file.path).collect();
    let counts = (outgoing.len(), bytes);
    Ok(SaveReport::new(plan.layout.opens, plan.sink.name(), counts, files, started))
}

impl Plan {
    /// Plans a save of which each part writes whole files.
    fn of_files(
        path: &Path,
        outgoing: &[Outgoing<'_>],
        options: &SaveOptions<'_>,
        origin: &str,
    ) -> Result<Self, SaveError> {
        let plan = Self::new(path, outgoing, options, origin)?;
        if plan.layout.folder.is_none() && plan.layout.files.len() > 1 {
            plan.check_absent()?;
            return Ok(plan);
        }
        let problem = "it is one file; save as TensorFlow or safetensors, and set `SaveOptions::max_shard_size`";
        Err(plan.refused(problem.to_owned()))
    }

    /// The error for missing data files.
    fn incomplete(&self) -> SaveError {
        let mut missing = (0..self.data_files()).filter(|file| self.note_of(*file).is_none());
        let count = missing.clone().count();
        let first = missing.find_map(|file| self.layout.files.get(file));
        let first = first.map_or(String::new(), |file| file.path.display().to_string());
        let files = self.data_files();
        self.refused(format!(
            "{count} of {files} data files are not there or of another plan, the first is `{first}`; run the parts that \
             have not ended again, with the same options"
        ))
    }

    /// The number of files without the index.
    fn data_files(&self) -> usize {
        self.layout.files.len().saturating_sub(1)
    }

    fn size(&self, file: usize) -> u64 {
        self.layout.files.get(file).map_or(0, |file| file.size)
    }

    /// The indices of the variables in a file.
    fn numbers(&self, file: usize) -> impl Iterator<Item = usize> {
        let places = self.layout.places.iter().enumerate();
        places.filter(move |(_, place)| place.file == file).map(|(number, _)| number)
    }

    /// The data files of each part, balanced by bytes.
    fn shares(&self, parts: usize) -> Vec<Vec<usize>> {
        let sizes: Vec<u64> = (0..self.data_files()).map(|file| self.size(file)).collect();
        balanced(&sizes, parts)
    }

    /// Writes a data file under its temporary name, and renames it. Returns the checksum of each variable.
    fn write(
        &self,
        number: usize,
        outgoing: &[Outgoing<'_>],
        options: &SaveOptions<'_>,
    ) -> Result<Vec<u32>, SaveError> {
        let disk = options.disk();
        let path = self.layout.files.get(number).map(|file| file.path.clone()).unwrap_or_default();
        let new = temporary(&path);
        // A stopped part may have left this file.
        disk.remove(&new)?;
        let files = [disk.create(&new, self.size(number))?];
        let places = self.layout.places.iter().filter(|place| place.file == number);
        let places: Vec<FileRange> = places.map(|place| FileRange { file: 0, ..*place }).collect();
        let transfer = Transfer::new(self.sink, options, &files, 0);
        let checksums = transfer.run(outgoing, &places)?;
        let [file] = &files;
        self.write_fixed(number, file, &[])?;
        file.sync()?;
        disk.rename(&new, &path)?;
        disk.sync_folder(directory(&path))?;
        Ok(checksums)
    }

    /// Writes the bytes of a file around its elements.
    fn write_fixed(
        &self,
        number: usize,
        into: &NewFile<'_>,
        late: &[Fixed],
    ) -> Result<(), SaveError> {
        let here = self.layout.fixed.iter().chain(late).filter(|fixed| fixed.file == number);
        here.into_iter().try_for_each(|fixed| into.write(fixed.offset, &fixed.bytes))
    }

    fn write_index(
        &self,
        disk: Disk<'_>,
        outgoing: &[Outgoing<'_>],
        checksums: &[u32],
    ) -> Result<(), SaveError> {
        let number = self.data_files();
        let path = self.layout.files.last().map(|file| file.path.clone()).unwrap_or_default();
        let new = temporary(&path);
        disk.remove(&new)?;
        let file = disk.create(&new, self.size(number))?;
        let late = self.sink.finish(outgoing, &self.layout, checksums);
        self.write_fixed(number, &file, &late)?;
        file.sync()?;
        disk.rename(&new, &path)?;
        disk.sync_folder(directory(&path))
    }

    fn note_path(&self, file: usize) -> PathBuf {
        let path = self.layout.files.get(file).map(|file| file.path.clone()).unwrap_or_default();
        with_suffix(&path, NOTE)
    }

    /// The checksums in the note of a file, if the note matches the plan and the length of the file.
    fn note_of(&self, file: usize) -> Option<Vec<u32>> {
        let path = &self.layout.files.get(file)?.path;
        let is_whole = fs::metadata(path).is_ok_and(|found| found.len() == self.size(file));
        is_whole.then(|| self.note(&self.note_path(file), self.numbers(file).count()))?
    }
}

#[cfg(test)]
mod tests {
    use checkpoint_schema::listing::catalog::Spec;
    use checkpoint_schema::listing::dtype::DType;
    use checkpoint_schema::listing::shape::Shape;

    use super::*;
    use crate::save::elements::Elements;

    /// Elements that are never read.
    struct Unread;

    impl Elements for Unread {
        fn read(&self, _: u64, _: &mut [u8]) -> Result<(), SaveError> {
            Err(SaveError::Cancelled)
        }
    }

    #[test]
    fn parts_of_terabytes_are_balanced() {
        // A model of 6 TB: layers of large matrices and small vectors, in files of 5 GB.
        let variable = |number: u64| {
            let rows = [16_384, 53_248, 1][usize::try_from(number % 3).unwrap()];
            let shape = Shape::new([rows, 16_384]).unwrap();
            let name = format!("layer_{:04}/{}", number / 3, number % 3);
            Outgoing::new(name.as_str(), Spec { dtype: DType::BFloat16, shape }, Unread)
        };
        let outgoing: Vec<Outgoing<'_>> = (0..8100).map(variable).collect();
        let folder = tempfile::tempdir().unwrap();
        for name in ["model.safetensors", "model.ckpt"] {
            let options = SaveOptions::new().max_shard_size(5_000_000_000);
            let plan = Plan::new(&folder.path().join(name), &outgoing, &options, "").unwrap();
            let total: u64 = plan.layout.places.iter().map(|place| place.size).sum();
            assert!(total > 6_000_000_000_000, "{total}");
            for parts in [4, 16] {
                let shares = plan.shares(parts);
                let bytes =
                    shares.iter().map(|share| share.iter().map(|file| plan.size(*file)).sum());
                let bytes: Vec<u64> = bytes.collect();
                let mean = bytes.iter().sum::<u64>() / u64::try_from(parts).unwrap();
                let worst = bytes.iter().map(|bytes| bytes.abs_diff(mean)).max().unwrap();
                assert!(worst * 100 <= mean, "{parts} parts of {name}: {bytes:?}");
                let mut all: Vec<usize> = shares.concat();
                all.sort_unstable();
                assert_eq!(all, (0..plan.data_files()).collect::<Vec<_>>());
            }
        }
    }
}

//! Saves in parts: several processes write the data files of a checkpoint. One of them writes the index at the end.
//!
//! Every part computes the same plan and takes its share of the data files. Each complete file has a note beside it, with the
//! hash of the plan and the checksums of its variables. A restarted part skips such files.

use std::fmt::Write as _;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::open::path::directory;
use crate::save::disk::{Disk, NewFile};
use crate::save::layout::{Fixed, Layout, Place, Sink};
use crate::save::lock::{LOCK, Lock};
use crate::save::session::{temporary, with_suffix};
use crate::save::transfer::Transfer;
use crate::save::{Outgoing, SaveError, SaveOptions, SaveReport, check, sink, state};
use crate::system::number::as_u64;
use crate::system::rank::Rank;

/// The suffix of the note beside a complete file.
const NOTE: &str = ".part";

/// The first line of a note.
const TITLE: &str = "part of a checkpoint, 1";

/// The plan of a save in parts, equal in all parts.
struct Plan {
    sink: &'static dyn Sink,
    base: PathBuf,
    layout: Layout,
    hash: u64,
}

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
    let plan = Plan::new(path, &outgoing, options, origin)?;
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
    let name = format!(".part-{:05}-of-{:05}{LOCK}", rank.index(), rank.size());
    let _lock = Lock::take(disk, with_suffix(&plan.base, &name), &plan.base)?;
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
        if plan.note(file).is_some() {
            done.skipped = done.skipped.saturating_add(1);
            continue;
        }
        // Takes the variables of the file, so that their elements are dropped once they are written.
        let own = of_files.get_mut(file).map(mem::take).unwrap_or_default();
        let checksums = plan.write(file, &own, options)?;
        plan.write_note(disk, file, &checksums)?;
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
    let plan = Plan::new(path, outgoing, options, origin)?;
    let mut checksums = vec![0; outgoing.len()];
    for file in 0..plan.data_files() {
        let numbers = plan.numbers(file);
        let Some(note) = plan.note(file) else { return Err(plan.incomplete()) };
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
    let bytes = plan.layout.places.iter().fold(0, |sum: u64, place| sum.saturating_add(place.size));
    let files = plan.layout.files.into_iter().map(|file| file.path).collect();
    let counts = (outgoing.len(), bytes);
    Ok(SaveReport::new(plan.layout.opens, plan.sink.name(), counts, files, started))
}

impl Plan {
    fn new(
        path: &Path,
        outgoing: &[Outgoing<'_>],
        options: &SaveOptions<'_>,
        origin: &str,
    ) -> Result<Self, SaveError> {
        let sink = sink(path, options)?;
        let base = sink.base(path)?;
        check(sink, path, outgoing)?;
        state::check(&base, sink.name(), options)?;
        let sizes = outgoing.iter().map(|outgoing| outgoing.size(sink));
        let sizes = sizes.collect::<Result<Vec<u64>, _>>()?;
        let layout = sink.layout(&base, outgoing, &sizes, options);
        let hash = hash(&layout, outgoing, sink.name(), origin);
        let plan = Self { sink, base, layout, hash };
        let is_fit = plan.layout.folder.is_none() && plan.layout.files.len() > 1;
        let index = plan.layout.files.last().map(|file| &file.path);
        match index {
            Some(index) if is_fit && index.exists() => {
                Err(SaveError::Exists { path: index.clone() })
            }
            Some(_) if is_fit => Ok(plan),
            _ => {
                let problem = "it is one file; save as TensorFlow or safetensors, and set `SaveOptions::max_shard_size`";
                Err(plan.refused(problem.to_owned()))
            }
        }
    }

    fn refused(&self, problem: String) -> SaveError {
        SaveError::Parts { path: self.base.clone(), problem }
    }

    /// The error for missing data files.
    fn incomplete(&self) -> SaveError {
        let mut missing = (0..self.data_files()).filter(|file| self.note(*file).is_none());
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

    /// The data files of each part. The longest file goes to the part with the fewest bytes, and so on.
    fn shares(&self, parts: usize) -> Vec<Vec<usize>> {
        let mut files: Vec<usize> = (0..self.data_files()).collect();
        files.sort_by_key(|file| (std::cmp::Reverse(self.size(*file)), *file));
        let mut shares = vec![(0_u64, Vec::new()); parts];
        for file in files {
            let least = shares.iter_mut().min_by_key(|(bytes, files)| (*bytes, files.len()));
            if let Some((bytes, files)) = least {
                *bytes = bytes.saturating_add(self.size(file));
                files.push(file);
            }
        }
        shares.into_iter().map(|(_, files)| files).collect()
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
        let places: Vec<Place> = places.map(|place| Place { file: 0, ..*place }).collect();
        let transfer = Transfer { sink: self.sink, options, files: &files, before: 0 };
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
    fn note(&self, file: usize) -> Option<Vec<u32>> {
        let path = &self.layout.files.get(file)?.path;
        let is_whole = fs::metadata(path).is_ok_and(|found| found.len() == self.size(file));
        let note = fs::read_to_string(self.note_path(file)).ok().filter(|_| is_whole)?;
        let rest = note.strip_prefix(&self.head())?;
        let checksums = rest.lines().map(|line| u32::from_str_radix(line, 16));
        let checksums = checksums.collect::<Result<Vec<u32>, _>>().ok()?;
        (checksums.len() == self.numbers(file).count()).then_some(checksums)
    }

    fn write_note(&self, disk: Disk<'_>, file: usize, checksums: &[u32]) -> Result<(), SaveError> {
        let mut text = self.head();
        for checksum in checksums {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{checksum:08x}");
        }
        let path = self.note_path(file);
        let new = temporary(&path);
        disk.remove(&new)?;
        disk.write(&new, text.as_bytes())?;
        disk.rename(&new, &path)
    }

    /// The lines that all notes of a plan share.
    fn head(&self) -> String {
        format!("{TITLE}\n{:016x}\n", self.hash)
    }
}

/// The hash of everything that determines the written bytes. FNV-1a is the same on all platforms.
fn hash(layout: &Layout, outgoing: &[Outgoing<'_>], format: &str, origin: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in as_u64(bytes.len()).to_le_bytes().iter().chain(bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    add(format.as_bytes());
    add(origin.as_bytes());
    for file in &layout.files {
        let name = file.path.file_name().unwrap_or_default();
        add(name.as_encoded_bytes());
        add(&file.size.to_le_bytes());
    }
    for (variable, Place { file, offset, size }) in outgoing.iter().zip(&layout.places) {
        add(variable.name.as_bytes());
        add(variable.spec.to_string().as_bytes());
        add(&[as_u64(*file), *offset, *size].map(u64::to_le_bytes).concat());
    }
    hash
}

#[cfg(test)]
mod tests {
    use checkpoint_schema::listing::catalog::Spec;
    use checkpoint_schema::listing::dtype::DType;
    use checkpoint_schema::listing::shape::Shape;

    use super::*;
    use crate::save::Elements;

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

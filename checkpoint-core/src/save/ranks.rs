//! Saves by ranks: each writes its elements of all variables into the same files. One of them completes the files at the end.
//!
//! A rank that divides the columns of a matrix has a piece of each row, so no rank has a contiguous range of the file. It therefore
//! computes the checksum of each variable as if the elements of others were zeros. Checksums are linear: those of all ranks, each
//! without the checksum of zeros alone, add up to the checksum of the whole.

use std::path::{Path, PathBuf};
use std::time::Instant;

use checkpoint_schema::listing::checksum::Algorithm;

use crate::open::path::directory;
use crate::save::disk::NewFile;
use crate::save::elements::NOTHING;
use crate::save::error::SaveError;
use crate::save::file_names::{temporary, with_suffix};
use crate::save::layout::FileRange;
use crate::save::lock::{LOCK, Lock};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::plan::{Plan, balanced, part_path};
use crate::save::report::SaveReport;
use crate::save::session::Session;
use crate::save::transfer::{Item, Transfer};
use crate::save::write::{open_all, write_fixed};
use crate::system::rank::Rank;

/// Writes the elements of a rank. `origin` describes the elements of all ranks.
pub(crate) fn write_rank(
    path: &Path,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
    origin: &str,
    rank: Rank,
) -> Result<SaveReport, SaveError> {
    let started = Instant::now();
    let plan = Plan::of_ranks(path, outgoing, options, origin)?;
    options.go_on()?;
    let disk = options.disk();
    disk.create_folder(directory(&plan.base))?;
    let note = plan.rank_note(rank);
    let _lock = Lock::take(disk, part_path(&plan.base, rank, LOCK), &plan.base)?;
    // The note of an earlier save says that the elements are there.
    disk.remove(&note)?;
    let files = plan.shared_files(options)?;
    let items = plan.items(outgoing, rank);
    let algorithm = Some(plan.algorithm());
    let transfer = Transfer { sink: plan.sink, algorithm, options, files: &files, before: 0 };
    let done = transfer.write(&items)?;
    files.iter().try_for_each(NewFile::sync)?;
    disk.sync_folder(directory(&plan.base))?;
    plan.write_note(disk, &note, &done.checksums)?;
    let (own, of_all) = done.bytes.split_at(outgoing.len());
    let variables =
        own.iter().zip(of_all).filter(|(own, of_all)| **own > 0 || **of_all > 0).count();
    let counts = (variables, done.bytes.iter().fold(0, |sum, bytes| bytes.saturating_add(sum)));
    Ok(SaveReport::new(plan.layout.opens, plan.sink.name(), counts, Vec::new(), started))
}

/// Completes the files, once all ranks have written their elements, and gives them their names.
pub(crate) fn finish_ranks(
    path: &Path,
    outgoing: &[Outgoing<'_>],
    options: &SaveOptions<'_>,
    origin: &str,
    ranks: usize,
) -> Result<SaveReport, SaveError> {
    let started = Instant::now();
    let plan = Plan::of_ranks(path, outgoing, options, origin)?;
    let ranks = (0..ranks).filter_map(|index| Rank::new(index, ranks).ok());
    let notes: Vec<PathBuf> = ranks.map(|rank| plan.rank_note(rank)).collect();
    let names = plan.shared_names();
    let kept: Vec<&Path> = names.iter().chain(&notes).map(PathBuf::as_path).collect();
    let session = Session::begin(plan.sink, &plan.base, options, &kept)?;
    let checksums = plan.joined(outgoing, &notes)?;
    let lens = names.iter().map(|name| name.metadata().map(|found| found.len()));
    for ((len, name), file) in lens.zip(&names).zip(&plan.layout.files) {
        if len.is_ok_and(|len| len >= file.size) {
            continue;
        }
        let name = name.display();
        let problem =
            format!("`{name}` is missing or too short; save on all ranks again, then finish");
        return Err(plan.refused(problem));
    }
    let disk = options.disk();
    let files = plan.shared_files(options)?;
    write_fixed(plan.sink, &plan.layout, outgoing, &checksums, &files)?;
    files.iter().try_for_each(NewFile::sync)?;
    drop(files);
    // A note that outlived the files would vouch for the elements of the next save.
    notes.iter().try_for_each(|note| disk.remove(note))?;
    let last: Vec<PathBuf> = plan.layout.files.iter().map(|file| file.path.clone()).collect();
    session.commit(names.into_iter().zip(last.iter().cloned()).collect(), options)?;
    let counts = (outgoing.len(), plan.bytes());
    Ok(SaveReport::new(plan.layout.opens, plan.sink.name(), counts, last, started))
}

impl Plan {
    fn of_ranks(
        path: &Path,
        outgoing: &[Outgoing<'_>],
        options: &SaveOptions<'_>,
        origin: &str,
    ) -> Result<Self, SaveError> {
        let plan = Self::new(path, outgoing, options, origin)?;
        if plan.layout.folder.is_some() {
            let problem = "it is a directory of arrays; save as TensorFlow, safetensors or `.npz`";
            return Err(plan.refused(problem.to_owned()));
        }
        if !options.overwrite {
            plan.check_absent()?;
        }
        Ok(plan)
    }

    /// The algorithm for the checksums in notes.
    fn algorithm(&self) -> Algorithm {
        self.sink.algorithm().unwrap_or(Algorithm::Crc32c)
    }

    /// The name of a file that belongs to this plan only.
    fn shared(&self, path: &Path) -> PathBuf {
        temporary(&with_suffix(path, &format!(".{:016x}", self.hash)))
    }

    /// The temporary names of the files.
    fn shared_names(&self) -> Vec<PathBuf> {
        self.layout.files.iter().map(|file| self.shared(&file.path)).collect()
    }

    /// Opens the files. The first rank creates them.
    fn shared_files<'o>(&self, options: &SaveOptions<'o>) -> Result<Vec<NewFile<'o>>, SaveError> {
        let open = |name: &Path, size| options.disk().open(name, size);
        open_all(&self.layout, &self.shared_names(), open)
    }

    /// The path of the note of a rank.
    fn rank_note(&self, rank: Rank) -> PathBuf {
        self.shared(&part_path(&self.base, rank, ""))
    }

    /// The elements of each variable: those that only this rank has, and those that all ranks have. One rank writes the latter,
    /// balanced by bytes; the others compute their checksums.
    fn items<'o>(&self, outgoing: &'o [Outgoing<'o>], rank: Rank) -> Vec<Item<'o>> {
        let places = || outgoing.iter().zip(&self.layout.places);
        let of_all = |(outgoing, place): (&Outgoing<'_>, &FileRange)| {
            if outgoing.own.is_some() { 0 } else { place.size }
        };
        let sizes: Vec<u64> = places().map(of_all).collect();
        let shares = balanced(&sizes, rank.size());
        let mut is_written = vec![false; outgoing.len()];
        for &number in shares.get(rank.index()).into_iter().flatten() {
            if let Some(is_written) = is_written.get_mut(number) {
                *is_written = true;
            }
        }
        let own = places().map(|(outgoing, &place)| Item {
            outgoing,
            elements: outgoing.own.as_deref().unwrap_or(&NOTHING),
            place,
            is_written: true,
        });
        let of_all = places().zip(is_written).map(|((outgoing, &place), is_written)| Item {
            outgoing,
            elements: &*outgoing.elements,
            place,
            is_written,
        });
        own.chain(of_all).collect()
    }

    /// The checksums of all variables, from the notes of all ranks.
    fn joined(&self, outgoing: &[Outgoing<'_>], notes: &[PathBuf]) -> Result<Vec<u32>, SaveError> {
        let count = outgoing.len().saturating_mul(2);
        let found: Vec<Option<Vec<u32>>> =
            notes.iter().map(|note| self.note(note, count)).collect();
        if let Some(first) = found.iter().position(Option::is_none) {
            let missing = found.iter().filter(|note| note.is_none()).count();
            let ranks = found.len();
            return Err(self.refused(format!(
                "the parts of {missing} of {ranks} ranks are not there, or are of another model or other options, the first is \
                 rank {first}; save on all ranks with the same options, then finish"
            )));
        }
        let found: Vec<Vec<u32>> = found.into_iter().flatten().collect();
        let mut checksums = Vec::new();
        for (number, (variable, place)) in outgoing.iter().zip(&self.layout.places).enumerate() {
            let zeros = self.algorithm().zeros(place.size);
            let own = found.iter().filter_map(|note| note.get(number));
            let of_all = |note: &Vec<u32>| note.get(number.saturating_add(outgoing.len())).copied();
            let first = found.first().and_then(of_all).unwrap_or(zeros);
            if let Some(other) = found.iter().position(|note| of_all(note) != Some(first)) {
                let name = variable.name.short();
                return Err(self.refused(format!(
                    "rank {other} has other elements of `{name}` than rank 0, but each rank has all of them; make them \
                     equal, or save on all ranks again if one saved at another time"
                )));
            }
            checksums.push(own.fold(first, |sum, own| sum ^ own ^ zeros));
        }
        Ok(checksums)
    }
}

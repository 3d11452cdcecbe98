//! The plan of a save by several processes. Each of them computes it, and it is the same in all.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::save::disk::Disk;
use crate::save::error::SaveError;
use crate::save::file_names::{temporary, with_suffix};
use crate::save::formats::sink;
use crate::save::layout::{FilePlan, FileRange, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::state;
use crate::save::write::check;
use crate::system::number::as_u64;
use crate::system::rank::Rank;

/// The first line of a note.
const TITLE: &str = "part of a checkpoint, 1";

/// The files of a checkpoint, and a hash of everything that determines their bytes.
pub(super) struct Plan {
    pub(super) sink: &'static dyn Sink,
    pub(super) base: PathBuf,
    pub(super) layout: FilePlan,
    pub(super) hash: u64,
}

impl Plan {
    /// Plans a save of checked variables. `origin` identifies the source of the elements.
    pub(super) fn new(
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
        Ok(Self { sink, base, layout, hash })
    }

    /// Returns an error if there is a checkpoint that must not be replaced.
    pub(super) fn check_absent(&self) -> Result<(), SaveError> {
        match self.layout.files.last() {
            Some(last) if last.path.exists() => Err(SaveError::Exists { path: last.path.clone() }),
            _ => Ok(()),
        }
    }

    pub(super) fn refused(&self, problem: String) -> SaveError {
        SaveError::Parts { path: self.base.clone(), problem }
    }

    /// The size of all variables, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.layout.places.iter().fold(0, |sum: u64, place| sum.saturating_add(place.size))
    }

    /// The checksums in a note of this plan, if it has this many.
    pub(super) fn note(&self, path: &Path, count: usize) -> Option<Vec<u32>> {
        let note = fs::read_to_string(path).ok()?;
        let rest = note.strip_prefix(&self.head())?;
        let checksums = rest.lines().map(|line| u32::from_str_radix(line, 16));
        let checksums = checksums.collect::<Result<Vec<u32>, _>>().ok()?;
        (checksums.len() == count).then_some(checksums)
    }

    pub(super) fn write_note(
        &self,
        disk: Disk<'_>,
        path: &Path,
        checksums: &[u32],
    ) -> Result<(), SaveError> {
        let mut text = self.head();
        for checksum in checksums {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{checksum:08x}");
        }
        let new = temporary(path);
        disk.remove(&new)?;
        disk.write(&new, text.as_bytes())?;
        disk.rename(&new, path)
    }

    /// The lines that all notes of a plan share.
    fn head(&self) -> String {
        format!("{TITLE}\n{:016x}\n", self.hash)
    }
}

/// The path of a file of one of several processes.
pub(super) fn part_path(base: &Path, rank: Rank, suffix: &str) -> PathBuf {
    with_suffix(base, &format!(".part-{:05}-of-{:05}{suffix}", rank.index(), rank.size()))
}

/// Distributes sizes. The largest goes to the part with the least, and so on. Returns the indices of each part.
pub(super) fn balanced(sizes: &[u64], parts: usize) -> Vec<Vec<usize>> {
    let mut sorted: Vec<(usize, u64)> = sizes.iter().copied().enumerate().collect();
    sorted.sort_by_key(|&(number, size)| (std::cmp::Reverse(size), number));
    let mut shares = vec![(0_u64, Vec::new()); parts];
    for (number, size) in sorted {
        let least = shares.iter_mut().min_by_key(|(bytes, numbers)| (*bytes, numbers.len()));
        if let Some((bytes, numbers)) = least {
            *bytes = bytes.saturating_add(size);
            numbers.push(number);
        }
    }
    shares.into_iter().map(|(_, numbers)| numbers).collect()
}

/// The hash of everything that determines the written bytes. FNV-1a is the same on all platforms.
fn hash(layout: &FilePlan, outgoing: &[Outgoing<'_>], format: &str, origin: &str) -> u64 {
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
    for (variable, FileRange { file, offset, size }) in outgoing.iter().zip(&layout.places) {
        add(variable.name.as_bytes());
        add(variable.spec.to_string().as_bytes());
        add(&[as_u64(*file), *offset, *size].map(u64::to_le_bytes).concat());
    }
    hash
}

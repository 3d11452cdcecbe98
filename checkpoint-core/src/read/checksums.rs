//! Checksums of extents that several threads read in pieces.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use checkpoint_schema::listing::checksum::{Algorithm, Digest};

use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::job::{Job, PlacedExtent};

/// The checksums of partially read extents.
pub(crate) struct Checksums {
    /// The sums, by job index and part index.
    open: Mutex<BTreeMap<(usize, usize), Vec<RangeChecksum>>>,
}

/// The checksum of a contiguous byte range of an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RangeChecksum {
    pub(crate) at: u64,
    pub(crate) len: u64,
    pub(crate) value: u32,
}

impl Checksums {
    /// Creates the state before any read, and verifies empty extents.
    pub(crate) fn new(jobs: &[Job<'_>]) -> Result<Self, ReadError> {
        for job in jobs.iter().filter(|job| job.is_of_bytes()) {
            for part in job.parts.iter().filter(|part| part.extent.size == 0) {
                let Some((algorithm, _)) = part.extent.checksum.parts() else { continue };
                let computed = Digest::new(algorithm).value();
                compare(part, algorithm, computed)
                    .map_err(|kind| failed(&job.variable.name, kind))?;
            }
        }
        Ok(Self { open: Mutex::new(BTreeMap::new()) })
    }

    /// Adds the checksum of a byte range. Verifies the extent once all of its bytes are read.
    pub(crate) fn add(
        &self,
        number: (usize, usize),
        part: &PlacedExtent<'_>,
        sum: RangeChecksum,
    ) -> Result<(), ReadErrorKind> {
        let Some((algorithm, _)) = part.extent.checksum.parts() else { return Ok(()) };
        if sum.len == part.extent.size {
            return compare(part, algorithm, sum.value);
        }
        // No step leaves the sums inconsistent, so a poisoned lock is harmless.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = open.entry(number).or_default();
        sums.push(sum);
        let read = sums.iter().fold(0, |read: u64, sum| read.saturating_add(sum.len));
        if read < part.extent.size {
            return Ok(());
        }
        let mut sums = open.remove(&number).unwrap_or_default();
        drop(open);
        sums.sort_unstable();
        let whole =
            |first, second: &RangeChecksum| algorithm.combine(first, second.value, second.len);
        compare(part, algorithm, sums.iter().fold(Digest::new(algorithm).value(), whole))
    }

    /// Records that bytes of an extent are not read.
    pub(crate) fn skip(&self, number: (usize, usize), part: &PlacedExtent<'_>) {
        if part.extent.checksum.parts().is_some() {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.entry(number).or_default();
        }
    }

    /// The number of variables whose checksum was not verified, because extents were read in part.
    pub(crate) fn unverified(&self) -> usize {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut jobs: Vec<usize> = open.keys().map(|(job, _)| *job).collect();
        jobs.dedup();
        jobs.len()
    }
}

/// Compares the computed checksum of an extent with the stored one.
fn compare(
    part: &PlacedExtent<'_>,
    algorithm: Algorithm,
    computed: u32,
) -> Result<(), ReadErrorKind> {
    let PlacedExtent { extent, file, .. } = part;
    if extent.checksum.parts() == Some((algorithm, computed)) {
        return Ok(());
    }
    Err(ReadErrorKind::checksum(*file, extent, computed).or_other_format(*file))
}

//! Reading rows in part: the bytes between the wanted ones are passed over.

use std::ops::Range;

use checkpoint_schema::strided::{Run, join};

use crate::read::job::{Job, PlacedExtent};
use crate::read::scatter::Scatter;
use crate::system::number::as_u64;

/// The shortest gap that is passed over, in bytes. Reading a shorter one is cheaper than another read.
const GAP: usize = 8 << 10;

/// The wanted bytes of an extent.
pub(crate) struct Strides<'j> {
    part: &'j PlacedExtent<'j>,
    /// The size of an element, in bytes.
    width: u64,
    /// The shortest gap that is passed over, in elements.
    gap: u64,
}

impl<'j> Strides<'j> {
    /// The bytes of a part of a variable; `None` if all of them are read.
    pub(crate) fn new(job: &Job<'_>, part: &'j PlacedExtent<'j>) -> Option<Self> {
        let width = as_u64(job.variable.dtype.width()?);
        let gap = as_u64(GAP).max(part.access().near).checked_div(width)?;
        (!job.reads_whole).then_some(Self { part, width, gap })
    }

    /// The shortest gap of the variable that matters, in elements.
    pub(crate) fn gap(&self) -> u64 {
        // Bytes that are apart in the variable can follow one another in a slice of it.
        if self.part.region.is_run() { self.gap } else { 1 }
    }

    /// The ranges of these bytes of the extent to read for the shares of a task, in order. A slice of columns is read whole, or
    /// not at all.
    pub(crate) fn wanted(
        &self,
        bytes: &Range<u64>,
        job: usize,
        scatter: &Scatter<'_>,
    ) -> Vec<Range<u64>> {
        let mut at = bytes.start;
        while at < bytes.end {
            let Run { from: place, len, .. } = self.part.region.run(at);
            let len = len.clamp(1, bytes.end.saturating_sub(at));
            let of_run = self.wanted_of(&(place..place.saturating_add(len)), job, scatter);
            if self.part.region.is_run() {
                let stored = |byte: u64| byte.saturating_sub(place).saturating_add(at);
                let stored = |range: Range<u64>| stored(range.start)..stored(range.end);
                return of_run.into_iter().map(stored).collect();
            }
            if !of_run.is_empty() {
                return vec![bytes.clone()];
            }
            at = at.saturating_add(len);
        }
        Vec::new()
    }

    /// The ranges of these bytes of the variable that contain elements for the shares of a task, in order.
    fn wanted_of(&self, bytes: &Range<u64>, job: usize, scatter: &Scatter<'_>) -> Vec<Range<u64>> {
        let element = |at: u64| at.checked_div(self.width).unwrap_or(0);
        let elements = element(bytes.start)..bytes.end.div_ceil(self.width);
        let shares = scatter.shares_of(job);
        let ranges = shares.flat_map(|share| share.layout.ranges_within(&elements, self.gap()));
        let mut ranges: Vec<Range<u64>> = ranges.collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let at = |element: u64| element.saturating_mul(self.width).clamp(bytes.start, bytes.end);
        let mut joined = Vec::new();
        for range in ranges {
            join(&mut joined, at(range.start)..at(range.end), self.gap.saturating_mul(self.width));
        }
        joined
    }
}

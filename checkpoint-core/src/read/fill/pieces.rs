//! The division of reads into tasks.

use std::collections::HashMap;
use std::iter;
use std::ops::Range;

use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::{Axis, join};

use super::Work;
use crate::read::groups::{Groups, is_apart};
use crate::read::runs::{bytes, divides, moved};
use crate::read::scatter::Share;
use crate::system::number::as_u64;
use crate::tensor::transpose;

/// The largest gap between two wanted ranges of a task, in bytes. Long gaps are not read.
const GAP: u64 = 4 << 20;

/// The shortest contiguous part of an array per thread, in bytes. Then threads share few cache lines.
const RUN: u64 = 256;

/// The bytes of a variable that are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Cut {
    /// The bytes, in pieces.
    pieces: Vec<Range<u64>>,
    /// True if different pieces fill different memory.
    divides: bool,
}

impl Work<'_> {
    /// The pieces of each variable; none for plain variables.
    pub(super) fn cuts(&self) -> Vec<Cut> {
        let cut = |job: usize| {
            if self.is_plain(job) { Cut::default() } else { self.cut(job, self.ranges(job)) }
        };
        (0..self.wanted).map(cut).collect()
    }

    /// For each array: true if several tasks can fill it.
    pub(super) fn apart(&self, outputs: &[&Output], cuts: &[Cut]) -> Vec<bool> {
        let divides = |share: &Share| {
            share.layout.is_in_order() || cuts.get(share.job).is_some_and(|cut| cut.divides)
        };
        let is_apart = |output: usize| {
            let shares = self.shares_of(output);
            is_apart(shares) && shares.iter().all(divides)
        };
        (0..outputs.len()).map(is_apart).collect()
    }

    /// The reads of each task: jobs and bytes of their variables, in file order; none for plain variables.
    ///
    /// Any thread can read a piece of a variable whose elements go to separate ranges of arrays. Other variables form groups
    /// with a single task: a variable with its arrays, their other variables, and so on.
    pub(super) fn reads(
        &self,
        outputs: &[&Output],
        apart: &[bool],
        cuts: Vec<Cut>,
    ) -> Vec<Vec<(usize, Range<u64>)>> {
        let mut groups = Groups::new(self.jobs.len());
        for (number, (output, is_apart)) in outputs.iter().zip(apart).enumerate() {
            if output.dtype.width().is_some() && !is_apart {
                groups.join(self.shares_of(number).iter().map(|share| share.job));
            }
        }
        let mut tasks = Vec::new();
        let mut together: HashMap<usize, Vec<(usize, Range<u64>)>> = HashMap::new();
        for (number, Cut { pieces, .. }) in cuts.into_iter().enumerate() {
            let reads = pieces.into_iter().map(|piece| (number, piece));
            match groups.of(number) {
                Some(group) => together.entry(group).or_default().extend(reads),
                None => tasks.extend(reads.map(|read| vec![read])),
            }
        }
        for mut reads in together.into_values() {
            reads.sort_by_cached_key(|(number, range)| {
                self.jobs.get(*number).map(|job| job.start(range))
            });
            tasks.push(reads);
        }
        tasks
    }

    /// The byte ranges of a variable that are read.
    fn ranges(&self, number: usize) -> Vec<Range<u64>> {
        let Some(job) = self.jobs.get(number) else { return Vec::new() };
        let width = job.variable.dtype.width().unwrap_or(1);
        if !job.is_of_bytes() {
            let all = 0..bytes(job.variable.shape.elements(), width);
            return if all.is_empty() && !self.is_kept(number) { Vec::new() } else { vec![all] };
        }
        if job.reads_whole {
            return iter::once(0..job.size()).collect();
        }
        let gap = job.parts.iter().fold(GAP, |gap, part| gap.max(part.access().near));
        let gap = gap.checked_div(as_u64(width)).unwrap_or(gap);
        let shares = self.shares(number);
        let mut ranges: Vec<Range<u64>> =
            shares.flat_map(|share| share.layout.ranges(gap)).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut joined = Vec::new();
        for range in ranges {
            join(&mut joined, range, gap);
        }
        joined.into_iter().map(|range| bytes(range.start, width)..bytes(range.end, width)).collect()
    }

    /// Cuts the byte ranges of a variable into pieces. Contiguous destinations also start and end a piece.
    fn cut(&self, number: usize, ranges: Vec<Range<u64>>) -> Cut {
        let Some(job) = self.jobs.get(number).filter(|job| job.is_of_bytes()) else {
            return Cut { divides: ranges.len() < 2, pieces: ranges };
        };
        let width = job.variable.dtype.width().unwrap_or(1);
        let runs = self.shares(number).filter(|share| share.layout.is_run());
        let ends = runs.flat_map(|share| share.layout.ranges(1));
        let mut cuts: Vec<u64> =
            ends.flat_map(|run| [bytes(run.start, width), bytes(run.end, width)]).collect();
        cuts.sort_unstable();
        let least = as_u64(job.piece());
        let moved = self.shares(number).filter_map(|share| piece(share, width, least));
        let piece = moved.max().unwrap_or(least).max(1);
        let mut pieces = Vec::new();
        for range in ranges {
            let mut start = range.start;
            let inside = cuts.iter().copied().filter(|cut| (range.start..range.end).contains(cut));
            for end in inside.chain([range.end]) {
                while start < end {
                    let next = start.saturating_add(1).next_multiple_of(piece).min(end);
                    pieces.push(start..next);
                    start = next;
                }
            }
        }
        let divides = |piece: &Range<u64>| {
            let element = |at: u64| at.checked_div(as_u64(width)).unwrap_or(0);
            let ends = [element(piece.start), element(piece.end)];
            self.shares(number).all(|share| {
                ends.iter().all(|&end| divides(&share.layout, share.layout.before(end)))
            })
        };
        Cut { divides: pieces.iter().all(divides), pieces }
    }

    /// The number of element bytes that are read.
    pub(super) fn size(&self, tasks: &[Vec<(usize, Range<u64>)>]) -> u64 {
        let has_width = |job: &usize| {
            self.jobs.get(*job).is_some_and(|job| job.variable.dtype.width().is_some())
        };
        let reads = tasks.iter().flatten().filter(|(job, _)| has_width(job));
        let reads = reads.map(|(_, range)| range.end.saturating_sub(range.start));
        let jobs = self.jobs.iter().take(self.wanted).enumerate();
        let plain = jobs.filter(|(number, _)| self.is_plain(*number)).map(|(_, job)| job.size());
        reads.chain(plain).fold(0, u64::saturating_add)
    }
}

/// The piece size of a variable for a share, in bytes: whole rows of tiles if the order of elements changes.
fn piece(share: &Share, width: usize, least: u64) -> Option<u64> {
    let Axis { from, into, .. } = moved(&share.layout)?;
    let (row, run) = (bytes(from, width), bytes(into, share.width));
    let rows = least.checked_div(row)?.max(RUN.div_ceil(run.max(1)));
    row.checked_mul(rows.checked_next_multiple_of(as_u64(transpose::ROWS))?)
}

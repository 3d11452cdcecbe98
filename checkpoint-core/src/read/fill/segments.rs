//! The division of the memory of arrays among tasks.

use std::ops::Range;

use checkpoint_schema::plan::Output;
use ndarray::{ArrayViewMut2, Axis};

use super::Work;
use crate::read::job::Job;
use crate::read::queue::{Task, pieces};
use crate::read::reading::PIECE;
use crate::read::runs::{Runs, bytes};
use crate::read::scatter::{Scatter, Share};
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::destination::Destination;

/// The memory of an array that a task fills.
pub(super) struct Segment {
    runs: Runs,
    /// The part of the first run that it fills; the part is the same in every run.
    part: Range<u64>,
    task: usize,
    shares: Vec<usize>,
}

impl Work<'_> {
    /// For each array: the memory that each task fills.
    pub(super) fn segments(
        &self,
        outputs: &[&Output],
        apart: &[bool],
        tasks: &[Vec<(usize, Range<u64>)>],
    ) -> Vec<Vec<Segment>> {
        let mut segments: Vec<Vec<Segment>> = outputs.iter().map(|_| Vec::new()).collect();
        for (task, reads) in tasks.iter().enumerate() {
            let mut jobs: Vec<usize> = reads.iter().map(|(job, _)| *job).collect();
            jobs.sort_unstable();
            jobs.dedup();
            for job in jobs {
                for &number in self.numbers(job) {
                    let Some(share) = self.shares.get(number) else { continue };
                    let Some(of) = segments.get_mut(share.output) else { continue };
                    let is_apart = apart.get(share.output).copied().unwrap_or(false);
                    match (is_apart, of.last_mut().filter(|last| last.task == task)) {
                        (false, Some(segment)) => segment.shares.push(number),
                        (false, None) => {
                            let output = outputs.get(share.output);
                            let elements = output.map_or(0, |output| output.shape.elements());
                            let runs = Runs { elements: 0..elements, step: elements };
                            of.push(Segment {
                                runs,
                                part: 0..elements,
                                task,
                                shares: vec![number],
                            });
                        }
                        (true, _) => {
                            if let Some((runs, part)) = self.filled(share, reads) {
                                of.push(Segment { runs, part, task, shares: vec![number] });
                            }
                        }
                    }
                }
            }
        }
        segments
    }

    /// The memory that a task fills for a share, as a part of the first run.
    fn filled(&self, share: &Share, reads: &[(usize, Range<u64>)]) -> Option<(Runs, Range<u64>)> {
        let width = self.jobs.get(share.job)?.variable.dtype.width()?;
        let element = |at: u64| at.checked_div(as_u64(width)).unwrap_or(0);
        let mut of_job = reads.iter().filter(|(job, _)| *job == share.job);
        let first = of_job.next()?.1.clone();
        let end = of_job.next_back().map_or(first.end, |(_, range)| range.end).max(first.end);
        let layout = &share.layout;
        let numbers = layout.before(element(first.start))..layout.before(element(end));
        let Runs { elements, step } = Runs::of(layout).filter(|_| !numbers.is_empty())?;
        let part = Runs::part(layout, &numbers);
        // All of every run is the whole memory.
        if part.end.saturating_sub(part.start) < step {
            return Some((Runs { elements, step }, part));
        }
        let step = elements.end.saturating_sub(elements.start);
        Some((Runs { elements: elements.clone(), step }, elements))
    }

    /// The tasks with their memory.
    pub(super) fn tasks<'b>(
        &'b self,
        reads: Vec<Vec<(usize, Range<u64>)>>,
        segments: Vec<Vec<Segment>>,
        buffers: &'b mut [Buffer],
    ) -> Vec<Task<'b>> {
        let scatter = |reads| Scatter { reads, ..Scatter::default() };
        let mut tasks: Vec<Scatter<'b>> = reads.into_iter().map(scatter).collect();
        let mut plain = Vec::with_capacity(buffers.len());
        for (output, (buffer, mut segments)) in buffers.iter_mut().zip(segments).enumerate() {
            if let Some(job) = self.plain(output) {
                let piece = self.jobs.get(job).map_or(PIECE, Job::piece);
                plain.extend(pieces(job, 0, buffer.bytes_mut(), piece));
                continue;
            }
            segments.sort_unstable_by_key(|segment| segment.part.start);
            let width = self.shares_of(output).first().map_or(1, |share| share.width);
            for (segment, place) in places(&segments, buffer.bytes_mut(), width) {
                let Some(task) = tasks.get_mut(segment.task) else { continue };
                let shares = segment.shares.iter().filter_map(|&number| self.shares.get(number));
                let number = task.places.len();
                task.shares.extend(shares.map(|share| (share, number)));
                task.places.push(place);
            }
        }
        plain.extend(tasks.into_iter().map(|scatter| self.task(scatter)));
        plain
    }

    /// Simplifies a task.
    fn task<'b>(&self, mut scatter: Scatter<'b>) -> Task<'b> {
        if let [(job, _)] = scatter.reads[..]
            && self.is_kept(job)
        {
            return Task::All { job };
        }
        if let ([(job, range)], [(share, _)], [place]) =
            (&scatter.reads[..], &scatter.shares[..], &scatter.places[..])
            && self.jobs.get(*job).is_some_and(Job::is_of_bytes)
            && share.layout.is_run()
            && share.conversion.is_none()
            && as_u64(place.runs.len()) == range.end.saturating_sub(range.start)
        {
            let (job, at) = (*job, range.start);
            if let Some(into) = scatter.places.pop().and_then(Destination::into_one) {
                return Task::Piece { job, at, into };
            }
        }
        Task::Scatter(Box::new(scatter))
    }
}

/// Cuts the memory of an array, with elements of this width, into its segments. The segments are in array order.
fn places<'s, 'b>(
    segments: &'s [Segment],
    memory: &'b mut [u8],
    width: usize,
) -> Vec<(&'s Segment, Destination<'b>)> {
    let len = |range: Range<u64>| {
        let elements = range.end.saturating_sub(range.start);
        usize::try_from(bytes(elements, width)).unwrap_or(usize::MAX)
    };
    let (mut rest, mut at) = (memory, 0_u64);
    let mut places = Vec::with_capacity(segments.len());
    for segments in segments.chunk_by(|one, next| one.runs == next.runs) {
        let Some(Segment { runs: Runs { elements, step }, .. }) = segments.first() else {
            continue;
        };
        let (_, from) = rest.split_at_mut(len(at..elements.start).min(rest.len()));
        let (here, behind) = from.split_at_mut(len(elements.clone()).min(from.len()));
        (rest, at) = (behind, elements.end);
        let run = len(0..*step);
        let Some(count) = here.len().checked_div(run) else { continue };
        let Ok(mut left) = ArrayViewMut2::from_shape((count, run), here) else { continue };
        let mut at = elements.start;
        for segment in segments {
            let Range { start, end } = segment.part;
            let skip = len(at..start).min(left.ncols());
            let (_, from) = left.split_at(Axis(1), skip);
            let here = len(start..end).min(from.ncols());
            let (runs, behind) = from.split_at(Axis(1), here);
            places.push((segment, Destination { first: start, step: *step, runs }));
            (left, at) = (behind, end);
        }
    }
    places
}

//! Filling arrays: the division of reads and of memory among threads.

use std::collections::HashMap;
use std::ops::Range;
use std::ptr;

use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::Layout;

use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::job::Job;
use crate::read::queue::checks;
use crate::read::reading::Reading;
use crate::read::runs::bytes;
use crate::read::scatter::Share;
use crate::read::work::Outcome;
use crate::system::huge_pages;
use crate::tensor::buffer::Buffer;
use crate::tensor::cast::Conversion;

mod pieces;
mod segments;

/// The elements of a variable that an array takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) variable: &'a Variable,
    /// The index of the array.
    pub(crate) output: usize,
    /// The elements and their positions; `None` for all elements in order.
    pub(crate) layout: Option<&'a Layout>,
}

/// Filled arrays.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) buffers: Vec<Buffer>,
    /// The number of variables that were read.
    pub(crate) variables: usize,
    /// The number of element bytes that were read; strings do not count.
    pub(crate) bytes: u64,
    /// The number of variables whose checksum was not verified.
    pub(crate) unverified: usize,
    /// The number of variables without a checksum.
    pub(crate) without: usize,
}

/// Errors of filling arrays.
#[derive(Debug)]
pub(crate) enum FillError {
    /// A variable cannot be read.
    Read(ReadError),
    /// Out of memory for an array without variables.
    Zeros {
        /// The index of the array.
        output: usize,
        /// The size of the array, in bytes.
        bytes: u64,
    },
}

impl From<ReadError> for FillError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// The plan of a fill, complete before memory is allocated.
struct Work<'a> {
    /// The jobs: first those that arrays need, then those that are only verified.
    jobs: Vec<Job<'a>>,
    /// The number of jobs that arrays need.
    wanted: usize,
    /// The shares, in the order of the arrays.
    shares: Vec<Share>,
    /// The index of the first share of each array.
    of_outputs: Starts,
    /// The indices of the shares, in the order of the jobs.
    by_job: Vec<usize>,
    /// The index in `by_job` of the first share of each job.
    of_jobs: Starts,
    /// For each job: the array that equals its variable, if the variable has no other use.
    wholes: Vec<Option<usize>>,
}

/// The start of each group in a list sorted by group, followed by the end of the list.
struct Starts(Vec<usize>);

impl Starts {
    /// Counts the members of `count` groups, from the group numbers in any order.
    fn new(count: usize, numbers: impl Iterator<Item = usize>) -> Self {
        let mut starts = vec![0_usize; count.saturating_add(1)];
        for number in numbers {
            if let Some(next) = starts.get_mut(number.saturating_add(1)) {
                *next = next.saturating_add(1);
            }
        }
        let mut before = 0_usize;
        for start in &mut starts {
            before = before.saturating_add(*start);
            *start = before;
        }
        Self(starts)
    }

    fn range(&self, number: usize) -> Range<usize> {
        let at = |number: usize| self.0.get(number).copied().unwrap_or(0);
        at(number)..at(number.saturating_add(1))
    }
}

impl<'a> Reading<'a> {
    /// Fills arrays with elements of variables. Each variable is read once, and elements without a variable are zero. The
    /// checksums of lent (borrowed) variables are verified too.
    pub(crate) fn fill(
        &self,
        outputs: &[&Output],
        wanted: &[Wanted<'a>],
        lent: &[&'a Variable],
    ) -> Result<Filled, FillError> {
        // Detect all errors that need no read before allocating memory.
        let work = Work::new(self, outputs, wanted, lent)?;
        let mut buffers = work.allocate(outputs)?;
        let touched = huge_pages::prefer(buffers.iter_mut().map(Buffer::bytes_mut));
        let cuts = work.cuts();
        let apart = work.apart(outputs, &cuts);
        let reads = work.reads(outputs, &apart, cuts);
        let bytes = work.size(&reads);
        let segments = work.segments(outputs, &apart, &reads);
        let mut tasks = work.tasks(reads, segments, &mut buffers);
        let lent = work.jobs.iter().enumerate().skip(work.wanted);
        tasks.extend(lent.flat_map(|(number, job)| checks(number, job)));
        let Outcome { all, unverified, without, skipped } =
            self.run(&work.jobs, tasks, Some(&touched))?;
        work.keep(all, outputs, &mut buffers)?;
        let bytes = bytes.saturating_sub(skipped);
        Ok(Filled { buffers, variables: work.wanted, bytes, unverified, without })
    }
}

impl<'a> Work<'a> {
    fn new(
        reading: &Reading<'a>,
        outputs: &[&Output],
        wanted: &[Wanted<'a>],
        lent: &[&'a Variable],
    ) -> Result<Self, ReadError> {
        let mut jobs = Vec::with_capacity(wanted.len());
        let firsts = first_wants(wanted);
        let mut wants = Vec::with_capacity(wanted.len());
        for (at, (want, first)) in wanted.iter().zip(firsts).enumerate() {
            let number = if first == at {
                jobs.push(Job::new(reading.source, want.variable)?);
                jobs.len().saturating_sub(1)
            } else {
                wants.get(first).copied().unwrap_or_default()
            };
            if let Some(job) = jobs.get_mut(number) {
                job.gather_for(want.layout);
            }
            wants.push(number);
        }
        let mut shares = Vec::with_capacity(wanted.len());
        for (number, want) in wants.into_iter().zip(wanted) {
            let (Some(job), Some(output)) = (jobs.get(number), outputs.get(want.output)) else {
                continue;
            };
            let share = share((number, job), want, output);
            shares.push(share.map_err(|kind| failed(&want.variable.name, kind))?);
        }
        let wanted = jobs.len();
        for variable in lent {
            jobs.push(Job::new(reading.source, variable)?);
        }
        shares.sort_by_key(|share| share.output);
        let mut by_job: Vec<usize> = (0..shares.len()).collect();
        by_job.sort_by_key(|&number| shares.get(number).map(|share| share.job));
        let wholes = wholes(&jobs, &shares);
        let of_outputs = Starts::new(outputs.len(), shares.iter().map(|share| share.output));
        let of_jobs = Starts::new(jobs.len(), shares.iter().map(|share| share.job));
        let mut work = Self { jobs, wanted, shares, of_outputs, by_job, of_jobs, wholes };
        work.read_whole(reading);
        Ok(work)
    }

    /// Decides which jobs read all bytes of their extents, also those between elements, to verify the checksums.
    fn read_whole(&mut self, reading: &Reading<'_>) {
        for number in 0..self.jobs.len() {
            let elements = self.shares(number).map(|share| share.layout.elements());
            let taken = elements.fold(0, u64::saturating_add);
            if let Some(job) = self.jobs.get_mut(number) {
                job.reads_whole = reading.reads_whole(job, taken);
            }
        }
    }

    /// The indices of the shares of a job.
    fn numbers(&self, job: usize) -> &[usize] {
        self.by_job.get(self.of_jobs.range(job)).unwrap_or_default()
    }

    /// The shares of a job.
    fn shares(&self, job: usize) -> impl Iterator<Item = &Share> {
        self.numbers(job).iter().filter_map(|&number| self.shares.get(number))
    }

    /// The shares of an array.
    fn shares_of(&self, output: usize) -> &[Share] {
        self.shares.get(self.of_outputs.range(output)).unwrap_or_default()
    }

    /// True if the result of a job is kept whole until all reads are done. This applies to strings, whose lengths are not known
    /// in advance, and to results that become arrays without a copy.
    fn is_kept(&self, number: usize) -> bool {
        let Some(job) = self.jobs.get(number) else { return false };
        !job.is_of_bytes() && (job.variable.dtype.width().is_none() || self.whole(number).is_some())
    }

    /// True if the contiguous bytes of a variable in the files are exactly an array.
    fn is_plain(&self, job: usize) -> bool {
        self.jobs.get(job).is_some_and(Job::is_of_bytes) && self.whole(job).is_some()
    }

    /// The job whose bytes are exactly this array.
    fn plain(&self, output: usize) -> Option<usize> {
        let job = self.shares_of(output).first()?.job;
        self.is_plain(job).then_some(job)
    }

    /// The array that equals the variable of a job, if the variable has no other use.
    fn whole(&self, job: usize) -> Option<usize> {
        self.wholes.get(job).copied().flatten()
    }

    /// Allocates the arrays, except those that a job returns whole.
    fn allocate(&self, outputs: &[&Output]) -> Result<Vec<Buffer>, FillError> {
        let allocate = |(number, output): (usize, &&Output)| {
            let share = self.shares_of(number).first();
            let Some(width) = output.dtype.width() else {
                return Ok(Buffer::Strings(crate::tensor::strings::Strings::default()));
            };
            if share.is_some_and(|share| self.is_kept(share.job)) {
                return Ok(Buffer::W8(Vec::new()));
            }
            let elements = output.shape.elements();
            let buffer = usize::try_from(elements).ok();
            let buffer = buffer.and_then(|elements| Buffer::zeroed(output.dtype, elements));
            buffer.ok_or_else(|| self.no_memory(number, bytes(elements, width)))
        };
        let mut buffers = Vec::with_capacity(outputs.len());
        for output in outputs.iter().enumerate() {
            buffers.push(allocate(output)?);
        }
        Ok(buffers)
    }

    /// The out-of-memory error for an array.
    fn no_memory(&self, output: usize, bytes: u64) -> FillError {
        match self.shares_of(output).iter().find_map(|share| self.jobs.get(share.job)) {
            Some(job) => failed(&job.variable.name, ReadErrorKind::Memory { bytes }).into(),
            None => FillError::Zeros { output, bytes },
        }
    }

    /// Moves kept results into the arrays.
    fn keep(
        &self,
        all: Vec<(usize, Buffer)>,
        outputs: &[&Output],
        buffers: &mut [Buffer],
    ) -> Result<(), FillError> {
        let mut all: HashMap<usize, Buffer> = all.into_iter().collect();
        for (number, (output, buffer)) in outputs.iter().zip(buffers).enumerate() {
            let shares = self.shares_of(number);
            if let Some(job) = shares.first().map(|share| share.job)
                && self.whole(job) == Some(number)
            {
                if let Some(kept) = all.remove(&job) {
                    *buffer = kept;
                }
            } else if output.dtype.width().is_none() {
                *buffer = strings(&all, shares, output).ok_or_else(|| {
                    let bytes = bytes(output.shape.elements(), size_of::<&[u8]>());
                    self.no_memory(number, bytes)
                })?;
            }
        }
        Ok(())
    }
}

/// For each want, the index of the first want of the same variable. The address of a variable of the catalog identifies it.
fn first_wants(wanted: &[Wanted<'_>]) -> Vec<usize> {
    let address = |&at: &usize| wanted.get(at).map(|want| ptr::from_ref(want.variable));
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(address);
    let mut firsts = vec![0; wanted.len()];
    for same in order.chunk_by(|one, next| address(one) == address(next)) {
        for &at in same {
            if let (Some(first), Some(&of)) = (firsts.get_mut(at), same.first()) {
                *first = of;
            }
        }
    }
    firsts
}

/// For each job: the array that equals its variable, if the variable has no other use. The shares are in the order of the
/// arrays.
fn wholes(jobs: &[Job<'_>], shares: &[Share]) -> Vec<Option<usize>> {
    let mut wholes = vec![None; jobs.len()];
    let mut is_met = vec![false; jobs.len()];
    for of_one in shares.chunk_by(|one, next| one.output == next.output) {
        for share in of_one {
            let found = (jobs.get(share.job), wholes.get_mut(share.job), is_met.get_mut(share.job));
            let (Some(job), Some(whole), Some(is_met)) = found else { continue };
            let is_run = share.layout.is_run() && share.is_all && share.conversion.is_none();
            let is_all = share.layout.elements() == job.elements();
            let is_alone = of_one.len() == 1 && !*is_met;
            *whole = (is_run && is_all && is_alone).then_some(share.output);
            *is_met = true;
        }
    }
    wholes
}

/// Resolves the elements of a variable that an array takes.
fn share(
    (number, job): (usize, &Job<'_>),
    wanted: &Wanted<'_>,
    output: &Output,
) -> Result<Share, ReadErrorKind> {
    let (variable, elements) = (wanted.variable, wanted.variable.shape.elements());
    let room = output.shape.elements();
    let layout = match wanted.layout {
        None => Some(Layout::whole(elements)).filter(|_| elements == room),
        Some(layout) => Some(layout.clone()).filter(|layout| layout.is_within(elements, room)),
    };
    let what = "a place beyond the variable or the array is";
    let layout = layout.and_then(|layout| job.stored_layout(layout));
    let layout = layout.ok_or(ReadErrorKind::Unsupported { what })?;
    let conversion = if variable.dtype == output.dtype {
        None
    } else {
        let what = "a conversion of its elements into those of the field is";
        let conversion = Conversion::of(variable.dtype, output.dtype);
        Some(conversion.ok_or(ReadErrorKind::Unsupported { what })?)
    };
    let (dtype, width) = (output.dtype, output.dtype.width().unwrap_or(0));
    let is_all = layout.elements() == room;
    Ok(Share { job: number, output: wanted.output, layout, conversion, width, dtype, is_all })
}

/// The strings of an array; `None` if out of memory.
fn strings(all: &HashMap<usize, Buffer>, shares: &[Share], output: &Output) -> Option<Buffer> {
    let elements = usize::try_from(output.shape.elements()).ok()?;
    let mut placed: Vec<&[u8]> = Vec::new();
    placed.try_reserve_exact(elements).ok()?;
    placed.resize(elements, &[]);
    for share in shares {
        let Some(Buffer::Strings(strings)) = all.get(&share.job) else { continue };
        for number in 0..share.layout.elements() {
            let (from, into) = share.layout.place(number);
            let string = usize::try_from(from).ok().and_then(|from| strings.get(from));
            let place = usize::try_from(into).ok().and_then(|into| placed.get_mut(into));
            if let (Some(string), Some(place)) = (string, place) {
                *place = string;
            }
        }
    }
    Some(Buffer::Strings(placed.into_iter().collect()))
}

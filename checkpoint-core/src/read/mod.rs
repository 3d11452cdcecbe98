//! Reading tensors: one pass over the files, on several threads, checksums on the way.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::thread;

use checkpoint_schema::format::DAMAGED_OR_OTHER;
use checkpoint_schema::listing::catalog::{Checksum, Defect, Extent, Name, Spec, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::plan::{Layout, Output};
use thiserror::Error;

use crate::open::other_format::look_at_data;
use crate::read::job::Job;
use crate::read::queue::checks;
use crate::source::{DataFile, Source, SourceError};
use crate::tensor::TensorError;
use crate::tensor::buffer::Buffer;
use crate::tensor::value::Value;

pub(crate) use crate::read::fill::{FillError, Filled, Wanted};
pub(crate) use crate::read::ranges::Ranges;

mod fill;
mod groups;
pub(crate) mod job;
mod part;
mod place;
mod placing;
mod plane;
mod queue;
mod ranges;
mod scatter;
mod strings;
mod sums;
mod window;
mod work;

#[cfg(test)]
mod recording;
#[cfg(test)]
mod tests;

pub(crate) mod native;
pub(crate) mod region;

/// The bytes that one thread reads of one tensor before it looks for more: large tensors are shared by threads.
pub(crate) const PIECE: usize = 4 << 20;

/// What is in memory on a thread while it is moved are multiples of so many bytes.
const CHUNK: usize = 256 << 10;

/// The most bytes that are in memory besides the arrays, on each thread, of a variable whose elements are moved.
const BLOCK: usize = 4 << 20;

/// The same of all threads together.
const BLOCKS: usize = 16 << 20;

/// Why a variable cannot be read.
#[derive(Clone, Error)]
#[error("cannot read `{}`: {kind}", variable.short())]
pub struct ReadError {
    /// The variable.
    pub variable: Name,
    /// What is wrong.
    #[source]
    pub kind: ReadErrorKind,
}

debug_as_display!(ReadError);

/// What is wrong with a variable that cannot be read.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// Its bytes cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The checkpoint itself says that it cannot be read.
    #[error("it is {}: {defect}", defect.word())]
    Unreadable {
        /// Why.
        defect: Defect,
    },
    /// Its bytes are not those that were written.
    #[error(
        "the checksum of its {} bytes at byte {} of the data file `{path}` is {computed:08x}, but the \
         checkpoint says {}; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset, extent.checksum
    )]
    Checksum {
        /// The data file.
        path: PathBuf,
        /// Where they are in it.
        extent: Extent,
        /// Their own checksum.
        computed: u32,
    },
    /// Its bytes are not those that were written, by a checksum among themselves.
    #[error(
        "the checksum at byte {at} of the data file `{path}` is {stored:08x}, but that of what comes before it is \
         {computed:08x}; {DAMAGED_OR_OTHER}"
    )]
    InnerChecksum {
        /// The data file.
        path: PathBuf,
        /// Where the checksum is in it.
        at: u64,
        /// The checksum there, masked.
        stored: u32,
        /// What it would have to be.
        computed: u32,
    },
    /// Its elements, which say themselves how long they are, are not exactly as long as the checkpoint says.
    #[error(
        "its elements do not end with the {} bytes at byte {} of the data file `{path}`; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset
    )]
    Elements {
        /// The data file.
        path: PathBuf,
        /// Where they are in it.
        extent: Extent,
    },
    /// Its slices are in the same bytes.
    #[error(
        "its slices take {claimed} bytes, but the data files that they are in have {size}; the checkpoint is \
         damaged, fetch it again"
    )]
    Overlap {
        /// The bytes of all slices.
        claimed: u64,
        /// The bytes of the data files.
        size: u64,
    },
    /// There is not enough memory.
    #[error("it takes {bytes} bytes of memory, which cannot be had")]
    Memory {
        /// How much it takes.
        bytes: u64,
    },
    /// The tensors up to it take more memory than a load may.
    #[error(
        "with it, the tensors take {bytes} bytes of memory, and the limit is {limit}; load less, or raise \
         `LoadOptions::max_bytes` or `Limits::load_bytes`"
    )]
    Limit {
        /// How much they take up to it.
        bytes: u64,
        /// How much they may take.
        limit: u64,
    },
    /// The program does not want it any more: see [`LoadOptions::cancel`](crate::LoadOptions::cancel).
    #[error("it was cancelled")]
    Cancelled,
    /// There is none of this name.
    #[error("the checkpoint has no such variable; {}", suggestion(nearest))]
    Missing {
        /// The names that are near to it, the nearest first; at most three.
        nearest: Box<[Name]>,
    },
    /// There are several of this full name.
    #[error("it is the full name of {variables} variables; ask for one by its key, such as `{}`", keys.first().cloned().unwrap_or_default())]
    Ambiguous {
        /// How many there are.
        variables: usize,
        /// The keys of some; at most three.
        keys: Box<[Name]>,
    },
    /// It is not what was asked for.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// It is to be read into a buffer of another length.
    #[error(
        "it has {elements} elements, but the buffer has room for {room}; give one of exactly {elements}"
    )]
    Room {
        /// The number of its elements.
        elements: u64,
        /// The number of those of the buffer.
        room: usize,
    },
    /// It has no rows.
    #[error("it has no axes, and so no rows; read all of it")]
    Scalar,
    /// It does not have all of these rows.
    #[error("it is {found}, which does not have the rows {}..{}; ask for rows within 0..{}", rows.start, rows.end, found.shape.dims().first().unwrap_or(&0))]
    Rows {
        /// What it holds.
        found: Spec,
        /// The rows that were asked for.
        rows: Range<u64>,
    },
    /// It has an element that the type of the field does not hold.
    #[error(
        "its element {index:?} is {value}, which is no {dtype}; let the field hold a type that has such numbers"
    )]
    NotHeld {
        /// The index of the element on each axis.
        index: Box<[u64]>,
        /// What it is.
        value: Value,
        /// The type of the elements of the field.
        dtype: DType,
    },
    /// Nobody knows how to read what it holds.
    #[error("{what} not supported")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
}

/// What to do where there is no variable.
fn suggestion(nearest: &[Name]) -> String {
    let quoted: Vec<_> = nearest.iter().map(|name| format!("`{}`", name.short())).collect();
    match &quoted[..] {
        [] => "`Checkpoint::variables` lists what it has".to_owned(),
        [only] => format!("did you mean {only}?"),
        [others @ .., last] => format!("did you mean {} or {last}?", others.join(", ")),
    }
}

impl ReadErrorKind {
    pub(crate) fn checksum(file: &dyn DataFile, extent: &Extent, computed: u32) -> Self {
        Self::Checksum { path: file.path().to_owned(), extent: *extent, computed }
    }

    /// The same, or where bytes are not those that were written: what the file is, if that is known.
    fn or_foreign(self, file: &dyn DataFile) -> Self {
        let path = file.path().to_owned();
        match self {
            // An archive was looked at when it was opened.
            Self::Checksum { extent: Extent { checksum: Checksum::Crc32(_), .. }, .. } => self,
            Self::Checksum { .. } | Self::InnerChecksum { .. } | Self::Elements { .. } => {
                look_at_data(file)
                    .map_or(self, |what| SourceError::OtherFormat { path, what }.into())
            }
            _ => self,
        }
    }
}

/// How far a load is: what is read, and what is verified where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The bytes of tensors that are read or verified.
    pub done: u64,
    /// The bytes of tensors that are to be; 0 where nothing is, as where all is borrowed and not verified.
    pub total: u64,
}

/// How tensors are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a dyn Source,
    /// `None` for all cores.
    pub(crate) threads: Option<NonZero<usize>>,
    pub(crate) verify: bool,
    pub(crate) on_progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// Set where what is read is not wanted any more.
    pub(crate) cancel: Option<&'a AtomicBool>,
}

impl<'a> Reading<'a> {
    /// The threads to read on, for so many pieces of work.
    fn thread_count(&self, pieces: usize, jobs: &[Job<'_>]) -> usize {
        // To count the cores is to read files.
        if pieces < 2 {
            return 1;
        }
        let parts = jobs.iter().flat_map(|job| &job.parts);
        let threads = self.threads.or_else(|| parts.filter_map(|part| part.access.in_flight).max());
        let threads = threads.or_else(|| thread::available_parallelism().ok());
        threads.map_or(1, NonZero::get).min(pieces)
    }

    /// Reads variables, each into memory of its own, in their order.
    pub(crate) fn read(&self, variables: &[&'a Variable]) -> Result<Vec<Buffer>, ReadError> {
        let output = |variable: &&Variable| {
            let Spec { dtype, shape } = variable.spec();
            Output::owned(dtype, shape)
        };
        let outputs: Vec<Output> = variables.iter().map(output).collect();
        let wanted = |(output, variable): (usize, &&'a Variable)| {
            let layout = None;
            Wanted { variable, output, layout }
        };
        let wanted: Vec<Wanted<'_>> = variables.iter().enumerate().map(wanted).collect();
        match self.fill(&outputs.iter().collect::<Vec<_>>(), &wanted, &[]) {
            Ok(filled) => Ok(filled.buffers),
            Err(FillError::Read(error)) => Err(error),
            // Each array is filled by its variable.
            Err(FillError::Zeros { output, bytes }) => {
                let name = variables.get(output).map(|variable| variable.name.clone());
                Err(failed(&name.unwrap_or_default(), ReadErrorKind::Memory { bytes }))
            }
        }
    }

    /// Fills an array with elements of some variables.
    pub(crate) fn join(
        &self,
        output: &Output,
        parts: impl IntoIterator<Item = (&'a Variable, &'a Layout)>,
    ) -> Result<Buffer, ReadError> {
        let wanted = |(variable, layout)| Wanted { variable, output: 0, layout: Some(layout) };
        let wanted: Vec<Wanted<'_>> = parts.into_iter().map(wanted).collect();
        let first = wanted.first().map(|wanted| wanted.variable.name.clone()).unwrap_or_default();
        let memory = |bytes| failed(&first, ReadErrorKind::Memory { bytes });
        let filled = self.fill(&[output], &wanted, &[]).map_err(|error| match error {
            FillError::Read(error) => error,
            FillError::Zeros { bytes, .. } => memory(bytes),
        })?;
        filled.buffers.into_iter().next().ok_or_else(|| memory(0))
    }

    /// Verifies the checksums of variables, and keeps nothing of them.
    pub(crate) fn check(&self, variables: &[&'a Variable]) -> Result<(), ReadError> {
        let job = |variable: &&'a Variable| Job::new(self.source, variable);
        let jobs = variables.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        let tasks = jobs.iter().enumerate().flat_map(|(number, job)| checks(number, job)).collect();
        self.run(&jobs, tasks, None).map(drop)
    }

    /// Shows the elements of a variable to `visit`, in order.
    pub(crate) fn read_pieces(
        &self,
        variable: &'a Variable,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let job = Job::new(self.source, variable)?;
        if job.is_of_bytes() {
            return self.run_in_order(job, visit);
        }
        for buffer in self.read(&[variable])? {
            visit(buffer.bytes());
        }
        Ok(())
    }
}

/// Fails where tensors of variables take more memory than `limit`, before any is taken.
pub(crate) fn within<'v>(
    limit: u64,
    tensors: impl IntoIterator<Item = (&'v Variable, u64)>,
) -> Result<(), ReadError> {
    let mut bytes = 0_u64;
    for (variable, more) in tensors {
        bytes = bytes.saturating_add(more);
        if bytes > limit {
            return Err(failed(&variable.name, ReadErrorKind::Limit { bytes, limit }));
        }
    }
    Ok(())
}

pub(crate) fn failed(variable: &Name, kind: ReadErrorKind) -> ReadError {
    ReadError { variable: variable.clone(), kind }
}

/// A number of bytes in memory as one of bytes in a file.
pub(crate) fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

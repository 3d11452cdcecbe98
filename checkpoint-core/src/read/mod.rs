//! Reading tensors: one pass over the files, on several threads, with checksums verified during the read.

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
use std::path::{Path, PathBuf};
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
mod strides;
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

/// The largest task of a thread on one tensor, in bytes. Threads share larger tensors.
pub(crate) const PIECE: usize = 4 << 20;

/// The size unit of the blocks that a thread moves, in bytes.
const CHUNK: usize = 256 << 10;

/// The largest block on each thread, in bytes: memory in addition to the arrays, for variables whose elements are moved.
const BLOCK: usize = 4 << 20;

/// The largest total of these blocks on all threads, in bytes.
const BLOCKS: usize = 16 << 20;

/// A variable cannot be read.
#[derive(Clone, Error)]
#[error("cannot read `{}`: {kind}", variable.short())]
pub struct ReadError {
    /// The variable.
    pub variable: Name,
    /// The cause.
    #[source]
    pub kind: ReadErrorKind,
}

debug_as_display!(ReadError);

/// The cause of a [`ReadError`].
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The catalog marks the variable as unreadable.
    #[error("it is {}: {defect}", defect.word())]
    Unreadable {
        /// The reason.
        defect: Defect,
    },
    /// The checksum is wrong: the bytes are damaged.
    #[error(
        "the checksum of its {} bytes at byte {} of the data file `{path}` is {computed:08x}, but the \
         checkpoint says {}; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset, extent.checksum
    )]
    Checksum {
        /// The data file.
        path: PathBuf,
        /// The byte range in the data file.
        extent: Extent,
        /// The checksum of the bytes that were read.
        computed: u32,
    },
    /// A checksum between the elements is wrong: the bytes are damaged.
    #[error(
        "the checksum at byte {at} of the data file `{path}` is {stored:08x}, but that of what comes before it is \
         {computed:08x}; {DAMAGED_OR_OTHER}"
    )]
    InnerChecksum {
        /// The data file.
        path: PathBuf,
        /// The offset of the checksum in the data file.
        at: u64,
        /// The stored checksum, masked.
        stored: u32,
        /// The computed checksum, masked.
        computed: u32,
    },
    /// The total length of the elements, by their own length fields, differs from the length in the catalog.
    #[error(
        "its elements do not end with the {} bytes at byte {} of the data file `{path}`; {DAMAGED_OR_OTHER}",
        extent.size, extent.offset
    )]
    Elements {
        /// The data file.
        path: PathBuf,
        /// The byte range in the data file.
        extent: Extent,
    },
    /// Slices of the variable overlap.
    #[error(
        "its slices take {claimed} bytes, but the data files that they are in have {size}; the checkpoint is \
         damaged, fetch it again"
    )]
    Overlap {
        /// The total size of the slices, in bytes.
        claimed: u64,
        /// The size of the data files, in bytes.
        size: u64,
    },
    /// Out of memory.
    #[error("it takes {bytes} bytes of memory, which are not available")]
    Memory {
        /// The size of the allocation, in bytes.
        bytes: u64,
    },
    /// The tensors exceed the memory limit of a load.
    #[error(
        "with it, the tensors take {bytes} bytes of memory, and the limit is {limit}; load less, or raise \
         `LoadOptions::max_bytes` or `Limits::load_bytes`"
    )]
    Limit {
        /// The total size of the tensors up to this one, in bytes.
        bytes: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The load was cancelled: see [`LoadOptions::cancel`](crate::LoadOptions::cancel).
    #[error("it was cancelled")]
    Cancelled,
    /// No variable has this name.
    #[error("the checkpoint has no such variable; {}", suggestion(nearest))]
    Missing {
        /// Similar names, the nearest first; at most three.
        nearest: Box<[Name]>,
    },
    /// Several variables have this full name.
    #[error("it is the full name of {variables} variables; ask for one by its key, such as `{}`", keys.first().cloned().unwrap_or_default())]
    Ambiguous {
        /// The number of these variables.
        variables: usize,
        /// The keys of some of them; at most three.
        keys: Box<[Name]>,
    },
    /// The tensor does not have the requested type.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The length of the buffer differs from that of the variable.
    #[error(
        "it has {elements} elements, but the buffer has room for {room}; give one of exactly {elements}"
    )]
    Room {
        /// The number of elements of the variable.
        elements: u64,
        /// The number of elements of the buffer.
        room: usize,
    },
    /// The variable is a scalar, so it has no rows.
    #[error("it is a scalar and has no rows; read the whole variable")]
    Scalar,
    /// The requested rows are out of range.
    #[error("it is {found}, which does not have the rows {}..{}; ask for rows within 0..{}", rows.start, rows.end, found.shape.dims().first().unwrap_or(&0))]
    Rows {
        /// The dtype and shape of the variable.
        found: Spec,
        /// The requested rows.
        rows: Range<u64>,
    },
    /// The element type of the field cannot represent an element.
    #[error(
        "its element {index:?} is {value}, which {dtype} cannot represent; change the type of the field"
    )]
    NotHeld {
        /// The index of the element, by axis.
        index: Box<[u64]>,
        /// The value of the element.
        value: Value,
        /// The element type of the field.
        dtype: DType,
    },
    /// Reading this kind of data is not supported.
    #[error("{what} not supported")]
    Unsupported {
        /// The kind of data.
        what: &'static str,
    },
}

/// The advice for a missing variable.
fn suggestion(nearest: &[Name]) -> String {
    let quoted: Vec<_> = nearest.iter().map(|name| format!("`{}`", name.short())).collect();
    match &quoted[..] {
        [] => "`Checkpoint::variables` lists what it has".to_owned(),
        [only] => format!("did you mean {only}?"),
        [others @ .., last] => format!("did you mean {} or {last}?", others.join(", ")),
    }
}

impl ReadErrorKind {
    /// True if the data file cannot be opened or is of another kind. All of its variables have the same error.
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        matches!(
            self,
            Self::Source(
                SourceError::Open { .. }
                    | SourceError::Unfinished { .. }
                    | SourceError::Special { .. }
                    | SourceError::OtherFormat { .. }
            )
        )
    }

    /// The data file whose bytes are not those that the checkpoint describes.
    #[must_use]
    pub fn mismatched_file(&self) -> Option<&Path> {
        match self {
            Self::Checksum { path, .. }
            | Self::InnerChecksum { path, .. }
            | Self::Elements { path, .. }
            | Self::Source(SourceError::Short { path, .. }) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn checksum(file: &dyn DataFile, extent: &Extent, computed: u32) -> Self {
        Self::Checksum { path: file.path().to_owned(), extent: *extent, computed }
    }

    /// Replaces an error about damaged bytes if the file has another known format.
    fn or_foreign(self, file: &dyn DataFile) -> Self {
        let path = file.path().to_owned();
        match self {
            // Archives are identified on opening.
            Self::Checksum { extent: Extent { checksum: Checksum::Crc32(_), .. }, .. } => self,
            Self::Checksum { .. } | Self::InnerChecksum { .. } | Self::Elements { .. } => {
                look_at_data(file)
                    .map_or(self, |what| SourceError::OtherFormat { path, what }.into())
            }
            _ => self,
        }
    }
}

/// Progress of a load, in bytes read and bytes verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of tensor bytes that have been read or verified, or passed over between wanted ones.
    pub done: u64,
    /// The total number of tensor bytes to read or verify. It is 0 if there are none, for example if all tensors are borrowed
    /// and not verified.
    pub total: u64,
}

/// The parameters of reading tensors.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a dyn Source,
    /// The number of threads; `None` for all cores.
    pub(crate) threads: Option<NonZero<usize>>,
    pub(crate) verify: bool,
    /// True if variables wanted in part are read whole if they have a checksum, to verify it.
    pub(crate) verify_parts: bool,
    pub(crate) on_progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// Set to cancel the read.
    pub(crate) cancel: Option<&'a AtomicBool>,
}

impl<'a> Reading<'a> {
    /// True if all of a variable is read, even if only a part is wanted.
    fn reads_whole(&self, variable: &Variable) -> bool {
        self.verify && self.verify_parts && variable.place.has_checksum()
    }

    /// The number of threads for this number of tasks.
    fn thread_count(&self, pieces: usize, jobs: &[Job<'_>]) -> usize {
        // Counting the cores reads files of the system, so skip it for a single task.
        if pieces < 2 {
            return 1;
        }
        let parts = jobs.iter().flat_map(|job| &job.parts);
        let threads = self.threads.or_else(|| parts.filter_map(|part| part.access.in_flight).max());
        let threads = threads.or_else(|| thread::available_parallelism().ok());
        threads.map_or(1, NonZero::get).min(pieces)
    }

    /// Reads variables, each into its own buffer, in order.
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
            // Each array is fully covered by its variable.
            Err(FillError::Zeros { output, bytes }) => {
                let name = variables.get(output).map(|variable| variable.name.clone());
                Err(failed(&name.unwrap_or_default(), ReadErrorKind::Memory { bytes }))
            }
        }
    }

    /// Fills an array with elements of several variables.
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

    /// Verifies the checksums of variables and drops the bytes.
    pub(crate) fn check(&self, variables: &[&'a Variable]) -> Result<(), ReadError> {
        let job = |variable: &&'a Variable| Job::new(self.source, variable);
        let jobs = variables.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        let tasks = jobs.iter().enumerate().flat_map(|(number, job)| checks(number, job)).collect();
        self.run(&jobs, tasks, None).map(drop)
    }

    /// Calls `visit` with the elements of a variable, piece by piece, in order.
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

/// Returns an error if tensors of variables exceed `limit` bytes, before any memory is allocated.
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

/// Converts a length in memory to a length in a file.
pub(crate) fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

//! Reading byte ranges of a variable.

use checkpoint_schema::listing::catalog::Variable;

use crate::read::checksums::Checksums;
use crate::read::error::ReadError;
use crate::read::job::Job;
use crate::read::queue::Task;
use crate::read::reading::Reading;
use crate::read::work::{Shared, Worker};

/// A variable whose bytes are read in any order, each once.
pub(crate) struct Ranges<'a> {
    reading: Reading<'a>,
    jobs: [Job<'a>; 1],
    sums: Checksums,
}

impl<'a> Ranges<'a> {
    /// Creates a reader; `None` if the variable can only be read whole.
    ///
    /// # Errors
    /// Returns an error if the data files cannot be opened or are too short.
    pub(crate) fn new(
        reading: Reading<'a>,
        variable: &'a Variable,
    ) -> Result<Option<Self>, ReadError> {
        let job = Job::new(reading.source, variable)?;
        if !job.is_row_major() {
            return Ok(None);
        }
        let jobs = [job];
        let sums = Checksums::new(if reading.verify { &jobs } else { &[] })?;
        Ok(Some(Self { reading, jobs, sums }))
    }

    /// Fills `into` with the bytes of the variable from offset `at`. Several threads may call it at once.
    ///
    /// # Errors
    /// Returns an error if bytes cannot be read. The call that completes an extent fails if its checksum is wrong.
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let shared = Shared::new(&self.reading, &self.jobs, Vec::new(), &self.sums, None);
        Worker::new(&shared).task(Task::Piece { job: 0, at, into })
    }
}

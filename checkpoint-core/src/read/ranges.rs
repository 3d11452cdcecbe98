//! Reading a variable range by range.

use checkpoint_schema::listing::catalog::Variable;

use crate::read::job::Job;
use crate::read::queue::Task;
use crate::read::sums::Sums;
use crate::read::work::{Shared, Worker};
use crate::read::{ReadError, Reading};

/// A variable whose bytes are read in any order, each once.
pub(crate) struct Ranges<'a> {
    reading: Reading<'a>,
    jobs: [Job<'a>; 1],
    sums: Sums,
}

impl<'a> Ranges<'a> {
    /// A variable of which nothing is read yet; `None` if it can only be read whole.
    ///
    /// # Errors
    /// If its data files cannot be opened or are too short.
    pub(crate) fn new(
        reading: Reading<'a>,
        variable: &'a Variable,
    ) -> Result<Option<Self>, ReadError> {
        let job = Job::new(reading.source, variable)?;
        if !job.is_of_bytes() {
            return Ok(None);
        }
        let jobs = [job];
        let sums = Sums::new(if reading.verify { &jobs } else { &[] })?;
        Ok(Some(Self { reading, jobs, sums }))
    }

    /// Fills `into` with the bytes of the variable from byte `at` on. Several threads may call it at once.
    ///
    /// # Errors
    /// If bytes cannot be read. The call that reads the last ones fails if the checksum of all of them is wrong.
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> Result<(), ReadError> {
        let shared = Shared::new(&self.reading, &self.jobs, Vec::new(), &self.sums, None);
        Worker::new(&shared).task(Task::Piece { job: 0, at, into })
    }
}

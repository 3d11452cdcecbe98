//! Reading whole variables.

use checkpoint_schema::listing::catalog::{Spec, Variable};
use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::Layout;

use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::fill::{FillError, Wanted};
use crate::read::job::Job;
use crate::read::queue::checks;
use crate::read::reading::Reading;
use crate::tensor::buffer::Buffer;

impl<'a> Reading<'a> {
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
        if job.is_row_major() {
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

//! Reading a part of a variable, or reading into a buffer of the caller.

use std::ops::Range;

use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::{Axis, Layout};

use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::job::Job;
use crate::read::queue::pieces;
use crate::read::reading::Reading;
use crate::system::huge_pages;
use crate::system::number::as_u64;
use crate::tensor::TensorError;
use crate::tensor::buffer::Buffer;
use crate::tensor::element::Element;

impl<'a> Reading<'a> {
    /// Reads elements of a variable; the range must be within it. For elements of a fixed width in data files, no other bytes
    /// are read.
    pub(crate) fn read_elements(
        &self,
        variable: &'a Variable,
        elements: Range<u64>,
    ) -> Result<Buffer, ReadError> {
        let job = Job::new(self.source, variable)?;
        let count = elements.end.saturating_sub(elements.start);
        let width = variable.dtype.width();
        let bytes = width.map_or(job.size(), |width| count.saturating_mul(as_u64(width)));
        let memory = || failed(&variable.name, ReadErrorKind::Memory { bytes });
        let in_memory = |number: u64| usize::try_from(number).map_err(|_| memory());
        let range = in_memory(elements.start)?..in_memory(elements.end)?;
        if job.is_of_bytes() && !job.is_row_major() {
            let layout = Layout::new(elements.start, 0, [Axis { len: count, from: 1, into: 1 }]);
            let shape = Shape::new([count]).ok_or_else(memory)?;
            return self.join(&Output::owned(variable.dtype, shape), [(variable, &layout)]);
        }
        let Some(width) = width.filter(|_| job.is_of_bytes()) else {
            let whole = self.read(&[variable])?.pop();
            let part = whole.and_then(|whole| whole.part(variable.dtype, range));
            return part.ok_or_else(memory);
        };
        let buffer = Buffer::zeroed(variable.dtype, range.len());
        let mut buffer = buffer.ok_or_else(memory)?;
        let touched = huge_pages::prefer([buffer.bytes_mut()]);
        let from = elements.start.saturating_mul(as_u64(width));
        let tasks = pieces(0, from, buffer.bytes_mut(), job.piece()).collect();
        self.run(&[job], tasks, Some(&touched))?;
        Ok(buffer)
    }

    /// Reads all elements of a variable into a buffer of the same dtype and length.
    pub(crate) fn read_into<T: Element>(
        &self,
        variable: &'a Variable,
        into: &mut [T],
    ) -> Result<(), ReadError> {
        let job = Job::new(self.source, variable)?;
        if job.is_row_major()
            && let Some(bytes) = T::bytes_mut(into)
        {
            let tasks = pieces(0, 0, bytes, job.piece()).collect();
            return self.run(&[job], tasks, None).map(drop);
        }
        let buffer = self.read(&[variable])?.pop();
        let elements = buffer.map(T::from_buffer).transpose().map_err(|error| {
            let kind = TensorError::from_elements::<T>(variable.dtype, error);
            failed(&variable.name, kind.into())
        })?;
        let elements = elements.unwrap_or_default();
        into.iter_mut().zip(elements).for_each(|(place, element)| *place = element);
        Ok(())
    }
}

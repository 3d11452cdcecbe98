//! Variables made from others of an open checkpoint.

use std::borrow::Cow;

use checkpoint_schema::listing::catalog::{Name, Spec, Variable};
use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::Layout;

use crate::checkpoint::Checkpoint;
use crate::read::Reading;
use crate::save::elements::{Elements, Whole, strings};
use crate::save::error::SaveError;
use crate::save::outgoing::Outgoing;
use crate::tensor::buffer::Buffer;
use crate::tensor::strings::Strings;

/// A variable made from others: the elements of each source, and their positions.
struct Moved<'a> {
    reading: Reading<'a>,
    output: Output,
    parts: Vec<(&'a Variable, &'a Layout)>,
    whole: Whole,
}

impl<'a> Outgoing<'a> {
    /// Makes a variable from parts of others with the same dtype. Checksums of sources that are read whole are verified.
    pub(crate) fn moved(
        name: impl Into<Name>,
        spec: Spec,
        checkpoint: &'a Checkpoint,
        parts: Vec<(&'a Variable, &'a Layout)>,
    ) -> Self {
        let reading = checkpoint.reading(Some(std::num::NonZero::<usize>::MIN));
        let output = Output::owned(spec.dtype, spec.shape.clone());
        Self::new(name, spec, Moved { reading, output, parts, whole: Whole::default() })
    }
}

impl Moved<'_> {
    fn buffer(&self) -> Result<Buffer, SaveError> {
        Ok(self.reading.join(&self.output, self.parts.iter().copied())?)
    }
}

impl Elements for Moved<'_> {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        self.whole.copy(offset, into, || self.buffer())
    }

    fn strings(&self) -> Result<Option<Cow<'_, Strings>>, SaveError> {
        if self.output.dtype.width().is_some() {
            return Ok(None);
        }
        self.buffer().map(strings)
    }
}

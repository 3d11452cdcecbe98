//! Variables that are made of others of an opened checkpoint.

use std::borrow::Cow;

use checkpoint_schema::listing::catalog::{Name, Spec, Variable};
use checkpoint_schema::plan::{Layout, Output};

use crate::checkpoint::Checkpoint;
use crate::read::Reading;
use crate::save::elements::{Whole, strings};
use crate::save::{Elements, Outgoing, SaveError};
use crate::tensor::buffer::Buffer;
use crate::tensor::strings::Strings;

/// A variable that is made of others: the elements that each gives, and where they belong.
struct Moved<'a> {
    reading: Reading<'a>,
    output: Output,
    parts: Vec<(&'a Variable, &'a Layout)>,
    whole: Whole,
}

impl<'a> Outgoing<'a> {
    /// A variable that is made of parts of others, of its dtype. Their checksums are verified where they are read whole.
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

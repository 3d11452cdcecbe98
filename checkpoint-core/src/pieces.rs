//! Reading a variable piece by piece, for what need not have all of it in memory.

use checkpoint_schema::catalog::{Place, Variable};
use checkpoint_schema::format::checksum;

use crate::checkpoint::Checkpoint;
use crate::read::job::Job;
use crate::read::{CHUNK, ReadError, ReadErrorKind, as_u64, failed};
use crate::source::SourceError;

impl Checkpoint {
    /// Shows the elements of a variable to `visit`, piece by piece in row-major order, and verifies its checksum.
    ///
    /// The pieces together are what [`Tensor::as_bytes`](crate::Tensor::as_bytes) gives, and none cuts an element. A
    /// variable that is not stored like that, one after another, is read whole and shown as one piece. Whether what was
    /// shown is what was written is known when this returns.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_pieces(
        &self,
        variable: &Variable,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        match &variable.place {
            Place::Whole(_) if variable.dtype.width().is_some() => {
                self.pieces(variable, visit).map_err(|kind| failed(&variable.name, kind))
            }
            _ => {
                visit(self.read_variable(variable)?.as_bytes());
                Ok(())
            }
        }
    }

    fn pieces(
        &self,
        variable: &Variable,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadErrorKind> {
        let job = Job::new(self.source(), variable)?;
        for part in &job.parts {
            let mut digest = checksum::Digest::new();
            let size = part.extent.size;
            let mut memory = vec![0; usize::try_from(size).map_or(CHUNK, |size| size.min(CHUNK))];
            let mut at = 0;
            while at < size {
                let left = usize::try_from(size - at).unwrap_or(CHUNK).min(CHUNK);
                let piece = memory.get_mut(..left).unwrap_or_default();
                let offset = part.extent.offset.saturating_add(at);
                part.file
                    .read(offset, piece)
                    .map_err(|error| SourceError::read(part.file, offset, error))?;
                digest.update(piece);
                job.native.apply(piece);
                visit(piece);
                at += as_u64(left);
            }
            let computed = digest.value();
            if computed != part.extent.crc32c {
                return Err(ReadErrorKind::checksum(part.file, part.extent, computed));
            }
        }
        Ok(())
    }
}

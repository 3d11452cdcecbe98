//! Reading a variable piece by piece, for what need not have all of it in memory.

use checkpoint_schema::catalog::{Endianness, Extent, Place, Variable};
use checkpoint_schema::format::checksum;

use crate::checkpoint::Checkpoint;
use crate::read::{CHUNK, ReadError, ReadErrorKind, failed};

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
            Place::Whole(extent) if variable.dtype.width().is_some() => {
                self.pieces(variable, extent, visit).map_err(|kind| failed(variable, kind))
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
        extent: &Extent,
        mut visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadErrorKind> {
        self.source().check(extent)?;
        let swap = match self.catalog().endianness {
            Endianness::Little => None,
            Endianness::Big => variable.dtype.swap_unit().filter(|&unit| unit > 1),
        };
        let mut digest = checksum::Digest::new();
        let mut memory =
            vec![0; usize::try_from(extent.size).map_or(CHUNK, |size| size.min(CHUNK))];
        let mut at = 0;
        while at < extent.size {
            let left = usize::try_from(extent.size - at).unwrap_or(CHUNK).min(CHUNK);
            let piece = memory.get_mut(..left).unwrap_or_default();
            self.source().read(extent, at, piece)?;
            digest.update(piece);
            if let Some(unit) = swap {
                piece.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
            }
            visit(piece);
            at += left as u64;
        }
        let computed = digest.value();
        if computed == extent.crc32c {
            Ok(())
        } else {
            Err(ReadErrorKind::Checksum { extent: *extent, computed })
        }
    }
}

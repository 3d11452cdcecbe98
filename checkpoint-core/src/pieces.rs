//! Reading a variable piece by piece, for what need not have all of it in memory.

use checkpoint_schema::catalog::Variable;

use crate::checkpoint::Checkpoint;
use crate::read::ReadError;

impl Checkpoint {
    /// Shows the elements of a variable to `visit`, piece by piece in row-major order, and verifies its checksum.
    ///
    /// The pieces together are what [`Tensor::as_bytes`](crate::Tensor::as_bytes) gives, and none cuts an element. A
    /// variable that cannot be had in pieces is read whole and shown as one piece. Whether what was shown is what was
    /// written is known when this returns.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read_pieces(
        &self,
        variable: &Variable,
        visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        self.reading().read_pieces(variable, visit)
    }
}

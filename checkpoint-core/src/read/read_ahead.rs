//! A byte range of a data file that is read at once for several small tasks.

use crate::read::queue::Span;

/// The read-ahead buffer of a thread.
#[derive(Default)]
pub(crate) struct ReadAhead {
    shard: u32,
    /// The offset of the bytes in the file.
    start: u64,
    bytes: Vec<u8>,
}

impl ReadAhead {
    /// Reads the bytes of a span, replacing the previous ones. Returns true on success.
    pub(crate) fn read(&mut self, span: &Span<'_>) -> bool {
        let len = span.bytes.end.saturating_sub(span.bytes.start);
        (self.shard, self.start) = (span.shard, span.bytes.start);
        self.bytes.resize(usize::try_from(len).unwrap_or(0), 0);
        let is_read = span.file.read(self.start, &mut self.bytes).is_ok();
        if !is_read {
            self.bytes.clear();
        }
        is_read
    }

    /// The bytes of a data file from offset `offset`, if they are in the buffer.
    pub(crate) fn get(&self, shard: u32, offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..)?.get(..len).filter(|_| shard == self.shard)
    }
}

//! Bytes of a data file that are read at once for several small tasks.

use crate::read::queue::Span;

/// What one thread has read ahead.
#[derive(Default)]
pub(crate) struct Window {
    shard: u32,
    /// Where the bytes begin in the file.
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Reads what is there, instead of what was read before; whether it can be read.
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

    /// The bytes from the byte `offset` of a data file on, if they are here.
    pub(crate) fn get(&self, shard: u32, offset: u64, len: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..)?.get(..len).filter(|_| shard == self.shard)
    }
}

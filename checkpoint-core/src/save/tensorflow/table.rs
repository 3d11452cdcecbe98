//! Tables of sorted keys and values, byte for byte as `TensorFlow` writes the index of a checkpoint.

use std::mem;

use checkpoint_schema::listing::checksum::{crc32c, mask};

use super::wire::varint;
use crate::system::number::as_u64;

/// A block ends after the entry that reaches this length.
const BLOCK: usize = 262_144;

/// The number of entries between two full keys of a data block.
const INTERVAL: usize = 16;

/// The first byte of a block's trailer: no compression.
const UNCOMPRESSED: u8 = 0;

/// The length of the footer without the magic number.
const HANDLES: usize = 40;

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;

/// A builder for a table. Pairs are added in key order.
pub(super) struct Table {
    bytes: Vec<u8>,
    block: Block,
    index: Block,
    /// The last key and the handle of a block that is not yet in the index. Its index key depends on the next key.
    unlisted: Option<(Vec<u8>, Vec<u8>)>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            block: Block::new(INTERVAL),
            index: Block::new(1),
            unlisted: None,
        }
    }

    /// Adds a pair. Its key must be greater than all previous keys.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) {
        if key.len().saturating_add(value.len()) >= BLOCK.saturating_mul(2) {
            self.cut();
        }
        if let Some((last, handle)) = self.unlisted.take() {
            self.index.add(&separator(&last, key), &handle);
        }
        self.block.add(key, value);
        if self.block.len() >= BLOCK {
            self.cut();
        }
    }

    /// Returns the bytes of the file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.cut();
        let mut footer = self.push(Block::new(INTERVAL));
        if let Some((last, handle)) = self.unlisted.take() {
            self.index.add(&successor(&last), &handle);
        }
        let index = mem::replace(&mut self.index, Block::new(1));
        footer.extend(self.push(index));
        footer.resize(HANDLES, 0);
        footer.extend(MAGIC.to_le_bytes());
        self.bytes.extend(footer);
        self.bytes
    }

    /// Ends the current block, if it has entries.
    fn cut(&mut self) {
        if self.block.entries.is_empty() {
            return;
        }
        let mut block = mem::replace(&mut self.block, Block::new(INTERVAL));
        let last = mem::take(&mut block.last_key);
        let handle = self.push(block);
        self.unlisted = Some((last, handle));
    }

    /// Appends a block with its trailer, and returns its handle.
    fn push(&mut self, block: Block) -> Vec<u8> {
        let mut bytes = block.finish();
        let mut handle = Vec::new();
        varint(&mut handle, as_u64(self.bytes.len()));
        varint(&mut handle, as_u64(bytes.len()));
        bytes.push(UNCOMPRESSED);
        let checksum = mask(crc32c(&bytes));
        self.bytes.extend(bytes);
        self.bytes.extend(checksum.to_le_bytes());
        handle
    }
}

/// A block of prefix-compressed entries.
struct Block {
    entries: Vec<u8>,
    /// The offsets of entries with full keys.
    restarts: Vec<usize>,
    interval: usize,
    since_restart: usize,
    last_key: Vec<u8>,
}

impl Block {
    fn new(interval: usize) -> Self {
        Self {
            entries: Vec::new(),
            restarts: vec![0],
            interval,
            since_restart: 0,
            last_key: Vec::new(),
        }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let mut shared = 0;
        if self.since_restart < self.interval {
            shared = common(&self.last_key, key);
        } else {
            self.restarts.push(self.entries.len());
            self.since_restart = 0;
        }
        let own = key.get(shared..).unwrap_or_default();
        for length in [shared, own.len(), value.len()] {
            varint(&mut self.entries, as_u64(length));
        }
        self.entries.extend_from_slice(own);
        self.entries.extend_from_slice(value);
        self.since_restart = self.since_restart.saturating_add(1);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(own);
    }

    /// The length of the finished block.
    fn len(&self) -> usize {
        self.entries.len().saturating_add(self.restarts.len().saturating_add(1).saturating_mul(4))
    }

    fn finish(mut self) -> Vec<u8> {
        let count = self.restarts.len();
        for number in self.restarts.into_iter().chain([count]) {
            // An offset beyond 4 GiB would need a name of that length, and blocks have 256 KiB.
            self.entries.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.entries
    }
}

/// The length of the common prefix of two keys.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The shortest key that `TensorFlow` finds in `last..next`.
fn separator(last: &[u8], next: &[u8]) -> Vec<u8> {
    let shared = common(last, next);
    let raised = last.get(shared).zip(next.get(shared)).and_then(|(&low, &high)| {
        let raised = low.checked_add(1)?;
        (raised < high).then_some(raised)
    });
    let Some(raised) = raised else { return last.to_vec() };
    let mut key = last.get(..shared).unwrap_or_default().to_vec();
    key.push(raised);
    key
}

/// The shortest key that `TensorFlow` finds from `last` on.
fn successor(last: &[u8]) -> Vec<u8> {
    let mut key = last.to_vec();
    let raised = last.iter().enumerate().find_map(|(at, &byte)| Some((at, byte.checked_add(1)?)));
    if let Some((at, raised)) = raised {
        key.truncate(at);
        key.push(raised);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_as_short_as_those_of_tensorflow() {
        assert_eq!(separator(b"abc", b"abx"), b"abd");
        assert_eq!(separator(b"abc", b"abd"), b"abc");
        assert_eq!(separator(b"ab", b"abc"), b"ab");
        assert_eq!(separator(b"a\xffc", b"bz"), b"a\xffc");
        assert_eq!(separator(b"a\xffc", b"cz"), b"b");
        assert_eq!(successor(b"w/ab"), b"x");
        assert_eq!(successor(b"\xff\xffa"), b"\xff\xffb");
        assert_eq!(successor(b"\xff"), b"\xff");
        assert_eq!(successor(b""), b"");
    }

    #[test]
    fn a_table_without_entries_has_two_empty_blocks() {
        let table = Table::new().finish();
        let empty = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0];
        assert_eq!(table[..26], [empty, empty].concat());
        assert_eq!(table[26..30], [0, 8, 13, 8]);
        assert_eq!(table.len(), 26 + 48);
    }
}

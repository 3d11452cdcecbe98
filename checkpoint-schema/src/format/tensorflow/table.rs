//! Tables: sorted files of keys and values. An index is a table, and so is a V1 checkpoint.
//!
//! A table is read block by block from a [`Source`], so it need not fit in memory.

use std::borrow::Cow;
use std::ops::Range;

pub use crate::format::tensorflow::block::{Block, Entry, KeyedBlock};

use crate::format::budget::{Budget, Lease, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::{FormatError, WireError};
use crate::format::tensorflow::block::Keys;
use crate::listing::catalog::Name;
use crate::listing::checksum::{crc32c, unmask};

/// The length of the footer of a table. The footer contains the position of its index of blocks, and the magic number.
pub const FOOTER_LEN: u64 = 48;

/// The last bytes of every table.
pub const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();

/// The length of the compression type and checksum after each block.
const TRAILER_LEN: u64 = 5;

/// The maximum ratio of Snappy: three bytes decompress to at most 64, which is less than 22 times as many.
pub(crate) const SNAPPY_RATIO: usize = 22;

/// A source of the bytes of a table.
pub trait Source {
    /// The error of reading bytes or decoding them.
    type Error: From<FormatError>;

    /// The number of bytes.
    fn size(&self) -> u64;

    /// Reads a range of bytes within the size.
    ///
    /// # Errors
    /// Returns an error if the bytes cannot be read.
    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, Self::Error>;
}

/// A table in memory.
impl Source for &[u8] {
    type Error = FormatError;

    fn size(&self) -> u64 {
        u64::try_from(self.len()).unwrap_or(u64::MAX)
    }

    fn read(&self, range: Range<u64>) -> Result<Cow<'_, [u8]>, FormatError> {
        let need = range.end.saturating_sub(range.start);
        let at = Position::File(range.start);
        let start = usize::try_from(range.start).ok().and_then(|start| self.get(start..));
        let bytes = Cursor::new(start.unwrap_or_default(), at).take(need, "the file")?;
        Ok(Cow::Borrowed(bytes))
    }
}

/// A table whose index of blocks is loaded.
#[derive(Debug)]
pub struct Table<S> {
    source: S,
    budget: Budget,
    blocks: Vec<Listed>,
}

/// The memory of a block in the growing list of blocks, without its separator.
const LISTED: u64 = 160;

/// A block, as listed in the index of blocks.
#[derive(Debug)]
struct Listed {
    /// The upper bound of the keys of the block. All keys of the next block are greater.
    separator: Box<[u8]>,
    handle: Handle,
}

/// The byte range of a block.
#[derive(Clone, Copy, Debug)]
struct Handle {
    offset: u64,
    /// The size without the trailer.
    size: u64,
}

impl<S: Source> Table<S> {
    /// Reads the footer and the index of blocks. All memory for the table is charged to `budget`, now and later.
    ///
    /// # Errors
    /// Returns an error if the bytes cannot be read, are not a table, or exceed the budget.
    pub fn open(source: S, budget: &Budget) -> Result<Self, S::Error> {
        let len = source.size();
        let end = len.checked_sub(FOOTER_LEN).ok_or(FormatError::Short { len })?;
        let index = footer(&source.read(end..len)?, end)?;
        let mut table = Self { source, budget: budget.clone(), blocks: Vec::new() };
        table.blocks = list(&table.fetch(index)?, index.offset, budget)?;
        Ok(table)
    }

    /// The source of the bytes.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The number of blocks.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The number of the only block that can contain `key`.
    #[must_use]
    pub fn block_of(&self, key: &[u8]) -> Option<usize> {
        let number = self.blocks.partition_point(|block| *block.separator < *key);
        Some(number).filter(|&number| number < self.blocks())
    }

    /// Reads the block with this number. `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if its bytes cannot be read or are damaged.
    pub fn block(&self, number: usize) -> Result<Option<Block<'_>>, S::Error> {
        self.blocks.get(number).map(|block| self.fetch(block.handle)).transpose()
    }

    /// Reads the block with this number, and indexes its keys. `None` if it does not exist.
    ///
    /// # Errors
    /// Returns the errors of [`block`](Self::block), or an error if the keys are not in order.
    pub fn keyed_block(&self, number: usize) -> Result<Option<KeyedBlock>, S::Error> {
        let block = self.block(number)?;
        Ok(block.map(|block| block.keyed(&self.budget)).transpose()?)
    }

    /// Calls `visit` with the first key and its value. `None` if there are no keys.
    ///
    /// # Errors
    /// Returns an error if the first block cannot be read, or if `visit` fails.
    pub fn first<T>(
        &self,
        visit: impl FnOnce(Entry<'_>) -> Result<T, S::Error>,
    ) -> Result<Option<T>, S::Error> {
        let Some(block) = self.block(0)? else { return Ok(None) };
        let mut keys = Keys::new(self.budget.limits());
        let mut entries = block.entries(&mut keys)?;
        entries.next()?.map(visit).transpose()
    }

    /// Calls `visit` with all keys and their values, in order.
    ///
    /// # Errors
    /// Returns an error if a block cannot be read, if keys are not in order, or if `visit` fails.
    pub fn scan(
        &self,
        mut visit: impl FnMut(Entry<'_>) -> Result<(), S::Error>,
    ) -> Result<(), S::Error> {
        let mut keys = Keys::new(self.budget.limits());
        let mut after: Option<&[u8]> = None;
        for listed in &self.blocks {
            let block = self.fetch(listed.handle)?;
            let mut entries = block.entries(&mut keys)?;
            while let Some(entry) = entries.next()? {
                within(&entry, after, &listed.separator)?;
                visit(entry)?;
            }
            after = Some(&listed.separator);
        }
        Ok(())
    }

    /// Reads the block at `handle`, which must be within the file.
    fn fetch(&self, handle: Handle) -> Result<Block<'_>, S::Error> {
        let Handle { offset, size } = handle;
        let lease = self.budget.lease("a block", size.saturating_add(TRAILER_LEN));
        let lease = lease.map_err(FormatError::from)?;
        let stored = self.source.read(offset..handle.end())?;
        Ok(unpack(stored, offset, lease, &self.budget)?)
    }
}

impl Handle {
    /// Takes a handle. Its block must be within `room`.
    fn take(
        bytes: &mut Cursor<'_>,
        what: &'static str,
        room: &Range<u64>,
    ) -> Result<Self, FormatError> {
        let at = bytes.at();
        let handle = Self { offset: bytes.varint64(what)?, size: bytes.varint64(what)? };
        let Self { offset, size } = handle;
        let end = offset.checked_add(size).and_then(|end| end.checked_add(TRAILER_LEN));
        if offset < room.start || end.is_none_or(|end| end > room.end) {
            return Err(FormatError::Handle { at, offset, size, from: room.start, to: room.end });
        }
        Ok(handle)
    }

    /// The byte after the trailer.
    fn end(self) -> u64 {
        self.offset.saturating_add(self.size).saturating_add(TRAILER_LEN)
    }
}

/// The handle of the index of blocks, from the footer at byte `at` of the file.
fn footer(footer: &[u8], at: u64) -> Result<Handle, FormatError> {
    let handles = footer.strip_suffix(&MAGIC).ok_or(FormatError::Magic)?;
    let mut handles = Cursor::new(handles, Position::File(at));
    // Skips the handle of the index of meta blocks, which is empty.
    let _: u64 = handles.varint64("the footer")?;
    let _: u64 = handles.varint64("the footer")?;
    Handle::take(&mut handles, "the footer", &(0..at))
}

/// The blocks listed in the index of blocks, which starts at byte `end`.
fn list(index: &Block<'_>, end: u64, budget: &Budget) -> Result<Vec<Listed>, FormatError> {
    let mut keys = Keys::new(budget.limits());
    let mut entries = index.entries(&mut keys)?;
    let mut blocks = Vec::new();
    let mut room = 0..end;
    while let Some(entry) = entries.next()? {
        let mut value = Cursor::new(entry.value, entry.at);
        let handle = Handle::take(&mut value, "the index of blocks", &room)?;
        room.start = handle.end();
        budget.charge("the list of blocks", LISTED.saturating_add(length(entry.key.len())))?;
        blocks.push(Listed { separator: Box::from(entry.key), handle });
    }
    Ok(blocks)
}

/// Checks that a search by separators finds the key in this block.
fn within(entry: &Entry<'_>, after: Option<&[u8]>, separator: &[u8]) -> Result<(), FormatError> {
    let missed = after.filter(|&after| entry.key <= after);
    let missed = missed.or_else(|| Some(separator).filter(|&separator| entry.key > separator));
    missed.map_or(Ok(()), |separator| {
        let (key, separator) = (Name::from(entry.key), Name::from(separator));
        Err(FormatError::Separator { at: entry.at, key, separator })
    })
}

/// Decodes the block stored in these bytes at `block`, including its trailer.
fn unpack<'a>(
    stored: Cow<'a, [u8]>,
    block: u64,
    lease: Lease,
    budget: &Budget,
) -> Result<Block<'a>, FormatError> {
    let (content, kind) = verified(&stored, block)?;
    match kind {
        0 => {
            let len = content.len();
            Ok(Block::new(shortened(stored, len), Position::File(block), lease))
        }
        1 => {
            let (bytes, lease) = decompress(content, block, budget)?;
            Ok(Block::new(Cow::Owned(bytes), Position::Decompressed { block, byte: 0 }, lease))
        }
        kind => Err(FormatError::Compression { block, kind }),
    }
}

/// The contents and compression type of a block, after verifying its checksum.
fn verified(stored: &[u8], block: u64) -> Result<(&[u8], u8), FormatError> {
    let parts = stored.split_last_chunk().and_then(|(summed, checksum)| {
        let (&kind, content) = summed.split_last()?;
        Some((summed, u32::from_le_bytes(*checksum), content, kind))
    });
    let (summed, checksum, content, kind) = parts.ok_or(WireError::Truncated {
        what: "a block",
        at: Position::File(block),
        need: TRAILER_LEN,
        have: stored.len(),
    })?;
    let (stored, computed) = (unmask(checksum), crc32c(summed));
    if stored != computed {
        return Err(FormatError::Checksum { block, stored, computed });
    }
    Ok((content, kind))
}

fn decompress(
    content: &[u8],
    block: u64,
    budget: &Budget,
) -> Result<(Vec<u8>, Lease), FormatError> {
    let snappy = |source| FormatError::Snappy { block, source };
    let claimed = snap::raw::decompress_len(content).map_err(snappy)?;
    if claimed > content.len().saturating_mul(SNAPPY_RATIO) {
        return Err(FormatError::Bomb { block, stored: content.len(), claimed });
    }
    let lease = budget.lease("a block, decompressed", length(claimed))?;
    Ok((snap::raw::Decoder::new().decompress_vec(content).map_err(snappy)?, lease))
}

/// The first `len` bytes.
fn shortened(bytes: Cow<'_, [u8]>, len: usize) -> Cow<'_, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..len).unwrap_or_default()),
        Cow::Owned(mut bytes) => {
            bytes.truncate(len);
            Cow::Owned(bytes)
        }
    }
}

#[cfg(test)]
mod tests;

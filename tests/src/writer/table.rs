//! Tables of sorted keys and values: an index file, or a whole V1 checkpoint.

use std::io::{self, Write};

use super::masked_crc;
use super::wire::varint;

const MAGIC: u64 = 0xdb47_7524_8b80_fb57;

/// The options of a table. The defaults are those of `TensorFlow`.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// The size of a block. A block ends with the entry that reaches it.
    pub block_size: usize,
    /// The number of entries between two whole keys.
    pub restart_interval: usize,
    /// True if blocks are compressed when that saves more than an eighth.
    pub snappy: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { block_size: 262_144, restart_interval: 16, snappy: false }
    }
}

/// Writes a table of `pairs` in the given order. They should be sorted.
///
/// # Errors
///
/// When `out` fails, or when a block grows beyond 4 GiB.
pub fn write_table<W: Write, K: AsRef<[u8]>, V: AsRef<[u8]>>(
    out: W,
    options: TableOptions,
    pairs: impl IntoIterator<Item = (K, V)>,
) -> io::Result<W> {
    let mut table = Table::new(out, options);
    for (key, value) in pairs {
        table.add(key.as_ref(), value.as_ref())?;
    }
    table.finish()
}

/// A table that is being written.
struct Table<W> {
    out: W,
    at: u64,
    options: TableOptions,
    block: Block,
    index: Block,
    /// The last key and the handle of a block that is not in the index yet, because its separator depends on the next key.
    unlisted: Option<(Vec<u8>, Vec<u8>)>,
}

impl<W: Write> Table<W> {
    fn new(out: W, options: TableOptions) -> Self {
        let block = Block::new(options.restart_interval);
        Self { out, at: 0, options, block, index: Block::new(1), unlisted: None }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        if key.len() + value.len() >= 2 * self.options.block_size {
            self.cut()?;
        }
        if let Some((last, handle)) = self.unlisted.take() {
            self.index.add(&separator(&last, key), &handle);
        }
        self.block.add(key, value);
        if self.block.size() >= self.options.block_size {
            self.cut()?;
        }
        Ok(())
    }

    /// Ends the current block, if it is not empty.
    fn cut(&mut self) -> io::Result<()> {
        if !self.block.entries.is_empty() {
            let block =
                std::mem::replace(&mut self.block, Block::new(self.options.restart_interval));
            let last = block.last_key.clone();
            self.unlisted = Some((last, self.write_block(&block)?));
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<W> {
        self.cut()?;
        let mut footer = self.write_block(&Block::new(self.options.restart_interval))?;
        if let Some((last, handle)) = self.unlisted.take() {
            self.index.add(&successor(&last), &handle);
        }
        let index = std::mem::replace(&mut self.index, Block::new(1));
        footer.extend(self.write_block(&index)?);
        footer.resize(40, 0);
        footer.extend(MAGIC.to_le_bytes());
        self.out.write_all(&footer)?;
        Ok(self.out)
    }

    /// Writes a block with its trailer and returns its handle.
    fn write_block(&mut self, block: &Block) -> io::Result<Vec<u8>> {
        let (mut bytes, compressed) = self.compress(block.to_bytes()?)?;
        let mut handle = Vec::new();
        varint(&mut handle, self.at);
        varint(&mut handle, bytes.len() as u64);
        bytes.push(u8::from(compressed));
        bytes.extend(masked_crc(&bytes).to_le_bytes());
        self.out.write_all(&bytes)?;
        self.at += bytes.len() as u64;
        Ok(handle)
    }

    fn compress(&self, bytes: Vec<u8>) -> io::Result<(Vec<u8>, bool)> {
        if self.options.snappy {
            let smaller =
                snap::raw::Encoder::new().compress_vec(&bytes).map_err(io::Error::other)?;
            if smaller.len() < bytes.len() - bytes.len() / 8 {
                return Ok((smaller, true));
            }
        }
        Ok((bytes, false))
    }
}

/// A block that is being built.
struct Block {
    entries: Vec<u8>,
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
            shared = common_prefix(&self.last_key, key);
        } else {
            self.restarts.push(self.entries.len());
            self.since_restart = 0;
        }
        for length in [shared, key.len() - shared, value.len()] {
            varint(&mut self.entries, length as u64);
        }
        self.entries.extend_from_slice(&key[shared..]);
        self.entries.extend_from_slice(value);
        self.since_restart += 1;
        self.last_key = key.to_vec();
    }

    /// Returns the size of the finished block.
    fn size(&self) -> usize {
        self.entries.len() + 4 * self.restarts.len() + 4
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = self.entries.clone();
        for &number in self.restarts.iter().chain([&self.restarts.len()]) {
            bytes.extend(u32::try_from(number).map_err(io::Error::other)?.to_le_bytes());
        }
        Ok(bytes)
    }
}

fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Returns a short key that is at least `last` and less than `next`.
fn separator(last: &[u8], next: &[u8]) -> Vec<u8> {
    let common = common_prefix(last, next);
    match (last.get(common), next.get(common)) {
        (Some(&low), Some(&high)) if low < 0xff && low + 1 < high => {
            let mut key = last[..common].to_vec();
            key.push(low + 1);
            key
        }
        _ => last.to_vec(),
    }
}

/// Returns a short key that is at least `last`.
fn successor(last: &[u8]) -> Vec<u8> {
    match last.iter().position(|&byte| byte != 0xff) {
        Some(place) => {
            let mut key = last[..=place].to_vec();
            key[place] += 1;
            key
        }
        None => last.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_as_short_as_they_can_be() {
        assert_eq!(separator(b"abc", b"abx"), b"abd");
        assert_eq!(separator(b"abc", b"abd"), b"abc");
        assert_eq!(separator(b"ab", b"abc"), b"ab");
        assert_eq!(separator(b"a\xffc", b"bz"), b"a\xffc");
        assert_eq!(separator(b"a\xffc", b"cz"), b"b");
        assert_eq!(successor(b"w/ab"), b"x");
        assert_eq!(successor(b"\xff\xffa"), b"\xff\xffb");
        assert_eq!(successor(b"\xff"), b"\xff");
    }

    #[test]
    fn a_table_without_entries_has_two_empty_blocks() {
        let table = write_table(Vec::new(), TableOptions::default(), [("", ""); 0]).unwrap();
        let empty = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0];
        assert_eq!(&table[..26], [empty, empty].concat());
        assert_eq!(&table[26..30], [0, 8, 13, 8]);
        assert_eq!(table.len(), 26 + 48);
    }

    #[test]
    fn blocks_are_compressed_where_that_saves_an_eighth() {
        let table =
            Table::new(Vec::new(), TableOptions { snappy: true, ..TableOptions::default() });
        let (bytes, compressed) = table.compress(vec![7; 1000]).unwrap();
        assert!(compressed);
        assert_eq!(snap::raw::Decoder::new().decompress_vec(&bytes).unwrap(), [7; 1000]);
        assert_eq!(table.compress(vec![1, 2, 3]).unwrap(), (vec![1, 2, 3], false));
    }
}

//! Blocks of a table: keys with their values, each key stored as what differs from the one before.

use std::borrow::Cow;

use crate::format::budget::{Budget, Lease, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::FormatError;
use crate::format::limits::Limits;
use crate::listing::catalog::Name;

/// A block, decompressed.
#[derive(Debug)]
pub struct Block<'a> {
    bytes: Cow<'a, [u8]>,
    at: Position,
    /// The memory that it takes.
    lease: Lease,
}

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// Where the value is.
    pub at: Position,
}

impl<'a> Block<'a> {
    /// The block in `bytes`, the first of which is at `at`.
    pub(crate) fn new(bytes: Cow<'a, [u8]>, at: Position, lease: Lease) -> Self {
        Self { bytes, at, lease }
    }

    /// Its entries, which must come after those that `keys` has seen.
    pub(crate) fn entries<'b, 'l>(
        &'b self,
        keys: &'b mut Keys<'l>,
    ) -> Result<Entries<'b, 'l>, FormatError> {
        let (entries, restarts) = self.split()?;
        if restarts == 0 && !entries.is_empty() {
            return Err(self.restarts(restarts));
        }
        keys.shareable = 0;
        Ok(Entries { rest: Cursor::new(entries, self.at), keys })
    }

    /// Finds its keys.
    pub(crate) fn keyed(self, budget: &Budget) -> Result<KeyedBlock, FormatError> {
        let mut keys = Keys::new(budget.limits());
        let mut lease = budget.lease("the keys of a block", 0)?;
        let mut values = Vec::new();
        let mut entries = self.entries(&mut keys)?;
        while let Some(Entry { key, value, at }) = entries.next()? {
            lease.charge("the keys of a block", KEYED.saturating_add(length(key.len())))?;
            values.push(KeyedValue { key: key.into(), start: at.since(self.at), len: value.len() });
        }
        let (bytes, at, leases) = (self.bytes.into_owned(), self.at, [self.lease, lease]);
        Ok(KeyedBlock { bytes, at, values, _leases: leases })
    }

    /// The bytes of the entries, and the number of restart points behind them. (What the restart points are matters
    /// only to those who search instead of reading on.)
    fn split(&self) -> Result<(&[u8], u32), FormatError> {
        let (rest, count) = self.bytes.split_last_chunk().ok_or_else(|| self.restarts(0))?;
        let restarts = u32::from_le_bytes(*count);
        let len = usize::try_from(restarts)
            .ok()
            .and_then(|restarts| restarts.checked_mul(size_of::<u32>()))
            .and_then(|size| rest.len().checked_sub(size));
        let entries = len.and_then(|len| rest.get(..len)).ok_or_else(|| self.restarts(restarts))?;
        Ok((entries, restarts))
    }

    fn restarts(&self, restarts: u32) -> FormatError {
        FormatError::Restarts { block: self.at, size: self.bytes.len(), restarts }
    }
}

/// A block of which is known where the value of each key is.
#[derive(Debug)]
pub struct KeyedBlock {
    bytes: Vec<u8>,
    at: Position,
    /// In the order of the keys.
    values: Vec<KeyedValue>,
    /// The memory of the bytes, and that of the keys.
    _leases: [Lease; 2],
}

/// The memory that a key takes in a list that grows, besides its bytes.
const KEYED: u64 = 128;

#[derive(Debug)]
struct KeyedValue {
    key: Box<[u8]>,
    start: usize,
    len: usize,
}

impl KeyedBlock {
    /// The number of keys.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.values.len()
    }

    /// The value of this key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Cursor<'_>> {
        let number = self.values.binary_search_by(|value| (*value.key).cmp(key)).ok()?;
        let KeyedValue { start, len, .. } = *self.values.get(number)?;
        let value = self.bytes.get(start..)?.get(..len)?;
        Some(Cursor::new(value, self.at.plus(start)))
    }
}

/// What remains of the keys seen so far: enough to see to it that they are in order.
#[derive(Debug)]
pub(crate) struct Keys<'l> {
    limits: &'l Limits,
    last: Option<Vec<u8>>,
    /// The bytes of `last` that the next key can share: none at the start of a block.
    shareable: usize,
}

impl<'l> Keys<'l> {
    /// No keys yet.
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self { limits, last: None, shareable: 0 }
    }

    /// The last key.
    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.last.as_deref()
    }

    /// Adds the key that has `shared` bytes in common with the last one, and then `rest`.
    fn add(&mut self, shared: u64, rest: &[u8], at: Position) -> Result<(), FormatError> {
        let kept = usize::try_from(shared).ok().filter(|&shared| shared <= self.shareable);
        let kept = kept.ok_or(FormatError::Shared { at, shared, previous: self.shareable })?;
        let in_order = self.last().and_then(|last| last.get(kept..)).is_none_or(|last| rest > last);
        let previous = (!in_order).then(|| self.last().unwrap_or_default().to_vec());
        let len = length(kept.saturating_add(rest.len()));
        limit("the length of a key", len, self.limits.key_bytes, "key_bytes")?;
        let key = self.last.get_or_insert_default();
        key.truncate(kept);
        key.extend_from_slice(rest);
        self.shareable = key.len();
        let order = |previous| FormatError::Order {
            at,
            key: Name::from(key.as_slice()),
            previous: Name::from(previous),
        };
        previous.map_or(Ok(()), |previous| Err(order(previous)))
    }
}

/// Fails if `found` exceeds `limit`, which `field` of [`Limits`] sets.
pub(crate) fn limit(
    what: &'static str,
    found: u64,
    limit: u64,
    field: &'static str,
) -> Result<(), FormatError> {
    if found <= limit { Ok(()) } else { Err(FormatError::Limit { what, found, limit, field }) }
}

/// The entries of a block.
#[derive(Debug)]
pub(crate) struct Entries<'b, 'l> {
    rest: Cursor<'b>,
    keys: &'b mut Keys<'l>,
}

impl<'b> Entries<'b, '_> {
    /// The next entry, whose key is there until the one after it is read.
    pub(crate) fn next(&mut self) -> Result<Option<Entry<'_>>, FormatError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let at = self.rest.at();
        let shared = self.rest.varint32("the entry of a table")?;
        let unshared = self.rest.varint32("the entry of a table")?;
        let value_len = self.rest.varint32("the entry of a table")?;
        let key = self.rest.take(unshared, "a key")?;
        self.keys.add(shared, key, at)?;
        let at = self.rest.at();
        let value: &'b [u8] = self.rest.take(value_len, "a value")?;
        Ok(Some(Entry { key: self.keys.last().unwrap_or_default(), value, at }))
    }
}

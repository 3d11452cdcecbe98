//! Blocks of a table: keys and values. A key is stored as its difference from the previous one.

use std::borrow::Cow;

use crate::format::budget::{Budget, Lease, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::FormatError;
use crate::format::limits::Limits;
use crate::listing::catalog::Name;

/// A decompressed block.
#[derive(Debug)]
pub struct Block<'a> {
    bytes: Cow<'a, [u8]>,
    at: Position,
    /// The lease for the memory of `bytes`.
    lease: Lease,
}

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The position of the value.
    pub at: Position,
}

impl<'a> Block<'a> {
    /// A block with these bytes, which start at position `at`.
    pub(crate) fn new(bytes: Cow<'a, [u8]>, at: Position, lease: Lease) -> Self {
        Self { bytes, at, lease }
    }

    /// The entries. Their keys must follow those that `keys` has already seen.
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

    /// Indexes the values of the block by key.
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

    /// The bytes of the entries, and the number of restart points. The restart points themselves matter only for binary
    /// search.
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

/// A block with an index of its values by key.
#[derive(Debug)]
pub struct KeyedBlock {
    bytes: Vec<u8>,
    at: Position,
    /// The positions of the values, in the order of their keys.
    values: Vec<KeyedValue>,
    /// The leases for the memory of the bytes and of the keys.
    _leases: [Lease; 2],
}

/// The memory of a key without its bytes, in a growing list.
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

    /// A cursor over the value of this key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Cursor<'_>> {
        let number = self.values.binary_search_by(|value| (*value.key).cmp(key)).ok()?;
        let KeyedValue { start, len, .. } = *self.values.get(number)?;
        let value = self.bytes.get(start..)?.get(..len)?;
        Some(Cursor::new(value, self.at.plus(start)))
    }
}

/// The state for checking the order of keys.
#[derive(Debug)]
pub(crate) struct Keys<'l> {
    limits: &'l Limits,
    last: Option<Vec<u8>>,
    /// The number of bytes of `last` that the next key can share. It is 0 at the start of a block.
    shareable: usize,
}

impl<'l> Keys<'l> {
    /// The state before any key.
    pub(crate) fn new(limits: &'l Limits) -> Self {
        Self { limits, last: None, shareable: 0 }
    }

    /// The last key.
    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.last.as_deref()
    }

    /// Adds a key: the first `shared` bytes of the last key, then `rest`.
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

/// Returns an error if `found` exceeds `limit`, the value of `field` in [`Limits`].
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
    /// The next entry. Its key is valid until the following entry is read.
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

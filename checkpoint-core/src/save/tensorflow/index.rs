//! The index of a checkpoint: a header, and an entry for each variable.

use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::checksum::mask;

use super::table::Table;
use super::wire::{bytes, fixed32, number};
use crate::save::layout::FileRange;
use crate::system::number::as_u64;

/// The producer version of the format, in a `VersionDef`.
const PRODUCER: u64 = 1;

/// A variable in the index.
pub(crate) struct Entry<'e> {
    pub(crate) name: &'e Name,
    pub(crate) spec: &'e Spec,
    pub(crate) place: FileRange,
    pub(crate) checksum: u32,
}

/// The encoded index of these variables in `shards` data files.
pub(crate) fn index(mut entries: Vec<Entry<'_>>, shards: u64) -> Vec<u8> {
    entries.sort_unstable_by_key(|entry| entry.name);
    let mut table = Table::new();
    table.add(b"", &header(shards));
    for entry in entries {
        table.add(entry.name.as_bytes(), &entry.message());
    }
    table.finish()
}

/// A `BundleHeaderProto`.
fn header(shards: u64) -> Vec<u8> {
    let (mut version, mut header) = (Vec::new(), Vec::new());
    number(&mut version, 1, PRODUCER);
    number(&mut header, 1, shards);
    bytes(&mut header, 3, &version);
    header
}

impl Entry<'_> {
    /// A `BundleEntryProto`.
    fn message(&self) -> Vec<u8> {
        let &Self { spec, place, checksum, .. } = self;
        let mut shape = Vec::new();
        for &dim in spec.shape.dims() {
            let mut axis = Vec::new();
            number(&mut axis, 1, dim);
            bytes(&mut shape, 2, &axis);
        }
        let mut entry = Vec::new();
        number(&mut entry, 1, u64::from(spec.dtype.number()));
        bytes(&mut entry, 2, &shape);
        number(&mut entry, 3, as_u64(place.file));
        number(&mut entry, 4, place.offset);
        number(&mut entry, 5, place.size);
        fixed32(&mut entry, 6, mask(checksum));
        entry
    }
}

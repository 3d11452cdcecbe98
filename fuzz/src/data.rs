//! Puts the right checksums of data files into an index.

use checkpoint_schema::listing::catalog::{Catalog, Checksum, Extent, Place};
use checkpoint_schema::listing::checksum::crc32c;
use checkpoint_tests::fuzz::directory::Files;
use checkpoint_tests::fuzz::{index, small_limits};

/// Changes the index, if it can be read, so that it has the right checksums of all numbers.
pub fn mend(files: &mut Files) {
    let [_, table, shards @ ..] = &mut files.0[..] else { return };
    let Ok(catalog) = Catalog::from_index(table, &small_limits()) else { return };
    let mut variables = catalog.variables().to_vec();
    for variable in variables.iter_mut().filter(|variable| variable.dtype.width().is_some()) {
        match &mut variable.place {
            Place::Whole(extent) => mend_extent(extent, shards),
            Place::Slices(slices) => {
                slices.iter_mut().for_each(|slice| mend_extent(&mut slice.extent, shards));
            }
            Place::Strided(_) | Place::Opaque | Place::Unreadable(_) => {}
        }
    }
    if let Some(mended) = index::write(&Catalog::new(variables, catalog.shards)) {
        *table = mended;
    }
}

fn mend_extent(extent: &mut Extent, shards: &[Vec<u8>]) {
    let bytes = || {
        let start = usize::try_from(extent.offset).ok()?;
        let len = usize::try_from(extent.size).ok()?;
        shards.get(extent.shard as usize)?.get(start..)?.get(..len)
    };
    if let Some(bytes) = bytes() {
        extent.checksum = Checksum::Crc32c(crc32c(bytes));
    }
}

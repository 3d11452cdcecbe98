//! Parsing an index of small variables into a catalog.

use std::io;

use checkpoint_core::{Catalog, Limits};
use checkpoint_tests::architectures::listing::Listing;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

#[divan::bench(args = [200, 2_000, 20_000])]
fn copy(bencher: Bencher<'_, '_>, variables: usize) {
    let bytes = bytes(&Listing::layers(variables)).expect("the index is written");
    bencher.counter(ItemsCount::new(variables)).bench_local(|| black_box(&bytes).clone());
}

#[divan::bench(args = [200, 2_000, 20_000])]
fn read(bencher: Bencher<'_, '_>, variables: usize) {
    let bytes = bytes(&Listing::layers(variables)).expect("the index is written");
    bencher.counter(ItemsCount::new(variables)).bench_local(|| catalog(black_box(&bytes)));
}

/// Returns the bytes of the index of these variables.
pub(crate) fn bytes(listing: &Listing) -> io::Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let prefix = folder.path().join("model");
    listing.index_at(&prefix)?;
    std::fs::read(prefix.with_extension("index"))
}

pub(crate) fn catalog(bytes: &[u8]) -> Catalog {
    Catalog::from_index(bytes, &Limits::default()).expect("the index is right")
}

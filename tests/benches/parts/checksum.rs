//! CRC-32C of bytes in the cache, and of two consecutive pieces.

use checkpoint_schema::listing::checksum::{Algorithm, crc32c};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

/// The number of bytes that a load reads at once.
const CHUNK: usize = 256 << 10;

#[divan::bench]
fn copy(bencher: Bencher<'_, '_>) {
    let (from, mut into) = (vec![7_u8; CHUNK], vec![0_u8; CHUNK]);
    bencher
        .counter(BytesCount::new(CHUNK))
        .bench_local(|| black_box(&mut into[..]).copy_from_slice(black_box(&from)));
}

#[divan::bench]
fn of_a_chunk(bencher: Bencher<'_, '_>) {
    let bytes = vec![7_u8; CHUNK];
    bencher.counter(BytesCount::new(CHUNK)).bench_local(|| crc32c(black_box(&bytes)));
}

/// Combines the checksums of two pieces. `len` is the length of the second.
#[divan::bench(args = [4 << 10, 4 << 20, 4 << 30])]
fn of_two_pieces(len: u64) -> u32 {
    let (first, second) = (black_box(0x1234_5678), black_box(0x9abc_def0));
    Algorithm::Crc32c.combine(first, second, black_box(len))
}

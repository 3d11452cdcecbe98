//! The parts of a load, each by itself, and beside it a plain copy of the same bytes.
//!
//! `cargo bench -p checkpoint-tests --bench parts` prints a table for each; `-- moves` measures only what has that in its name,
//! and `-- --help` says what else can be chosen.

mod checksum;
mod index;
mod moves;
mod planning;

use checkpoint_tests::architectures::listing::Listing;

fn main() {
    divan::main();
}

/// Small variables in layers of ten.
fn layers(variables: usize) -> Listing {
    let mut listing = Listing::default();
    for layer in 0..variables / 10 {
        for field in ('a'..).take(10) {
            listing.weight(format!("layer_{layer}/{field}"), &[8]);
        }
    }
    listing
}

//! The parts of a load, each by itself, compared with a plain copy of the same bytes.
//!
//! `cargo bench -p checkpoint-tests --bench parts` prints a table for each. `-- moves` only measures names that contain this
//! text. See `-- --help` for other options.

mod checksum;
mod index;
mod moves;
mod planning;

fn main() {
    divan::main();
}

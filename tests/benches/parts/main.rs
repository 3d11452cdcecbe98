//! The parts of a load, each by itself, and beside it a plain copy of the same bytes.
//!
//! `cargo bench -p checkpoint-tests --bench parts` prints a table for each; `-- moves` measures only what has that in its name,
//! and `-- --help` says what else can be chosen.

mod checksum;
mod index;
mod moves;
mod planning;

fn main() {
    divan::main();
}

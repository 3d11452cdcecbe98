//! Writes the inputs from which fuzzing starts: one folder for each target.

use std::io;
use std::path::PathBuf;

use clap::Parser;

/// Write the inputs from which fuzzing starts: one folder for each target.
#[derive(Parser)]
struct Arguments {
    /// The folder for the folders.
    #[arg(default_value = "fuzz/corpus")]
    corpus: PathBuf,
}

fn main() -> io::Result<()> {
    checkpoint_tests::fuzz::seeds::write(&Arguments::parse().corpus)
}

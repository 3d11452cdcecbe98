//! Loads a GPT-2 as `OpenAI` released it, and continues a text: `cargo run --release --example gpt2 -- --help`.

use std::io::{self, Write};
use std::process::ExitCode;

use checkpoint_examples::gpt2_cli::{Arguments, run};
use clap::Parser;
use indicatif::ProgressBar;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments, &mut io::stdout().lock(), &ProgressBar::no_length()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader closed the pipe, which is no error.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            // If the message cannot be written, the exit code still tells.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

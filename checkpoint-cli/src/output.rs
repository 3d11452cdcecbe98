//! Output: data to standard output, everything else to standard error.

use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, StdoutLock, Write as _};
use std::process;

use checkpoint_schema::listing::catalog::is_seen;
use clap::ValueEnum;
use console::Style;
use indicatif::HumanCount;

use crate::failure::{Failure, Status, of_library};

/// When colors are used.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Enables or disables the colors of [`Style`]s. `auto` is the default of `console`.
pub(crate) fn set_color(color: Color) {
    let enabled = match color {
        Color::Auto => return,
        Color::Always => true,
        Color::Never => false,
    };
    console::set_colors_enabled(enabled);
    console::set_colors_enabled_stderr(enabled);
}

/// Returns the writer for data. Flush it, so that errors such as a full disk are reported.
pub(crate) fn data() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Flushes the output. If its reader closed the pipe, this is no error, and the status is the same.
pub(crate) fn finish(
    status: Status,
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> Result<Status, Failure> {
    let mut out = data();
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(status),
    }
}

/// Prints an error.
pub(crate) fn error(error: &impl fmt::Display) {
    let label = Style::new().red().bold().for_stderr().apply_to("error:");
    // If standard error is closed, the exit status still tells.
    let _ = writeln!(io::stderr(), "{label} {}", escaped(&error.to_string()));
}

/// Prints the help that was asked for, or an error of the command line, and exits. The arguments in an error may be names from a
/// hostile checkpoint.
pub(crate) fn refuse(refusal: &clap::Error) -> ! {
    let text = refusal.render().to_string();
    if !refusal.use_stderr() || escaped(&text) == text {
        refusal.exit();
    }
    let text = text.trim_end();
    error(&text.strip_prefix("error: ").unwrap_or(text));
    process::exit(refusal.exit_code());
}

/// The maximum number of errors that are printed.
const SHOWN: u64 = 20;

/// Errors of variables. The first are printed, the others counted.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    pub(crate) count: u64,
}

impl Errors {
    /// Adds an error of a variable.
    pub(crate) fn add(&mut self, problem: &impl fmt::Display) {
        self.count += 1;
        if self.count <= SHOWN {
            error(&of_library(problem));
        }
    }

    /// Prints the number of errors that were not printed.
    pub(crate) fn finish(&self) {
        let more = self.count.saturating_sub(SHOWN);
        if more > 0 {
            error(&format_args!("the same or the like of {}", counted(more, "more variable")));
        }
    }
}

/// Prints a note, which is no error.
pub(crate) fn note(note: &impl fmt::Display) {
    let label = Style::new().cyan().bold().for_stderr().apply_to("note:");
    // A note may be lost if standard error is closed.
    let _ = writeln!(io::stderr(), "{label} {}", escaped(&note.to_string()));
}

/// `1 variable`, `1,024 variables`
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

/// Returns a size if it is known. The size of strings in a V1 checkpoint is unknown until they are read.
pub(crate) fn known_size(size: u64, elements: u64) -> Option<u64> {
    (size > 0 || elements == 0).then_some(size)
}

/// Escapes invisible characters, which can harm a terminal, except line ends.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, letter| {
        if !is_seen(letter) && letter != '\n' {
            // Writing to a string does not fail.
            let _ = write!(out, "{}", letter.escape_default());
        } else {
            out.push(letter);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_of_a_message_is_sent_but_its_lines() {
        assert_eq!(escaped("a\x1b[2J\u{9b}\r\nü"), "a\\u{1b}[2J\\u{9b}\\r\nü");
    }
}

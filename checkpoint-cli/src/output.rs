//! Standard output for data, standard error for everything else.

use std::fmt::{self, Write as _};
use std::io::{self, BufWriter, StdoutLock, Write as _};

use checkpoint_schema::listing::catalog::is_seen;
use clap::ValueEnum;
use console::Style;
use indicatif::HumanCount;

use crate::failure::{Failure, Status};

/// When colors are used.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Sets when [`Style`]s are seen; `auto` is what `console` does anyway.
pub(crate) fn set_color(color: Color) {
    let enabled = match color {
        Color::Auto => return,
        Color::Always => true,
        Color::Never => false,
    };
    console::set_colors_enabled(enabled);
    console::set_colors_enabled_stderr(enabled);
}

/// Where data goes. It has to be flushed, so that a full disk is noticed.
pub(crate) fn data() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Writes the last of the output. Who closes it early has read enough, but is told the status all the same.
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

/// Says what is wrong.
pub(crate) fn error(error: &impl fmt::Display) {
    let label = Style::new().red().bold().for_stderr().apply_to("error:");
    // If nobody listens, the exit status still tells.
    let _ = writeln!(io::stderr(), "{label} {}", escaped(&error.to_string()));
}

/// The errors that are shown of very many.
const SHOWN: u64 = 20;

/// Errors of variables: the first are shown, the others counted.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    pub(crate) count: u64,
}

impl Errors {
    /// Says what is wrong with a variable.
    pub(crate) fn add(&mut self, problem: &impl fmt::Display) {
        self.count += 1;
        if self.count <= SHOWN {
            error(problem);
        }
    }

    /// Says how many more there are.
    pub(crate) fn finish(&self) {
        let more = self.count.saturating_sub(SHOWN);
        if more > 0 {
            error(&format_args!("the same or the like of {}", counted(more, "more variable")));
        }
    }
}

/// Says what is worth to know, though nothing is wrong.
pub(crate) fn note(note: &impl fmt::Display) {
    let label = Style::new().cyan().bold().for_stderr().apply_to("note:");
    // If nobody listens, nothing is lost.
    let _ = writeln!(io::stderr(), "{label} {}", escaped(&note.to_string()));
}

/// `1 variable`, `1,024 variables`
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

/// A size, if it is known: that of strings in a V1 checkpoint is not, before they are read.
pub(crate) fn known_size(size: u64, elements: u64) -> Option<u64> {
    (size > 0 || elements == 0).then_some(size)
}

/// The text without what cannot be seen, which could do anything to a terminal, but with its lines.
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

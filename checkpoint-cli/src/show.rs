//! `ckpt show`: one variable.

mod plot;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

use checkpoint_core::{Checkpoint, ReadError, Variable};
use clap::Args;
use console::Style;

use crate::arguments::CheckpointArgs;
use crate::failure::{Failure, Status};
use crate::histogram::Histogram;
use crate::number::{decode, parts};
use crate::object_names::ObjectNames;
use crate::output::{self, counted};
use crate::statistics::{self, Statistics};
use crate::variable::{Row, facts, find, names};

#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    place: CheckpointArgs,
    /// Name of the variable, as printed by `ckpt ls`
    name: OsString,
    /// Number of printed elements
    #[arg(long, value_name = "N", default_value_t = 8)]
    values: usize,
    /// Draw a histogram of the elements
    #[arg(long)]
    plot: bool,
}

impl Show {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let variable = find(&checkpoint, self.name.as_encoded_bytes(), 1)?;
        let mut out = output::data();
        writeln!(out, "{}", Style::new().bold().apply_to(&variable.name))?;
        let mut write = |rows: Vec<Row>| {
            rows.iter().try_for_each(|(label, text)| writeln!(out, "  {label:9}  {text}"))?;
            out.flush()
        };
        write(facts(variable))?;
        write(self.elements(&checkpoint, variable)?)?;
        write(other_names(&checkpoint, variable)?)?;
        Ok(Status::Good)
    }

    /// Returns statistics and the first elements.
    fn elements(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
    ) -> Result<Vec<Row>, ReadError> {
        if self.plot && Histogram::of(variable.dtype, plot::BINS).is_none() {
            let (name, dtype) = (variable.name.short(), variable.dtype);
            output::note(&format!(
                "no plot of `{name}`; its elements are {dtype}, not real numbers"
            ));
        }
        let (statistics, first) = match variable.dtype.width() {
            Some(width) => self.numbers(checkpoint, variable, width)?,
            None => self.strings(checkpoint, variable)?,
        };
        let elements = variable.shape.elements();
        // A single element needs no statistics.
        let mut rows = if elements > 1 { statistics } else { Vec::new() };
        rows.push(("values", list(first, elements)));
        Ok(rows)
    }

    /// Returns statistics of numbers, and the first elements.
    fn numbers(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
        width: usize,
    ) -> Result<(Vec<Row>, Vec<String>), ReadError> {
        let mut statistics = Statistics::default();
        let mut histogram = Histogram::of(variable.dtype, plot::BINS).filter(|_| self.plot);
        let mut block = Vec::new();
        let mut first = Vec::new();
        checkpoint.read_pieces(&variable.name, |piece| {
            for bytes in piece.chunks(width.saturating_mul(BLOCK)) {
                block.clear();
                decode(variable.dtype, width, bytes, |value| {
                    statistics.add(value);
                    block.push(parts(value)[0]);
                    if first.len() < self.values {
                        first.push(value.to_string());
                    }
                });
                if let Some(histogram) = &mut histogram {
                    histogram.add(&block);
                }
            }
        })?;
        let mut rows = statistics.rows();
        rows.extend(histogram.as_ref().map(plot::rows).unwrap_or_default());
        Ok((rows, first))
    }

    /// Returns statistics of strings, and the first of them.
    fn strings(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
    ) -> Result<(Vec<Row>, Vec<String>), ReadError> {
        let tensor = checkpoint.read(&variable.name)?;
        let Some(strings) = tensor.as_strings() else { return Ok(Default::default()) };
        let first = strings.iter().take(self.values).map(quoted).collect();
        Ok((statistics::lengths(strings), first))
    }
}

/// The number of elements that are decoded at once.
const BLOCK: usize = 4096;

/// Returns the names of a variable in the object graph.
fn other_names(checkpoint: &Checkpoint, variable: &Variable) -> Result<Vec<Row>, Failure> {
    let names = names(checkpoint, &ObjectNames::read(checkpoint)?, variable)?.into_iter();
    let rows = names
        .flat_map(|(label, names)| names.into_iter().map(move |name| (label, name.to_string())));
    Ok(rows.collect())
}

/// The maximum number of bytes of a string that are printed.
const MAX_STRING: usize = 200;

/// Quotes a string: `"hi\n\xff"`. A long string is truncated, and its length is appended.
pub(crate) fn quoted(string: &[u8]) -> String {
    shortened(string, MAX_STRING)
}

/// The same for a limit of `most` bytes.
pub(crate) fn shortened(string: &[u8], most: usize) -> String {
    let beginning = string.get(..most).unwrap_or(string);
    let mut text = String::from('"');
    for chunk in beginning.utf8_chunks() {
        text.extend(chunk.valid().escape_debug());
        // Writing to a string does not fail.
        let _ = write!(text, "{}", chunk.invalid().escape_ascii());
    }
    text.push('"');
    if beginning.len() < string.len() {
        let _ = write!(text, "... ({})", counted(string.len() as u64, "byte"));
    }
    text
}

/// Formats a list: `[0.5, 1.0, ...]`.
fn list(mut first: Vec<String>, elements: u64) -> String {
    if elements > first.len() as u64 {
        first.push("...".to_owned());
    }
    format!("[{}]", first.join(", "))
}

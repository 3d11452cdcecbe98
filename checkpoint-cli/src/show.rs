//! `ckpt show`: one variable.

mod statistics;

use std::ffi::OsString;
use std::io::Write as _;

use checkpoint_core::schema::catalog::{Catalog, Name, Place as Stored, Variable};
use checkpoint_core::schema::plan::nearest;
use checkpoint_core::{Checkpoint, ReadError, Strings, Value};
use clap::Args;
use console::Style;
use indicatif::{DecimalBytes, HumanCount};

use self::statistics::Statistics;
use crate::command::Place;
use crate::failure::{Failure, Status};
use crate::output::{self, counted};

#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    place: Place,
    /// The name of the variable, as `ckpt ls` prints it
    name: OsString,
    /// How many elements are printed
    #[arg(long, value_name = "N", default_value_t = 8)]
    values: usize,
}

/// A line: what it is, and what is said.
type Row = (&'static str, String);

impl Show {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let variable = find(checkpoint.catalog(), self.name.as_encoded_bytes())?;
        let mut out = output::data();
        writeln!(out, "{}", Style::new().bold().apply_to(&variable.name))?;
        let mut write = |rows: Vec<Row>| {
            rows.iter().try_for_each(|(label, text)| writeln!(out, "  {label:8}  {text}"))?;
            out.flush()
        };
        write(facts(variable))?;
        write(self.elements(&checkpoint, variable)?)?;
        Ok(Status::Good)
    }

    /// What the elements are.
    fn elements(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
    ) -> Result<Vec<Row>, ReadError> {
        let Some(width) = variable.dtype.width() else {
            return self.strings(checkpoint, variable);
        };
        let mut statistics = Statistics::default();
        let mut first = Vec::new();
        checkpoint.read_pieces(variable, |piece| {
            for element in piece.chunks_exact(width) {
                let Some(value) = Value::decode(variable.dtype, element) else { continue };
                statistics.add(value);
                if first.len() < self.values {
                    first.push(value.to_string());
                }
            }
        })?;
        // A single element says all of itself.
        let mut rows = if variable.shape.elements() > 1 { statistics.rows() } else { Vec::new() };
        rows.push(("values", list(&first, variable.shape.elements())));
        Ok(rows)
    }

    /// What the elements of a variable of strings are.
    fn strings(&self, checkpoint: &Checkpoint, variable: &Variable) -> Result<Vec<Row>, ReadError> {
        let tensor = checkpoint.read_variable(variable)?;
        let strings = tensor.as_strings().into_iter().flat_map(Strings::iter);
        let first: Vec<_> = strings.take(self.values).map(quoted).collect();
        Ok(vec![("values", list(&first, variable.shape.elements()))])
    }
}

/// The start of a string on one line, as far as it is text.
fn quoted(string: &[u8]) -> String {
    const LONGEST: usize = 64;
    let start = Name::from(string.get(..LONGEST).unwrap_or(string));
    if string.len() > LONGEST { format!("\"{start}\"...") } else { format!("\"{start}\"") }
}

/// The variable of this name, or whose name is printed like that.
fn find<'c>(catalog: &'c Catalog, name: &[u8]) -> Result<&'c Variable, Failure> {
    let asked = Name::from(name);
    let printed =
        || catalog.variables().iter().find(|variable| variable.name.to_string().as_bytes() == name);
    catalog.get(name).or_else(printed).ok_or_else(|| {
        let nearest = nearest(&asked.to_string(), catalog);
        let nearest = nearest.map(|variable| (variable.name.clone(), variable.spec()));
        Failure::NoVariable { name: asked, nearest }
    })
}

/// What is known without reading it.
fn facts(variable: &Variable) -> Vec<Row> {
    let stored = match &variable.place {
        Stored::Whole(extent) => format!(
            "bytes {}..{} of data file {}, CRC-32C {:08x}",
            extent.offset,
            extent.offset.saturating_add(extent.size),
            extent.shard,
            extent.crc32c
        ),
        Stored::Slices(slices) => format!("in {}", counted(slices.len() as u64, "slice")),
        Stored::Opaque => "in blocks of a V1 checkpoint".to_owned(),
    };
    vec![
        ("dtype", variable.dtype.to_string()),
        ("shape", variable.shape.to_string()),
        ("elements", HumanCount(variable.shape.elements()).to_string()),
        ("size", DecimalBytes(variable.size()).to_string()),
        ("stored", stored),
    ]
}

/// `[0.5, 1.0, ...]`
fn list(first: &[String], elements: u64) -> String {
    let more = elements > first.len() as u64;
    let dots = more.then(|| "...".to_owned());
    let all: Vec<String> = first.iter().cloned().chain(dots).collect();
    format!("[{}]", all.join(", "))
}

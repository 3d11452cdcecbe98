//! `ckpt show`: one variable.

mod statistics;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

use checkpoint_core::schema::catalog::{Name, Place as Stored, Variable};
use checkpoint_core::schema::description::Keys;
use checkpoint_core::schema::plan::{Names, nearest};
use checkpoint_core::{Checkpoint, ReadError, Value};
use clap::Args;
use console::Style;
use indicatif::{DecimalBytes, HumanCount};

use self::statistics::Statistics;
use crate::command::Place;
use crate::failure::{Failure, Status};
use crate::output::{self, counted, known_size};

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
        let variable = find(&checkpoint, self.name.as_encoded_bytes())?;
        let mut out = output::data();
        writeln!(out, "{}", Style::new().bold().apply_to(&variable.name))?;
        let mut write = |rows: Vec<Row>| {
            rows.iter().try_for_each(|(label, text)| writeln!(out, "  {label:9}  {text}"))?;
            out.flush()
        };
        write(facts(variable))?;
        write(self.elements(&checkpoint, variable)?)?;
        write(names(&checkpoint, variable)?)?;
        Ok(Status::Good)
    }

    /// What the elements are.
    fn elements(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
    ) -> Result<Vec<Row>, ReadError> {
        let (statistics, first) = match variable.dtype.width() {
            Some(width) => self.numbers(checkpoint, variable, width)?,
            None => self.strings(checkpoint, variable)?,
        };
        let elements = variable.shape.elements();
        // A single element says all of itself.
        let mut rows = if elements > 1 { statistics } else { Vec::new() };
        rows.push(("values", list(first, elements)));
        Ok(rows)
    }

    /// Statistics, and the first elements.
    fn numbers(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
        width: usize,
    ) -> Result<(Vec<Row>, Vec<String>), ReadError> {
        let mut statistics = Statistics::default();
        let mut first = Vec::new();
        checkpoint.read_pieces(&variable.name, |piece| {
            for element in piece.chunks_exact(width) {
                let Some(value) = Value::decode(variable.dtype, element) else { continue };
                statistics.add(value);
                if first.len() < self.values {
                    first.push(value.to_string());
                }
            }
        })?;
        Ok((statistics.rows(), first))
    }

    /// What can be said of strings, and the first of them.
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

/// The variable of this name, or whose name is printed like that, or which the object graph calls so.
fn find<'c>(checkpoint: &'c Checkpoint, name: &[u8]) -> Result<&'c Variable, Failure> {
    let catalog = checkpoint.catalog();
    let is_printed = |variable: &&Variable| variable.name.to_string().as_bytes() == name;
    let printed = || checkpoint.variables().iter().find(is_printed);
    if let Some(variable) = checkpoint.get(name).or_else(printed) {
        return Ok(variable);
    }
    if let Some(graph) = checkpoint.object_graph()? {
        let full_names = Names::new(Keys::FullName, catalog, Some(&graph))?;
        let is_named =
            |number: usize| full_names.of(number).iter().any(|full| full.as_bytes() == name);
        let named = || (0..checkpoint.variables().len()).find(|&number| is_named(number));
        let led = graph.resolve(name).and_then(|value| catalog.position(value.key.as_bytes()));
        if let Some(number) = led.or_else(named) {
            return Ok(&checkpoint.variables()[number]);
        }
    }
    let asked = Name::from(name);
    let nearest = nearest(&asked.to_string(), catalog);
    let nearest = nearest.first().map(|variable| (variable.name.clone(), variable.spec()));
    Err(Failure::NoVariable { name: asked, nearest })
}

/// What the object graph calls a variable.
fn names(checkpoint: &Checkpoint, variable: &Variable) -> Result<Vec<Row>, Failure> {
    let catalog = checkpoint.catalog();
    let Some((graph, number)) =
        checkpoint.object_graph()?.zip(catalog.position(variable.name.as_bytes()))
    else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for (label, keys) in [("object", Keys::Object), ("full name", Keys::FullName)] {
        let names = Names::new(keys, catalog, Some(&graph))?;
        let others = names.of(number).iter().filter(|name| **name != variable.name);
        rows.extend(others.map(|name| (label, name.to_string())));
    }
    Ok(rows)
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
    let elements = variable.shape.elements();
    let mut rows = vec![
        ("dtype", variable.dtype.to_string()),
        ("shape", variable.shape.to_string()),
        ("elements", HumanCount(elements).to_string()),
    ];
    let size = known_size(variable.size(), elements);
    rows.extend(size.map(|size| ("size", DecimalBytes(size).to_string())));
    rows.push(("stored", stored));
    rows
}

/// The bytes of a string that are printed.
const MAX_STRING: usize = 200;

/// `"hi\n\xff"`; of a long string the beginning, and how long it is.
fn quoted(string: &[u8]) -> String {
    let beginning = string.get(..MAX_STRING).unwrap_or(string);
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

/// `[0.5, 1.0, ...]`
fn list(mut first: Vec<String>, elements: u64) -> String {
    if elements > first.len() as u64 {
        first.push("...".to_owned());
    }
    format!("[{}]", first.join(", "))
}

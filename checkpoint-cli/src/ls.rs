//! `ckpt ls`: the list of variables.

mod entry;
mod tree;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use checkpoint_core::{DType, Defect, Glob, GlobError, Name, Spec, Variable};
use checkpoint_schema::listing::glob;
use checkpoint_schema::model::description::Naming;
use clap::{Args, ValueEnum};
use console::{Style, StyledObject};
use indicatif::{DecimalBytes, HumanCount};

use self::entry::{Entry, entries};

pub(crate) use self::entry::naming;
use crate::arguments::CheckpointArgs;
use crate::failure::{Failure, Status};
use crate::line::Line;
use crate::object_names::ObjectNames;
use crate::output::{self, counted, known_size};

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    place: CheckpointArgs,
    /// List only variables that one of these globs matches
    #[arg(value_name = "GLOB", value_parser = readable)]
    globs: Vec<String>,
    /// Print one line of JSON for each variable
    #[arg(long)]
    json: bool,
    /// Names: `key`, `object_path` or `full_name`
    #[arg(
        long,
        value_name = "KIND",
        default_value = Naming::Key.word(),
        value_parser = naming(),
        hide_possible_values = true
    )]
    naming: Naming,
    /// Print names as a tree; names that differ only in numbers are one: `h<0..12>`
    #[arg(long, conflicts_with = "json")]
    tree: bool,
    /// Order: `name`, or `size` for the largest first [default: name]
    #[arg(
        long,
        value_enum,
        value_name = "ORDER",
        hide_possible_values = true,
        conflicts_with = "tree"
    )]
    sort: Option<Order>,
    /// List only the N largest variables, or the first N with `--sort name`
    #[arg(long, value_name = "N", conflicts_with = "tree")]
    top: Option<usize>,
}

/// The order of the variables in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    Name,
    Size,
}

/// Checks that a glob is valid.
fn readable(text: &str) -> Result<String, GlobError> {
    glob::check(text)?;
    Ok(text.to_owned())
}

impl List {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let object_names = match self.naming {
            Naming::Key => ObjectNames::None,
            Naming::ObjectPath | Naming::FullName => ObjectNames::read(&checkpoint)?,
        };
        let names = object_names.names(self.naming, checkpoint.catalog())?;
        let (selected, status) = self.select(entries(&names));
        let found = selected.len();
        let entries = self.order(selected);
        output::finish(status, |out| {
            if self.json {
                for Entry { called, stored } in &entries {
                    Line::with_size(called, &stored.name).write(out)?;
                }
                return Ok(());
            }
            if names.catalog().variables().is_empty() {
                return writeln!(out, "the checkpoint has no variables");
            }
            let variables: Vec<&Variable> = entries.iter().map(|entry| &*entry.called).collect();
            let rows = if self.tree { tree::rows(&variables) } else { rows(&variables) };
            write_rows(out, &rows)?;
            write_totals(out, &entries, found)
        })
    }

    /// Sorts the entries, and truncates them to the requested number.
    fn order<'c>(&self, mut entries: Vec<Entry<'c>>) -> Vec<Entry<'c>> {
        let order = self.sort.unwrap_or(if self.top.is_some() { Order::Size } else { Order::Name });
        if order == Order::Size || self.top.is_some() {
            // The sort is stable: variables of one size stay in the order of their names.
            entries.sort_by_key(|entry| Reverse(entry.called.size()));
            entries.truncate(self.top.unwrap_or(entries.len()));
        }
        if order == Order::Name {
            entries.sort_by(|one, other| one.called.name.cmp(&other.called.name));
        }
        entries
    }

    /// Returns the matching entries, and true for each glob that matches any.
    fn select<'c>(&self, mut entries: Vec<Entry<'c>>) -> (Vec<Entry<'c>>, Status) {
        let globs = self.globs.iter().filter_map(|text| Glob::parse(text).ok());
        let globs: Vec<Glob<'_>> = globs.collect();
        let mut hits = vec![false; globs.len()];
        entries.retain(|entry| {
            let name = entry.called.name.to_string();
            let mut matches = globs.is_empty();
            for (glob, hit) in globs.iter().zip(&mut hits) {
                if glob.matches(&name) {
                    (matches, *hit) = (true, true);
                }
            }
            matches
        });
        let mut status = Status::Good;
        for (text, _) in self.globs.iter().zip(hits).filter(|(_, hit)| !hit) {
            output::error(&format!(
                "no variable matches `{text}`; `*` stops at `/`, and `**` does not"
            ));
            status = Status::Bad;
        }
        (entries, status)
    }
}

/// A line of the list. The name is last, because it may be long or have letters of any width.
#[derive(Debug, Default)]
struct Row {
    /// The total size of its variables.
    size: String,
    /// Their number, if more than one.
    count: String,
    dtype: String,
    shape: String,
    depth: usize,
    name: String,
    /// The reason why the variable cannot be read, in a word.
    defect: Option<&'static str>,
    /// True if it is a prefix of other names.
    is_group: bool,
}

fn size(size: u64, elements: u64) -> String {
    known_size(size, elements).map(|size| DecimalBytes(size).to_string()).unwrap_or_default()
}

/// Formats the shape, which is empty if the checkpoint does not have it.
fn shape(spec: &Spec) -> String {
    if spec.dtype == DType::Unknown { String::new() } else { spec.shape.to_string() }
}

fn rows(variables: &[&Variable]) -> Vec<Row> {
    let row = |variable: &&Variable| Row {
        size: size(variable.size(), variable.shape.elements()),
        dtype: variable.dtype.to_string(),
        shape: shape(&variable.spec()),
        name: variable.name.to_string(),
        defect: variable.defect().map(Defect::word),
        ..Row::default()
    };
    variables.iter().map(row).collect()
}

fn write_rows(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let width = |cell: fn(&Row) -> usize| rows.iter().map(cell).max().unwrap_or_default();
    let sizes = width(|row| row.size.len());
    let counts = width(|row| row.count.len());
    let (dtypes, shapes) = (width(|row| row.dtype.len()), width(|row| row.shape.len()));
    for row in rows {
        let Row { size, count, dtype, shape, depth, .. } = row;
        let (name, indent) = (styled(row), 2 * depth);
        let defect = row.defect.map(|word| format!(" ({word})")).unwrap_or_default();
        writeln!(
            out,
            "{size:>sizes$}  {count:>counts$}{dtype:dtypes$}  {shape:shapes$}  {:indent$}{name}{defect}",
            ""
        )?;
    }
    Ok(())
}

fn styled(row: &Row) -> StyledObject<&str> {
    let style = if row.is_group { Style::new().blue().bold() } else { Style::new() };
    style.apply_to(&row.name)
}

/// Writes the totals. A variable with several names counts once. `found` is the number of entries before they were truncated.
fn write_totals(out: &mut impl Write, entries: &[Entry<'_>], found: usize) -> io::Result<()> {
    let stored: BTreeMap<&Name, &Variable> =
        entries.iter().map(|entry| (&entry.stored.name, entry.stored)).collect();
    let readable = || stored.values().filter(|variable| variable.defect().is_none());
    let sum = |of: fn(&Variable) -> u64| {
        readable().fold(0, |sum: u64, variable| sum.saturating_add(of(variable)))
    };
    let (elements, size) = (sum(|variable| variable.shape.elements()), sum(Variable::size));
    let mut counts = vec![counted(stored.len() as u64, "variable")];
    if entries.len() < found {
        let listed = HumanCount(entries.len() as u64);
        counts = vec![format!("the largest {listed} of {}", counted(found as u64, "variable"))];
    }
    let defects = stored.len() - readable().count();
    if defects > 0 {
        counts.push(format!("{} of them incomplete or damaged", HumanCount(defects as u64)));
    }
    counts.push(counted(elements, "element"));
    writeln!(out, "{}, {}", counts.join(", "), DecimalBytes(size))
}

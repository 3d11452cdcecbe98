//! `ckpt ls`: what variables there are.

mod tree;

use std::io::{self, Write};

use checkpoint_core::schema::catalog::Variable;
use checkpoint_core::schema::glob::Glob;
use clap::Args;
use console::{Style, StyledObject};
use indicatif::DecimalBytes;

use crate::command::Place;
use crate::failure::{Failure, Status};
use crate::line::Line;
use crate::output::{self, counted};

#[derive(Args, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// List only variables whose names match one of these
    #[arg(value_name = "GLOB", value_parser = Pattern::parse)]
    globs: Vec<Pattern>,
    /// Print JSON, one variable a line
    #[arg(long)]
    json: bool,
    /// Print names as a tree, those that differ only in numbers as one: `h<0..12>`
    #[arg(long, conflicts_with = "json")]
    tree: bool,
}

/// A glob as it is written.
#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    glob: Glob,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, checkpoint_core::schema::glob::GlobError> {
        Ok(Self { text: text.to_owned(), glob: Glob::parse(text)? })
    }
}

impl List {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let (variables, status) = self.select(checkpoint.catalog().variables());
        let mut out = output::data();
        if self.json {
            variables.iter().try_for_each(|variable| Line::with_size(variable).write(&mut out))?;
        } else {
            let rows = if self.tree { tree::rows(&variables) } else { rows(&variables) };
            write_rows(&mut out, &rows)?;
            write_totals(&mut out, &variables)?;
        }
        out.flush()?;
        Ok(status)
    }

    /// The variables that match, and whether each glob matches any.
    fn select<'v>(&self, variables: &'v [Variable]) -> (Vec<&'v Variable>, Status) {
        let mut hits = vec![false; self.globs.len()];
        let mut is_selected = |variable: &&Variable| {
            let name = variable.name.to_string();
            let mut matches = self.globs.is_empty();
            for (pattern, hit) in self.globs.iter().zip(&mut hits) {
                if pattern.glob.matches(&name) {
                    (matches, *hit) = (true, true);
                }
            }
            matches
        };
        let selected = variables.iter().filter(|variable| is_selected(variable)).collect();
        let mut status = Status::Good;
        for (pattern, _) in self.globs.iter().zip(hits).filter(|(_, hit)| !hit) {
            let text = &pattern.text;
            output::error(&format!(
                "no variable matches `{text}`; `*` stops at `/`, and `**` does not"
            ));
            status = Status::Bad;
        }
        (selected, status)
    }
}

/// A line of the list. The name is last, since it may be long or of letters of any width.
#[derive(Debug, Default)]
struct Row {
    /// Of all the variables that it stands for.
    size: u64,
    /// How many these are, if more than one.
    count: String,
    dtype: String,
    shape: String,
    depth: usize,
    name: String,
    /// Whether it is the beginning of other names.
    is_group: bool,
}

fn rows(variables: &[&Variable]) -> Vec<Row> {
    let row = |variable: &&Variable| Row {
        size: variable.size(),
        dtype: variable.dtype.to_string(),
        shape: variable.shape.to_string(),
        name: variable.name.to_string(),
        ..Row::default()
    };
    variables.iter().map(row).collect()
}

fn write_rows(out: &mut impl Write, rows: &[Row]) -> io::Result<()> {
    let width = |cell: fn(&Row) -> usize| rows.iter().map(cell).max().unwrap_or_default();
    let sizes = width(|row| DecimalBytes(row.size).to_string().len());
    let counts = width(|row| row.count.len());
    let (dtypes, shapes) = (width(|row| row.dtype.len()), width(|row| row.shape.len()));
    for row in rows {
        let Row { size, count, dtype, shape, depth, .. } = row;
        let (size, indent) = (DecimalBytes(*size).to_string(), 2 * depth);
        let name = styled(row);
        writeln!(
            out,
            "{size:>sizes$}  {count:>counts$}{dtype:dtypes$}  {shape:shapes$}  {:indent$}{name}",
            ""
        )?;
    }
    Ok(())
}

fn styled(row: &Row) -> StyledObject<&str> {
    let style = if row.is_group { Style::new().blue().bold() } else { Style::new() };
    style.apply_to(&row.name)
}

fn write_totals(out: &mut impl Write, variables: &[&Variable]) -> io::Result<()> {
    let sum = |of: fn(&Variable) -> u64| {
        variables.iter().fold(0, |sum: u64, variable| sum.saturating_add(of(variable)))
    };
    let (elements, size) = (sum(|variable| variable.shape.elements()), sum(Variable::size));
    let counts = [counted(variables.len() as u64, "variable"), counted(elements, "element")];
    writeln!(out, "{}, {}", counts.join(", "), DecimalBytes(size))
}

//! The report of a load.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use checkpoint_schema::listing::catalog::{Name, Variable};
use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::family::families;
use checkpoint_schema::plan::{Plan, Row};
use serde::Serialize;

use crate::checkpoint::Checkpoint;
use crate::load::error::model;
use crate::system::rank::Rank;

/// The result of a load: loaded, absent, ignored and unmapped variables.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// The struct.
    pub model: &'static str,
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// The dialect used, if the struct has several.
    pub dialect: Option<&'static str>,
    /// The rank whose part was loaded; `None` for all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
    /// The loaded fields. Items of a list share a row.
    pub loaded: Vec<Row>,
    /// The symbols shared by all structs, with their values.
    pub dims: Vec<(String, u64)>,
    /// The number of variables read.
    pub variables: usize,
    /// The number of variables that `shadow` replaced by their averages.
    pub averages: usize,
    /// The number of bytes read, without those of strings.
    pub bytes: u64,
    /// The borrowed variables. They do not count as read, unless another field owns a copy of their elements.
    pub borrowed: Borrowed,
    /// True if the checksum of every variable was verified.
    pub verified: bool,
    /// The number of variables that were not verified. With verification off, that is all of them. Otherwise it counts variables
    /// without a checksum, variables read in part, and borrowed variables if their verification is off. A checksum covers all
    /// bytes of a variable, or of one of its slices.
    pub unverified: usize,
    /// The number of variables without a checksum. They count as unverified too. Some formats have no checksums.
    pub without_checksum: usize,
    /// The fields that are `None` or empty because the checkpoint has no variables for them.
    pub absent: Vec<String>,
    /// The fields that `default` filled with zeros or by a function because the checkpoint has no variables for them.
    pub defaulted: Vec<String>,
    /// The ignored variables.
    pub ignored: Vec<Ignored>,
    /// The variables without a field that `allow_unmapped` allowed.
    pub unmapped: Vec<String>,
    /// Warnings: possible mistakes.
    pub warnings: Vec<String>,
    /// The time from the open checkpoint to the finished value.
    pub elapsed: Duration,
}

/// Variables whose elements are borrowed from the checkpoint by arrays.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Borrowed {
    /// Their names, in order. [`Checkpoint::verify_many`] accepts them.
    pub variables: Vec<Name>,
    /// The size of their elements, in bytes.
    pub bytes: u64,
    /// True if the checksum of every one of them was verified.
    pub verified: bool,
    /// The number of variables with a checksum that was not verified.
    #[serde(skip)]
    pub(crate) skipped: usize,
}

impl Borrowed {
    /// Counts borrowed variables. Those with a checksum are verified if `verify` is set.
    pub(crate) fn new(variables: &[&Variable], verify: bool) -> Self {
        let has_checksum = |variable: &&&Variable| variable.place.has_checksum();
        let with = variables.iter().filter(has_checksum).count();
        let verified = verify && with == variables.len();
        let skipped = if verify { 0 } else { with };
        let sizes = variables.iter().map(|variable| variable.size());
        let bytes = sizes.fold(0, u64::saturating_add);
        let variables = variables.iter().map(|variable| variable.name.clone()).collect();
        Self { variables, bytes, verified, skipped }
    }
}

/// The counts of a load: variables read and borrowed.
pub(crate) struct Done {
    pub(crate) variables: usize,
    pub(crate) bytes: u64,
    /// The number of variables with a checksum that were read and not verified.
    pub(crate) unverified: usize,
    /// The number of variables, read or borrowed, without a checksum.
    pub(crate) without: usize,
    pub(crate) borrowed: Borrowed,
}

/// Variables skipped on purpose.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Ignored {
    /// The glob or preset that names them. For averages and variables that were not chosen, it is `shadow`.
    pub by: &'static str,
    /// The number of variables.
    pub count: usize,
    /// Their names. Names that differ only in numbers are merged.
    pub variables: Vec<String>,
}

impl LoadReport {
    pub(crate) fn new(node: &Node, checkpoint: &Checkpoint, plan: &Plan<'_>, done: Done) -> Self {
        let Done { variables, bytes, unverified, without, borrowed } = done;
        let unverified = unverified.saturating_add(borrowed.skipped).saturating_add(without);
        let named = |numbers: &[usize]| {
            let families = families(plan.named(numbers).iter());
            families.into_iter().map(|family| family.name).collect()
        };
        let ignored = plan.ignored.iter().map(|(by, numbers)| Ignored {
            by,
            count: numbers.len(),
            variables: named(numbers),
        });
        let idle = plan.idle.iter().map(|glob| {
            format!(
                "`ignore`: `{glob}` matches no variable; remove it, or write `optional({glob:?})`"
            )
        });
        Self {
            model: model(node),
            checkpoint: checkpoint.path().to_owned(),
            dialect: None,
            rank: None,
            loaded: plan.rows(checkpoint.catalog()),
            dims: plan.dims.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
            variables,
            averages: plan.averages(),
            bytes,
            borrowed,
            verified: unverified == 0,
            unverified,
            without_checksum: without,
            absent: plan.absent(),
            defaulted: plan.defaulted(),
            ignored: ignored.collect(),
            unmapped: named(&plan.unmapped),
            warnings: idle.collect(),
            elapsed: Duration::ZERO,
        }
    }

    /// The name of a field without the name of the struct, which the heading has.
    fn short<'r>(&self, field: &'r str) -> &'r str {
        field.strip_prefix(self.model).and_then(|rest| rest.strip_prefix('.')).unwrap_or(field)
    }
}

/// A table of the loaded fields, a line for each variable that was not loaded, and a summary.
impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.model, self.checkpoint.display())?;
        if let Some(dialect) = self.dialect {
            write!(f, " in the dialect {dialect}")?;
        }
        if let Some(rank) = self.rank {
            write!(f, ", rank {} of {}", rank.index(), rank.size())?;
        }
        writeln!(f)?;
        table(f, self.loaded.iter().map(|row| self.cells(row)).collect())?;
        for (name, value) in &self.dims {
            writeln!(f, "  {name} = {value}")?;
        }
        for field in &self.absent {
            writeln!(f, "  not in the checkpoint: {}", self.short(field))?;
        }
        for field in &self.defaulted {
            writeln!(f, "  not in the checkpoint, filled by `default`: {}", self.short(field))?;
        }
        if self.averages > 0 {
            writeln!(f, "  from averages: {}", counted(self.averages, "variable"))?;
        }
        for ignored in &self.ignored {
            writeln!(f, "  ignored by `{}`: {}", ignored.by, counted(ignored.count, "variable"))?;
        }
        for variable in &self.unmapped {
            writeln!(f, "  unused: {variable}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        let borrowed = self.borrowed.variables.len();
        if self.variables > 0 || borrowed == 0 {
            write!(f, "{}, {}, ", counted(self.variables, "variable"), size(self.bytes))?;
        }
        if borrowed > 0 {
            write!(
                f,
                "{} borrowed, {}, ",
                counted(borrowed, "variable"),
                size(self.borrowed.bytes)
            )?;
        }
        write!(f, "{}, in {:.1} ms", self.said_of_checksums(), self.elapsed.as_secs_f64() * 1e3)
    }
}

impl LoadReport {
    /// Describes which checksums were verified.
    fn said_of_checksums(&self) -> String {
        let all = self.variables.saturating_add(self.borrowed.variables.len());
        let (unverified, without, lent) =
            (self.unverified, self.without_checksum, self.borrowed.skipped);
        if unverified == 0 {
            return "checksums verified".to_owned();
        }
        if without == all {
            return "no checksums to verify".to_owned();
        }
        if unverified == all {
            return "checksums not verified".to_owned();
        }
        let in_part = unverified.saturating_sub(lent).saturating_sub(without);
        let kinds = [(in_part, "read in part"), (lent, "borrowed"), (without, "without one")];
        let mut kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let first =
            kinds.next().map(|(count, kind)| format!("{} {kind}", counted(count, "variable")));
        let others = kinds.map(|(count, kind)| format!("{count} {kind}"));
        let kinds: Vec<String> = first.into_iter().chain(others).collect();
        format!("checksums verified but of {}", kinds.join(" and "))
    }

    /// A row of the table: field, variable, dtype, shape in the file, shape in the struct.
    fn cells(&self, row: &Row) -> [String; 5] {
        let part = |is_part: bool| if is_part { "part of " } else { "" };
        let dtype = if row.dtype == row.found.dtype {
            row.dtype.to_string()
        } else {
            format!("{} -> {}", row.found.dtype, row.dtype)
        };
        let times = if row.parts > 1 { format!("{} x ", row.parts) } else { String::new() };
        [
            self.short(&row.field).to_owned(),
            row.variable.clone(),
            dtype,
            format!("{}{}", part(row.partly_taken), row.found.shape),
            format!("{}{times}{}", part(row.partly_filled), row.shape),
        ]
    }
}

/// Writes rows in aligned columns.
fn table(f: &mut fmt::Formatter<'_>, mut rows: Vec<[String; 5]>) -> fmt::Result {
    rows.insert(
        0,
        ["field", "variable", "dtype", "in the file", "in the struct"].map(str::to_owned),
    );
    let width = |column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let [field, variable, dtype, file] = [0, 1, 2, 3].map(width);
    for (number, row) in rows.iter().enumerate() {
        let arrow = if number == 0 { "  " } else { "->" };
        writeln!(
            f,
            "  {:field$}  {:variable$}  {:dtype$}  {:file$} {arrow} {}",
            row[0], row[1], row[2], row[3], row[4]
        )?;
    }
    Ok(())
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Formats a number of bytes in a readable unit, in steps of 1000.
pub(crate) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if size < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    format!("{size:.2} GB")
}

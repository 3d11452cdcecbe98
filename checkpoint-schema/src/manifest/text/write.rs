//! Writes a listing as text.

use std::fmt::{self, Write as _};

use super::{name, usual_key};
use crate::listing::catalog::Name;
use crate::manifest::{Entry, Group, GroupPiece, Listed, Listing, Table};
use crate::model::description::Naming;

/// The first line of the text.
const HEADER: &str =
    "# the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`";

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if self.naming() != Naming::Key {
            writeln!(f, "naming = \"{}\"", self.naming().word())?;
        }
        lines(self.naming(), self.variables())
            .iter()
            .try_for_each(|(_, line)| writeln!(f, "{line}"))
    }
}

/// The lines of variables, each with its first name, in the order of these names.
pub(super) fn lines<'v>(
    naming: Naming,
    variables: impl IntoIterator<Item = &'v Listed>,
) -> Vec<(Name, String)> {
    let foldable = |variable: &&Listed| match variable.names.as_slice() {
        [only] => name::is_plain(only) && variable.key == usual_key(naming, only),
        _ => false,
    };
    let (foldable, others): (Vec<_>, Vec<_>) = variables.into_iter().partition(foldable);
    let mut lines: Vec<_> = others.into_iter().map(|variable| alone(naming, variable)).collect();
    lines.extend(families(&foldable));
    lines.sort();
    lines
}

/// The line of one variable.
fn alone(naming: Naming, variable: &Listed) -> (Name, String) {
    let first = variable.names.first().cloned().unwrap_or_default();
    let names: Vec<String> = variable.names.iter().map(name::write).collect();
    let mut line = format!("{}  {}", names.join(" = "), variable.spec);
    if variable.key != usual_key(naming, &first) {
        line.push_str("  key ");
        line.push_str(&name::write(&variable.key));
    }
    (first, line)
}

/// The lines of variables with one name and the default key.
fn families(variables: &[&Listed]) -> Vec<(Name, String)> {
    let entry = |variable: &&Listed| Entry {
        names: variable.names.clone(),
        spec: variable.spec.clone(),
        ignored: None,
        preset: None,
        defect: None,
    };
    let entries: Vec<Entry> = variables.iter().map(entry).collect();
    let line = |group: &Group| {
        let (first, written) = written(&group.pieces);
        (Name::from(first), format!("{written}  {}", group.spec))
    };
    Table::of(&entries).groups.iter().map(line).collect()
}

/// The first name, and the written form of all names.
fn written(family: &[GroupPiece]) -> (String, String) {
    let (mut first, mut written) = (String::new(), String::new());
    for part in family {
        match part {
            GroupPiece::Text(text) => {
                first.push_str(text);
                name::write_text(text, &mut written);
            }
            GroupPiece::Number { digits, values } => {
                let smallest = values.first().map_or(0, |(smallest, _)| *smallest);
                let _ = write!(first, "{smallest:0digits$}");
                written.push_str(&numbers(*digits, values));
            }
        }
    }
    if written.is_empty() {
        written = name::write(&Name::default());
    }
    (first, written)
}

fn numbers(digits: usize, values: &[(usize, usize)]) -> String {
    let range = |&(first, end): &(usize, usize)| match end.checked_sub(first) {
        Some(1) => first.to_string(),
        _ => format!("{first}..{end}"),
    };
    let values: Vec<String> = values.iter().map(range).collect();
    let digits = if digits > 1 { format!(":0{digits}") } else { String::new() };
    format!("<{}{digits}>", values.join(","))
}

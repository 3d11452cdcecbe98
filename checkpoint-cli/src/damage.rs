//! Errors of unreadable variables. Errors with one cause are one line.

use std::collections::BTreeMap;

use checkpoint_core::{Catalog, ReadError};
use indicatif::HumanCount;

use crate::failure::Status;
use crate::output::{Errors, counted};

/// The minimum number of variables of a data file that are reported as one cause.
const FEW: u64 = 3;

/// The errors so far, and the catalog of their variables.
pub(crate) struct Damage<'c> {
    catalog: &'c Catalog,
    errors: Vec<ReadError>,
}

/// The common cause of errors.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// A data file cannot be opened: the error message.
    File(String),
    /// The bytes of a data file do not match the index: the number of the file.
    Bytes(u32),
    /// No common cause: the index of the error.
    Own(usize),
}

impl<'c> Damage<'c> {
    pub(crate) fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, errors: Vec::new() }
    }

    pub(crate) fn add(&mut self, error: ReadError) {
        self.errors.push(error);
    }

    /// Returns the number of variables that cannot be read.
    pub(crate) fn count(&self) -> u64 {
        self.errors.len() as u64
    }

    pub(crate) fn status(&self) -> Status {
        if self.errors.is_empty() { Status::Good } else { Status::Bad }
    }

    /// Prints the errors, in the order in which they were found.
    pub(crate) fn tell(&self) {
        let mut groups: BTreeMap<Cause, Vec<usize>> = BTreeMap::new();
        for (number, error) in self.errors.iter().enumerate() {
            groups.entry(self.cause(number, error)).or_default().push(number);
        }
        let mut lines: Vec<(usize, String)> = Vec::new();
        for (cause, numbers) in &groups {
            match self.line(cause, numbers) {
                Some(line) => lines.extend(numbers.first().map(|first| (*first, line))),
                None => lines.extend(
                    numbers
                        .iter()
                        .filter_map(|&number| Some((number, self.errors.get(number)?.to_string()))),
                ),
            }
        }
        lines.sort();
        let mut errors = Errors::default();
        for (_, line) in &lines {
            errors.add(line);
        }
        errors.finish();
    }

    fn cause(&self, number: usize, error: &ReadError) -> Cause {
        match &error.kind {
            kind if kind.is_of_file() => Cause::File(kind.to_string()),
            kind => {
                let variable = self.catalog.get(&error.variable);
                let variable = variable.filter(|_| kind.mismatched_file().is_some());
                let shard = variable.and_then(|variable| variable.place.only_shard());
                shard.map_or(Cause::Own(number), Cause::Bytes)
            }
        }
    }

    /// Returns one line for all these errors, or `None` if each has its own.
    fn line(&self, cause: &Cause, numbers: &[usize]) -> Option<String> {
        let count = numbers.len() as u64;
        match cause {
            Cause::File(said) if count > 1 => {
                Some(format!("{said} ({} are in it)", counted(count, "variable")))
            }
            Cause::Bytes(shard) => {
                let error = self.errors.get(*numbers.first()?)?;
                let all = self.catalog.variables().iter();
                let all = all.filter(|variable| variable.size() > 0);
                let all = all.filter(|variable| variable.place.only_shard() == Some(*shard)).count()
                    as u64;
                let is_other = count >= FEW && 2 * count > all;
                let (count, file) = (HumanCount(count), error.kind.mismatched_file()?.display());
                is_other.then(|| {
                    format!(
                        "{count} of the {} in the data file `{file}` are not those that the index describes, such as \
                         `{}`; the file is of another checkpoint or damaged, fetch it and its index again",
                        counted(all, "variable"),
                        error.variable
                    )
                })
            }
            Cause::File(_) | Cause::Own(_) => None,
        }
    }
}

//! The lines of a comparison. Variables with the same difference whose names differ only in numbers are one line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use checkpoint_core::{DType, Name, Spec, Variable};
use checkpoint_schema::model::family::families;
use indicatif::HumanCount;

use super::Pair;
use super::values::{Difference, most};
use crate::output::counted;

/// The differences between two checkpoints.
#[derive(Debug)]
pub(super) struct Report<'c> {
    /// The variables of only the first checkpoint, and of only the second.
    only: [Vec<&'c Variable>; 2],
    /// Variables with another dtype or shape, and true if their elements were compared.
    specs: Vec<(Pair<'c>, Option<Difference>, bool)>,
    /// Variables with other elements.
    values: Vec<(Pair<'c>, Difference)>,
}

impl<'c> Report<'c> {
    pub(super) fn new(only: [Vec<&'c Variable>; 2]) -> Self {
        Self { only, specs: Vec::new(), values: Vec::new() }
    }

    /// Adds a variable that both have.
    pub(super) fn add(&mut self, pair: Pair<'c>, difference: Option<Difference>, is_read: bool) {
        if pair.first.spec() != pair.second.spec() {
            self.specs.push((pair, difference, is_read));
        } else if let Some(difference) = difference {
            self.values.push((pair, difference));
        }
    }

    pub(super) fn is_same(&self) -> bool {
        self.only.iter().all(Vec::is_empty) && self.specs.is_empty() && self.values.is_empty()
    }

    /// Writes the differences between the checkpoints at these paths.
    pub(super) fn write(&self, out: &mut impl Write, paths: &[Name; 2]) -> io::Result<()> {
        for (variables, path) in self.only.iter().zip(paths) {
            if variables.is_empty() {
                continue;
            }
            writeln!(out, "only in `{}`:", path.short())?;
            for family in families(variables.iter().copied()) {
                let times =
                    if family.count > 1 { format!("{} x ", family.count) } else { String::new() };
                writeln!(out, "  {}  {times}{}", family.name, family.spec)?;
            }
        }
        let mut groups = Groups::new();
        for (pair, difference, is_read) in &self.specs {
            groups.add(*pair, difference.as_ref(), *is_read);
        }
        groups.write(out, "other dtype or shape:")?;
        let mut groups = Groups::new();
        for (pair, difference) in &self.values {
            groups.add(*pair, Some(difference), true);
        }
        groups.write(out, "other values:")
    }

    /// Formats the numbers of variables, by the kind of difference.
    pub(super) fn totals(&self, unread: u64) -> String {
        let [first, second] = self.only.each_ref().map(|only| only.len() as u64);
        let counts = [
            (first, "only in the first"),
            (second, "only in the second"),
            (self.specs.len() as u64, "of another dtype or shape"),
            (self.values.len() as u64, "with other values"),
            (unread, "not compared"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts = counts.map(|(count, what)| format!("{} {what}", counted(count, "variable")));
        counts.collect::<Vec<_>>().join(", ")
    }
}

/// Variables with the same difference, by the first of them.
struct Groups<'c, 'd> {
    numbers: BTreeMap<String, usize>,
    groups: Vec<Group<'c, 'd>>,
}

struct Group<'c, 'd> {
    members: Vec<&'c Variable>,
    specs: [Spec; 2],
    is_read: bool,
    different: u64,
    nans: u64,
    elements: u64,
    most: Option<(f64, f64)>,
    first: Option<(&'c Variable, &'d Difference)>,
}

impl<'c, 'd> Groups<'c, 'd> {
    fn new() -> Self {
        Self { numbers: BTreeMap::new(), groups: Vec::new() }
    }

    fn add(&mut self, pair: Pair<'c>, difference: Option<&'d Difference>, is_read: bool) {
        let specs = [pair.first.spec(), pair.second.spec()];
        let key = format!("{} {} {}", text(&pair.first.name.to_string()), specs[0], specs[1]);
        let next = self.groups.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.groups.push(Group {
                members: Vec::new(),
                specs,
                is_read,
                different: 0,
                nans: 0,
                elements: 0,
                most: None,
                first: None,
            });
        }
        let Some(group) = self.groups.get_mut(number) else { return };
        group.members.push(pair.first);
        group.elements = group.elements.saturating_add(pair.first.shape.elements());
        if let Some(difference) = difference {
            group.different = group.different.saturating_add(difference.elements);
            group.nans = group.nans.saturating_add(difference.nans);
            group.most = most(group.most, difference.most);
            group.first.get_or_insert((pair.first, difference));
        }
    }

    fn write(&self, out: &mut impl Write, title: &str) -> io::Result<()> {
        if !self.groups.is_empty() {
            writeln!(out, "{title}")?;
        }
        self.groups.iter().try_for_each(|group| group.write(out))
    }
}

impl Group<'_, '_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let names = families(self.members.iter().copied());
        let names: Vec<String> = names.into_iter().map(|family| family.name).collect();
        let times = if self.members.len() > 1 {
            format!("{} x ", self.members.len())
        } else {
            String::new()
        };
        let [first, second] = &self.specs;
        let and = if first == second { String::new() } else { format!(" and {second}") };
        writeln!(out, "  {}  {times}{first}{and}{}", names.join(", "), self.said())
    }

    /// Formats the difference of the elements, for the end of a line.
    fn said(&self) -> String {
        let Some((variable, difference)) = self.first else {
            let is_same = self.is_read && self.specs[0].dtype != DType::Unknown;
            return if is_same { ": the same numbers".to_owned() } else { String::new() };
        };
        let most = self
            .most
            .map(|(most, relative)| format!(", by at most {most:?} ({relative:.2e} relative)"));
        let nans = match self.nans {
            0 => String::new(),
            nans => format!(", {} of them NaN in one alone", HumanCount(nans)),
        };
        let [one, other] = &difference.values;
        let index = index(difference.first, variable.shape.dims());
        let is_one = self.members.len() == 1;
        let at = if is_one { String::new() } else { format!("`{}` ", variable.name.short()) };
        let place = if index.is_empty() { String::new() } else { format!("{index:?} ") };
        format!(
            ": {} of {}{nans}{}; first {at}{place}is {one} and {other}",
            HumanCount(self.different),
            counted(self.elements, "element"),
            most.unwrap_or_default()
        )
    }
}

/// Removes the numbers from a name.
fn text(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        let letter = if letter.is_ascii_digit() { '#' } else { letter };
        if letter != '#' || !text.ends_with('#') {
            text.push(letter);
        }
    }
    text
}

/// Converts the number of an element to its index on each axis.
pub(crate) fn index(number: u64, dims: &[u64]) -> Vec<u64> {
    let mut rest = number;
    let digit = |dim: &u64| {
        let digit = rest.checked_rem(*dim).unwrap_or(0);
        rest = rest.checked_div(*dim).unwrap_or(0);
        digit
    };
    let mut index: Vec<u64> = dims.iter().rev().map(digit).collect();
    index.reverse();
    index
}

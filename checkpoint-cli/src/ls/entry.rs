//! Variables by what they are called.

use std::borrow::Cow;

use checkpoint_core::{Name, Variable};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::plan::Names;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A variable by one of its names.
pub(super) struct Entry<'c> {
    /// What is listed.
    pub(super) called: Cow<'c, Variable>,
    /// What the checkpoint has.
    pub(super) stored: &'c Variable,
}

/// All variables by all their names, in the order of these.
pub(super) fn entries<'c>(names: &Names<'c>) -> Vec<Entry<'c>> {
    let variables = names.catalog().variables();
    let entry = |stored: &'c Variable, name: &Name| {
        let called = if *name == stored.name {
            Cow::Borrowed(stored)
        } else {
            Cow::Owned(Variable { name: name.clone(), ..stored.clone() })
        };
        Entry { called, stored }
    };
    let by_names = |(number, stored): (usize, &'c Variable)| {
        names.of(number).iter().map(move |name| entry(stored, name))
    };
    let mut entries: Vec<Entry<'c>> = variables.iter().enumerate().flat_map(by_names).collect();
    entries.sort_by(|a, b| a.called.name.cmp(&b.called.name));
    entries
}

/// Reads the words of `naming`.
pub(crate) fn naming() -> impl TypedValueParser<Value = Naming> {
    let is = |word: &str| Naming::ALL.into_iter().find(|naming| naming.word() == word);
    PossibleValuesParser::new(Naming::ALL.map(Naming::word))
        .map(move |word| is(&word).unwrap_or(Naming::Key))
}

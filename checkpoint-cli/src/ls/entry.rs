//! Variables under their names.

use std::borrow::Cow;

use checkpoint_core::{Name, Variable};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// A variable under one of its names.
pub(super) struct Entry<'c> {
    /// The variable with this name.
    pub(super) called: Cow<'c, Variable>,
    /// The variable in the checkpoint.
    pub(super) stored: &'c Variable,
}

/// Returns all variables under all their names, sorted by name.
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

/// Parses the values of `--naming`.
pub(crate) fn naming() -> impl TypedValueParser<Value = Naming> {
    let is = |word: &str| Naming::ALL.into_iter().find(|naming| naming.word() == word);
    PossibleValuesParser::new(Naming::ALL.map(Naming::word))
        .map(move |word| is(&word).unwrap_or(Naming::Key))
}

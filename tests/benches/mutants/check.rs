//! The check of manifests, called at run time.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Once;

use checkpoint_schema::fit;
use checkpoint_schema::manifest::{Listing, Manifest, Table};
use checkpoint_schema::model::check;
use checkpoint_schema::model::description::Node;

use super::compile::Complaint;
use super::truth;

/// Silences the panics of the check. Their messages are inspected.
fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // A panic of the check is located at its caller.
            let of_check = |file: &str| file.ends_with("mutants/check.rs");
            if !panic.location().is_some_and(|location| of_check(location.file())) {
                loud(panic);
            }
        }));
    });
}

/// The manifests of a model.
pub(crate) struct Manifests {
    /// Each listing, with its name.
    pub(crate) all: Vec<(Listing, String)>,
}

impl Manifests {
    /// Reads the files of these names.
    pub(crate) fn read(folder: &Path, names: &[&str]) -> io::Result<Self> {
        let read = |name: &&str| {
            let listing = truth::listing(&fs::read(folder.join(name))?);
            Ok((listing, (*name).to_owned()))
        };
        Ok(Self { all: names.iter().map(read).collect::<io::Result<_>>()? })
    }

    /// Returns the errors of the compiler for a description.
    pub(crate) fn check(&self, node: &'static Node) -> Vec<Complaint> {
        quieten();
        let made = panic::catch_unwind(|| check::root(node));
        let said = made.and_then(|()| panic::catch_unwind(|| self.said(node)));
        let said = said.unwrap_or_else(|panic| {
            panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned())
        });
        if said.is_empty() { Vec::new() } else { vec![Complaint { text: said, lines: Vec::new() }] }
    }

    /// Returns the error for a valid description.
    fn said(&self, node: &'static Node) -> String {
        match &self.all[..] {
            [one] => with(node, one, |one| said(node, &[one])),
            [one, other] => {
                with(node, one, |one| with(node, other, |other| said(node, &[one, other])))
            }
            _ => panic!("a model has one manifest or two"),
        }
    }
}

/// Returns the error of the constant, in lines.
fn said(node: &Node, manifests: &[Manifest<'_>]) -> String {
    let Node::Struct(root) = node else { return String::new() };
    let said = fit::check(node, manifests).into_iter().zip(manifests);
    let wrong = said.filter(|(said, _)| !said.problems.is_empty());
    let lines = wrong.map(|(said, manifest)| {
        let head = format!("`{}` does not fit the manifest `{}`", root.name, manifest.file);
        let lines = said.problems.iter().map(|problem| format!("- {problem}"));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Calls a function with a manifest in the form of the constant.
fn with<T>(
    node: &Node,
    (listing, name): &(Listing, String),
    then: impl FnOnce(Manifest<'_>) -> T,
) -> T {
    let ignore = if let Node::Struct(root) = node { root.ignore } else { &[] };
    let file = name.rsplit('/').next().unwrap_or(name);
    Table::of(&listing.entries(ignore)).with(file, then)
}

/// True if both are the same. All problems of a manifest must match. For a mistake in the description itself, the compiler may
/// point to the source instead.
pub(crate) fn is_same(checked: &[Complaint], compiled: &[Complaint]) -> bool {
    let problems = |said: &[Complaint]| -> BTreeSet<String> {
        let lines = said.iter().flat_map(|it| it.text.lines());
        lines.filter_map(|line| line.strip_prefix("- ").map(str::to_owned)).collect()
    };
    let [first, second] = [problems(checked), problems(compiled)];
    checked.is_empty() == compiled.is_empty()
        && (first == second || first.is_empty() || second.is_empty())
}

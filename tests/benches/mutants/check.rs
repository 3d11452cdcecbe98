//! The check of manifests, called at run time.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Once;

use checkpoint_schema::fit::{self, Subject};
use checkpoint_schema::manifest::{Listing, Manifest, Table};
use checkpoint_schema::model::check;
use checkpoint_schema::model::description::{self, Node, Struct};
use checkpoint_schema::model::dialect::Dialect;
use checkpoint_schema::model::template::Piece;

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

/// Returns the error of the compiler for a description without a manifest; empty if there is none.
pub(crate) fn root(node: &'static Node) -> String {
    panics(|| {
        check::root(node);
        String::new()
    })
}

/// Returns the result of a function, or the message of its panic.
fn panics(check: impl FnOnce() -> String + panic::UnwindSafe) -> String {
    quieten();
    panic::catch_unwind(check).unwrap_or_else(|panic| {
        panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned())
    })
}

/// A manifest of a model.
pub(crate) struct Listed {
    pub(crate) listing: Listing,
    /// The name of its file.
    name: String,
    /// The number of its dialect, among those of the root.
    pub(crate) dialect: usize,
    /// Its number among those of the dialect.
    model: usize,
}

/// The manifests of a model.
pub(crate) struct Manifests {
    pub(crate) all: Vec<Listed>,
}

impl Manifests {
    /// Reads the files of these names, in order of their dialects.
    pub(crate) fn read<N: AsRef<str>>(folder: &Path, dialects: &[Vec<N>]) -> io::Result<Self> {
        let mut all = Vec::new();
        for (dialect, names) in dialects.iter().enumerate() {
            for (model, name) in names.iter().map(AsRef::as_ref).enumerate() {
                let listing = truth::listing(&fs::read(folder.join(name))?);
                all.push(Listed { listing, name: name.to_owned(), dialect, model });
            }
        }
        Ok(Self { all })
    }

    /// Returns the errors of the compiler for a description.
    pub(crate) fn check(&self, node: &'static Node) -> Vec<Complaint> {
        let mut text = root(node);
        if text.is_empty() {
            text = panics(|| self.said(node));
        }
        if text.is_empty() { Vec::new() } else { vec![Complaint { text, lines: Vec::new() }] }
    }

    /// Returns the error for a valid description.
    fn said(&self, node: &'static Node) -> String {
        let Node::Struct(root) = node else { return String::new() };
        let subjects = self.all.iter().map(|listed| listed.subject(root));
        let subjects: Option<Vec<_>> = subjects.collect();
        let Some(subjects) = subjects else { return "a dialect is not declared".to_owned() };
        with_all(root, &self.all, Vec::new(), &|manifests| said(node, manifests, &subjects))
    }
}

impl Listed {
    /// The dialect of the manifest, with the prefix of its names. The macro chooses it so, too.
    fn subject(&self, root: &'static Struct) -> Option<Subject<'static>> {
        let model = self.model;
        if self.dialect == 0 {
            return Some(Subject { dialect: Dialect::FIRST, model });
        }
        let name = *root.declared.get(self.dialect)?;
        let of = root.dialects.iter().find(|dialect| dialect.name == name);
        let (prefixes, separator) = of.map_or((&[][..], None), |it| (it.prefixes, it.separator));
        let text = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => text.replace('/', separator.unwrap_or("/")),
            Piece::Index { .. } => String::new(),
        };
        let has = |prefix: &description::Path| {
            let start: String = prefix.pieces.iter().map(text).collect();
            let mut names = self.listing.variables().iter().flat_map(|listed| &listed.names);
            names.any(|name| name.as_bytes().starts_with(start.as_bytes()))
        };
        let prefix = prefixes.iter().position(has).unwrap_or_default();
        Some(Subject { dialect: Dialect { name, prefix }, model })
    }
}

/// Returns the error of the constant, in lines.
fn said(node: &Node, manifests: &[Manifest<'_>], subjects: &[Subject<'_>]) -> String {
    let Node::Struct(root) = node else { return String::new() };
    let said = fit::check_in(node, manifests, subjects).into_iter().zip(manifests);
    let wrong = said.filter(|(said, _)| !said.problems.is_empty());
    let lines = wrong.map(|(said, manifest)| {
        let head = format!("`{}` does not fit the manifest `{}`", root.name, manifest.file);
        let lines = said.problems.iter().map(|problem| format!("- {problem}"));
        std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Calls a function with the manifests in the form of the constant.
fn with_all<T>(
    root: &Struct,
    rest: &[Listed],
    so_far: Vec<Manifest<'_>>,
    then: &dyn Fn(&[Manifest<'_>]) -> T,
) -> T {
    let Some((first, rest)) = rest.split_first() else { return then(&so_far) };
    let name = root.declared.get(first.dialect).filter(|_| first.dialect > 0);
    let of = root.dialects.iter().find(|dialect| Some(&dialect.name) == name);
    let ignore = of.and_then(|dialect| dialect.ignore).unwrap_or(root.ignore);
    let file = first.name.rsplit('/').next().unwrap_or(&first.name);
    Table::of(&first.listing.entries(ignore)).with(file, |manifest| {
        let mut all = so_far;
        all.push(manifest);
        with_all(root, rest, all, then)
    })
}

/// True if both are the same. All problems of a manifest must match, up to the number that the compiler lists. For a mistake in the
/// description itself, the compiler may point to the source instead.
pub(crate) fn is_same(checked: &[Complaint], compiled: &[Complaint]) -> bool {
    let problems = |said: &[Complaint]| -> BTreeSet<String> {
        let lines = said.iter().flat_map(|it| it.text.lines());
        lines.filter_map(|line| line.trim_start().strip_prefix("- ").map(str::to_owned)).collect()
    };
    let [first, mut second] = [problems(checked), problems(compiled)];
    let all = second.len();
    second.retain(|problem| !(problem.starts_with("and ") && problem.ends_with(" more")));
    let is_cut = second.len() < all;
    checked.is_empty() == compiled.is_empty()
        && (first == second
            || (is_cut && first.is_superset(&second))
            || first.is_empty()
            || second.is_empty())
}
